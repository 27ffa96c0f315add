/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/capacity.h"
#include "runner/ingredients.h"
#include "runner/machine.h"
#include "runner/runner.h"
#include "vpn/vpn.h"

/* Resources used by the daemons and the machine between two moments. */
struct resources;

MUST_CHECK int resources_begin(struct lab *lab, const struct vpn *vpn,
	struct resources **ret_resources, struct error *err);
/* The published envelope's meta.resources; caller owns it. Frees `resources`. */
json_t *resources_end(struct resources *resources, double bytes_moved);

/* One attempt at a workload on the given links, all of which start together. */
struct attempt {
	struct lab *lab;
	struct vpn *vpn;
	const struct workload *workload;
	const struct workload_case *cases; /* one per link */
	const size_t *sources;             /* host index per link */
	size_t link_count;
	uint64_t wire_seed;
};

/* What an attempt left: one reading per link; free with attempt_result_done(). */
struct attempt_result {
	struct arena *arena;
	size_t link_count;
	struct workload_reading *readings;
	const struct workload_command **blamed; /* per link: the command that failed, or NULL */
	struct workload_output *blamed_outputs; /* its output */
	json_t *resources;
	json_t *capacity;    /* payload per processor time, or NULL */
	json_t *machine;     /* what this machine did, or NULL */
	json_t *wire;        /* what the wire did meanwhile, or NULL */
	json_t *limits;      /* what limited hosts used meanwhile, or NULL */
	json_t *connections; /* to other machines, their clocks before and after; or NULL */
	json_t *marks;       /* what speaks against its figures; see record/mark.h */
	double duration_s;
};

/* The command with our own program in place of a first word "meshbench-NAME". */
MUST_CHECK int attempt_find_program(struct arena *arena, const char *const *argv,
	const char *const **ret_argv, struct error *err);
/* Fails only with ERROR_CANCELLED or when the wire died; all else is a cause in the readings. */
MUST_CHECK int attempt_run(
	const struct attempt *attempt, struct attempt_result *ret_result, struct error *err);
/* Ends the account that was kept, if any, and judges it. */
void attempt_end_machine(
	struct lab *lab, struct machine_watch *watch, struct attempt_result *result);
/* Every reading failed, for this reason. */
void attempt_blame(struct attempt_result *result, enum cause cause, const char *evidence);
/* A wire that died fails the attempt, and the next begins with a fresh one. */
MUST_CHECK int attempt_report_wire(const struct attempt *attempt, struct attempt_result *result,
	bool *ret_is_dead, struct error *err);
/* Clocks and connections of machines, before the attempt and now; NULL: there are none. */
void attempt_note_connections(
	struct lab *lab, const struct lab_connections *before, struct attempt_result *result);
void attempt_result_done(struct attempt_result *result);
/* Without readings yet. */
struct attempt_result attempt_result_new(size_t link_count);

/* In hexadecimal, by sha256sum; NULL without it. */
const char *environment_sha256(
	struct arena *arena, struct procs *procs, const char *bytes, size_t size);
/*
 * environment.json: this machine, its tools and the plan; the caller owns it. The rest is borrowed,
 * and `place` is NULL-able.
 */
json_t *environment_describe(
	const struct runner_plan *plan, struct procs *procs, json_t *place, json_t *ingredients);
/* Its key _machine_ alone; the caller owns it. */
json_t *environment_machine(void);

/* First line of what a command prints, on whichever stream; NULL when it cannot be run. */
const char *environment_first_line(struct arena *arena, struct procs *procs,
	const char *const *argv, const void *input, size_t input_size);

/* What a workload needed to be made, or why it could not be. */
struct artefact {
	const struct workload *workload;
	const char *folder; /* as hosts see it; NULL: nothing was needed */
	struct error err;   /* ERROR_NONE when it is there */
};

/* A run in progress. */
struct run {
	const struct runner_plan *plan;
	struct procs *procs;
	bool hosts_are_far;
	const struct lab_machine *machines;
	bool may_continue; /* the record may hold a part of this run */
	struct record *record;
	json_t *place;         /* borrowed; NULL: a real machine */
	json_t *ingredients;   /* all of them, as they are now */
	struct record **trees; /* one per tuning of the plan */
	struct arena *arena;
	runner_bring *bring;
	void *bring_context;
	runner_listener *listener;
	void *listener_context;
	runner_judge *judge;
	void *judge_context;
	json_t *environment; /* grows with every VPN that comes up */
	json_t *timings;     /* timing_breakdown.json by VPN, growing with every visit */
	struct runner_outcome *outcomes;
	size_t done, total;
	struct runner_connect *connects; /* one for every visit that came up */
	size_t connect_count;
	struct artefact *artefacts; /* one for every workload of the plan */
	size_t artefact_count;
	const char **artefact_folders; /* NULL-terminated */
	int64_t began_ns;
	double measuring_s, estimate_total_s, estimate_done_s;
	struct error record_error; /* the first event that could not be written */
	struct error lost;         /* ERROR_LOST: the machine of a host */
	bool is_refused; /* the user's hosts.yml has an address that another machine uses */
};

