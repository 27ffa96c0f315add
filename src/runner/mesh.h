#pragma once

#include "runner/internal.h"

/* One run of one operation on the mesh, while it goes on. */
struct mesh_run {
	struct run *run;
	const struct runner_visit *visit;
	struct stage *stage;
	const struct workload_operation *operation;
	struct arena *arena;
	struct lab_watch *watch; /* NULL: nobody watches */
	int64_t zero_ns;         /* of its times */
	double began_s;          /* the same on the wall clock */
	json_t *observed;        /* borrowed: workload/mesh/mesh.h says what it holds */
};

/* All fail with what keeps the mesh from being whole again; what it meant is observed before. */
MUST_CHECK int mesh_do_idle(struct mesh_run *m, struct error *err);
MUST_CHECK int mesh_do_coordinator(struct mesh_run *m, struct error *err);

/* The rule by which a pair is stable, for observations. */
json_t *mesh_rule_json(void);
/* Ends the watch, if there is one; what was heard is observed. */
void mesh_end_watch(struct mesh_run *m);

/* Names a moment; now, or one of CLOCK_MONOTONIC. */
void mesh_mark(struct mesh_run *m, const char *name);
void mesh_mark_at(struct mesh_run *m, const char *name, int64_t at_ns);
/* Serve, join and ready of a start of daemons. */
void mesh_mark_clock(struct mesh_run *m, const struct vpn_clock *clock);
/* Zero is now: all later times count from here. */
void mesh_zero(struct mesh_run *m, int64_t at_ns);
/* Waits for a time that has to pass, while daemons are looked after. */
MUST_CHECK int mesh_wait(struct mesh_run *m, double seconds, struct error *err);
/* Begins a watch; `host` is the one that something is done to, or VPN_NO_HOST. */
MUST_CHECK int mesh_begin_watch(struct mesh_run *m, size_t host, struct error *err);
/* The same, and waits until every pair is stable. */
MUST_CHECK int mesh_watch(struct mesh_run *m, size_t host, struct error *err);
/*
 * Waits until every pair is stable that does not concern the host `without` (VPN_NO_HOST: every
 * pair), by answers since then. Not to get there in time is no error.
 */
MUST_CHECK int mesh_await(struct mesh_run *m, size_t without, int64_t since_ns, double limit_s,
	bool *ret_is_stable, struct error *err);
/* The same of all pairs; ERROR_TIMEOUT names a pair that is not. */
MUST_CHECK int mesh_await_all(struct mesh_run *m, int64_t since_ns, struct error *err);
