/* Rules about meshes that come up: connect, reboot and restart. */
#include "report/findings/finding.h"

#include "base/json.h"

/* A silence as long as the time after which a pair counts as stable; see meshbench-results(5). */
#define SILENT_AGAIN_S 1.0

/* One result of a VPN's mesh, and the finding that it may add to. */
struct look {
	struct findings *findings;
	struct finding **finding;
	const struct report_vpn *vpn;
	const struct report_condition *condition;
	const struct report_workload *workload;
	const struct report_result *result;
};

static void look_silent_run(
	const struct look *look, const char *operation, const json_t *repetition)
{
	double silent_s = json_number_at(repetition, "/silent_again_s", 0);

	if (silent_s < SILENT_AGAIN_S)
		return;
	if (!*look->finding)
		*look->finding = finding_add(look->findings, "silent-again", SEVERITY_WARNING,
			look->vpn->name,
			"Pairs of %s answered, fell silent and answered again: its first answer "
			"comes earlier than a path that lasts. Read how long it takes until it is "
			"stable.",
			look->vpn->name);
	evidence_add(look->findings, *look->finding, look->result->outcome.path,
		"%s, %s, %s: silent for %.2f s after the first answer, stable after %.2f s",
		profile_title(look->condition->profile), look->workload->word, operation, silent_s,
		json_number_at(repetition, "/stable_s", 0));
}

static void look_silent(const struct look *look)
{
	const char *operation;
	json_t *described, *repetition;
	size_t i;

	if (!outcome_is_success(&look->result->outcome))
		return;
	json_object_foreach (look->result->data, operation, described) {
		json_array_foreach (json_object_get(described, "runs"), i, repetition)
			look_silent_run(look, operation, repetition);
	}
}

static void rule_silent_again(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_repetition *whole = condition->whole; whole;
			whole = whole->next) {
			for (size_t i = 0; i < REPORT_WORKLOADS; i++) {
				const struct look look = {findings, &finding, vpn, condition,
					&report_workloads[i], &whole->results[i]};

				look_silent(&look);
			}
		}
	}
}

void (*const rules_of_meshes[])(struct findings *findings, const struct report_vpn *vpn) = {
	rule_silent_again, NULL};
