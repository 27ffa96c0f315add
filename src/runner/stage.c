/* SPDX-License-Identifier: MIT */
/* The stage of one visit: fresh hosts on a wire, and one VPN on them. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <string.h>

const char *visit_congestion(const struct run *run, const struct runner_visit *visit)
{
	return visit->tuning->congestion ? visit->tuning->congestion : run->plan->plan->congestion;
}

/* The VPN's own programs and what workloads need. */
static const char *const *visible_folders(const struct run *run, const struct runner_visit *visit)
{
	const char **list;
	size_t count = 0;

	while (run->artefact_folders[count])
		count++;
	list = arena_alloc(run->arena, const char *, count + 2);
	memcpy(list, run->artefact_folders, count * sizeof(*list));
	list[count] = visit->driver->bin; /* or NULL, which ends the list too */
	return list;
}

/* Settings are read outside the time that the VPN takes to connect. */
static int vpn_up_watched(const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	AUTO(lab_snapshot_freep) struct lab_snapshot *before = NULL;
	AUTO(lab_snapshot_freep) struct lab_snapshot *after = NULL;

	if (lab_snapshot(stage->lab, &before, err) ||
		vpn_up(stage->lab, visit->driver, stage->work_dir, &stage->vpn, err) ||
		lab_snapshot(stage->lab, &after, err))
		return -1;
	json_decref(stage->host_changes);
	stage->host_changes = lab_snapshot_changes(before, after);
	return 0;
}

/* What the VPN sets on its hosts is not all there yet, so nobody asks. */
static int vpn_begun(const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	struct vpn_clock clock;

	return vpn_begin(stage->lab, visit->driver, stage->work_dir, &clock, &stage->vpn, err) ||
			       vpn_look(stage->vpn, err)
		       ? -1
		       : 0;
}

bool run_is_virtual(const struct run *run)
{
	return strcmp(json_string_at(run->place, "/kind", ""), "virtual") == 0;
}

/* All machines were reached and fit when the run began. */
static int up_failed(struct run *run, struct error *err)
{
	run->is_refused = run->machines && err->kind == ERROR_USAGE;
	if (run->machines && err->kind == ERROR_MISSING)
		err->kind = ERROR_LOST;
	return fail_in(err, "set up the lab");
}

static int try_up(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	const struct plan *plan = run->plan->plan;

	if (tree_remove(stage->state_dir, err))
		return -1;
	if (lab_up(run->procs,
		    &(struct lab_spec){.names = plan->hosts,
			    .count = plan->host_count,
			    .engine = run->plan->engine,
			    .profile = visit->profile,
			    .topology = run->plan->topology,
			    .state_dir = stage->state_dir,
			    .hosts_are_far = run->hosts_are_far,
			    .machines = run->machines,
			    .is_virtual = run_is_virtual(run),
			    .cpus = run->plan->cpus,
			    .board = &run->plan->board,
			    .congestion = visit_congestion(run, visit),
			    .tuning = visit->tuning,
			    .visible = visible_folders(run, visit)},
		    &stage->lab, err))
		return up_failed(run, err);
	if (lab_verify(stage->lab, err))
		return fail_in(err, "verify the lab");
	if (visit_record_lab(run, visit, stage->lab, err))
		return -1;
	return stage->is_whole ? vpn_up_watched(visit, stage, err) : vpn_begun(visit, stage, err);
}

static void take_down(struct run *run, struct stage *stage)
{
	struct error ignored; /* what stays is removed by the next visit, or named by it */

	vpn_downp(&stage->vpn);
	lab_downp(&stage->lab);
	if (tree_remove(stage->state_dir, &ignored))
		run_tell(run, NULL, NULL, ignored.text);
}

void stage_down(struct run *run, struct stage *stage)
{
	take_down(run, stage);
	json_decref(stage->facts);
	json_decref(stage->host_changes);
	json_decref(stage->failed_bring_ups);
	stage->facts = stage->host_changes = stage->failed_bring_ups = NULL;
}

static void note_failure(
	struct stage *stage, enum cause cause, const struct error *failure, double began_s)
{
	json_array_append_new(stage->failed_bring_ups,
		json_make("{s:s, s:s, s:f}", "cause", cause_name(cause), "evidence", failure->text,
			"duration_seconds", clock_wall_s() - began_s));
}

/* A wire that has ended explains whatever else failed. */
static enum cause cause_of_failure(const struct stage *stage, const struct error *failure)
{
	struct error ignored;

	return stage->lab && lab_check_wire(stage->lab, &ignored) ? CAUSE_WIRE
								  : cause_of_error(failure);
}

/* A program that the limit of its host ended explains whatever else failed. */
static void blame_memory(const struct stage *stage, struct error *err)
{
	struct error memory;

	if (stage->lab && lab_check_memory(stage->lab, &memory) && memory.kind == ERROR_MEMORY) {
		fail_in(&memory, "bring the VPN up");
		*err = memory;
	}
}

/* Tries again where that can help; nothing is up on failure. */
static int bring_up(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	for (stage->attempts = 1;; stage->attempts++) {
		double began_s = clock_wall_s();
		enum cause cause;

		if (try_up(run, visit, stage, err) == 0)
			return 0;
		blame_memory(stage, err);
		cause = cause_of_failure(stage, err);
		take_down(run, stage);
		note_failure(stage, cause, err, began_s);
		if (stage->attempts >= run->plan->plan->attempts || run->is_refused ||
			(cause != CAUSE_WIRE && !cause_is_retried(cause)))
			return -1;
		run_tell(run, NULL, NULL, err->text);
	}
}

int stage_up(struct run *run, const struct runner_visit *visit, bool is_whole,
	struct stage *ret_stage, struct error *err)
{
	struct stage stage = {.is_whole = is_whole,
		.state_dir = NAMESPACE_MEMORY "/hosts",
		.work_dir = NAMESPACE_MEMORY "/controller",
		.failed_bring_ups = json_array(),
		.began_s = clock_wall_s()};
	int failed = bring_up(run, visit, &stage, err);

	stage.up_s = clock_wall_s();
	if (failed) { /* the cells tell */
		json_decref(stage.failed_bring_ups);
		stage.failed_bring_ups = NULL;
	}
	*ret_stage = stage;
	return failed;
}

int stage_renew(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	take_down(run, stage);
	if (bring_up(run, visit, stage, err))
		return -1;
	stage->is_broken = false;
	return 0;
}
