/* SPDX-License-Identifier: MIT */
/*
 * A run: every visit of the schedule, every cell of the visit, what is on disk already left alone.
 *
 * Whatever goes wrong with a VPN or a cell is written as an outcome and the next one goes on. Only
 * Ctrl-C and a result tree that cannot be written end the run; both leave what was measured.
 */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	LAST_WORDS_BYTES = 2048
};

void run_tell(struct run *run, const char *doing, const struct runner_outcome *outcome,
	const char *warning)
{
	double elapsed_s = (double)(clock_now_ns() - run->began_ns) / 1e9;
	double left_s = run->estimate_total_s - run->estimate_done_s;

	if (run->estimate_done_s > 0) /* this machine's own pace beats the estimate's */
		left_s *= elapsed_s / run->estimate_done_s;
	run->listener(run->listener_context, &(struct runner_progress){.cells_done = run->done,
						     .cells_total = run->total,
						     .elapsed_s = elapsed_s,
						     .left_s = left_s,
						     .doing = doing,
						     .outcome = outcome,
						     .warning = warning});
}

static const char *where_of(struct run *run, const struct runner_cell *cell)
{
	struct workload_case c = runner_case(run->plan, cell->workload, cell->link);

	if (cell->workload->scope == WORKLOAD_MESH)
		return "mesh";
	if (cell->workload->scope == WORKLOAD_ALL_LINKS)
		return "all links";
	return arena_printf(run->arena, "%s->%s", c.source, c.target);
}

struct record *run_tree(const struct run *run, const struct runner_visit *visit)
{
	return run->trees[visit->tuning - run->plan->tunings];
}

/* "tinc, low" or "tinc, low, bbr" */
static const char *name_visit(struct run *run, const struct runner_visit *visit)
{
	bool is_tuned = !tuning_is_none(visit->tuning);

	return arena_printf(run->arena, "%s, %s%s%s", visit->driver->label, visit->profile->name,
		is_tuned ? ", " : "", is_tuned ? visit->tuning->name : "");
}

const char *run_name_cell(
	struct run *run, const struct runner_visit *visit, const struct runner_cell *cell)
{
	return arena_printf(run->arena, "%s: %s %s", name_visit(run, visit), cell->workload->name,
		where_of(run, cell));
}

void run_add_outcome(struct run *run, const struct runner_outcome *outcome)
{
	const struct runner_cell *cell = outcome->cell;
	struct workload_case c = runner_case(run->plan, cell->workload, cell->link);
	struct runner_outcome *kept = &run->outcomes[run->done++];

	*kept = *outcome;
	kept->where = where_of(run, cell);
	if (outcome->was_there) {
		run->estimate_total_s -= cell->workload->estimate_s(&c);
		return;
	}
	run->estimate_done_s += cell->workload->estimate_s(&c);
	run_tell(run, run_name_cell(run, outcome->visit, cell), kept, NULL);
}

/* What a command that failed said last; its daemon may be gone before anybody asks for its log. */
static json_t *last_words(struct run *run, const struct proc_result *result)
{
	const char *text = result->errout_size ? result->errout : result->out;
	size_t size = result->errout_size ? result->errout_size : result->out_size;
	size_t cut = size > LAST_WORDS_BYTES ? size - LAST_WORDS_BYTES : 0;
	char *masked = arena_strndup(run->arena, text + cut, size - cut);

	for (char *nul = masked; (nul = memchr(nul, '\0', (size_t)(masked + size - cut - nul)));)
		*nul = '\xff'; /* as little UTF-8 as NUL, and ends no string before its secrets */
	secrets_mask(procs_secrets(run->procs), masked);
	return json_text(masked);
}

/* Every command on every host goes into events.jsonl. */
static void note_command(void *context, const struct proc_event *event)
{
	struct run *run = context;
	const struct proc_result *result = event->result;
	json_t *json = json_make("{s:s, s:s?, s:s, s:i}", "what", event->what, "host", event->place,
		"command", event->command, "pid", (int)event->pid);
	struct error err;

	if (event->input)
		json_object_set_new(json, "input", json_text(event->input));
	if (event->is_end) {
		json_object_set_new(json, "exit_code", json_integer(result->exit_code));
		json_object_set_new(json, "signal", json_integer(result->signal));
		json_object_set_new(json, "seconds",
			json_real((double)(result->ended_ns - result->started_ns) / 1e9));
		if (result->exit_code != 0)
			json_object_set_new(json, "last_words", last_words(run, result));
	}
	if (record_event(run->record, event->is_end ? "end" : "start", json, &err) &&
		run->record_error.kind == ERROR_NONE)
		run->record_error = err;
}

