/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/internal.h"

/* The process around the fabric: TAPs, a clock, and the control connection. */
struct tap {
	int fd;
	char name[32];
	uint64_t dropped;        /* of a real card, since the last restart: frames without room */
	unsigned budget, filled; /* frames to read at a time, and how often they were all there */
	struct netem_timeline timeline; /* ours; the fabric borrows it */
	void *timeline_memory;
};

struct loop {
	struct fabric fabric;
	int epoll_fd, control_fd;
	struct tap taps[WIRE_MAX_PORTS];
	struct buffer
		*next;   /* a large one, where the next frame is read into; NULL without memory */
	int64_t spin_ns; /* how long before a release we stop sleeping */
	int64_t nap_ns;  /* the most that a busy wire leaves its ports alone; 0: never */
	int64_t rest_ns; /* the most that a wire without work sleeps; 0: until there is some */
	int64_t sleep_price_ns; /* what the shortest sleep takes on this machine */
	int64_t rested_ns;      /* when it last slept longer than that */
	struct absence absence;
	int64_t run_queue_wait_ns; /* of its process, at the last restart; -1: unknown */
	uint64_t moved;            /* frames read and written */
	uint64_t naps;
	bool is_stopped, is_realtime, memory_is_locked;
	size_t memory_bytes;
	struct wire_log *log;
	size_t log_bytes;
};

MUST_CHECK int loop_init(
	struct loop *loop, int control_fd, size_t memory_bytes, int64_t spin_ns, struct error *err);
void loop_done(struct loop *loop);
/* Until the control connection ends. */
MUST_CHECK int loop_run(struct loop *loop, struct error *err);
MUST_CHECK int loop_watch(struct loop *loop, int fd, uint32_t number, struct error *err);

/* The time, which is a sign of life. */
int64_t loop_now_ns(struct loop *loop);
/* Forgets what it knows about absences. */
void loop_begin_watch(struct loop *loop);
/* How long it has waited for a processor since then; -1: the kernel does not say. */
int64_t loop_waited_ns(const struct loop *loop);

/* control.c: reads one request and answers it. */
void control_serve(struct loop *loop);

enum request_kind {
	REQUEST_ADD_PORT,
	REQUEST_REMOVE_PORT,
	REQUEST_SET_PARAMS,
	REQUEST_RESTART,
	REQUEST_COUNTERS,
	REQUEST_HEALTH,
	REQUEST_LOG,
	REQUEST_JOIN,
	REQUEST_ADD_ROUTER,
	REQUEST_SET_ROUTER,
	REQUEST_MEET,
	REQUEST_FLUSH,
	REQUEST_TOTALS,
	REQUEST_SET_RULES,
	REQUEST_RULES
};

/* One message each way; a descriptor may travel with a request. */
struct request {
	uint32_t kind;   /* enum request_kind */
	uint32_t port;   /* or router */
	uint64_t number; /* seed, records of a log, segment, rules, or 1 + a port that is asked for
			  */
	struct wire_params params;
	char name[32];
	struct router_params router;
	struct wire_neighbour neighbour;
	struct wire_rule rules[WIRE_MAX_RULES];
};

struct reply {
	struct error error; /* ERROR_NONE: done */
	uint32_t port;
	struct wire_router router;
	struct wire_counters counters;
	struct router_totals totals;
	struct wire_health health;
	struct wire_rule_use uses[WIRE_MAX_RULES];
};

/* A timeline in a memory file: this head, the steps, the opportunities. */
struct timeline_head {
	uint64_t step_count, opportunity_count;
	int64_t period_ns;
	uint32_t opportunity_bytes, unused;
};
