#pragma once

#include "report/model/results.h"

/* Results made by hand: VPNs with one link and some repetitions of TCP without impairment. */
static inline struct results *results_by_hand(void)
{
	struct results *results = results_new("by hand");

	results->profiles = arena_alloc(results->arena, const char *, 1);
	results->profiles[0] = "baseline";
	results->profile_count = 1;
	return results;
}

/* The VPN that was added; each value is one repetition of its only link. */
static inline struct vpn *add_vpn(
	struct results *results, const char *name, const double *mbps, size_t count)
{
	struct vpn **at = &results->vpns;
	struct run **run;

	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(results->arena, struct vpn, 1);
	(*at)->name = name;
	(*at)->cells = arena_alloc(results->arena, struct cell, 1);
	(*at)->cells->profile = "baseline";
	(*at)->cells->links = arena_alloc(results->arena, struct link, 1);
	(*at)->cells->links->folder = "0_a";
	(*at)->cells->links->host = "a";
	run = &(*at)->cells->links->runs;
	for (size_t i = 0; i < count; i++) {
		*run = arena_alloc(results->arena, struct run, 1);
		(*run)->repetition = i;
		(*run)->tcp.outcome.envelope.status = ENVELOPE_SUCCESS;
		(*run)->tcp.outcome.path = "x/baseline/0_a/tcp_iperf3.json";
		(*run)->tcp.forward = (struct flow){.is_there = true,
			.received_bps = 1e6 * mbps[i],
			.sent_bps = 1e6 * mbps[i],
			.received_bytes = 1e6,
			.is_stalled = mbps[i] <= 0};
		run = &(*run)->next;
	}
	return *at;
}
