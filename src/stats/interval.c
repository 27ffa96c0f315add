/* SPDX-License-Identifier: MIT */
/* Intervals: of quantiles by order statistics, of means by bootstrap, of proportions by Wilson. */
#include "stats/stats.h"

#include "base/arena.h"

#include <math.h>

static double normal_cdf(double z)
{
	return 0.5 * erfc(-z / M_SQRT2);
}

/* Newton's steps on the error function, from a rough start (Abramowitz and Stegun 26.2.23). */
double stats_normal_quantile(double probability)
{
	double tail = probability < 0.5 ? probability : 1 - probability;
	double t, z;

	if (tail <= 0)
		return probability < 0.5 ? -INFINITY : INFINITY;
	t = sqrt(-2 * log(tail));
	z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
			(1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
	for (int i = 0; i < 4; i++) {
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);

		if (density > 0)
			z += (normal_cdf(-z) - tail) / density;
	}
	return probability < 0.5 ? -z : z;
}

static double log_factorial(size_t n)
{
	int sign;

	return lgamma_r((double)n + 1, &sign);
}

static double binomial_mass(size_t k, size_t n, double p)
{
	if (p <= 0 || p >= 1)
		return (p <= 0 ? k == 0 : k == n) ? 1 : 0;
	return exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) + (double)k * log(p) +
		   (double)(n - k) * log1p(-p));
}

/*
 * Starts at the whole range and takes from the side that costs less while the confidence lasts,
 * so the interval is as narrow as its promise allows.
 */
struct interval interval_quantile(
	const double *values, size_t count, double quantile, double confidence)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);
	double covered;
	size_t low = 1, high = count; /* order statistics; P(low <= B < high), B binomial */
	struct interval interval = {0};

	stats_sort(values, count, sorted);
	covered = 1 - binomial_mass(0, count, quantile) - binomial_mass(count, count, quantile);
	while (low < high) {
		double cost_low = binomial_mass(low, count, quantile);
		double cost_high = binomial_mass(high - 1, count, quantile);
		bool is_symmetric = fabs(cost_low - cost_high) < 1e-12 * (cost_low + cost_high);
		double cost = is_symmetric ? cost_low + cost_high : fmin(cost_low, cost_high);

		if (covered - cost < confidence || (is_symmetric && high - low < 2))
			break;
		covered -= cost;
		low += is_symmetric || cost_low < cost_high;
		high -= is_symmetric || cost_high < cost_low;
	}
	if (count)
		interval = (struct interval){
			sorted[low - 1], sorted[high - 1], count > 1 ? fmax(covered, 0) : 0};
	return interval;
}

struct interval interval_median(const double *values, size_t count, double confidence)
{
	return interval_quantile(values, count, 0.5, confidence);
}

struct interval interval_proportion(size_t successes, size_t trials, double confidence)
{
	double z = stats_normal_quantile((1 + confidence) / 2), n = (double)trials;
	double share = (double)successes / n;
	double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
	double half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));

	return (struct interval){
		successes ? centre - half : 0, successes < trials ? centre + half : 1, confidence};
}
