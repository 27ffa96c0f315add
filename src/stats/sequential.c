/* SPDX-License-Identifier: MIT */
/* A paired test that may be looked at after every pair. */
#include "stats/sequential.h"

#include <math.h>

struct interval sequential_interval(const double *differences, size_t count, double error)
{
	double n = (double)count, mean, least, excess, half;
	double growth = 1 + n * SEQUENTIAL_EFFECT_VARIANCE;
	struct interval nothing = {-INFINITY, INFINITY, 1 - error};

	if (count < 2)
		return nothing;
	/* The least ratio of (1 + t^2 / nu) to (1 + t^2 / (nu R)) that excludes a mean. */
	least = pow(sqrt(growth) / error, 2 / n);
	if (least >= growth)
		return nothing;
	excess = (least - 1) / (1 - least / growth); /* t^2 / nu */
	half = stats_deviation(differences, count) * sqrt(excess * (n - 1) / n);
	mean = stats_mean(differences, count);
	return (struct interval){mean - half, mean + half, 1 - error};
}

enum sequential_verdict sequential_judge(struct interval interval, double margin)
{
	if (interval.low > -margin && interval.high < margin)
		return SEQUENTIAL_NO_DIFFERENCE;
	if (interval.low > 0)
		return SEQUENTIAL_WORSE;
	if (interval.high < 0)
		return SEQUENTIAL_BETTER;
	return SEQUENTIAL_CANNOT_TELL;
}
