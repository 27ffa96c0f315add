/* SPDX-License-Identifier: MIT */
/*
 * Features as they are observed: the checks of room `feature`, one after the other, and how many of
 * them could answer. The runner makes them, since a workload starts nothing.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static const double ESTIMATE_S = 180;

/* Those of feature_checks[] in room `feature`, which lies above; a test holds them to each other.
 */
const char *const observe_names[] = {"device", "ipv4", "ipv6", "carrier", "padding", "altered",
	"replay", "stale replay", "window", "foreign source", "multicast", "broadcast", "frames",
	"bridged frames", "traffic class", "congestion mark", "errors inside", "fragments",
	"full packets", "loss", "silence", "cut pair", "stranger", "rekey", NULL};

/* It takes minutes, so "all" does not mean it. */
static const char rekey[] = "rekey";
/* What it sends over the bare link, and what it waits for. */
static const double REKEY_CONTROL_S = 8;

/* A list has "stale-replay" for "stale replay". */
static bool is_name(const char *name, const char *word, size_t size)
{
	if (strlen(name) != size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (word[i] != name[i] && !(word[i] == '-' && name[i] == ' '))
			return false;
	}
	return true;
}

bool observe_is_chosen(const char *list, const char *name)
{
	while (list && *list) {
		size_t size = strcspn(list, ",");

		if (is_name(name, list, size) ||
			(is_name("all", list, size) && strcmp(name, rekey) != 0))
			return true;
		list += size + (list[size] == ',');
	}
	return false;
}

static bool is_known(const char *word, size_t size)
{
	for (size_t i = 0; observe_names[i]; i++) {
		if (is_name(observe_names[i], word, size))
			return true;
	}
	return is_name("all", word, size);
}

static int check_list(const char *text, struct error *err)
{
	for (const char *word = text;; word++) {
		size_t size = strcspn(word, ",");

		if (!is_known(word, size))
			return fail(err, ERROR_USAGE,
				"'%.*s' is not a check of observe; replay and stale-replay are, "
				"and meshbench-plan(5) lists all",
				(int)(size < 60 ? size : 60), word);
		word += size;
		if (!*word)
			return 0;
	}
}

static const struct setting observe_checks = {"observe_checks", SETTING_TEXT, "all", NULL, 0, 0,
	check_list, NULL, "a,b,...", "which checks observe makes, in its order: replay,cut-pair"};

static const struct setting rekey_seconds = {"rekey_seconds", SETTING_INTEGER, "300", NULL, 30,
	86400, .argument = "SECONDS",
	.help = "how long the check rekey of observe looks for changes of keys (30 to 86400)"};

static double estimate_s(const struct workload_case *c)
{
	const char *list = setting_text(c->options, &observe_checks);
	double chosen = 0, all = 0, long_s = 0;

	if (observe_is_chosen(list, rekey))
		long_s = REKEY_CONTROL_S + (double)setting_integer(c->options, &rekey_seconds);
	for (size_t i = 0; observe_names[i]; i++) {
		all += observe_is_chosen("all", observe_names[i]);
		chosen += observe_is_chosen("all", observe_names[i]) &&
			  observe_is_chosen(list, observe_names[i]);
	}
	return ESTIMATE_S * chosen / all + long_s;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	*ret_operations = arena_alloc(arena, struct workload_operation, 1);
	**ret_operations = (struct workload_operation){.name = "observe",
		.action = WORKLOAD_OBSERVE,
		.checks = setting_text(c->options, &observe_checks),
		.seconds = (double)setting_integer(c->options, &rekey_seconds)};
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
	.settings = (const struct setting *const[]){&observe_checks, &rekey_seconds, NULL},
	.figures = {"answers", "not_decided"},
	.figures_title = "answers / not decided",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.changes_packets = true,
	.why_here = "its checks look into the packets of a lab's wire",
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