static int note(struct run *run, const char *kind, const struct runner_visit *visit,
	const char *text, struct error *err)
{
	json_t *event =
		visit ? json_make("{s:s, s:s, s:s, s:i, s:s?}", "vpn", visit->driver->label,
				"profile", visit->profile->name, "tuning", visit->tuning->name,
				"repetition", (int)visit->repetition, "text", text)
		      : json_make("{s:s?}", "text", text);

	return record_event(run->record, kind, event, err);
}

/* What the tree holds is not measured again, unless something has changed that decides it. */
static bool is_there(struct run *run, const struct runner_visit *visit, size_t cell)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *changes = cell_changes(run, visit, &visit->cells[cell], arena);

	return changes && !*changes;
}

static size_t count_missing(struct run *run, const struct runner_visit *visit)
{
	size_t missing = 0;

	for (size_t i = 0; i < visit->cell_count; i++)
		missing += !is_there(run, visit, i);
	return missing;
}

/* What an earlier run measured, so that the summary shows the whole tree. */
static void add_was_there(
	struct run *run, const struct runner_visit *visit, const struct runner_cell *cell)
{
	struct runner_outcome outcome;

	if (outcome_read(run->arena, run->plan, run_tree(run, visit), visit, cell, &outcome))
		run_add_outcome(run, &outcome);
}

/* Cells that need a mesh which is whole, or those that begin it themselves. */
struct part {
	const struct runner_visit *visit;
	bool begins_mesh;
};

static bool has_cell(const struct part *part, size_t cell)
{
	return part->visit->cells[cell].workload->begins_mesh == part->begins_mesh;
}

static size_t count_missing_of(struct run *run, const struct part *part)
{
	size_t missing = 0;

	for (size_t i = 0; i < part->visit->cell_count; i++)
		missing += has_cell(part, i) && !is_there(run, part->visit, i);
	return missing;
}

static int blame_part(struct run *run, const struct part *part, const struct error *cause,
	int attempts, struct error *err)
{
	const struct runner_visit *visit = part->visit;

	for (size_t i = 0; i < visit->cell_count; i++) {
		if (!has_cell(part, i))
			continue;
		if (is_there(run, visit, i))
			add_was_there(run, visit, &visit->cells[i]);
		else if (cell_blame(run, visit, &visit->cells[i], cause, attempts, err))
			return -1;
	}
	return 0;
}

/* Measures a cell, on fresh hosts if the one before left no mesh behind. */
static int measure_cell(struct run *run, const struct runner_visit *visit, struct stage *stage,
	const struct runner_cell *cell, struct error *err)
{
	const struct artefact *artefact = artefact_of(run, cell->workload);
	struct error cause;

	if (artefact->err.kind != ERROR_NONE)
		return cell_blame_artefact(run, visit, cell, artefact, err);
	if (!stage->is_broken || stage_renew(run, visit, stage, &cause) == 0)
		return cell_measure(run, visit, stage, cell, err);
	if (cause.kind != ERROR_CANCELLED)
		return cell_blame(run, visit, cell, &cause, stage->attempts, err);
	*err = cause;
	return -1;
}

/* A machine that was lost is waited for by the user, not by every cell that is left. */
static int check_machines(const struct run *run, struct error *err)
{
	if (run->lost.kind == ERROR_NONE)
		return 0;
	*err = run->lost;
	return -1;
}

static int measure_cells(
	struct run *run, const struct part *part, struct stage *stage, struct error *err)
{
	const struct runner_visit *visit = part->visit;

	for (size_t i = 0; i < visit->cell_count; i++) {
		if (!has_cell(part, i))
			continue;
		if (is_there(run, visit, i))
			add_was_there(run, visit, &visit->cells[i]);
		else if (measure_cell(run, visit, stage, &visit->cells[i], err))
			return -1;
		if (run->record_error.kind != ERROR_NONE) {
			*err = run->record_error;
			return -1;
		}
		if (check_machines(run, err))
			return -1;
	}
	return 0;
}

