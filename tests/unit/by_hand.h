/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/* Results made by hand: VPNs with one link and some repetitions of TCP without impairment. */
static inline struct report_results *results_by_hand(void)
{
	struct report_results *results = results_new("by hand");

	results->profiles = arena_alloc(results->arena, const char *, 1);
	results->profiles[0] = "baseline";
	results->profile_count = 1;
	return results;
}

/* As from a run next to other programs. */
static inline void mark_by_hand(
	struct report_results *results, struct report_repetition *repetition, const char *word)
{
	struct mark *mark = arena_alloc(results->arena, struct mark, 1);

	*mark = (struct mark){.word = word, .reason = "other programs used 1.50 of 2 processors"};
	repetition->tcp.outcome.envelope.marks = mark;
}

/* The VPN that was added; each value is one repetition of its only link. */
static inline struct report_vpn *add_vpn(
	struct report_results *results, const char *name, const double *mbps, size_t count)
{
	struct report_vpn **at = &results->vpns;
	struct report_repetition **repetition;

	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(results->arena, struct report_vpn, 1);
	(*at)->name = (*at)->title = name;
	(*at)->conditions = arena_alloc(results->arena, struct report_condition, 1);
	(*at)->conditions->profile = "baseline";
	(*at)->conditions->links = arena_alloc(results->arena, struct report_link, 1);
	(*at)->conditions->links->folder = "0_a";
	(*at)->conditions->links->host = "a";
	repetition = &(*at)->conditions->links->repetitions;
	for (size_t i = 0; i < count; i++) {
		*repetition = arena_alloc(results->arena, struct report_repetition, 1);
		(*repetition)->number = i;
		(*repetition)->tcp.outcome.envelope.status = ENVELOPE_SUCCESS;
		(*repetition)->tcp.outcome.path = "x/baseline/0_a/tcp_iperf3.json";
		(*repetition)->tcp.forward = (struct report_flow){.is_there = true,
			.received_bps = 1e6 * mbps[i],
			.sent_bps = 1e6 * mbps[i],
			.received_bytes = 1e6,
			.is_stalled = mbps[i] <= 0};
		repetition = &(*repetition)->next;
	}
	return *at;
}

/* What a workload of the whole mesh gave, in place of anything before. Takes over `data`. */
static inline void set_whole(struct report_results *results, struct report_vpn *vpn,
	enum report_workload_id workload, json_t *data)
{
	struct report_repetition *whole = arena_alloc(results->arena, struct report_repetition, 1);

	json_array_append_new(results->kept, data);
	whole->results[workload].outcome.envelope.status = ENVELOPE_SUCCESS;
	whole->results[workload].data = data;
	vpn->conditions->whole = whole;
}
