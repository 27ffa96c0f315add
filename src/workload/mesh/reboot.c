/* SPDX-License-Identifier: MIT */
/*
 * One host reboots, then all do. What the hosts themselves need is told apart from what the VPN
 * adds: every pair is watched outside the overlay as well as on it.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <stdio.h>

static const struct workload_operation turns[] = {
	{.name = "one_host", .action = WORKLOAD_REBOOT, .on_one_host = true},
	{.name = "all_hosts", .action = WORKLOAD_REBOOT},
};

static double estimate_s(const struct workload_case *c)
{
	size_t count = (size_t)setting_integer(c->options, &mesh_runs) * ARRAY_SIZE(turns);

	return (double)count * 4;
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
	json_t *one, *all;

	(void)c;
	mesh_judge(observations, reading);
	one = mesh_describe_runs(observations, "one_host");
	all = mesh_describe_runs(observations, "all_hosts");
	reading->figures[0] = mesh_median(json_object_get(one, "runs"), "answered_s");
	reading->figures[1] = mesh_median(json_object_get(one, "runs"), "vpn_s");
	reading->figures[2] = mesh_median(json_object_get(all, "runs"), "answered_s");
	reading->figures[3] = mesh_median(json_object_get(all, "runs"), "vpn_s");
	reading->data = json_make("{s:o, s:o}", "one_host", one, "all_hosts", all);
	reading->host_files = json_make("{s:o}", "reboot_connection_timings.json",
		mesh_connection_timings(observations, mesh_run(observations, "all_hosts", 0)));
	snprintf(reading->headline, sizeof(reading->headline), "%.3f s, %.3f s of it the VPN",
		reading->figures[2], reading->figures[3]);
}

const struct workload workload_reboot = {
	.name = "reboot",
	.file = "reboot.json",
	.settings = (const struct setting *const[]){&mesh_runs, NULL},
	.title = "Reboot of one host and of all hosts, and the VPN's own share",
	.figures = {"one_s", "one_vpn_s", "all_s", "all_vpn_s"},
	.figures_title = "s one host / VPN's share / all hosts / VPN's share",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
