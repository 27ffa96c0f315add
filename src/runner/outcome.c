/* SPDX-License-Identifier: MIT */
/* How cells ended, as a tree says it that an earlier run wrote, and why it says nothing of others.
 */
#include "runner/internal.h"

#include "record/meta.h"

#include <math.h>

static void read_figures(struct runner_outcome *outcome, const json_t *meta)
{
	const char *const *keys = outcome->cell->workload->figures;
	size_t i = 0;

	for (; i < WORKLOAD_FIGURES && keys[i]; i++)
		outcome->figures[i] = meta_figure(meta, keys[i]);
	for (; i < WORKLOAD_FIGURES; i++)
		outcome->figures[i] = NAN;
	outcome->one_core_mbps =
		meta_least_capacity_mbps(json_object_get(meta, "capacity"), "one_core_mbps");
}

const char *cell_changes(struct run *run, const struct runner_visit *visit,
	const struct runner_cell *cell, struct arena *arena)
{
	struct record_cell place = cell_place(run->plan, visit, cell);
	json_auto_t *now = NULL, *meta = NULL;
	const json_t *before;
	enum cause cause;

	if (!record_read_cell(run_tree(run, visit), &place, &cause, &meta) ||
		cause != CAUSE_SUCCESS)
		return NULL;
	before = json_object_get(meta, "ingredients");
	if (!before)
		return "unknown, because the tree does not say it";
	now = ingredients_of_cell(run->ingredients, run->plan, visit, cell);
	return ingredients_changed(arena, before, now);
}

bool outcome_read(struct arena *arena, const struct runner_plan *plan, const struct record *tree,
	const struct runner_visit *visit, const struct runner_cell *cell,
	struct runner_outcome *ret_outcome)
{
	struct record_cell place = cell_place(plan, visit, cell);
	struct runner_outcome outcome = {
		.visit = visit, .cell = cell, .was_there = true, .headline = "", .evidence = ""};
	json_auto_t *meta = NULL;

	if (!record_read_cell(tree, &place, &outcome.cause, &meta))
		return false;
	outcome.marks = marks_of_meta(arena, meta);
	read_figures(&outcome, meta);
	*ret_outcome = outcome;
	return true;
}

struct runner_result runner_read(
	const struct runner_plan *plan, struct record *record, struct arena *arena)
{
	const struct runner_visit *visits;
	struct runner_outcome *outcomes;
	struct record **trees = trees_of(plan, record, arena);
	size_t visit_count, room = 0, count = 0;

	runner_schedule(plan, arena, &visits, &visit_count);
	for (size_t i = 0; i < visit_count; i++)
		room += visits[i].cell_count;
	outcomes = arena_alloc(arena, struct runner_outcome, room);
	for (size_t i = 0; i < visit_count; i++) {
		const struct record *tree = trees[visits[i].tuning - plan->tunings];

		for (size_t k = 0; k < visits[i].cell_count; k++)
			count += outcome_read(arena, plan, tree, &visits[i], &visits[i].cells[k],
				&outcomes[count]);
	}
	return (struct runner_result){.outcomes = outcomes, .count = count};
}

static int blame_missing(const struct runner_plan *plan, struct record *tree,
	const struct runner_visit *visit, const struct runner_cell *cell, const struct error *cause,
	struct error *err)
{
	struct record_cell place = cell_place(plan, visit, cell);
	enum cause ignored_cause;
	json_auto_t *ignored_meta = NULL;

	if (record_read_cell(tree, &place, &ignored_cause, &ignored_meta))
		return 0;
	return record_write_cell(tree, &place,
		&(struct record_result){.cause = cause_of_error(cause), .evidence = cause->text},
		err);
}

int runner_blame_missing(const struct runner_plan *plan, struct record *record,
	const struct error *cause, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct record **trees = trees_of(plan, record, arena);
	const struct runner_visit *visits;
	size_t count;

	runner_schedule(plan, arena, &visits, &count);
	for (size_t i = 0; i < count; i++) {
		struct record *tree = trees[visits[i].tuning - plan->tunings];

		for (size_t k = 0; k < visits[i].cell_count; k++) {
			if (blame_missing(plan, tree, &visits[i], &visits[i].cells[k], cause, err))
				return -1;
		}
	}
	return 0;
}
