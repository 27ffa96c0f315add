/* SPDX-License-Identifier: MIT */
/* How something grows: y = a * x^b, a straight line through the logarithms. */
#include "stats/stats.h"

#include <math.h>

/* Zero and less have no logarithm, so such points say nothing here. */
static bool is_point(double x, double y)
{
	return isfinite(x) && isfinite(y) && x > 0 && y > 0;
}

struct stats_power stats_power_fit(const double *x, const double *y, size_t count)
{
	double mean_x = 0, mean_y = 0, xx = 0, xy = 0, left = 0;
	struct stats_power fit = {.exponent = NAN, .standard_error = NAN};

	for (size_t i = 0; i < count; i++) {
		if (!is_point(x[i], y[i]))
			continue;
		mean_x += log(x[i]);
		mean_y += log(y[i]);
		fit.points++;
	}
	if (fit.points < 3)
		return fit;
	mean_x /= (double)fit.points;
	mean_y /= (double)fit.points;
	for (size_t i = 0; i < count; i++) {
		if (!is_point(x[i], y[i]))
			continue;
		xx += (log(x[i]) - mean_x) * (log(x[i]) - mean_x);
		xy += (log(x[i]) - mean_x) * (log(y[i]) - mean_y);
	}
	if (!(xx > 0))
		return fit;
	fit.exponent = xy / xx;
	for (size_t i = 0; i < count; i++) {
		if (is_point(x[i], y[i]))
			left += pow(log(y[i]) - mean_y - fit.exponent * (log(x[i]) - mean_x), 2);
	}
	fit.standard_error = sqrt(left / (double)(fit.points - 2) / xx);
	return fit;
}
