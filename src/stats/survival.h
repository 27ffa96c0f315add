/* SPDX-License-Identifier: MIT */
#pragma once

#include "stats/stats.h"

/*
 * How many have not met an event by a time, where of some it is only known that they had not until
 * they were last looked at: Kaplan and Meier's estimate (JASA 53, 1958).
 */
struct survival_step {
	double time;
	size_t at_risk, events;
	double share; /* from this time on */
	/* By Greenwood's variance of log(-log(share)), which stays within 0 and 1; NAN of nobody.
	 */
	struct interval interval;
};

/*
 * A step for each time at which somebody met it, ascending, in `steps`, which has room for `count`;
 * who was last looked at then counts as looked at. Times are finite.
 */
size_t survival_of(const double *times, const bool *is_event, size_t count, double confidence,
	struct survival_step *steps);
double survival_at(const struct survival_step *steps, size_t count, double time);
/* The first time at which no more than this share is left; NAN: it was not seen. */
double survival_time(const struct survival_step *steps, size_t count, double share);
