/* SPDX-License-Identifier: MIT */
/* Rules about meshes that come up: connect, reboot and restart. */
#include "report/findings/rules.h"

#include "base/json.h"

/* A silence as long as the time after which a pair counts as stable; see meshbench-results(5). */
#define SILENT_AGAIN_S 1.0

/* One result of a VPN's mesh. */
struct mesh_result {
	const struct report_condition *condition;
	const struct report_workload *workload;
	const struct report_result *result;
};

static void look_silent_run(
	struct look *look, const struct mesh_result *mesh, const char *operation, const json_t *run)
{
	double silent_s = json_number_at(run, "/silent_again_s", 0);

	if (silent_s < SILENT_AGAIN_S)
		return;
	look_say(look,
		"Pairs of %s answered, fell silent and answered again: the first answer arrives before the path is stable. See how long it takes until the mesh is stable.",
		look->vpn->title);
	look_show(look, mesh->result->outcome.path,
		"%s, %s, %s: silent for %.2f s after the first answer, stable after %.2f s",
		profile_title(mesh->condition->profile), mesh->workload->word, operation, silent_s,
		json_number_at(run, "/stable_s", 0));
}

static void look_silent(struct look *look, const struct mesh_result *mesh)
{
	const char *operation;
	json_t *described, *run;
	size_t i;

	if (!outcome_is_success(&mesh->result->outcome))
		return;
	json_object_foreach (mesh->result->data, operation, described) {
		json_array_foreach (json_object_get(described, "runs"), i, run)
			look_silent_run(look, mesh, operation, run);
	}
}

void rule_silent_again(struct look *look)
{
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_repetition *whole = condition->whole; whole;
			whole = whole->next) {
			for (size_t i = 0; i < REPORT_WORKLOADS; i++)
				look_silent(
					look, &(struct mesh_result){condition, &report_workloads[i],
						      &whole->results[i]});
		}
	}
}
