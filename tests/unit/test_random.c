/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "tap.h"

TEST(the_sequence_is_the_published_one)
{
	/* First values for seed 1234567 of the reference implementation, prng.di.unimi.it */
	struct random random = random_seeded(1234567);

	CHECK(random_next(&random) == UINT64_C(6457827717110365317));
	CHECK(random_next(&random) == UINT64_C(3203168211198807973));
	CHECK(random_next(&random) == UINT64_C(9817491932198370423));
}

TEST(a_permutation_holds_every_index_once_and_depends_on_the_seed)
{
	struct random a = random_seeded(1), b = random_seeded(2);
	size_t first[100], second[100], differ = 0;
	bool seen[100] = {false};

	random_permutation(&a, first, 100);
	random_permutation(&b, second, 100);
	for (size_t i = 0; i < 100; i++) {
		CHECK(first[i] < 100 && !seen[first[i]]);
		seen[first[i]] = true;
		differ += first[i] != second[i];
	}
	CHECK(differ > 50);
}

TEST(a_bound_is_never_reached_and_all_below_it_are)
{
	struct random random = random_seeded(3);
	unsigned count[6] = {0};

	for (int i = 0; i < 6000; i++) {
		uint64_t value = random_below(&random, 6);

		CHECK(value < 6);
		count[value]++;
	}
	for (int i = 0; i < 6; i++)
		CHECK(count[i] > 850 && count[i] < 1150);
}
