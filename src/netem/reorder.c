/* SPDX-License-Identifier: MIT */
/* Reordering that is asked for: displacement in packets or in time, early or late. */
#include "netem/internal.h"

#define DEFAULT_HOLD_NS INT64_C(50000000)

/* The release that overtakes `wanted` predecessors, or as many of them as are still here. */
static int64_t overtake(struct netem *netem, int64_t own_ns, int64_t now_ns, uint32_t wanted)
{
	struct reorder_state *state = &netem->reorder;
	uint32_t reach = state->passed < wanted ? (uint32_t)state->passed : wanted;

	for (uint32_t n = reach; n > 0; n--) {
		int64_t release_ns = state->history[(state->passed - n) % HISTORY];

		if (release_ns > now_ns && release_ns < own_ns) {
			netem->totals.displaced_short += n < wanted;
			return release_ns - 1;
		}
	}
	netem->totals.displaced_short++;
	return own_ns;
}

void reorder_displace(struct netem *netem, struct netem_copy *copy, int64_t now_ns)
{
	const struct netem_params *params = &netem->params;

	switch (params->displacement) {
	case NETEM_LATE_PACKETS:
		copy->hold_packets = params->reorder_packets;
		copy->release_ns += params->reorder_ns > 0 ? params->reorder_ns : DEFAULT_HOLD_NS;
		break;
	case NETEM_EARLY_PACKETS:
		copy->release_ns =
			overtake(netem, copy->release_ns, now_ns, params->reorder_packets);
		break;
	case NETEM_LATE_TIME:
		copy->release_ns += params->reorder_ns;
		break;
	case NETEM_EARLY_TIME:
		copy->release_ns -= params->reorder_ns;
		if (copy->release_ns < now_ns)
			copy->release_ns = now_ns;
		break;
	}
	netem->totals.reordered++;
}

/* A packet that kept its place has passed: it counts for those that wait for successors. */
void reorder_passed(struct reorder_state *state, const struct netem_copy *copy)
{
	state->history[state->passed++ % HISTORY] = copy->release_ns;
	state->trigger_ns = copy->release_ns;
	for (uint32_t i = 0; i < state->held_count; i++) {
		if (state->held[i].left > 0)
			state->held[i].left--;
	}
}

bool netem_hold(struct netem *netem, const struct netem_copy *copy, uint32_t token)
{
	struct reorder_state *state = &netem->reorder;

	if (state->held_count == NETEM_MAX_HELD)
		return false;
	state->held[state->held_count++] = (struct held){
		.token = token, .left = copy->hold_packets, .expires_ns = copy->release_ns};
	return true;
}

static uint32_t take_held(struct reorder_state *state, uint32_t i)
{
	uint32_t token = state->held[i].token;

	state->held_count--;
	for (; i < state->held_count; i++)
		state->held[i] = state->held[i + 1];
	return token;
}

bool netem_next_due(struct netem *netem, uint32_t *ret_token, int64_t *ret_release_ns)
{
	struct reorder_state *state = &netem->reorder;

	for (uint32_t i = 0; i < state->held_count; i++) {
		if (state->held[i].left > 0)
			continue;
		*ret_token = take_held(state, i);
		*ret_release_ns = state->trigger_ns;
		return true;
	}
	return false;
}

bool netem_next_expired(struct netem *netem, int64_t now_ns, uint32_t *ret_token)
{
	struct reorder_state *state = &netem->reorder;

	for (uint32_t i = 0; i < state->held_count; i++) {
		if (state->held[i].expires_ns > now_ns)
			continue;
		*ret_token = take_held(state, i);
		return true;
	}
	return false;
}

int64_t netem_hold_earliest_ns(const struct netem *netem)
{
	const struct reorder_state *state = &netem->reorder;
	int64_t earliest_ns = INT64_MAX;

	for (uint32_t i = 0; i < state->held_count; i++) {
		if (state->held[i].expires_ns < earliest_ns)
			earliest_ns = state->held[i].expires_ns;
	}
	return earliest_ns;
}
