/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Where a series of values changes its distribution, and how sure that is: hierarchical divisive
 * estimation with the energy statistic (E-divisive; Matteson and James, "A nonparametric approach
 * for multiple change point analysis of multivariate data", JASA 109, 2014), which Daly et al.
 * ("The use of change point detection to identify software performance regressions in a continuous
 * integration system", ICPE 2020) use for what a pipeline measures. It assumes no distribution, but
 * that values between two changes could as well have come in any other order.
 */
struct change_rule {
	double significance; /* chance that a series without a change has one: 0.05 */
	uint64_t seed;       /* of the permutations: equal seeds give equal answers */
};

struct change_point {
	size_t at; /* the first value after the change */
	double p;  /* by permutations between the changes that were found before this one */
};

enum {
	CHANGE_SEGMENT_MIN = 3 /* values; fewer are an outlier, or nobody knows yet */
};

/* Into `points`, which has `count` elements, in the order of the series; returns how many. */
size_t change_points(const double *values, size_t count, const struct change_rule *rule,
	struct change_point *points);
/* The scaled energy distance of the values before `at` from those behind; both at least two. */
double change_statistic(const double *values, size_t count, size_t at);
