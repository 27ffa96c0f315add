/* SPDX-License-Identifier: MIT */
/* One direction of one port: parameters, the state behind them, and the next packet's fate. */
#include "netem/internal.h"

#include <stdlib.h>
#include <string.h>

int netem_new(const struct netem_key *key, struct netem **ret_netem, struct error *err)
{
	struct netem *netem = calloc(1, sizeof(*netem));

	if (!netem)
		return fail_errno(err, "prepare the impairment of port %u", key->port);
	netem->key = *key;
	netem_restart(netem, key->seed, 0);
	*ret_netem = netem;
	return 0;
}

void netem_free(struct netem *netem)
{
	if (!netem)
		return;
	serialiser_done(&netem->line);
	free(netem);
}

void netem_freep(struct netem **netem)
{
	netem_free(*netem);
	*netem = NULL;
}

static bool has_bottleneck(const struct netem *netem)
{
	if (netem->params.model != NETEM_CALIBRATED)
		return false;
	if (netem->params.rate_bps > 0)
		return true;
	if (!netem->has_timeline)
		return false;
	for (size_t i = 0; i < netem->timeline.step_count; i++) {
		if (netem->timeline.steps[i].rate_bps >= 0)
			return true;
	}
	return netem->timeline.opportunity_count > 0;
}

static double fastest_bps(const struct netem *netem)
{
	double rate_bps = netem->params.rate_bps;

	if (!netem->has_timeline)
		return rate_bps;
	for (size_t i = 0; i < netem->timeline.step_count; i++) {
		if (netem->timeline.steps[i].rate_bps > rate_bps)
			rate_bps = netem->timeline.steps[i].rate_bps;
	}
	if (netem->timeline.opportunity_count > 0)
		rate_bps = (double)netem->timeline.opportunity_count *
			   netem->timeline.opportunity_bytes * 8e9 /
			   (double)netem->timeline.period_ns;
	return rate_bps;
}

/* The buffer's ring only ever grows, so packets that are in it stay in it. */
static int prepare_bottleneck(struct netem *netem, struct error *err)
{
	struct netem_params params = netem->params;
	uint64_t packets;

	if (!has_bottleneck(netem)) {
		serialiser_done(&netem->line);
		return 0;
	}
	params.rate_bps = fastest_bps(netem);
	netem->buffer_bytes = netem_buffer_bytes(&params);
	packets = params.limit_packets ? params.limit_packets : netem->buffer_bytes / 64;
	if (packets > NETEM_MAX_BUFFER_PACKETS)
		packets = NETEM_MAX_BUFFER_PACKETS;
	return serialiser_reserve(&netem->line, (uint32_t)packets, err);
}

/* A chain goes on when only its chances change; another chain starts from its first state. */
static bool loss_differs(const struct netem_params *a, const struct netem_params *b)
{
	const struct netem_loss *x = &a->loss, *y = &b->loss;

	return a->model != b->model || a->seed != b->seed || x->kind != y->kind ||
	       x->good_ns != y->good_ns || x->bad_ns != y->bad_ns;
}

static void rekey(struct netem *netem)
{
	struct netem_key key = netem->key;

	if (netem->params.seed != 0)
		key.seed = netem->params.seed;
	streams_init(&netem->streams, &key);
}

int netem_set(struct netem *netem, const struct netem_params *params,
	const struct netem_timeline *timeline, int64_t now_ns, struct error *err)
{
	struct netem_params former = netem->params;
	struct netem_timeline former_timeline = netem->timeline;
	bool had_timeline = netem->has_timeline;

	if (check_errors(params, err) || (timeline && netem_timeline_check(timeline, err)))
		return -1;
	netem->params = *params;
	netem->has_timeline = timeline != NULL;
	netem->timeline = timeline ? *timeline : (struct netem_timeline){0};
	if (prepare_bottleneck(netem, err)) {
		netem->params = former;
		netem->timeline = former_timeline;
		netem->has_timeline = had_timeline;
		return -1;
	}
	if (timeline)
		netem->epoch_ns = now_ns;
	netem->line.opportunity_next = 0;
	netem->line.opportunity_left = 0;
	rekey(netem);
	kernel_load(netem);
	if (loss_differs(&former, params)) {
		netem->epoch_ns = now_ns;
		loss_start(&netem->loss, &params->loss, &netem->streams);
	}
	slot_start(&netem->slot, &params->slot, &netem->streams, now_ns);
	return 0;
}

void netem_restart(struct netem *netem, uint64_t seed, int64_t now_ns)
{
	netem->key.seed = seed;
	netem->totals = (struct netem_totals){.queued = netem->totals.queued};
	rekey(netem);
	netem->index = 0;
	netem->epoch_ns = now_ns;
	netem->duplicate = (struct chain){0};
	netem->corrupt = (struct chain){0};
	netem->reorder.chain = (struct chain){0};
	netem->delay = (struct delay_state){0};
	netem->line.opportunity_next = 0;
	netem->line.opportunity_left = 0;
	kernel_start(netem);
	loss_start(&netem->loss, &netem->params.loss, &netem->streams);
	slot_start(&netem->slot, &netem->params.slot, &netem->streams, now_ns);
}

bool netem_is_transparent(const struct netem *netem)
{
	return netem->params.model == NETEM_NONE && !netem->has_timeline;
}

static void count_copy(struct netem_totals *totals, const struct netem_copy *copy)
{
	switch (copy->verdict) {
	case NETEM_PASSES:
		totals->corrupted += copy->is_corrupt;
		break;
	case NETEM_LOST:
		totals->lost++;
		break;
	case NETEM_DOWN:
		totals->down++;
		break;
	case NETEM_OVERFLOW:
		totals->overflow++;
		break;
	}
}

void netem_decide(struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate)
{
	*ret_fate = (struct netem_fate){.index = netem->index, .count = 1};
	if (netem->params.model == NETEM_KERNEL) {
		kernel_decide(netem, now_ns, length, ret_fate);
	} else if (netem->params.model == NETEM_CALIBRATED) {
		calibrated_decide(netem, now_ns, length, ret_fate);
	} else {
		ret_fate->copy[0].is_immediate = true;
		ret_fate->copy[0].release_ns = now_ns;
	}
	netem->index++;
	netem->totals.decided++;
	count_copy(&netem->totals, &ret_fate->copy[0]);
	if (ret_fate->count > 1) {
		netem->totals.duplicated++;
		count_copy(&netem->totals, &ret_fate->copy[1]);
	}
}

void netem_left(struct netem *netem)
{
	if (netem->totals.queued > 0)
		netem->totals.queued--;
}

int64_t netem_admit(struct netem *netem, int64_t now_ns, uint32_t length)
{
	return slot_admit(&netem->slot, &netem->params.slot, &netem->streams, now_ns, length);
}

struct netem_totals netem_totals(const struct netem *netem)
{
	return netem->totals;
}
