/* SPDX-License-Identifier: MIT */
/* Two samples: how many times larger one is, and whether chance alone would show as much. */
#include "stats/split.h"
#include "stats/stats.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

enum {
	ENOUGH = 400 /* extreme draws: p is known to 5 % of itself */
};

double permutation_floor(size_t a_count, size_t b_count)
{
	double ways = split_ways(a_count + b_count, a_count);

	/* With equal counts the mirrored split is as extreme as the split itself. */
	return fmin(1, (a_count == b_count ? 2 : 1) / ways);
}

struct split {
	const double *values;
	size_t count, chosen;
	double total, observed;
	double extreme, splits;
};

static double split_difference(const struct split *split, double sum)
{
	double rest = (double)(split->count - split->chosen);

	return fabs(sum / (double)split->chosen - (split->total - sum) / rest);
}

static void split_count(struct split *split, double sum)
{
	/* Sums in another order round differently; equal splits must still count as equal. */
	double tolerance = 1e-12 * (fabs(split->total) + fabs(split->observed));

	split->splits += 1;
	if (split_difference(split, sum) >= split->observed - tolerance)
		split->extreme += 1;
}

static double sum_of(const struct split *split, const size_t *places)
{
	double sum = 0;

	for (size_t i = 0; i < split->chosen; i++)
		sum += split->values[places[i]];
	return sum;
}

static void count_exactly(struct split *split, size_t *places)
{
	split_first(places, split->chosen);
	do
		split_count(split, sum_of(split, places));
	while (split_next(places, split->chosen, split->count));
}

/*
 * Draws splits until many were as extreme (Besag and Clifford 1991): a difference that is plainly
 * chance costs little, and p is as good as its size needs.
 */
static void count_draws(struct split *split, size_t *places, uint64_t seed)
{
	struct random random = random_seeded(seed);

	split_first(places, split->count);
	/* The observed split is one of the draws, so p is never 0. */
	split->splits = split->extreme = 1;
	for (size_t draw = 0; draw < SPLITS_DRAWN && split->extreme < ENOUGH; draw++) {
		split_draw(&random, places, split->chosen, split->count);
		split_count(split, sum_of(split, places));
	}
}

double permutation_test(const double *a, size_t a_count, const double *b, size_t b_count,
	uint64_t seed, bool *ret_is_exact)
{
	size_t count = a_count + b_count;
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *all = arena_alloc(arena, double, count + 1);
	size_t *places = arena_alloc(arena, size_t, count + 1);
	bool is_exact = split_ways(count, a_count) <= SPLITS_EXACT;
	struct split split = {.values = all, .count = count, .chosen = a_count};
	double sum = 0;

	if (a_count)
		memcpy(all, a, a_count * sizeof(*all));
	if (b_count)
		memcpy(all + a_count, b, b_count * sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		split.total += all[i];
		sum += i < a_count ? all[i] : 0;
	}
	if (a_count && b_count) {
		split.observed = split_difference(&split, sum);
		if (is_exact)
			count_exactly(&split, places);
		else
			count_draws(&split, places, seed);
	}
	if (ret_is_exact)
		*ret_is_exact = is_exact;
	return split.splits > 0 ? split.extreme / split.splits : 1;
}

/*
 * How many of the pairs may be cut off at each end: the largest k with P(U < k) at most half of
 * what may be missed. Counts orders with U = u by the recurrence of Mann and Whitney.
 */
static size_t pairs_to_cut(size_t m, size_t n, double confidence, double *ret_covered)
{
	size_t most = m * n;
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *ways = arena_alloc(arena, double, most + 1);
	double total = 0, below = 0;
	size_t cut = 0;

	/* Partitions into at most m parts of at most n: the Gaussian binomial, part by part. */
	ways[0] = 1;
	for (size_t i = 1; i <= m; i++) {
		for (size_t u = most; u + 1 > n + i; u--)
			ways[u] -= ways[u - n - i];
		for (size_t u = i; u <= most; u++)
			ways[u] += ways[u - i];
	}
	for (size_t u = 0; u <= most; u++)
		total += ways[u];
	while (cut < most / 2 && 2 * (below + ways[cut]) / total <= 1 - confidence + 1e-12)
		below += ways[cut++];
	/* Even the whole range misses when all of one sample lies on one side. */
	if (cut == 0) {
		cut = 1;
		below = ways[0];
	}
	*ret_covered = 1 - 2 * below / total;
	return cut;
}

static double cliffs_delta(const double *logs, size_t count)
{
	double balance = 0;

	for (size_t i = 0; i < count; i++)
		balance += (logs[i] > 0) - (logs[i] < 0);
	return balance / (double)count;
}

struct ratio ratio_of(const double *above, size_t above_count, const double *below,
	size_t below_count, double confidence)
{
	size_t pairs = above_count * below_count, cut;
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *log_above = arena_alloc(arena, double, above_count);
	double *log_below = arena_alloc(arena, double, below_count);
	double *logs = arena_alloc(arena, double, pairs);
	struct ratio ratio = {.ratio = 1, .p = 1};
	double covered;

	for (size_t i = 0; i < above_count; i++)
		log_above[i] = log(above[i]);
	for (size_t i = 0; i < below_count; i++)
		log_below[i] = log(below[i]);
	for (size_t i = 0; i < pairs; i++)
		logs[i] = log_above[i / below_count] - log_below[i % below_count];
	stats_sort(logs, pairs, logs);
	cut = pairs_to_cut(above_count, below_count, confidence, &covered);
	ratio.ratio = exp(stats_median(logs, pairs));
	ratio.interval = (struct interval){
		exp(logs[cut - 1]), exp(logs[pairs - cut]), covered > 0 ? covered : 0};
	ratio.delta = cliffs_delta(logs, pairs);
	ratio.p = permutation_test(
		log_above, above_count, log_below, below_count, 1, &ratio.p_is_exact);
	return ratio;
}

double detectable_difference(double deviation, size_t count, double significance, double power)
{
	double reach = stats_normal_quantile(1 - significance / 2) + stats_normal_quantile(power);

	return count ? reach * deviation * sqrt(2 / (double)count) : INFINITY;
}
