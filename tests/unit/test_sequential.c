/* SPDX-License-Identifier: MIT */
#include "stats/sequential.h"

#include "base/random.h"
#include "tap.h"

#include <math.h>

enum {
	PAIRS = 2000,   /* simulated comparisons */
	BLOCKS = 24,    /* at most, in a comparison */
	FIRST_LOOK = 4, /* and after every second block from there */
	METRICS = 4,
};

static double uniform(struct random *random)
{
	return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct random *random)
{
	return sqrt(-2 * log(uniform(random))) * cos(2 * M_PI * uniform(random));
}

/* Blocks drift by `spread`, and now and then a machine spoils one three times as much. */
static double block(struct random *random, double mean, double spread)
{
	double wide = uniform(random) < 0.1 ? 3 : 1;

	return mean + wide * spread * normal(random);
}

/* One metric looked at until it is known; the margin is 5 %. */
static enum sequential_verdict compare(struct random *random, double mean, double spread)
{
	double differences[BLOCKS];

	for (size_t n = 0; n < BLOCKS; n++) {
		enum sequential_verdict verdict;

		differences[n] = block(random, mean, spread);
		if (n + 1 < FIRST_LOOK || n % 2 == 0)
			continue;
		verdict = sequential_judge(
			sequential_interval(differences, n + 1, 0.05 / METRICS), log(1.05));
		if (verdict != SEQUENTIAL_CANNOT_TELL)
			return verdict;
	}
	return SEQUENTIAL_CANNOT_TELL;
}

/* Share of comparisons of METRICS metrics in which one of them was called `verdict`. */
static double share_of(
	double mean, double spread, uint64_t seed, size_t metrics, enum sequential_verdict verdict)
{
	struct random random = random_seeded(seed);
	size_t found = 0;

	for (size_t pair = 0; pair < PAIRS; pair++) {
		bool is_found = false;

		for (size_t metric = 0; metric < metrics; metric++)
			is_found |= compare(&random, mean, spread) == verdict;
		found += is_found;
	}
	return (double)found / PAIRS;
}

TEST(identical_versions_are_told_apart_in_at_most_a_twentieth_of_comparisons)
{
	static const double spreads[] = {0.005, 0.02, 0.05, 0.15};

	for (size_t i = 0; i < 4; i++) {
		double wrong = share_of(0, spreads[i], 1 + i, METRICS, SEQUENTIAL_WORSE) +
			       share_of(0, spreads[i], 1 + i, METRICS, SEQUENTIAL_BETTER);

		CHECK(wrong <= 0.05);
	}
}

TEST(a_slowdown_of_a_tenth_is_found_in_nineteen_of_twenty_comparisons)
{
	CHECK(share_of(log(1.1), 0.02, 11, 1, SEQUENTIAL_WORSE) >= 0.95);
	CHECK(share_of(log(1.1), 0.05, 12, 1, SEQUENTIAL_WORSE) >= 0.95);
	CHECK(share_of(-log(1.1), 0.05, 13, 1, SEQUENTIAL_BETTER) >= 0.95);
}

TEST(identical_versions_with_little_spread_are_called_equal)
{
	CHECK(share_of(0, 0.02, 21, 1, SEQUENTIAL_NO_DIFFERENCE) >= 0.95);
	CHECK(share_of(log(1.1), 0.02, 22, 1, SEQUENTIAL_NO_DIFFERENCE) <= 0.05);
}

/* Computed with Python 3.11 from the formula in the header: n = 6, error 0.05. */
TEST(the_interval_is_that_of_the_formula)
{
	static const double six[] = {0.01, 0.03, 0.02, 0.05, 0.04, 0.06};
	struct interval of = sequential_interval(six, 6, 0.05);

	CHECK(fabs(of.low + 0.001114941622) < 1e-9 && fabs(of.high - 0.071114941622) < 1e-9);
	CHECK(of.confidence == 0.95);
}

TEST(too_few_blocks_say_nothing)
{
	static const double two[] = {0.1, 0.1001};

	CHECK(isinf(sequential_interval(two, 1, 0.05).high));
	CHECK(isinf(sequential_interval(two, 2, 0.05).high));
	CHECK(sequential_judge(sequential_interval(two, 2, 0.05), 1) == SEQUENTIAL_CANNOT_TELL);
}

/* Known to be above 0, but too little to matter. */
TEST(a_difference_within_the_margin_is_none_even_where_it_is_certain)
{
	CHECK(sequential_judge((struct interval){0.01, 0.03, 0.95}, 0.05) ==
		SEQUENTIAL_NO_DIFFERENCE);
	CHECK(sequential_judge((struct interval){0.01, 0.06, 0.95}, 0.05) == SEQUENTIAL_WORSE);
	CHECK(sequential_judge((struct interval){-0.06, -0.01, 0.95}, 0.05) == SEQUENTIAL_BETTER);
	CHECK(sequential_judge((struct interval){-0.06, 0.01, 0.95}, 0.05) ==
		SEQUENTIAL_CANNOT_TELL);
}
