/* SPDX-License-Identifier: MIT */
/* The model that does what the words say: duplicate, lose, corrupt, then bottleneck, then delay. */
#include "netem/internal.h"

struct moment {
	struct instant at;
	int64_t now_ns;
	const struct netem_step *step; /* or NULL */
	bool is_reordered;
};

static uint64_t draw(const struct netem *netem, unsigned copy, enum purpose purpose)
{
	return stream_draw(netem->streams.key[copy][purpose], netem->index);
}

static enum netem_verdict loss_of(struct netem *netem, const struct moment *moment, unsigned copy)
{
	const struct netem_loss *loss = &netem->params.loss;
	const struct netem_step *step = moment->step;
	bool is_lost;

	if (step && step->is_down)
		return NETEM_DOWN;
	if (step && step->loss >= 0)
		is_lost = stream_chance(draw(netem, copy, FOR_LOSS), step->loss);
	else if (copy == 0)
		is_lost = loss_calibrated(&netem->loss, loss, &netem->streams, &moment->at);
	else
		is_lost = loss_clone(&netem->loss, loss, &netem->streams, &moment->at);
	return is_lost ? NETEM_LOST : NETEM_PASSES;
}

/* When the bottleneck has sent the packet, INT64_MIN when its buffer has no room for it. */
static int64_t depart(struct netem *netem, const struct moment *moment, uint32_t length)
{
	const struct netem_params *params = &netem->params;
	struct serialiser *line = &netem->line;
	int64_t bytes = rate_wire_bytes(params, length);
	int64_t start_ns = moment->now_ns > line->free_ns ? moment->now_ns : line->free_ns;
	bool has_opportunities = netem->has_timeline && netem->timeline.opportunity_count > 0;

	if (!line->ring)
		return moment->now_ns;
	if (!serialiser_has_room(line, params, netem->buffer_bytes, moment->now_ns, length))
		return INT64_MIN;
	start_ns -= netem->epoch_ns;
	if (has_opportunities)
		start_ns = timeline_opportunity(&netem->timeline, line, start_ns, bytes);
	else if (netem->has_timeline)
		start_ns = timeline_serialise(&netem->timeline, start_ns, bytes, params->rate_bps);
	else
		start_ns += rate_time_ns(bytes, params->rate_bps);
	line->free_ns = start_ns + netem->epoch_ns;
	serialiser_note(line, line->free_ns, length);
	return line->free_ns;
}

static void keep_order(struct netem *netem, struct netem_copy *copy)
{
	struct reorder_state *state = &netem->reorder;

	if (netem->params.jitter != NETEM_JITTER_INDEPENDENT &&
		copy->release_ns < state->last_release_ns)
		copy->release_ns = state->last_release_ns;
}

static void place(
	struct netem *netem, const struct moment *moment, uint32_t length, struct netem_copy *copy)
{
	int64_t departs_ns = depart(netem, moment, length);
	int64_t delay_ns;

	if (departs_ns == INT64_MIN) {
		copy->verdict = NETEM_OVERFLOW;
		return;
	}
	delay_ns = delay_calibrated(
		&netem->delay, &netem->params, &netem->streams, &moment->at, copy->is_clone);
	if (moment->step && moment->step->delay_ns >= 0)
		delay_ns += moment->step->delay_ns - netem->params.delay_ns;
	copy->release_ns = departs_ns + (delay_ns > 0 ? delay_ns : 0);
	keep_order(netem, copy);
	netem->totals.queued++;
	if (moment->is_reordered && !copy->is_clone) {
		reorder_displace(netem, copy, moment->now_ns);
		return;
	}
	if (copy->release_ns > netem->reorder.last_release_ns)
		netem->reorder.last_release_ns = copy->release_ns;
	if (!copy->is_clone)
		reorder_passed(&netem->reorder, copy);
}

/* Every chain moves with every packet, whatever else happens to it: fates depend on the index. */
void calibrated_decide(
	struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate)
{
	const struct netem_params *params = &netem->params;
	struct moment moment = {.at = {netem->index, now_ns - netem->epoch_ns}, .now_ns = now_ns};
	bool is_corrupt = false;

	if (netem->has_timeline)
		moment.step =
			timeline_step(&netem->timeline, moment.at.since_epoch_ns, &(int64_t){0});
	if (params->duplicate.probability > 0 &&
		chain_next(&netem->duplicate, &params->duplicate, draw(netem, 0, FOR_DUPLICATE)))
		ret_fate->count = 2;
	if (params->corrupt.probability > 0)
		is_corrupt =
			chain_next(&netem->corrupt, &params->corrupt, draw(netem, 0, FOR_CORRUPT));
	if (params->reorder.probability > 0)
		moment.is_reordered = chain_next(
			&netem->reorder.chain, &params->reorder, draw(netem, 0, FOR_REORDER));
	for (unsigned i = 0; i < ret_fate->count; i++) {
		struct netem_copy *copy = &ret_fate->copy[i];

		copy->is_clone = i > 0;
		copy->verdict = loss_of(netem, &moment, i);
		if (copy->verdict != NETEM_PASSES)
			continue;
		copy->is_corrupt = is_corrupt;
		if (is_corrupt)
			copy->corrupt_draw = draw(netem, i, FOR_CORRUPT_BIT);
		place(netem, &moment, length, copy);
	}
}
