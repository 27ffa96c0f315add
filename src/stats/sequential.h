/* SPDX-License-Identifier: MIT */
#pragma once

#include "stats/stats.h"

/*
 * Looks at paired differences as often as one likes and stops when it knows: a confidence sequence
 * of their mean, all of whose intervals hold the true mean together with probability 1 - `error`.
 *
 * It inverts the sequential t test with a normal mixture over the standardised effect (variance
 * SEQUENTIAL_EFFECT_VARIANCE): with n differences, nu = n - 1, R = 1 + n variance, the process
 *
 *   R^(-1/2) ((1 + t^2 / nu) / (1 + t^2 / (nu R)))^(n / 2)
 *
 * is a martingale when t is taken about the true mean, whatever the deviation is, and by Ville's
 * inequality ever reaches 1 / error with at most that probability. Lai, "On confidence sequences",
 * Annals of Statistics 4 (1976); Perez-Ortiz, Lardy, de Heide and Grunwald, "E-statistics, group
 * invariance and anytime valid testing", Annals of Statistics 52 (2024).
 *
 * Exact for independent, normally distributed differences.
 */
#define SEQUENTIAL_EFFECT_VARIANCE 4.0

/* `error` within (0, 1). Infinite while there are too few to say anything: with 5 %, up to three.
 */
struct interval sequential_interval(const double *differences, size_t count, double error);

enum sequential_verdict {
	SEQUENTIAL_CANNOT_TELL,
	SEQUENTIAL_NO_DIFFERENCE, /* the interval lies within the margin */
	SEQUENTIAL_BETTER,        /* it lies below 0 */
	SEQUENTIAL_WORSE,         /* it lies above 0 */
};

/* Of differences that are above 0 where the new side is worse; `margin` > 0 in their unit. */
enum sequential_verdict sequential_judge(struct interval interval, double margin);
