/* SPDX-License-Identifier: MIT */
/* The order in which Linux' sch_netem draws and decides, with the numbers it holds. */
#include "netem/internal.h"

#include <math.h>

uint32_t kernel_scaled(double fraction)
{
	return (uint32_t)rint(fraction * UINT32_MAX);
}

/* An exponential average of uniform numbers that everyone then compares as if it were uniform. */
uint32_t correlated_next(struct correlated *state, uint32_t uniform)
{
	uint64_t rho = (uint64_t)state->rho + 1;

	if (state->rho == 0)
		return uniform;
	state->last =
		(uint32_t)((uniform * ((UINT64_C(1) << 32) - rho) + (uint64_t)state->last * rho) >>
			   32);
	return state->last;
}

static uint32_t draw32(const struct netem *netem, unsigned copy, enum purpose purpose)
{
	return (uint32_t)(stream_draw(netem->streams.key[copy][purpose], netem->index) >> 32);
}

static void start_correlated(struct netem *netem, struct correlated *state, enum purpose purpose)
{
	state->last = (uint32_t)stream_draw(netem->streams.key[0][FOR_START], purpose);
}

void kernel_start(struct netem *netem)
{
	start_correlated(netem, &netem->kernel.delay, FOR_DELAY);
	start_correlated(netem, &netem->kernel.loss, FOR_LOSS);
	start_correlated(netem, &netem->kernel.duplicate, FOR_DUPLICATE);
	start_correlated(netem, &netem->kernel.reorder, FOR_REORDER);
	start_correlated(netem, &netem->kernel.corrupt, FOR_CORRUPT);
	netem->loss = (struct loss_state){.chain = 1};
	netem->kernel.counter = 0;
}

void kernel_load(struct netem *netem)
{
	const struct netem_params *params = &netem->params;

	netem->kernel.delay.rho = kernel_scaled(params->delay_correlation);
	netem->kernel.loss.rho = kernel_scaled(params->loss.random.correlation);
	netem->kernel.duplicate.rho = kernel_scaled(params->duplicate.correlation);
	netem->kernel.reorder.rho = kernel_scaled(params->reorder.correlation);
	netem->kernel.corrupt.rho = kernel_scaled(params->corrupt.correlation);
	netem->kernel.p_loss = kernel_scaled(params->loss.random.probability);
	netem->kernel.p_duplicate = kernel_scaled(params->duplicate.probability);
	netem->kernel.p_reorder = kernel_scaled(params->reorder.probability);
	netem->kernel.p_corrupt = kernel_scaled(params->corrupt.probability);
	netem->kernel.counter = 0;
}

static bool fires(struct netem *netem, struct correlated *state, uint32_t threshold, unsigned copy,
	enum purpose purpose)
{
	if (threshold == 0)
		return false;
	return threshold >= correlated_next(state, draw32(netem, copy, purpose));
}

static bool is_lost(struct netem *netem, const struct netem_step *step, unsigned copy)
{
	const struct netem_loss *loss = &netem->params.loss;
	uint32_t draws[2];

	if (step && step->loss >= 0)
		return draw32(netem, copy, FOR_LOSS) * 0x1p-32 < step->loss;
	switch (loss->kind) {
	case NETEM_LOSS_RANDOM:
		return fires(netem, &netem->kernel.loss, netem->kernel.p_loss, copy, FOR_LOSS);
	case NETEM_LOSS_STATES:
		return loss_chain_kernel(&netem->loss, loss, draw32(netem, copy, FOR_LOSS_STATE));
	case NETEM_LOSS_ELLIOTT:
		draws[0] = draw32(netem, copy, FOR_LOSS_STATE);
		draws[1] = draw32(netem, copy, FOR_LOSS);
		return loss_elliott_kernel(&netem->loss, loss, draws);
	default:
		return false;
	}
}

static bool is_delayed(struct netem *netem, unsigned copy)
{
	uint32_t gap = netem->params.gap;

	if (gap == 0 || netem->kernel.counter + 1 < gap)
		return true;
	return netem->kernel.p_reorder <
	       correlated_next(&netem->kernel.reorder, draw32(netem, copy, FOR_REORDER));
}

