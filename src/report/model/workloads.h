/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct report_outcome;
struct report_repetition;
struct report_results;
struct tree_entry;

/* The workloads that the report knows, in the order in which they are shown. */
enum report_workload_id {
	REPORT_PING,
	REPORT_TCP,
	REPORT_UDP,
	REPORT_QUIC,
	REPORT_VIDEO,
	REPORT_NIX_CACHE,
	REPORT_PARALLEL,
	REPORT_HTTP_SMALL,
	REPORT_LOAD_LATENCY,
	REPORT_REORDER,
	REPORT_RATE,
	REPORT_WAKE,
	REPORT_CONNECT,
	REPORT_RESTART,
	REPORT_REBOOT,
	REPORT_IDLE,
	REPORT_SCALE,
	REPORT_PUNCH,
	REPORT_KEEPALIVE,
	REPORT_ROAM,
	REPORT_HOSTILE,
	REPORT_RELAY,
	REPORT_MTU,
	REPORT_PATHCHOICE,
	REPORT_WORKLOADS
};

/* One row per workload; its metrics name it in model/metric.c. */
struct report_workload {
	const char *word;    /* what users type: "tcp" */
	const char *file;    /* in a result tree: "tcp_iperf3.json" */
	const char *heading; /* above a column: "TCP" */
	const char *title;   /* of its table: "Short requests" */
	bool is_of_links; /* measured link by link; otherwise on all links at once or on the mesh */
	/* Into its own shape; NULL: only the figures that a result carries are read. */
	void (*read)(struct report_results *results, const struct tree_entry *entry,
		struct report_repetition *repetition);
	size_t outcome; /* where a struct report_repetition has its outcome */
};

extern const struct report_workload report_workloads[REPORT_WORKLOADS];

/* NULL for a file that no workload writes. */
const struct report_workload *report_workload_of(const char *file);
const struct report_outcome *report_outcome_of(
	const struct report_repetition *repetition, enum report_workload_id workload);