/* A lab with a VPN on it, for one visit. */
struct stage {
	struct lab *lab;
	struct vpn *vpn;
	const char *state_dir, *work_dir; /* of the hosts; of the controller */
	int attempts;
	bool is_whole;  /* every pair answered; otherwise its workloads begin the mesh themselves */
	bool is_broken; /* a workload left no whole mesh: stage_renew() before the next */
	json_t *facts;  /* of the first connection, once visit_record_begin() is done; owned */
	json_t *host_changes;     /* what the VPN set on its hosts; owned */
	json_t *failed_bring_ups; /* before those that worked: cause, evidence, seconds; owned */
	double began_s, up_s;     /* wall clock: when it was begun, and when the VPN was up */
};

/*
 * Brings hosts and VPN up, trying again where that can help: until every pair answers, or only
 * until the daemons are ready. Leaves nothing up on failure.
 */
MUST_CHECK int stage_up(struct run *run, const struct runner_visit *visit, bool is_whole,
	struct stage *ret_stage, struct error *err);
void stage_down(struct run *run, struct stage *stage);
/* Whether this is a guest in virtual time. */
bool run_is_virtual(const struct run *run);
/* The tuning's congestion control, else the plan's. */
const char *visit_congestion(const struct run *run, const struct runner_visit *visit);
/* Fresh hosts and VPN in place of what a workload broke; still broken on failure. */
MUST_CHECK int stage_renew(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err);

/* An attempt at a workload on the whole mesh, with one reading; it fails as attempt_run() does. */
MUST_CHECK int operation_attempt(struct run *run, const struct runner_visit *visit,
	struct stage *stage, const struct attempt *attempt, struct attempt_result *ret_result,
	struct error *err);

/* Fails only with what ends the run; all else is an outcome on disk. */
MUST_CHECK int cell_measure(struct run *run, const struct runner_visit *visit, struct stage *stage,
	const struct runner_cell *cell, struct error *err);
/* Writes the same cause for a cell that could not even be tried. */
MUST_CHECK int cell_blame(struct run *run, const struct runner_visit *visit,
	const struct runner_cell *cell, const struct error *cause, int attempts, struct error *err);
/* The same where it could not be tried because its artefact could not be made. */
MUST_CHECK int cell_blame_artefact(struct run *run, const struct runner_visit *visit,
	const struct runner_cell *cell, const struct artefact *artefact, struct error *err);
/* Which of its ingredients changed since the tree's result was measured; NULL: there is none. */
const char *cell_changes(struct run *run, const struct runner_visit *visit,
	const struct runner_cell *cell, struct arena *arena);
struct record_cell cell_place(const struct runner_plan *plan, const struct runner_visit *visit,
	const struct runner_cell *cell);

/* How a cell ended, if the tree holds it; texts belong to the arena. */
MUST_CHECK bool outcome_read(struct arena *arena, const struct runner_plan *plan,
	const struct record *tree, const struct runner_visit *visit, const struct runner_cell *cell,
	struct runner_outcome *ret_outcome);
/* Where the cells of each tuning are kept: an array as the plan's tunings, arena-owned. */
struct record **trees_of(
	const struct runner_plan *plan, struct record *record, struct arena *arena);

/* Writes features.json; without rows of the feature matrix there is none. */
MUST_CHECK int features_record(struct run *run, struct error *err);

/* Where a visit's cells are kept; see record_of_tuning(). */
struct record *run_tree(const struct run *run, const struct runner_visit *visit);
void run_tell(struct run *run, const char *doing, const struct runner_outcome *outcome,
	const char *warning);
/* "tinc, baseline: tcp lom->yuki"; arena-owned. */
const char *run_name_cell(
	struct run *run, const struct runner_visit *visit, const struct runner_cell *cell);
void run_add_outcome(struct run *run, const struct runner_outcome *outcome);

/*
 * What is known of the lab, the same for all visits of a tuning: once per run, before its VPN is
 * up. A sysctl that the kernel did not take, or takes without effect, is reported.
 */
MUST_CHECK int visit_record_lab(
	struct run *run, const struct runner_visit *visit, struct lab *lab, struct error *err);
/*
 * What is known once the VPN is up: environment.json, layout.json, tc_settings.json, vpn.json. Done
 * once per visit, before its first result is written but after that was measured: a disk takes its
 * time, and nothing should stand between a mesh that is up and its first packet.
 */
MUST_CHECK int visit_record_begin(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err);
/* What is known at its end: timing_breakdown.json and what the daemons of each host printed. */
MUST_CHECK int visit_record_end(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err);

/* calibration.json: every profile of the plan measured once, before anything relies on it. */
MUST_CHECK int run_calibrate(struct run *run, struct error *err);

/*
 * Makes what the wanted workloads of the plan need and the cache does not hold. Fails only with
 * what ends the run; what else fails is kept with the artefact.
 */
MUST_CHECK int artefacts_make(struct run *run, const bool is_wanted[], struct error *err);
const struct artefact *artefact_of(const struct run *run, const struct workload *workload);