static int run_part(struct run *run, const struct part *part, struct error *err)
{
	const struct runner_visit *visit = part->visit;
	struct error cause = {0};
	struct stage stage;
	int failed;

	if (count_missing_of(run, part) == 0)
		return blame_part(run, part, &cause, 0, err); /* only tells that all were there */
	run_tell(run, arena_printf(run->arena, "%s: connecting", name_visit(run, visit)), NULL,
		NULL);
	if (note(run, "visit", visit, NULL, err))
		return -1;
	if (stage_up(run, visit, !part->begins_mesh, &stage, &cause)) {
		bool is_of_run = cause.kind == ERROR_CANCELLED || run->is_refused;

		if (is_of_run || run->record_error.kind != ERROR_NONE) {
			*err = is_of_run ? cause : run->record_error;
			return -1;
		}
		if (note(run, "visit_failed", visit, cause.text, err))
			return -1;
		return blame_part(run, part, &cause, stage.attempts, err) ||
				       check_machines(run, err)
			       ? -1
			       : 0;
	}
	failed = measure_cells(run, part, &stage, err);
	if (!failed)
		failed = visit_record_end(run, visit, &stage, err);
	stage_down(run, &stage);
	return failed ? -1 : 0;
}

/* What is known of a mesh that is whole is written last, and stays. */
static int run_visit(struct run *run, const struct runner_visit *visit, struct error *err)
{
	return run_part(run, &(struct part){visit, true}, err) ||
			       run_part(run, &(struct part){visit, false}, err)
		       ? -1
		       : 0;
}

int runner_check_fresh(const struct record *record, struct error *err)
{
	json_auto_t *environment = record_read_environment(record);

	return !environment
		       ? 0
		       : fail(err, ERROR_USAGE,
				 "the folder for results already has those of a run; choose another folder, or continue that run with meshbench run --resume");
}

static int open_environment(struct run *run, struct error *err)
{
	if (!run->may_continue && runner_check_fresh(run->record, err))
		return -1;
	run->ingredients = ingredients_of(run->plan, run->procs, run->place);
	run->environment = record_read_environment(run->record);
	/* A hash that was not made must not be kept as one. */
	if (procs_is_cancelled(run->procs))
		return fail(err, ERROR_CANCELLED, "cancelled");
	if (run->environment && ingredients_check(run->ingredients, run->environment, err))
		return fail_in(err, "continue the run of this tree");
	if (run->environment)
		json_object_set(run->environment, "ingredients", run->ingredients);
	else
		run->environment =
			environment_describe(run->plan, run->procs, run->place, run->ingredients);
	return record_write_environment(run->record, run->environment, err);
}

/* How many results of the tree each change makes outdated, by the names of what changed. */
static json_t *count_outdated(struct run *run, const struct runner_visit *visits, size_t count)
{
	json_t *counts = json_object();

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < visits[i].cell_count; j++) {
			AUTO(arena_freep) struct arena *arena = arena_new();
			const char *changes =
				cell_changes(run, &visits[i], &visits[i].cells[j], arena);

			if (changes && *changes)
				json_object_set_new(counts, changes,
					json_integer(1 + json_integer_value(json_object_get(
								 counts, changes))));
		}
	}
	return counts;
}

static int tell_outdated(
	struct run *run, const struct runner_visit *visits, size_t count, struct error *err)
{
	json_auto_t *counts = count_outdated(run, visits, count);
	const char *changes;
	json_t *cells;

	json_object_foreach (counts, changes, cells) {
		long long number = json_integer_value(cells);
		const char *text = arena_printf(run->arena,
			"what decides figures has changed (%s), so %lld cell%s measured again",
			changes, number, number == 1 ? " is" : "s are");

		run_tell(run, NULL, NULL, text);
		if (note(run, "outdated", NULL, text, err))
			return -1;
	}
	return 0;
}