/* The delay comes first and the serialiser after it, so a rate makes releases rise. */
static int64_t release_at(struct netem *netem, const struct netem_step *step, int64_t now_ns,
	uint32_t length, unsigned copy)
{
	const struct netem_params *params = &netem->params;
	double rate_bps = step && step->rate_bps >= 0 ? step->rate_bps : params->rate_bps;
	int64_t delay_ns = params->delay_ns;

	if (params->jitter_ns > 0)
		delay_ns = delay_kernel(params,
			correlated_next(&netem->kernel.delay, draw32(netem, copy, FOR_DELAY)));
	if (step && step->delay_ns >= 0)
		delay_ns += step->delay_ns - params->delay_ns;
	if (rate_bps <= 0)
		return now_ns + delay_ns;
	if (netem->totals.queued > 0) {
		delay_ns -= netem->kernel.last_ns - now_ns;
		delay_ns = delay_ns > 0 ? delay_ns : 0;
		now_ns = netem->kernel.last_ns;
	}
	return now_ns + delay_ns + rate_time_ns(rate_wire_bytes(params, length), rate_bps);
}

static void place(struct netem *netem, const struct netem_step *step, int64_t now_ns,
	uint32_t length, struct netem_copy *copy)
{
	unsigned number = copy->is_clone;

	copy->verdict = NETEM_PASSES;
	if (!is_delayed(netem, number)) {
		netem->kernel.counter = 0;
		netem->totals.reordered++;
		copy->is_immediate = true;
		copy->release_ns = now_ns;
		return;
	}
	netem->kernel.counter++;
	copy->release_ns = release_at(netem, step, now_ns, length, number);
	if (netem->totals.queued == 0 || copy->release_ns > netem->kernel.last_ns)
		netem->kernel.last_ns = copy->release_ns;
	netem->totals.queued++;
}

static void draw_corruption(struct netem *netem, struct netem_copy *copy)
{
	copy->is_corrupt = fires(netem, &netem->kernel.corrupt, netem->kernel.p_corrupt,
		copy->is_clone, FOR_CORRUPT);
	if (!copy->is_corrupt)
		return;
	copy->corrupt_draw =
		stream_draw(netem->streams.key[copy->is_clone][FOR_CORRUPT_BIT], netem->index);
}

static bool has_no_room(const struct netem *netem)
{
	uint32_t limit = netem->params.limit_packets;

	return netem->totals.queued >= (limit ? limit : NETEM_DEFAULT_LIMIT);
}

/* A clone enters at the root, before its original, and goes through everything but duplication. */
static void place_clone(struct netem *netem, const struct netem_step *step, int64_t now_ns,
	uint32_t length, struct netem_copy *clone)
{
	clone->is_clone = true;
	if (is_lost(netem, step, 1)) {
		clone->verdict = NETEM_LOST;
		return;
	}
	draw_corruption(netem, clone);
	if (has_no_room(netem))
		clone->verdict = NETEM_OVERFLOW;
	else
		place(netem, step, now_ns, length, clone);
}

void kernel_decide(
	struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate)
{
	const struct netem_step *step =
		netem->has_timeline
			? timeline_step(&netem->timeline, now_ns - netem->epoch_ns, &(int64_t){0})
			: NULL;
	struct netem_copy *original = &ret_fate->copy[0];
	bool is_double =
		fires(netem, &netem->kernel.duplicate, netem->kernel.p_duplicate, 0, FOR_DUPLICATE);

	if (is_lost(netem, step, 0)) {
		/* A loss on a packet chosen for duplication only cancels the clone. */
		if (!is_double) {
			original->verdict = NETEM_LOST;
			return;
		}
		is_double = false;
	}
	if (step && step->is_down) {
		original->verdict = NETEM_DOWN;
		return;
	}
	draw_corruption(netem, original);
	if (has_no_room(netem)) {
		original->verdict = NETEM_OVERFLOW;
		return;
	}
	if (is_double) {
		ret_fate->count = 2;
		ret_fate->copy[1] = ret_fate->copy[0];
		ret_fate->copy[0] = (struct netem_copy){0};
		place_clone(netem, step, now_ns, length, &ret_fate->copy[0]);
		original = &ret_fate->copy[1];
	}
	place(netem, step, now_ns, length, original);
}
