/* SPDX-License-Identifier: MIT */
/* Which packets are lost: chains per packet, chains in time, and the kernel's variants of them. */
#include "netem/internal.h"

#include <math.h>

/* Exact long-run probability p and exact lag-1 correlation rho of the indicator. */
bool chain_next(struct chain *chain, const struct netem_chance *chance, uint64_t draw)
{
	double stay = chain->is_on ? chance->correlation : 0;

	chain->is_on = stream_chance(draw, chance->probability * (1 - chance->correlation) + stay);
	return chain->is_on;
}

static double bad_share(const struct netem_loss *loss)
{
	double to_bad = loss->to_bad, to_good = loss->to_good;

	if (loss->kind == NETEM_LOSS_RANDOM)
		return loss->random.probability;
	return to_bad + to_good > 0 ? to_bad / (to_bad + to_good) : 0;
}

/* Calibrated chains start in their long-run state, so the first packets are like all others. */
void loss_start(struct loss_state *state, const struct netem_loss *loss, const struct streams *s)
{
	*state = (struct loss_state){.chain = 1};
	if (loss->kind == NETEM_LOSS_RANDOM || loss->kind == NETEM_LOSS_ELLIOTT)
		state->is_bad =
			stream_chance(stream_draw(s->key[0][FOR_START], FOR_LOSS), bad_share(loss));
	if (loss->kind == NETEM_LOSS_OUTAGES)
		state->is_bad = true; /* the first sojourn is a good one: see outage_at() */
}

/* Walks from sojourn to sojourn; their lengths depend on their number alone, not on traffic. */
static void outage_at(struct loss_state *state, const struct netem_loss *loss,
	const struct streams *streams, int64_t since_epoch_ns)
{
	while (state->until_ns <= since_epoch_ns) {
		uint64_t draw = stream_draw(streams->key[0][FOR_SOJOURN], state->sojourn++);
		double mean_ns;

		state->is_bad = !state->is_bad;
		mean_ns = (double)(state->is_bad ? loss->bad_ns : loss->good_ns);
		state->until_ns += 1 + (int64_t)(-mean_ns * log(stream_unit(draw)));
	}
}

static bool chain_of_four(struct loss_state *state, const struct netem_loss *loss, double r)
{
	switch (state->chain) {
	case 1:
		if (r < loss->p14)
			state->chain = 4;
		else if (r < loss->p13 + loss->p14)
			state->chain = 3;
		break;
	case 2:
		if (r < loss->p23)
			state->chain = 3;
		break;
	case 3:
		if (r < loss->p32)
			state->chain = 2;
		else if (r < loss->p31 + loss->p32)
			state->chain = 1;
		break;
	default:
		state->chain = 1;
	}
	return state->chain >= 3;
}

bool loss_chain_kernel(struct loss_state *state, const struct netem_loss *loss, uint32_t draw)
{
	return chain_of_four(state, loss, (double)draw * 0x1p-32);
}

/* The state changes for the next packet; this one still meets the state that was. */
bool loss_elliott_kernel(
	struct loss_state *state, const struct netem_loss *loss, const uint32_t draws[2])
{
	bool was_bad = state->is_bad;

	if (draws[0] < kernel_scaled(was_bad ? loss->to_good : loss->to_bad))
		state->is_bad = !was_bad;
	if (was_bad)
		return draws[1] > kernel_scaled(1 - loss->in_bad);
	return draws[1] < kernel_scaled(loss->in_good);
}

static bool meets_state(
	const struct loss_state *state, const struct netem_loss *loss, uint64_t draw)
{
	return stream_chance(draw, state->is_bad ? loss->in_bad : loss->in_good);
}

bool loss_calibrated(struct loss_state *state, const struct netem_loss *loss,
	const struct streams *streams, const struct instant *at)
{
	uint64_t draw = stream_draw(streams->key[0][FOR_LOSS], at->index);
	struct chain chain = {.is_on = state->is_bad};

	switch (loss->kind) {
	case NETEM_LOSS_NONE:
		return false;
	case NETEM_LOSS_RANDOM:
		state->is_bad = chain_next(&chain, &loss->random, draw);
		return state->is_bad;
	case NETEM_LOSS_STATES:
		return chain_of_four(state, loss, (double)(draw >> 11) * 0x1p-53);
	case NETEM_LOSS_ELLIOTT:
		if (stream_chance(stream_draw(streams->key[0][FOR_LOSS_STATE], at->index),
			    state->is_bad ? loss->to_good : loss->to_bad))
			state->is_bad = !state->is_bad;
		return meets_state(state, loss, draw);
	case NETEM_LOSS_OUTAGES:
		outage_at(state, loss, streams, at->since_epoch_ns);
		return meets_state(state, loss, draw);
	}
	return false;
}

/* A clone meets the state its original met and does not move the chain. */
bool loss_clone(const struct loss_state *state, const struct netem_loss *loss,
	const struct streams *streams, const struct instant *at)
{
	uint64_t draw = stream_draw(streams->key[1][FOR_LOSS], at->index);

	switch (loss->kind) {
	case NETEM_LOSS_NONE:
		return false;
	case NETEM_LOSS_RANDOM:
		if (loss->random.correlation > 0)
			return state->is_bad;
		return stream_chance(draw, loss->random.probability);
	case NETEM_LOSS_STATES:
		return state->chain >= 3;
	default:
		return meets_state(state, loss, draw);
	}
}
