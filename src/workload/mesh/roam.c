/* SPDX-License-Identifier: MIT */
/*
 * A host behind a router whose network changes under it: the router forgets every mapping, as after
 * its restart, or has another address outside, as when a laptop takes another network. Either the
 * host goes on sending, or it waits for others to call, which only its own keep-alives can help.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static const struct setting roam_seconds = {"roam_seconds", SETTING_INTEGER, "40", NULL, 5, 3600,
	.argument = "N", .help = "how long roam waits for a host to be heard again"};

static const struct workload_operation turns[] = {
	{.name = "forgotten", .action = WORKLOAD_FORGET, .on_one_host = true},
	{.name = "forgotten_called",
		.action = WORKLOAD_FORGET,
		.on_one_host = true,
		.speaker = WORKLOAD_OTHERS_SPEAK},
	{.name = "moved", .action = WORKLOAD_MOVE, .on_one_host = true},
	{.name = "moved_called",
		.action = WORKLOAD_MOVE,
		.on_one_host = true,
		.speaker = WORKLOAD_OTHERS_SPEAK},
};

static double estimate_s(const struct workload_case *c)
{
	size_t count = (size_t)setting_integer(c->options, &mesh_runs) * ARRAY_SIZE(turns);

	return (double)count * 10;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	mesh_rounds(turns, ARRAY_SIZE(turns), c, arena, ret_operations, ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret_operations)[i].limit_s = (double)setting_integer(c->options, &roam_seconds);
}

/* How many runs of an operation ended with every pair answering. */
static size_t count_returned(const json_t *observations, const char *operation, size_t *ret_runs)
{
	const json_t *run;
	size_t count = 0, i;

	for (i = 0; (run = mesh_run(observations, operation, i)); i++)
		count += json_is_true(json_object_get(run, "returned"));
	*ret_runs = i;
	return count;
}

/* "0.012 s", or that it did not come to an end. */
static const char *silence_text(char text[12], double seconds)
{
	if (isnan(seconds))
		return "for good";
	snprintf(text, 12, "%.3f s", seconds);
	return text;
}

/* NAN where a run ended in silence, because how long that lasts nobody knows. */
static double describe(
	const json_t *observations, const struct workload_operation *operation, json_t *data)
{
	json_t *described = mesh_describe_runs(observations, operation->name);
	double outage_s = mesh_median(json_object_get(described, "runs"), "outage_s");
	size_t runs, returned = count_returned(observations, operation->name, &runs);

	json_object_set_new(described, "returned", json_integer((json_int_t)returned));
	json_object_set_new(data, operation->name, described);
	return runs && returned == runs ? outage_s : NAN;
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *data = json_object();
	char texts[ARRAY_SIZE(turns)][12];

	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		reading->figures[i] = describe(observations, &turns[i], data);
	json_object_set_new(data, "limit_s",
		json_integer((json_int_t)setting_integer(c->options, &roam_seconds)));
	reading->data = data;
	snprintf(reading->headline, sizeof(reading->headline), "silent %s, %s; moved %s, %s",
		silence_text(texts[0], reading->figures[0]),
		silence_text(texts[1], reading->figures[1]),
		silence_text(texts[2], reading->figures[2]),
		silence_text(texts[3], reading->figures[3]));
}

const struct workload workload_roam = {
	.name = "roam",
	.file = "roam.json",
	.settings = (const struct setting *const[]){&mesh_runs, &roam_seconds, NULL},
	.title = "Silence of a host whose router forgets its mappings, or has another address",
	.figures = {"forgotten_s", "forgotten_called_s", "moved_s", "moved_called_s"},
	.figures_title = "s silent: mappings forgotten / and called / address moved / and called",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_LAST_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