/* What is needed by cells that are left to measure. */
static int make_artefacts(
	struct run *run, const struct runner_visit *visits, size_t count, struct error *err)
{
	const struct runner_plan *plan = run->plan;
	bool *is_wanted = arena_alloc(run->arena, bool, plan->workload_count);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < visits[i].cell_count; j++) {
			for (size_t w = 0; w < plan->workload_count; w++)
				is_wanted[w] |= visits[i].cells[j].workload == plan->workloads[w] &&
						!is_there(run, &visits[i], j);
		}
	}
	return artefacts_make(run, is_wanted, err);
}

/* Only where something is left to measure, and once for all blocks. */
static bool needs_calibration(struct run *run, const struct runner_visit *visits, size_t count)
{
	if (run->plan->block > 1)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (count_missing(run, &visits[i]) > 0)
			return true;
	}
	return false;
}

static struct runner_result result_of(const struct run *run)
{
	return (struct runner_result){.outcomes = run->outcomes,
		.count = run->done,
		.connects = run->connects,
		.connect_count = run->connect_count,
		.measuring_s = run->measuring_s,
		.total_s = (double)(clock_now_ns() - run->began_ns) / 1e9};
}

/* Whether the block that ends with this visit is the last that is wanted. */
static bool is_enough(
	const struct run *run, const struct runner_visit *visits, size_t count, size_t visit)
{
	struct runner_result so_far = result_of(run);

	if (!run->judge || visit + 1 == count ||
		visits[visit + 1].repetition == visits[visit].repetition)
		return false;
	return run->judge(run->judge_context, &so_far);
}

static int run_all(
	struct run *run, const struct runner_visit *visits, size_t count, struct error *err)
{
	if (open_environment(run, err) || features_record(run, err) ||
		note(run, "run_begins", NULL, NULL, err) ||
		tell_outdated(run, visits, count, err) || make_artefacts(run, visits, count, err) ||
		(needs_calibration(run, visits, count) && run_calibrate(run, err)))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (run_visit(run, &visits[i], err))
			return -1;
		if (is_enough(run, visits, count, i))
			break;
	}
	return note(run, "run_ends", NULL, NULL, err);
}

struct record **trees_of(const struct runner_plan *plan, struct record *record, struct arena *arena)
{
	struct record **trees = arena_alloc(arena, struct record *, plan->tuning_count);

	for (size_t i = 0; i < plan->tuning_count; i++) {
		/* A run of one tuning alone is a tree like any other. */
		bool is_top = plan->tuning_count == 1 || tuning_is_none(&plan->tunings[i]);

		trees[i] = record_of_tuning(record, is_top ? NULL : plan->tunings[i].name);
	}
	return trees;
}

static void count_work(struct run *run, const struct runner_visit *visits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run->total += visits[i].cell_count;
		run->estimate_total_s += runner_estimate_s(run->plan, &visits[i]);
	}
	run->outcomes = arena_alloc(run->arena, struct runner_outcome, run->total);
	run->connects = arena_alloc(run->arena, struct runner_connect, count);
}

int runner_run(const struct runner_plan *plan, const struct runner_means *means,
	struct runner_result *ret_result, struct error *err)
{
	struct run run = {.plan = plan,
		.procs = means->procs,
		.record = means->record,
		.may_continue = means->may_continue,
		.place = means->place,
		.hosts_are_far = means->hosts_are_far,
		.machines = means->machines,
		.arena = means->arena,
		.bring = means->bring,
		.bring_context = means->bring_context,
		.listener = means->listener,
		.listener_context = means->listener_context,
		.judge = means->judge,
		.judge_context = means->judge_context,
		.timings = json_object(),
		.began_ns = clock_now_ns()};
	const struct runner_visit *visits;
	struct error ignored;
	size_t count;
	int failed;

	runner_schedule(plan, run.arena, &visits, &count);
	count_work(&run, visits, count);
	run.trees = trees_of(plan, run.record, run.arena);
	procs_observe(run.procs, note_command, &run);
	failed = run_all(&run, visits, count, err);
	procs_observe(run.procs, NULL, NULL);
	if (failed && note(&run, "run_broken_off", NULL, err->text, &ignored))
		run_tell(&run, NULL, NULL, ignored.text);
	json_decref(run.environment);
	json_decref(run.ingredients);
	json_decref(run.timings);
	*ret_result = result_of(&run);
	return failed ? -1 : 0;
}
