/* SPDX-License-Identifier: MIT */
/* The rule about parts of the plan that the run never came to. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <string.h>

static bool has_vpn(const struct report_results *results, const char *planned)
{
	/* One given by the path of its driver has a name of its own. */
	bool is_found = strchr(planned, '/');

	for (const struct report_vpn *vpn = results->vpns; vpn && !is_found; vpn = vpn->next)
		is_found = vpn->is_reference ? strcmp(planned, "none") == 0
					     : strcasecmp(planned, vpn->name) == 0;
	return is_found;
}

struct search {
	const char *word; /* of a workload */
	bool is_found;
};

static void compare_word(void *context, const struct report_place *place)
{
	struct search *search = context;

	search->is_found |= strcmp(place->workload->word, search->word) == 0;
}

static bool is_known(const char *workload)
{
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		if (strcmp(report_workloads[i].word, workload) == 0)
			return true;
	return false;
}

static bool has_workload(const struct report_results *results, const char *planned)
{
	/* Checks of features write no results. */
	struct search search = {planned, !is_known(planned)};

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *c = vpn->conditions; c; c = c->next)
			condition_each_result(c, compare_word, &search);
	return search.is_found;
}

/* What could not be measured has results that say so; these have none. */
static void look_for(struct look *look, const char *list,
	bool (*has)(const struct report_results *results, const char *planned))
{
	const struct report_results *results = look->findings->results;
	const json_t *planned = json_at(results->environment, list), *name;
	size_t i;

	json_array_foreach (planned, i, name) {
		const char *text = json_is_string(name) ? json_string_value(name) : "none";

		if (has(results, text))
			continue;
		look_say(look,
			"The run ended before it came to all of its plan. What it did not come to is in no table and no ranking. `meshbench run --resume` measures what is missing.");
		look_show(look, "environment.json", "%s: planned, and there is no result", text);
	}
}

void rule_not_begun(struct look *look)
{
	look_for(look, "/plan/vpns", has_vpn);
	look_for(look, "/plan/workloads", has_workload);
}
