/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pure functions on arrays of numbers. Values must be finite; nothing is allocated for keeps. */

/* The six numbers of published result trees. */
struct summary {
	double min, average, max, p25, p50, p75;
};

/*
 * Quartiles by the exclusive method as published: one value is all its quartiles, of no values
 * everything is 0, and positions outside are extrapolated from the outermost pair.
 */
struct summary summary_of(const double *values, size_t count);
/* As summary_of(), but quartiles stay between the least and the greatest value. */
struct summary summary_within(const double *values, size_t count);
/* As summary_of() but quartiles are sorted[(size_t)(p * (count - 1))]; published for durations. */
struct summary summary_by_index(const double *values, size_t count);
/* All six equal, as published for what was measured once. */
struct summary summary_one(double value);
/* min of mins, max of maxes and means of the rest, as published; of nothing everything is 0. */
struct summary summary_merge(const struct summary *summaries, size_t count);

double stats_mean(const double *values, size_t count);
/* With count - 1 below; 0 for fewer than two values. */
double stats_deviation(const double *values, size_t count);
double stats_median(const double *values, size_t count);
/* Linear between order statistics (type 7), for reading; `quantile` within [0, 1]. */
double stats_quantile(const double *values, size_t count, double quantile);
/* Ascending copy into `sorted`. */
void stats_sort(const double *values, size_t count, double *sorted);

/*
 * The exponent b of y = a * x^b by least squares on logarithms, with its standard error; points
 * that are not above zero are left out. NAN of fewer than three points, or of only one x.
 */
struct stats_power {
	double exponent, standard_error;
	size_t points;
};
struct stats_power stats_power_fit(const double *x, const double *y, size_t count);

/* `confidence` is what is really covered, which small samples keep below what was asked for. */
struct interval {
	double low, high;
	double confidence;
};

/* Order statistics by the binomial distribution: exact whatever the distribution is. */
struct interval interval_quantile(
	const double *values, size_t count, double quantile, double confidence);
struct interval interval_median(const double *values, size_t count, double confidence);
/* Wilson's score interval of a proportion; trials > 0. */
struct interval interval_proportion(size_t successes, size_t trials, double confidence);

struct ratio {
	double ratio; /* of `above` over `below` */
	struct interval interval;
	double delta; /* Cliff's: -1 all lower .. 1 all higher */
	double p;     /* two-sided permutation test of the mean logarithm */
	bool p_is_exact;
};

/*
 * Hodges-Lehmann estimate of how many times larger `above` is, with the interval that belongs to
 * the Mann-Whitney distribution. All values must be above zero and both counts at least one.
 */
struct ratio ratio_of(const double *above, size_t above_count, const double *below,
	size_t below_count, double confidence);

/* Two-sided, difference of means; exact up to 20,000 permutations, else up to 10,000 seeded draws.
 */
double permutation_test(const double *a, size_t a_count, const double *b, size_t b_count,
	uint64_t seed, bool *ret_is_exact);
/* Smallest two-sided p that the exact test of these counts can show. */
double permutation_floor(size_t a_count, size_t b_count);

/* One quantity in every run, those of the first side first. */
struct joint_row {
	const double *values; /* NAN: this run has none */
	/* Part of the standard error of every difference, or few runs that happen to agree would
	 * make any difference an extreme one. Above zero, and the same however runs are labelled.
	 */
	double resolution;
};

/*
 * Many quantities of the same runs: the chance that one of them, by relabelling whole runs, differs
 * as clearly as this one. Studentised differences of means under joint permutation of the runs, by
 * Westfall and Young's step-down maxT (Resampling-Based Multiple Testing, 1993, algorithm 4.1; as
 * in Ge, Dudoit and Speed, TEST 12, 2003). So drift of a whole run, which moves all its quantities,
 * is not mistaken for evidence from each, and the family-wise error holds without independence.
 * `adjusted` has `count` elements; 1 where a side has fewer than two values.
 */
void joint_test(const struct joint_row *rows, size_t count, size_t first_runs, size_t second_runs,
	uint64_t seed, double *adjusted);

/* Adjusted p values in the order given; `adjusted` may be `p`. */
void adjust_holm(const double *p, size_t count, double *adjusted);

/*
 * Compact letters: bit k of groups[i] says that item i is in group k. Items that `differ` share
 * no group, items that do not differ share at least one. `differ` is count x count, symmetric;
 * at most 64 items; returns the number of groups.
 */
size_t group_items(const bool *differ, size_t count, uint64_t *groups);

/* Difference of two means that `count` values per side find with this power; normal quantiles. */
double detectable_difference(double deviation, size_t count, double significance, double power);
double stats_normal_quantile(double probability);
