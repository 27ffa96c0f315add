/* SPDX-License-Identifier: MIT */
/* Changes of a series: the best split of any part of it, as long as chance does not explain it. */
#include "stats/change_point.h"

#include "stats/stats.h"

#include "base/arena.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

enum {
	PERMUTATIONS_MIN = 999,
	PERMUTATIONS_MAX = 19999
};

/* Values between two changes. */
struct segment {
	size_t begin, count;
	size_t best_at; /* of the series: where a split divides it best */
	double best;    /* the statistic there; 0: it cannot be divided */
};

struct series {
	const double *values;
	struct segment *segments;
	size_t count;
};

/* Sums of distances: of all pairs on a side, and of all that have one value on each. */
struct sums {
	double left, right, between;
};

static double distances(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			sum += fabs(values[i] - values[k]);
	return sum;
}

static double pairs_of(size_t count)
{
	return (double)count * (double)(count - 1) / 2;
}

static double energy(struct sums sums, size_t left, size_t right)
{
	double both = (double)left * (double)right;
	double distance =
		2 * sums.between / both - sums.left / pairs_of(left) - sums.right / pairs_of(right);

	return both / (double)(left + right) * distance;
}

double change_statistic(const double *values, size_t count, size_t at)
{
	struct sums sums = {
		.left = distances(values, at), .right = distances(values + at, count - at)};

	sums.between = distances(values, count) - sums.left - sums.right;
	return energy(sums, at, count - at);
}

/* Value by value from the right to the left, so that all splits together cost what one does. */
static double best_split(const double *values, size_t count, size_t *ret_at)
{
	double total = distances(values, count), best = 0;
	struct sums sums = {.right = total};

	for (size_t at = 1; at + CHANGE_SEGMENT_MIN <= count; at++) {
		double moved = values[at - 1], here;

		for (size_t i = 0; i + 1 < at; i++)
			sums.left += fabs(moved - values[i]);
		for (size_t i = at; i < count; i++)
			sums.right -= fabs(moved - values[i]);
		sums.between = total - sums.left - sums.right;
		if (at < CHANGE_SEGMENT_MIN)
			continue;
		here = energy(sums, at, count - at);
		if (here > best) {
			best = here;
			*ret_at = at;
		}
	}
	/* What rounding leaves of equal values. */
	return best > 1e-9 * total ? best : 0;
}

static struct segment segment_of(const double *values, size_t begin, size_t count)
{
	struct segment segment = {.begin = begin, .count = count};
	size_t at = 0;

	segment.best = best_split(values + begin, count, &at);
	segment.best_at = begin + at;
	return segment;
}

static size_t best_of(const struct series *series)
{
	size_t best = 0;

	for (size_t i = 1; i < series->count; i++)
		if (series->segments[i].best > series->segments[best].best)
			best = i;
	return best;
}

/* The best split of any segment whose values come in another order. */
static double draw(const struct series *series, struct random *random, double *shuffled)
{
	double best = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct segment *segment = &series->segments[i];
		size_t at;

		memcpy(shuffled, series->values + segment->begin,
			segment->count * sizeof(*shuffled));
		for (size_t k = segment->count; k > 1; k--) {
			size_t other = random_below(random, k);
			double value = shuffled[k - 1];

			shuffled[k - 1] = shuffled[other];
			shuffled[other] = value;
		}
		best = fmax(best, best_split(shuffled, segment->count, &at));
	}
	return best;
}

/* Enough that the best of all orders is below the significance, whatever that is. */
static size_t permutations_for(double significance)
{
	double wanted = fmax(PERMUTATIONS_MIN, ceil(4 / significance));

	return wanted < PERMUTATIONS_MAX ? (size_t)wanted : PERMUTATIONS_MAX;
}

/* 1 as soon as it is sure to be above the significance. */
static double chance_of(const struct series *series, double observed,
	const struct change_rule *rule, struct random *random, double *shuffled)
{
	size_t draws = permutations_for(rule->significance);
	double extreme = 1; /* the observed order is one of them, so no p is 0 */

	for (size_t i = 0; i < draws; i++) {
		/* Equal splits must count as equal, however their sums were rounded. */
		extreme += draw(series, random, shuffled) >= observed * (1 - 1e-9);
		if (extreme / (double)(draws + 1) > rule->significance)
			return 1;
	}
	return extreme / (double)(draws + 1);
}

static void insert(struct change_point *points, size_t count, struct change_point point)
{
	for (; count && points[count - 1].at > point.at; count--)
		points[count] = points[count - 1];
	points[count] = point;
}

static void divide(struct series *series, size_t i)
{
	const struct segment whole = series->segments[i];

	series->segments[i] = segment_of(series->values, whole.begin, whole.best_at - whole.begin);
	series->segments[series->count++] = segment_of(
		series->values, whole.best_at, whole.begin + whole.count - whole.best_at);
}

size_t change_points(const double *values, size_t count, const struct change_rule *rule,
	struct change_point *points)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct random random = random_seeded(rule->seed);
	struct series series = {.values = values,
		.segments = arena_alloc(arena, struct segment, count + 1),
		.count = 1};
	double *shuffled = arena_alloc(arena, double, count + 1);
	size_t found = 0;

	series.segments[0] = segment_of(values, 0, count);
	for (;;) {
		size_t best = best_of(&series);
		double observed = series.segments[best].best, p;

		if (!(observed > 0))
			return found;
		p = chance_of(&series, observed, rule, &random, shuffled);
		if (p > rule->significance)
			return found;
		insert(points, found++, (struct change_point){series.segments[best].best_at, p});
		divide(&series, best);
	}
}
