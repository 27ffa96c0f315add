/* SPDX-License-Identifier: MIT */
/* Slotted delivery: what is due waits for the next slot, and a slot has room for so much. */
#include "netem/internal.h"

static int64_t slot_length(
	struct slot_state *state, const struct netem_slot *slot, const struct streams *streams)
{
	uint64_t draw = stream_draw(streams->key[0][FOR_SLOT], state->number++);
	uint64_t span = (uint64_t)(slot->max_ns - slot->min_ns);

	/* The high word of a 32 by 64 bit product, as the kernel scales its draw. */
	return slot->min_ns + (int64_t)(((__uint128_t)(draw >> 32) * span) >> 32);
}

static void open_next(struct slot_state *state, const struct netem_slot *slot,
	const struct streams *streams, int64_t now_ns)
{
	state->next_ns = now_ns + slot_length(state, slot, streams);
	state->packets_left = slot->packets ? slot->packets : INT32_MAX;
	state->bytes_left = slot->bytes ? slot->bytes : INT32_MAX;
}

void slot_start(struct slot_state *state, const struct netem_slot *slot,
	const struct streams *streams, int64_t now_ns)
{
	*state = (struct slot_state){0};
	if (slot->max_ns > 0)
		open_next(state, slot, streams, now_ns);
}

int64_t slot_admit(struct slot_state *state, const struct netem_slot *slot,
	const struct streams *streams, int64_t now_ns, uint32_t length)
{
	int64_t at_ns;

	if (state->next_ns == 0)
		return now_ns;
	if (state->next_ns < now_ns)
		open_next(state, slot, streams, now_ns);
	at_ns = state->next_ns > now_ns ? state->next_ns : now_ns;
	state->packets_left--;
	state->bytes_left -= length;
	if (state->packets_left <= 0 || state->bytes_left <= 0)
		open_next(state, slot, streams, at_ns);
	return at_ns;
}
