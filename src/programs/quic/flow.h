/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/quic/socket.h"

#include <jansson.h>

/* Takes what a connection did. */
typedef void quic_reporter(void *context, json_t *report);

/* A connection on its socket, with what happened in each second. One thread, one flow. */
struct quic_flow {
	struct quic_settings settings;
	size_t number;
	struct quic_socket socket;
	struct quic_address local;
	struct quic_conn *conn; /* of a server: NULL while it waits for a client */
	struct quic_batch batch;
	json_t *series;
	int64_t tick_ns, last_tick_ns, cpu_ns; /* the next second's end; what was at the last one */
	uint64_t received_bytes, sent_bytes;
	struct error failure;    /* of the connection, if it failed */
	bool is_too_large;       /* then, because its first datagrams do not fit the path */
	quic_reporter *reporter; /* of a server */
	void *reporter_context;
};

MUST_CHECK int quic_flow_open_client(
	struct quic_flow *flow, const char *address, unsigned port, struct error *err);
MUST_CHECK int quic_flow_open_server(struct quic_flow *flow, unsigned port, struct error *err);
void quic_flow_done(struct quic_flow *flow);

/* From connecting until `seconds` after that; flow->failure says what was not as it should be. */
void quic_flow_run_client(struct quic_flow *flow, double seconds);

/* Serves one client after another until `stop_fd` is readable. */
MUST_CHECK int quic_flow_serve(struct quic_flow *flow, int stop_fd, struct error *err);

/* What a connection did; owned by the caller. */
json_t *quic_flow_report(struct quic_flow *flow);
