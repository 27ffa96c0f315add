/* SPDX-License-Identifier: MIT */
/* Summaries: the published six numbers, means, medians and quantiles. */
#include "stats/stats.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

void stats_sort(const double *values, size_t count, double *sorted)
{
	if (!count)
		return;
	memmove(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_value);
}

double stats_mean(const double *values, size_t count)
{
	double sum = 0, lost = 0;

	/* Neumaier's compensation keeps recomputed means within rounding of the published ones. */
	for (size_t i = 0; i < count; i++) {
		double total = sum + values[i];

		lost += fabs(sum) >= fabs(values[i]) ? (sum - total) + values[i]
						     : (values[i] - total) + sum;
		sum = total;
	}
	return count ? (sum + lost) / (double)count : 0;
}

double stats_deviation(const double *values, size_t count)
{
	double mean = stats_mean(values, count), squares = 0;

	if (count < 2)
		return 0;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return sqrt(squares / (double)(count - 1));
}

static double quantile_of_sorted(const double *sorted, size_t count, double quantile)
{
	double position = quantile * (double)(count - 1);
	size_t below = (size_t)floor(position);
	size_t above = below + 1 < count ? below + 1 : below;

	return sorted[below] + (position - (double)below) * (sorted[above] - sorted[below]);
}

double stats_quantile(const double *values, size_t count, double quantile)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);

	stats_sort(values, count, sorted);
	return count ? quantile_of_sorted(sorted, count, quantile) : 0;
}

double stats_median(const double *values, size_t count)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);

	stats_sort(values, count, sorted);
	if (!count)
		return 0;
	if (count % 2)
		return sorted[count / 2];
	return (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Quartile `i` of 4 by the exclusive method; the clamp extrapolates for two values. */
static double exclusive_quartile(const double *sorted, size_t count, size_t i)
{
	size_t j = i * (count + 1) / 4;
	double above;

	if (j < 1)
		j = 1;
	if (j > count - 1)
		j = count - 1;
	above = (double)(i * (count + 1)) - 4.0 * (double)j;
	return (sorted[j - 1] * (4 - above) + sorted[j] * above) / 4;
}

struct summary summary_of(const double *values, size_t count)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);

	stats_sort(values, count, sorted);
	if (count == 0)
		return (struct summary){0};
	if (count == 1)
		return summary_one(values[0]);
	return (struct summary){
		.min = sorted[0],
		.average = stats_mean(values, count),
		.max = sorted[count - 1],
		.p25 = exclusive_quartile(sorted, count, 1),
		.p50 = stats_median(values, count),
		.p75 = exclusive_quartile(sorted, count, 3),
	};
}

struct summary summary_within(const double *values, size_t count)
{
	struct summary summary = summary_of(values, count);

	summary.p25 = fmin(fmax(summary.p25, summary.min), summary.max);
	summary.p75 = fmin(fmax(summary.p75, summary.min), summary.max);
	return summary;
}

struct summary summary_by_index(const double *values, size_t count)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);
	double last = (double)count - 1;

	stats_sort(values, count, sorted);
	if (count == 0)
		return (struct summary){0};
	return (struct summary){
		.min = sorted[0],
		.average = stats_mean(values, count),
		.max = sorted[count - 1],
		.p25 = sorted[(size_t)(0.25 * last)],
		.p50 = sorted[(size_t)(0.50 * last)],
		.p75 = sorted[(size_t)(0.75 * last)],
	};
}

struct summary summary_one(double value)
{
	return (struct summary){value, value, value, value, value, value};
}

struct summary summary_merge(const struct summary *summaries, size_t count)
{
	struct summary merged = {0};

	if (!count)
		return merged;
	merged.min = summaries[0].min;
	merged.max = summaries[0].max;
	for (size_t i = 0; i < count; i++) {
		merged.min = fmin(merged.min, summaries[i].min);
		merged.max = fmax(merged.max, summaries[i].max);
		merged.average += summaries[i].average;
		merged.p25 += summaries[i].p25;
		merged.p50 += summaries[i].p50;
		merged.p75 += summaries[i].p75;
	}
	merged.average /= (double)count;
	merged.p25 /= (double)count;
	merged.p50 /= (double)count;
	merged.p75 /= (double)count;
	return merged;
}
