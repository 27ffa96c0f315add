/* SPDX-License-Identifier: MIT */
/* How long a packet is under way, apart from what queues add. */
#include "netem/internal.h"

#include <math.h>

/* tc and the kernel carry jitter as an absolute value of at most 31 bits of nanoseconds. */
static int64_t kernel_sigma(const struct netem_params *params)
{
	return params->jitter_ns > INT32_MAX ? INT32_MAX : params->jitter_ns;
}

int64_t delay_kernel(const struct netem_params *params, uint32_t draw)
{
	const int16_t *table = table_of(params->shape);
	int64_t sigma = kernel_sigma(params);
	int64_t entry, x;

	if (sigma == 0)
		return params->delay_ns;
	if (!table)
		return params->delay_ns - sigma + draw % (2 * sigma);
	entry = table[draw % TABLE_SIZE];
	x = sigma % TABLE_ONE_SIGMA * entry;
	x += x >= 0 ? TABLE_ONE_SIGMA / 2 : -TABLE_ONE_SIGMA / 2;
	return x / TABLE_ONE_SIGMA + sigma / TABLE_ONE_SIGMA * entry + params->delay_ns;
}

/* Pareto with exponent 3, moved and scaled to mean `delay` and standard deviation `jitter`. */
static double pareto_sigmas(double u)
{
	double tail = fmax(1 - u, 1e-6); /* no packet later than 113 sigmas */

	return (pow(tail, -1.0 / 3) - 1.5) / sqrt(0.75);
}

double delay_quantile(const struct netem_params *params, double u)
{
	double mean = (double)params->delay_ns, jitter = (double)params->jitter_ns;

	if (params->model == NETEM_KERNEL)
		return (double)delay_kernel(
			params, (uint32_t)(u * (params->shape == NETEM_UNIFORM
							       ? 2 * (double)kernel_sigma(params)
							       : TABLE_SIZE)));
	switch (params->shape) {
	case NETEM_NORMAL:
		return mean + jitter * normal_quantile(u);
	case NETEM_PARETO:
		return mean + jitter * pareto_sigmas(u);
	default:
		return mean + jitter * (2 * u - 1);
	}
}

static double normal_draw(uint64_t key, uint64_t index)
{
	return normal_quantile(stream_unit(stream_draw(key, index)));
}

/* Gaussian copula: any marginal, and a correlation that is felt. */
static double correlated_normal(
	struct delay_state *state, const struct netem_params *params, uint64_t key, uint64_t index)
{
	double rho = params->delay_correlation;
	double fresh = normal_draw(key, index);

	state->z = state->has_z ? rho * state->z + sqrt(1 - rho * rho) * fresh : fresh;
	state->has_z = true;
	return state->z;
}

/* Between two time slots the normal is mixed so that its variance is one at every moment. */
static double wandering_normal(const struct netem_params *params, uint64_t key, int64_t since_ns)
{
	int64_t slot = since_ns / params->wander_ns;
	double f = (double)(since_ns % params->wander_ns) / (double)params->wander_ns;
	double a = normal_draw(key, (uint64_t)slot), b = normal_draw(key, (uint64_t)slot + 1);

	return ((1 - f) * a + f * b) / sqrt((1 - f) * (1 - f) + f * f);
}

int64_t delay_calibrated(struct delay_state *state, const struct netem_params *params,
	const struct streams *streams, const struct instant *at, unsigned copy)
{
	uint64_t key = streams->key[copy][FOR_DELAY];
	double u;

	if (params->jitter_ns == 0)
		return params->delay_ns;
	if (params->jitter == NETEM_JITTER_WANDER)
		u = normal_cdf(
			wandering_normal(params, streams->key[0][FOR_DELAY], at->since_epoch_ns));
	else if (params->delay_correlation != 0 && copy > 0)
		u = normal_cdf(state->z);
	else if (params->delay_correlation != 0)
		u = normal_cdf(correlated_normal(state, params, key, at->index));
	else
		u = stream_unit(stream_draw(key, at->index));
	u = fmin(fmax(u, 0x1p-53), 1 - 0x1p-53);
	return llrint(fmax(0, delay_quantile(params, u)));
}
