/* SPDX-License-Identifier: MIT */
/* What parameters amount to: the numbers behind warnings and calibration tables. */
#include "netem/internal.h"

#include <math.h>
#include <stdlib.h>

enum {
	GRID = 1 << 15,
	DELAY_POINTS = 4096
};

/*
 * One step of X -> rho X + (1 - rho) U on a distribution function held at x = i / GRID; the
 * integral over U is a difference of the function's own integral.
 */
static void mix_with_uniform(const double *cdf, double *integral, double *ret_cdf, double rho)
{
	integral[0] = 0;
	for (int i = 1; i <= GRID; i++)
		integral[i] = integral[i - 1] + (cdf[i - 1] + cdf[i]) / 2 / GRID;
	for (int i = 0; i <= GRID; i++) {
		double x = (double)i / GRID;
		double ends[2] = {(x - (1 - rho)) / rho, x / rho}, sums[2];

		for (int end = 0; end < 2; end++) {
			double place = fmin(fmax(ends[end], 0), 1) * GRID;
			int at = (int)fmin(place, GRID - 1);
			double f = place - at;

			sums[end] = integral[at] + (integral[at + 1] - integral[at]) * f +
				    fmax(0, ends[end] - 1);
			sums[end] -= (cdf[at + 1] - cdf[at]) * f * (1 - f) / 2 / GRID;
		}
		ret_cdf[i] = rho / (1 - rho) * (sums[1] - sums[0]);
	}
}

/* Long-run share of draws at or below a threshold; at most 1e-9 for what is smaller than that. */
double netem_kernel_chance(const struct netem_chance *chance)
{
	double rho = chance->correlation, result, place;
	int rounds = rho > 0 && rho < 1 ? (int)ceil(log(1e-7) / log(rho)) : 0;
	double *memory, *cdf, *next, *integral;

	if (chance->probability <= 0)
		return 0;
	if (rounds == 0 || chance->probability >= 1)
		return chance->probability;
	memory = calloc(3 * ((size_t)GRID + 1), sizeof(*memory));
	if (!memory)
		return NAN;
	cdf = memory;
	next = cdf + GRID + 1;
	integral = next + GRID + 1;
	for (int i = 0; i <= GRID; i++)
		cdf[i] = (double)i / GRID;
	for (int i = 0; i < rounds && i < 400; i++) {
		double *former = cdf;

		mix_with_uniform(cdf, integral, next, rho);
		cdf = next;
		next = former;
	}
	place = chance->probability * GRID;
	result = cdf[(int)place] + (cdf[(int)place + 1] - cdf[(int)place]) * (place - floor(place));
	free(memory);
	return fmax(0, result);
}

static double states_share(const struct netem_loss *loss)
{
	double in_burst = loss->p31 > 0 ? loss->p13 / loss->p31 : 0; /* per visit of state 1 */
	double between = loss->p23 > 0 ? in_burst * loss->p32 / loss->p23 : 0;
	double all = 1 + in_burst + between + loss->p14;

	return (in_burst + loss->p14) / all;
}

double netem_loss_share(const struct netem_params *params)
{
	const struct netem_loss *loss = &params->loss;
	double bad = 0;

	switch (loss->kind) {
	case NETEM_LOSS_NONE:
		return 0;
	case NETEM_LOSS_RANDOM:
		return params->model == NETEM_KERNEL ? netem_kernel_chance(&loss->random)
						     : loss->random.probability;
	case NETEM_LOSS_STATES:
		return states_share(loss);
	case NETEM_LOSS_ELLIOTT:
		bad = loss->to_bad / (loss->to_bad + loss->to_good);
		break;
	case NETEM_LOSS_OUTAGES:
		bad = (double)loss->bad_ns / (double)(loss->good_ns + loss->bad_ns);
		break;
	}
	return bad * loss->in_bad + (1 - bad) * loss->in_good;
}

double netem_mean_delay_ns(const struct netem_params *params)
{
	double sum = 0;

	if (params->model == NETEM_NONE)
		return 0;
	if (params->jitter_ns == 0)
		return (double)params->delay_ns;
	for (int i = 0; i < DELAY_POINTS; i++)
		sum += fmax(0, delay_quantile(params, (i + 0.5) / DELAY_POINTS));
	return sum / DELAY_POINTS;
}

uint64_t netem_buffer_bytes(const struct netem_params *params)
{
	uint64_t hundred_ms = (uint64_t)(params->rate_bps / 80);

	if (params->buffer_bytes > 0)
		return params->buffer_bytes;
	if (params->limit_packets > 0)
		return UINT64_MAX;
	return hundred_ms > 20000 ? hundred_ms : 20000;
}
