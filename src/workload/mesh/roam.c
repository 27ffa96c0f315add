/* SPDX-License-Identifier: MIT */
/*
 * A host behind a router whose network changes under it: the router forgets every mapping, as after
 * its restart, has another address outside, or, where its site has several uplinks, leaves by
 * another one, as a laptop that changes from Wi-Fi to LTE. Either the host goes on sending, or it
 * waits for others to call, which only its own keep-alives can help.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
	{.name = "uplink", .action = WORKLOAD_SWITCH, .on_one_host = true},
	{.name = "uplink_called",
		.action = WORKLOAD_SWITCH,
		.on_one_host = true,
		.speaker = WORKLOAD_OTHERS_SPEAK},
};

enum {
	UPLINK = 4 /* the turn from which on a site needs several of them */
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
	for (size_t i = 0; i < *ret_count; i++) {
		(*ret_operations)[i].limit_s = (double)setting_integer(c->options, &roam_seconds);
		(*ret_operations)[i].counts_pings = true;
	}
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
static void silence_text(char text[12], double seconds)
{
	if (isnan(seconds))
		snprintf(text, 12, "for good");
	else
		snprintf(text, 12, "%.3f s", seconds);
}

/* Which uplink was left for which, once for all. */
static void add_uplinks(const json_t *observations, const char *operation, json_t *described)
{
	const json_t *run;
	json_t *list = json_array();

	for (size_t i = 0; (run = mesh_run(observations, operation, i)); i++)
		json_array_append(list, json_object_get(run, "uplinks"));
	json_object_set_new(described, "uplinks", list);
}

static void add_packets(const json_t *observations, const char *operation, json_t *described)
{
	json_t *of_run;
	size_t i;

	json_array_foreach (json_object_get(described, "runs"), i, of_run)
		json_object_set_new(of_run, "packets",
			mesh_describe_packets(observations, mesh_run(observations, operation, i)));
}

/* NAN where a run ended in silence, because how long that lasts nobody knows. */
static double describe(
	const json_t *observations, const struct workload_operation *operation, json_t *data)
{
	json_t *described = mesh_describe_runs(observations, operation->name);
	double outage_s = mesh_median(json_object_get(described, "runs"), "outage_s");
	size_t runs, returned = count_returned(observations, operation->name, &runs);

	if (operation->action == WORKLOAD_SWITCH && runs == 0) {
		json_decref(described);
		return NAN;
	}
	json_object_set_new(described, "returned", json_integer((json_int_t)returned));
	add_packets(observations, operation->name, described);
	if (operation->action == WORKLOAD_SWITCH)
		add_uplinks(observations, operation->name, described);
	json_object_set_new(data, operation->name, described);
	return runs && returned == runs ? outage_s : NAN;
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *data = json_object();
	double figures[ARRAY_SIZE(turns)];
	char texts[ARRAY_SIZE(turns)][12];

	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		silence_text(texts[i], figures[i] = describe(observations, &turns[i], data));
	memcpy(reading->figures, figures, sizeof(reading->figures));
	json_object_set_new(data, "limit_s",
		json_integer((json_int_t)setting_integer(c->options, &roam_seconds)));
	reading->data = data;
	if (json_object_get(data, turns[UPLINK].name))
		snprintf(reading->headline, sizeof(reading->headline),
			"silent %s; moved %s; uplink %s", texts[0], texts[2], texts[UPLINK]);
	else
		snprintf(reading->headline, sizeof(reading->headline),
			"silent %s, %s; moved %s, %s", texts[0], texts[1], texts[2], texts[3]);
}

const struct workload workload_roam = {
	.name = "roam",
	.file = "roam.json",
	.settings = (const struct setting *const[]){&mesh_runs, &roam_seconds, NULL},
	.title =
		"Silence of a host whose router forgets its mappings, or has another address or uplink",
	.figures = {"forgotten_s", "forgotten_called_s", "moved_s", "moved_called_s", "uplink_s"},
	.figures_title =
		"s silent: mappings forgotten / and called / address moved / and called / uplink changed",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_LAST_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
