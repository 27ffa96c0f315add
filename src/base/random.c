/* SPDX-License-Identifier: MIT */
/* Reproducible random numbers for everything that is not a packet's fate. */
#include "base/random.h"

struct random random_seeded(uint64_t seed)
{
	return (struct random){.state = seed};
}

uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	uint64_t threshold = -bound % bound; /* values below it would make small results likelier */
	uint64_t value;

	do
		value = random_next(random);
	while (value < threshold);
	return value % bound;
}

void random_permutation(struct random *random, size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = (size_t)random_below(random, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}
