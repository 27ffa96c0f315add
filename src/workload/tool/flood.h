/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/* Floods by meshbench-probe, and what it prints as documents in the form of iperf3's. */

double flood_estimate_s(const struct workload_case *c);
/* On `side`, for the flood of the other side. */
struct workload_command flood_receiver(
	const struct workload_case *c, struct arena *arena, enum workload_side side);
/* On `side`, towards the other one. */
struct workload_command flood_sender(
	const struct workload_case *c, struct arena *arena, enum workload_side side);

/* What both ends of one direction printed; NULL where there is nothing. */
struct flood {
	json_t *sent, *received;
};

/*
 * Blames an end that printed nothing or what cannot be, and a sender nothing of which left its
 * host; doubts a sender that stood still, but not in virtual time, where it waited for nothing but
 * what carries its datagrams. flood_done() frees it.
 */
struct flood flood_read(const struct workload_case *c, const struct workload_output *outputs,
	size_t sender, size_t receiver, struct workload_reading *reading);
void flood_done(struct flood *flood);

/*
 * As iperf3's client would have printed it, which in the reverse direction receives; and in
 * addition `tool` and `flood`. NULL unless both ends printed something. Owned by the caller.
 */
json_t *flood_document(const struct flood *flood, const struct workload_case *c, bool is_reverse);
/* How long that flood's sender waited until a datagram of its size had arrived; 0: not at all. */
double flood_waited_s(const json_t *document);
/* If that sender is to blame for a stall, says that nothing of its size arrived before, either. */
void flood_explain(const json_t *document, size_t sender, struct workload_reading *reading);
/* Columns {start_s, end_s, bits_per_second, packets}, by the second; owned by the caller. */
json_t *flood_sent_series(const struct flood *flood);
/* Likewise; seconds in which nothing arrived while the other end sent are zeros. */
json_t *flood_received_series(const struct flood *flood);
