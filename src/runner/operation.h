/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/internal.h"

#include "base/clock.h"

/* One run of one operation on the mesh, while it goes on. */
struct operation_run {
	struct run *run;
	const struct runner_visit *visit;
	struct stage *stage;
	const struct attempt *attempt;
	const struct workload_operation *operation;
	bool is_decided;    /* the operations that are left have nothing to add */
	bool never_direct;  /* a way was waited for in vain, so that later ones wait less */
	size_t turn, turns; /* which operation of the cell it is, of how many */
	uint64_t wire_seed;
	struct arena *arena;
	struct lab_watch *watch; /* NULL: nobody watches */
	int64_t zero_ns;         /* of its times */
	double began_s;          /* the same on the wall clock */
	json_t *observed;        /* borrowed: workload/mesh/mesh.h says what it holds */
};

/* Packets of an operation that looks at paths; what finds no room is counted. */
#define PATHS_PACKETS ((size_t)1 << 20)
#define PATHS_BIN_NS (100 * NS_PER_MS)

/* Two hosts with different edges, and the packets from edge to edge, bin by bin since zero. */
struct path {
	size_t from, to;
	json_t *ways[2]; /* counts per bin, there and back; borrowed */
};

/* What is looked at while the wire records packets (PATHS_PACKETS), and observed. */
struct paths {
	struct path *list;
	size_t count;
	size_t seen; /* records that were counted, up to this moment: */
	int64_t counted_ns;
	uint64_t missed;
	double every_s; /* between two packets of a host, so that a few others do not count */
};
struct paths paths_new(struct operation_run *m, double every_s);
void paths_add(struct operation_run *m, struct paths *paths, size_t from, size_t to);
/* What was recorded since the last count. */
void paths_count(struct operation_run *m, struct paths *paths);
/* Whether its packets went both ways at the rate of what is sent, in the second before the last
 * count. */
bool path_is_direct(
	const struct operation_run *m, const struct paths *paths, const struct path *path);
/* Ends the recording. */
MUST_CHECK int paths_end(struct operation_run *m, struct paths *paths, struct error *err);

/* What the daemons of one host have used since they were started. */
struct spent {
	size_t daemons;
	double cpu_s;
	uint64_t rss_bytes, peak_rss_bytes, wakeups, preemptions;
};

/* What one host is and did until now. */
struct look {
	struct spent spent;
	json_t *port; /* /stats64 of eth0; owned */
};

struct looks {
	struct look *list;
	size_t count;
};
void looks_done(struct looks *looks);
MUST_CHECK int operation_look(struct operation_run *m, struct looks *looks, struct error *err);
/* What every host did between two looks. */
json_t *operation_looks_json(
	const struct operation_run *m, const struct looks *before, const struct looks *after);

/* All fail with what keeps the mesh from being whole again; what it meant is observed before. */
MUST_CHECK int operation_idle(struct operation_run *m, struct error *err);
MUST_CHECK int operation_observe(struct operation_run *m, struct error *err);
MUST_CHECK int operation_hostile(struct operation_run *m, struct error *err);
MUST_CHECK int operation_grow(struct operation_run *m, struct error *err);
MUST_CHECK int operation_churn(struct operation_run *m, struct error *err);
MUST_CHECK int operation_keep(struct operation_run *m, struct error *err);
MUST_CHECK int operation_roam(struct operation_run *m, struct error *err);
MUST_CHECK int operation_punch(struct operation_run *m, struct error *err);
/* What the last two hosts carry; what becomes of a stream whose direct way is blocked and freed;
 * and what they carry while it is blocked. */
MUST_CHECK int operation_carry(struct operation_run *m, struct error *err);
MUST_CHECK int operation_block(struct operation_run *m, struct error *err);
MUST_CHECK int operation_detour(struct operation_run *m, struct error *err);
/* A TCP flow of the last host while its router becomes narrow, and what fits through it then. */
MUST_CHECK int operation_narrow(struct operation_run *m, struct error *err);
MUST_CHECK int operation_lose_coordinator(struct operation_run *m, struct error *err);
/* Two hosts that never spoke to each other find each other without it, or not. */
MUST_CHECK int operation_pair_alone(struct operation_run *m, struct error *err);

/* A program on a host, with much of its output kept. */
MUST_CHECK int operation_start(struct operation_run *m, size_t host, const char *what,
	const char *const *argv, struct proc **ret_proc, struct error *err);
/* The JSON document that a program printed, which the caller owns. */
MUST_CHECK int operation_document(
	struct proc *proc, const char *what, json_t **ret_document, struct error *err);

/* A TCP flow of iperf3 from one host to another. */
struct tcp_flow {
	size_t from, to;
	double seconds;
	const char *const *options; /* further ones of the client, NULL-terminated, or NULL */
	struct proc *server, *client;
};
void tcp_flow_done(struct tcp_flow *flow);
MUST_CHECK int tcp_flow_begin(struct operation_run *m, struct tcp_flow *flow, struct error *err);
/* The client's document, of a flow that may have failed; ERROR_TIMEOUT when it does not end. */
MUST_CHECK int tcp_flow_end(struct tcp_flow *flow, json_t **ret_document, struct error *err);

/* The rule by which a pair is stable, for observations. */
json_t *operation_rule_json(const struct lab *lab);
/* [[first_s, last_s, pings, has_arrived, is_answered]]: those of `from` to `to`, in stretches. */
json_t *operation_pings_json(const struct operation_run *m, size_t from, size_t to);
/* Ends the watch, if there is one; what was heard is observed. */
void operation_end_watch(struct operation_run *m);

/* Whether two hosts answer each other steadily until now, as far as the pair is watched. */
bool operation_is_stable(const struct operation_run *m, size_t from, size_t to);

/* Names a moment; now, or one of CLOCK_MONOTONIC. */
void operation_mark(struct operation_run *m, const char *name);
void operation_mark_at(struct operation_run *m, const char *name, int64_t at_ns);
/* Serve, join and ready of a start of daemons. */
void operation_mark_clock(struct operation_run *m, const struct vpn_clock *clock);
/* Zero is now: all later times count from here. */
void operation_zero(struct operation_run *m, int64_t at_ns);
/* Waits for a time that has to pass, while daemons are looked after. */
MUST_CHECK int operation_wait(struct operation_run *m, double seconds, struct error *err);
/* Waits for a program that has to succeed, in the same way. */
MUST_CHECK int operation_wait_end(
	struct operation_run *m, struct proc *proc, double limit_s, struct error *err);
/* Begins a watch; `concerned` are the hosts that something is done to. */
MUST_CHECK int operation_begin_watch(
	struct operation_run *m, struct lab_hosts concerned, struct error *err);
/* The same, and waits until every pair is stable. */
MUST_CHECK int operation_watch(
	struct operation_run *m, struct lab_hosts concerned, struct error *err);
/*
 * Waits until every pair is stable that does not concern the host `without`, by answers
 * since then. Not to get there in time is not an error.
 */
MUST_CHECK int operation_await(struct operation_run *m, struct lab_hosts without, int64_t since_ns,
	double limit_s, bool *ret_is_stable, struct error *err);
/* The same of pairs of the first `hosts` alone. */
MUST_CHECK int operation_await_first(struct operation_run *m, size_t hosts, int64_t since_ns,
	double limit_s, bool *ret_is_stable, struct error *err);
/* The same of all pairs; ERROR_TIMEOUT names a pair that is not. */
MUST_CHECK int operation_await_all(struct operation_run *m, int64_t since_ns, struct error *err);
