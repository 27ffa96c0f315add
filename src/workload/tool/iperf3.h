/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include "base/attribute.h"

/* What all workloads on iperf3 share: its commands, and reading what it prints (3.9 to 3.20). */

#define IPERF3_NEEDS ((const char *const[]){"iperf3", NULL})

/* A port that no other link and no other server of this link uses. */
unsigned iperf3_port(const struct workload_case *c, unsigned server);
double iperf3_estimate_s(const struct workload_case *c);

struct workload_command iperf3_server(
	const struct workload_case *c, struct arena *arena, const char *what, unsigned port);
/* Likewise, for several clients one after another instead of a single one. */
struct workload_command iperf3_server_of_many(
	const struct workload_case *c, struct arena *arena, const char *what, unsigned port);
/* `extra` is a NULL-terminated list of options. */
struct workload_command iperf3_client(const struct workload_case *c, struct arena *arena,
	const char *what, unsigned port, const char *const extra[]);

/*
 * The client's document. NULL when there is none, and the reading tells why; a document that ends
 * in an error is returned and the reading tells that, too. The caller owns it.
 */
json_t *iperf3_document(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading);

/*
 * Makes of the document of one direction the one that --bidir would have written of both. What the
 * reverse client cannot know of the sender's window and round trips is left out.
 */
void iperf3_join(json_t *document, const json_t *reverse);

/*
 * Per-interval columns {start_s, end_s, bits_per_second, ...} as the client saw them, from the
 * intervals' object `sum` and, for what only streams have, the stream of that number.
 */
json_t *iperf3_client_series(const json_t *document, const char *sum, size_t stream);
/* The same as the server printed it; `role` is "RX-S", "TX-S", or NULL for lines without one. */
json_t *iperf3_server_series(const struct workload_output *output, const char *role);

/*
 * Whether the server of --bidir took the two connections for each other: it gives them their roles
 * as it accepts them, and where packets overtake each other that is not always the order in which
 * they were made (esnet/iperf issue 2029, seen with 3.12). Then both ends send on one and nobody
 * reads, whatever the network can do.
 */
bool iperf3_is_crossed(const json_t *document, const struct workload_output *server);

/* One direction of a run, for samples and for judging it. */
struct iperf3_flow {
	const char *from, *to;
	size_t blamed; /* the client to blame */
	unsigned wave; /* of that client */
	bool is_reverse;
	const json_t *received_sum;    /* the sum over the run of what arrived */
	json_t *sent, *received;       /* series, owned by the samples */
	double bytes, bits_per_second; /* that arrived */
};

/* {from, to, sent, received} */
json_t *iperf3_flow_samples(const struct iperf3_flow *flow);
/* Fills in what arrived, and blames a flow that moved nothing or stopped moving. */
void iperf3_judge(struct iperf3_flow *flow, struct workload_reading *reading);
/* "941", "93.5", "0.12" */
const char *iperf3_mbit(double bits_per_second, char text[static 16]);
