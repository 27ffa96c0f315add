/* SPDX-License-Identifier: MIT */
#pragma once

#include "netem/netem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A flow of equally spaced packets through one impairment, all in virtual time. */
struct flow_packet {
	uint32_t number;
	int64_t sent_ns, release_ns;
	uint64_t order; /* of entering the queue */
	bool is_immediate, is_corrupt;
};

struct flow {
	struct netem *netem;
	struct flow_packet *arrived; /* in order of arrival after flow_run() */
	size_t count, room;
	uint32_t sent, lost, overflow;
	uint8_t *copies; /* arrivals by number */
};

static inline void flow_done(struct flow *flow)
{
	netem_free(flow->netem);
	free(flow->arrived);
	free(flow->copies);
}

static inline int flow_init(struct flow *flow, const struct netem_params *params, uint32_t packets)
{
	struct netem_key key = {.seed = 20260101, .port = 1};
	struct error err = {0};

	flow->room = 2 * (size_t)packets;
	flow->arrived = calloc(flow->room, sizeof(*flow->arrived));
	flow->copies = calloc(packets, 1);
	if (!flow->arrived || !flow->copies || netem_new(&key, &flow->netem, &err) ||
		netem_set(flow->netem, params, NULL, 0, &err)) {
		printf("# flow: %s\n", err.text);
		return -1;
	}
	netem_restart(flow->netem, key.seed, 0);
	return 0;
}

static inline int flow_by_release(const void *left, const void *right)
{
	const struct flow_packet *a = left, *b = right;
	int64_t x = a->release_ns > a->sent_ns ? a->release_ns : a->sent_ns;
	int64_t y = b->release_ns > b->sent_ns ? b->release_ns : b->sent_ns;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->release_ns != b->release_ns)
		return a->release_ns < b->release_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static inline void flow_take(struct flow *flow, const struct netem_fate *fate, int64_t now_ns)
{
	for (unsigned i = 0; i < fate->count; i++) {
		const struct netem_copy *copy = &fate->copy[i];

		flow->lost += copy->verdict == NETEM_LOST || copy->verdict == NETEM_DOWN;
		flow->overflow += copy->verdict == NETEM_OVERFLOW;
		if (copy->verdict != NETEM_PASSES)
			continue;
		flow->arrived[flow->count] = (struct flow_packet){.number = (uint32_t)fate->index,
			.sent_ns = now_ns,
			.release_ns = copy->release_ns,
			.order = flow->count,
			.is_immediate = copy->is_immediate,
			.is_corrupt = copy->is_corrupt};
		flow->copies[fate->index]++;
		if (copy->hold_packets > 0)
			netem_hold(flow->netem, copy, (uint32_t)flow->count);
		flow->count++;
	}
}

/* `spacing_ns` between packets; whatever is queued leaves at once unless `keeps_queue`. */
static inline void flow_run(
	struct flow *flow, uint32_t packets, int64_t spacing_ns, uint32_t length, bool keeps_queue)
{
	struct netem_fate fate;
	int64_t release_ns;
	uint32_t token;

	for (uint32_t i = 0; i < packets; i++) {
		netem_decide(flow->netem, i * spacing_ns, length, &fate);
		flow_take(flow, &fate, i * spacing_ns);
		while (netem_next_due(flow->netem, &token, &release_ns)) {
			flow->arrived[token].release_ns = release_ns;
			flow->arrived[token].order = flow->count;
		}
		for (unsigned c = 0; c < fate.count && !keeps_queue; c++)
			netem_left(flow->netem);
	}
	flow->sent = packets;
	qsort(flow->arrived, flow->count, sizeof(*flow->arrived), flow_by_release);
}

/* RFC 4737: share that comes after a later one; and overtaken by the `n` arrivals just before. */
static inline double flow_reordered(const struct flow *flow, unsigned n)
{
	size_t reordered = 0;
	uint32_t next = 0;

	for (size_t i = 0; i < flow->count; i++) {
		uint32_t number = flow->arrived[i].number;
		bool is_late = number < next;

		for (unsigned k = 1; is_late && k <= n; k++)
			is_late = i >= k && flow->arrived[i - k].number > number;
		reordered += is_late;
		if (number >= next)
			next = number + 1;
	}
	return (double)reordered / (double)flow->count;
}

/* How many standard deviations a count lies from its binomial mean. */
static inline double binomial_z(double hits, double trials, double p)
{
	return (hits - trials * p) / sqrt(trials * p * (1 - p));
}
