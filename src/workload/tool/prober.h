/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/* What all workloads on meshbench-probe share: its commands, and reading what it prints. */

#define PROBER_NEEDS ((const char *const[]){NULL})

/*
 * A sender goes on for this long after its last packet: for what is still on its way, and so that
 * the next wave begins with empty queues.
 */
#define PROBER_LINGER_MS 1000

/* Which addresses a sender probes: the target's through the VPN, and outside it the one on the
 * wire.
 */
enum prober_path {
	PROBER_TUNNEL,
	PROBER_WIRE,
	PROBER_PATHS
};

/* On `side`, for packets of the other side. */
struct workload_command prober_server(const struct workload_case *c, struct arena *arena,
	enum workload_side side, size_t keep_bytes, bool delays);
/*
 * On `side`, towards the other one, as streams `stream` and, where the wire's addresses are known,
 * `stream` + 1; `extra` is a NULL-terminated list of options.
 */
struct workload_command prober_sender(const struct workload_case *c, struct arena *arena,
	enum workload_side side, unsigned stream, const char *const extra[]);
bool prober_has_wire(const struct workload_case *c);

/* What a probe printed. NULL when there is nothing, and the reading tells why; caller owns it. */
json_t *prober_document(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading);
/*
 * Doubts a sender that stood still for longer than this at a time, or for more than this share of
 * its time. `who` is for the reason: "probe".
 */
void prober_doubt(const json_t *sent, const char *who, double longest_ms, double share,
	struct workload_reading *reading);
/*
 * Blames a sender none of whose packets left, and one whose packets did not arrive at all; doubts
 * one that stood still for more than 50 ms at a time or for more than a tenth of its time.
 * `received`, the server's document, may be NULL. `when` is for the evidence: "while idle".
 */
void prober_judge(const json_t *sent, const json_t *received, unsigned stream, size_t index,
	const char *when, struct workload_reading *reading);
/* Delays of a server's document, of senders with another clock; "delay_unknown" says why not. */
void prober_correct(json_t *received, const struct clocks *clocks);
/* What came of that stream, in a server's document; borrowed, NULL when nothing did. */
json_t *prober_stream(const json_t *document, unsigned stream);
/* The entry of that stream in a sender's document; borrowed, NULL when there is none. */
json_t *prober_target(const json_t *document, unsigned stream);
/*
 * {sent_packets, refused_packets, received_packets, lost_packets, loss_percent, ...} with the keys
 * of `keys` (NULL-terminated) from `measured`, which may be NULL: then nothing arrived; and what is
 * known of the clocks of its delays, if two measured them. New value.
 */
json_t *prober_summary(const json_t *target, const json_t *measured, const char *const keys[]);
/* Share of one core that this program took, over `seconds`; 0 for anything but a document. */
double prober_cpu_percent(const json_t *const documents[], size_t count, double seconds);
