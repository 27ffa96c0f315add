/* SPDX-License-Identifier: MIT */
/*
 * A VPN connects from nothing: keys, daemons, first answers of every pair. It does so with one host
 * of each pair speaking first, and with both at the same moment, when handshakes can cross.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <stdio.h>

static const struct workload_operation turns[] = {
	{.name = "one_sided", .action = WORKLOAD_CONNECT},
	{.name = "simultaneous", .action = WORKLOAD_CONNECT, .speaker = WORKLOAD_BOTH_SPEAK},
};

static double estimate_s(const struct workload_case *c)
{
	size_t count = (size_t)setting_integer(c->options, &mesh_runs) * ARRAY_SIZE(turns);

	return (double)count * 3;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	mesh_rounds(turns, ARRAY_SIZE(turns), c, arena, ret_operations, ret_count);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *one_sided, *simultaneous;

	(void)c;
	mesh_judge(observations, reading);
	one_sided = mesh_describe_runs(observations, "one_sided");
	simultaneous = mesh_describe_runs(observations, "simultaneous");
	reading->figures[0] = mesh_median(json_object_get(one_sided, "runs"), "answered_s");
	reading->figures[1] = mesh_median(json_object_get(one_sided, "runs"), "stable_s");
	reading->figures[2] = mesh_median(json_object_get(simultaneous, "runs"), "answered_s");
	reading->figures[3] = mesh_median(json_object_get(one_sided, "runs"), "daemons_s");
	reading->data =
		json_make("{s:o, s:o}", "one_sided", one_sided, "simultaneous", simultaneous);
	reading->host_files = json_make("{s:o}", "connection_timings.json",
		mesh_connection_timings(observations, mesh_run(observations, "one_sided", 0)));
	snprintf(reading->headline, sizeof(reading->headline), "%.3f s, both at once %.3f s",
		reading->figures[0], reading->figures[2]);
}

const struct workload workload_connect = {
	.name = "connect",
	.file = "connect.json",
	.settings = (const struct setting *const[]){&mesh_runs, NULL},
	.title = "Connecting from scratch, with one or both hosts of a pair sending first",
	.figures = {"answered_s", "stable_s", "simultaneous_s", "daemons_s"},
	.figures_title = "s until all answer / stable / both sending / daemons",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
