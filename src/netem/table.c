/* SPDX-License-Identifier: MIT */
/* The normal distribution both ways, and the kernel's delay tables made from their formulas. */
#include "netem/internal.h"

#include <math.h>
#include <stddef.h>

double normal_cdf(double x)
{
	return 0.5 * erfc(-x / sqrt(2));
}

static double polynomial(const double *coefficients, size_t count, double x)
{
	double sum = 0;

	while (count > 0)
		sum = sum * x + coefficients[--count];
	return sum;
}

/*
 * Peter Acklam's rational approximation (relative error 1.2e-9) and one Halley step of the exact
 * equation, which leaves no error that a double could show in the middle.
 */
static double quantile_start(double p)
{
	static const double a[] = {2.506628277459239e+00, -3.066479806614716e+01,
		1.383577518672690e+02, -2.759285104469687e+02, 2.209460984245205e+02,
		-3.969683028665376e+01};
	static const double b[] = {1, -1.328068155288572e+01, 6.680131188771972e+01,
		-1.556989798598866e+02, 1.615858368580409e+02, -5.447609879822406e+01};
	static const double c[] = {2.938163982698783e+00, 4.374664141464968e+00,
		-2.549732539343734e+00, -2.400758277161838e+00, -3.223964580411365e-01,
		-7.784894002430293e-03};
	static const double d[] = {1, 3.754408661907416e+00, 2.445134137142996e+00,
		3.224671290700398e-01, 7.784695709041462e-03};
	double q;

	if (p < 0.02425) {
		q = sqrt(-2 * log(p));
		return polynomial(c, 6, q) / polynomial(d, 5, q);
	}
	if (p > 1 - 0.02425)
		return -quantile_start(1 - p);
	q = p - 0.5;
	return q * polynomial(a, 6, q * q) / polynomial(b, 6, q * q);
}

double normal_quantile(double p)
{
	double x = quantile_start(p);
	double error = (normal_cdf(x) - p) * sqrt(2 * M_PI) * exp(x * x / 2);

	return x - error / (1 + x * error / 2);
}

/*
 * tc's tables: the normal one is the quantile on a grid of 16384 of which every fourth is kept,
 * the Pareto one has exponent 3, and the third mixes a quarter of the first with the second.
 */
static double normal_entry(unsigned i)
{
	return normal_quantile((4 * i + 0.5) / (4.0 * TABLE_SIZE));
}

static double pareto_entry(unsigned i)
{
	double u = (double)(TABLE_SIZE - i) / TABLE_SIZE;

	return (pow(u, -1.0 / 3) - 1.5) * 4 / 3;
}

static int16_t table_entry(double sigmas)
{
	double scaled = rint(sigmas * TABLE_ONE_SIGMA);

	return (int16_t)fmax(INT16_MIN, fmin(INT16_MAX, scaled));
}

static double mixed_entry(unsigned i)
{
	return 0.25 * normal_entry(i) + 0.75 * fmin(4, pareto_entry(i));
}

const int16_t *table_of(enum netem_shape shape)
{
	static int16_t tables[3][TABLE_SIZE];
	static bool is_made;

	if (shape == NETEM_UNIFORM)
		return NULL;
	if (!is_made) {
		for (unsigned i = 0; i < TABLE_SIZE; i++) {
			tables[0][i] = table_entry(normal_entry(i));
			tables[1][i] = table_entry(pareto_entry(i));
			tables[2][i] = table_entry(mixed_entry(i));
		}
		is_made = true;
	}
	return tables[shape - NETEM_NORMAL];
}
