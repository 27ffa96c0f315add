/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "lab/lab.h"
#include "plan/board.h"
#include "plan/driver.h"
#include "plan/plan.h"
#include "plan/profile.h"
#include "plan/topology.h"
#include "plan/tuning.h"
#include "record/mark.h"
#include "record/record.h"
#include "workload/workload.h"

#include <stdbool.h>
#include <stddef.h>

/* Everything a run needs, loaded and checked; borrowed for the whole run. */
struct runner_plan {
	const struct plan *plan;
	const struct driver *drivers;
	size_t driver_count;
	const struct profile *profiles;
	size_t profile_count;
	const struct tuning *tunings;
	size_t tuning_count;
	const struct workload *const *workloads;
	size_t workload_count;
	enum lab_engine engine;
	const struct topology *topology; /* NULL: one flat network */
	size_t processors;               /* that this program may use */
	size_t cpus;                     /* of every host; 0: all of them */
	struct board board;              /* what every host may use */
	size_t block;    /* the only one that is carried out, from 1; 0: all of them */
	bool alternates; /* every second block visits in reverse order, not in a shuffled one */
};

/* One thing to measure: a workload on a link, on all links at once, or on the mesh as a whole. */
struct runner_cell {
	const struct workload *workload;
	size_t link; /* source is host `link`, target the next in the ring; otherwise 0 */
};

/* One driver under one profile, on fresh hosts: the unit that is repeated and shuffled. */
struct runner_visit {
	const struct driver *driver;
	const struct profile *profile;
	const struct tuning *tuning;
	size_t repetition;
	const struct runner_cell *cells;
	size_t cell_count;
};

/*
 * Complete blocks: every repetition visits every driver under every profile and tuning once, in an
 * order drawn from the plan's seed, or as given and then back: what drifts steadily during two
 * blocks is then the same for two drivers. Within a visit the links of one workload follow one
 * another, and the workloads on the whole mesh, which disturb it, come last. A block of the plan is
 * the same alone as among all.
 */
void runner_schedule(const struct runner_plan *plan, struct arena *arena,
	const struct runner_visit **ret_visits, size_t *ret_count);
/* What the schedule will take, for estimates; connecting is counted as CONNECT_ESTIMATE_S. */
double runner_estimate_s(const struct runner_plan *plan, const struct runner_visit *visit);
double runner_schedule_s(const struct runner_plan *plan, struct arena *arena);
struct workload_case runner_case(
	const struct runner_plan *plan, const struct workload *workload, size_t link);

/* How one cell ended, as the summary shows it. */
struct runner_outcome {
	const struct runner_visit *visit;
	const struct runner_cell *cell;
	enum cause cause;
	double figures[WORKLOAD_FIGURES]; /* NAN when there is none */
	double one_core_mbps;             /* the least of its capacity; see capacity.h */
	bool was_there;                   /* measured by an earlier run that this one resumes */
	const char *where;                /* "lom->yuki", "all links" or "the mesh" */
	const char *headline, *evidence;
	const struct mark *marks; /* what speaks against its figures */
};

/* How long a VPN took from the first join step until every ordered pair answered. */
struct runner_connect {
	const struct runner_visit *visit;
	double connect_s;
};

struct runner_progress {
	size_t cells_done, cells_total;
	double elapsed_s, left_s;
	const char *doing;                    /* "tinc, baseline: tcp lom->yuki" */
	const struct runner_outcome *outcome; /* a cell has just ended, or NULL */
	const char *warning;                  /* a line for the user, or NULL */
};
typedef void runner_listener(void *context, const struct runner_progress *progress);

struct runner_result {
	const struct runner_outcome *outcomes;
	size_t count;
	const struct runner_connect *connects;
	size_t connect_count;
	double measuring_s, total_s; /* time inside workloads, and of the whole run */
};

/* Asked after every block: whether what there is of the result is enough, so that the run ends. */
typedef bool runner_judge(void *context, const struct runner_result *so_far);

/*
 * Brings a folder to all machines of a run, where it lies as `*ret_there` (the arena's); `digest`
 * is a hash of all its files, as FILE_TREE_DIGEST prints it.
 */
typedef int runner_bring(void *context, struct arena *arena, const char *folder, const char *digest,
	const char **ret_there, struct error *err);

/* What a run works with and whom it tells; all borrowed. */
struct runner_means {
	struct procs *procs;
	struct record *record;
	json_t *place;      /* what this machine is, for environment.json; NULL: a real one */
	bool hosts_are_far; /* as in struct lab_spec, and the next */
	const struct lab_machine *machines;
	bool may_continue;   /* the record may hold a part of this run */
	struct arena *arena; /* of the result */
	/* Brings what workloads were given to where hosts are; NULL: hosts see it here. */
	runner_bring *bring;
	void *bring_context;
	runner_listener *listener;
	void *listener_context;
	runner_judge *judge; /* NULL: every block of the plan is measured */
	void *judge_context;
};

/* Refuses a tree that has the results of a run. */
MUST_CHECK int runner_check_fresh(const struct record *record, struct error *err);

/*
 * Measures everything that the record does not hold yet and writes it there as it comes. A failing
 * cell, VPN or attempt is an outcome, not an error; errors are what ends the run: ERROR_CANCELLED,
 * ERROR_LOST, or a result tree that cannot be written. `ret_result` is filled in both cases.
 */
MUST_CHECK int runner_run(const struct runner_plan *plan, const struct runner_means *means,
	struct runner_result *ret_result, struct error *err);
/* Every cell of the plan that the tree does not hold gets this cause: it was not even tried. */
MUST_CHECK int runner_blame_missing(const struct runner_plan *plan, struct record *record,
	const struct error *cause, struct error *err);
/* What a tree holds of this plan, all of it `was_there`; arena-owned. */
struct runner_result runner_read(
	const struct runner_plan *plan, struct record *record, struct arena *arena);
