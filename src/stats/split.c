/* SPDX-License-Identifier: MIT */
/* Ways to split values into two samples: all of them in turn, or one at random. */
#include "stats/split.h"

#include <math.h>

double split_ways(size_t n, size_t k)
{
	double ways = 1;

	for (size_t i = 1; i <= k && ways < 1e300; i++)
		ways = ways * (double)(n - k + i) / (double)i;
	return round(ways);
}

void split_first(size_t *places, size_t k)
{
	for (size_t i = 0; i < k; i++)
		places[i] = i;
}

bool split_next(size_t *places, size_t k, size_t n)
{
	size_t at = k;

	while (at && places[at - 1] == n - k + at - 1)
		at--;
	if (!at)
		return false;
	places[at - 1]++;
	for (size_t i = at; i < k; i++)
		places[i] = places[i - 1] + 1;
	return true;
}

void split_draw(struct random *random, size_t *order, size_t k, size_t n)
{
	for (size_t i = 0; i < k; i++) {
		size_t other = i + random_below(random, n - i);
		size_t place = order[other];

		order[other] = order[i];
		order[i] = place;
	}
}
