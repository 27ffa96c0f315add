/* SPDX-License-Identifier: MIT */
/*
 * Features as they are observed: the checks of room `feature`, one after the other, and how many of
 * them could answer. The runner makes them, since a workload starts nothing.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <stdio.h>

static const double ESTIMATE_S = 150;

static double estimate_s(const struct workload_case *c)
{
	(void)c;
	return ESTIMATE_S;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	(void)c;
	*ret_operations = arena_alloc(arena, struct workload_operation, 1);
	**ret_operations =
		(struct workload_operation){.name = "observe", .action = WORKLOAD_OBSERVE};
	*ret_count = 1;
}

static size_t decided(const json_t *answers)
{
	const json_t *answer;
	size_t count = 0, i;

	json_array_foreach (answers, i, answer)
		count += json_is_string(json_object_get(answer, "is"));
	return count;
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	const json_t *run = mesh_run(observations, "observe", 0);
	json_t *answers = json_object_get(run, "answers");
	size_t all = json_array_size(answers), known = decided(answers);

	(void)c;
	mesh_judge(observations, ret_reading);
	if (ret_reading->cause == CAUSE_SUCCESS && all == 0) {
		ret_reading->cause = CAUSE_PARSE;
		snprintf(ret_reading->evidence, sizeof(ret_reading->evidence),
			"nothing was observed");
	}
	ret_reading->data = json_make("{s:O}", "answers", answers ? answers : json_null());
	ret_reading->figures[0] = (double)known;
	ret_reading->figures[1] = (double)(all - known);
	snprintf(ret_reading->headline, sizeof(ret_reading->headline),
		"%zu answers, %zu not decided", known, all - known);
}

const struct workload workload_observe = {
	.name = "observe",
	.file = "observe.json",
	.title = "Features observed",
	.figures = {"answers", "not_decided"},
	.figures_title = "answers / not decided",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
