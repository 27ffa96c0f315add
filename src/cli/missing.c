/* SPDX-License-Identifier: MIT */
/* What this machine lacks is left out of a plan, with a word on what to install. */
#include "cli/missing.h"

#include "vpn/vpn.h"

#include <stdio.h>

static size_t leave_out_drivers(
	struct arena *arena, struct runner_plan *plan, bool only_found, bool is_told)
{
	struct driver *drivers = arena_alloc(arena, struct driver, plan->driver_count);
	size_t left = 0, missing = 0;
	struct error err;

	for (size_t i = 0; i < plan->driver_count; i++) {
		if (vpn_is_found(&plan->drivers[i], &err) == 0) {
			drivers[left++] = plan->drivers[i];
			continue;
		}
		missing += !only_found;
		if (!only_found && is_told)
			fprintf(stderr, "meshbench: %s is left out: %s\n", plan->drivers[i].label,
				err.text);
	}
	plan->drivers = drivers;
	plan->driver_count = left;
	return missing;
}

size_t missing_leave_out(
	struct arena *arena, struct runner_plan *plan, bool only_found, bool is_told)
{
	const struct workload **found =
		arena_alloc(arena, const struct workload *, plan->workload_count);
	size_t left = 0, missing = leave_out_drivers(arena, plan, only_found, is_told);

	for (size_t i = 0; i < plan->workload_count; i++) {
		const struct workload *workload = plan->workloads[i];
		int n = workload_missing(workload, plan->plan->options, arena);

		if (n < 0) {
			found[left++] = workload;
			continue;
		}
		missing++;
		if (is_told)
			fprintf(stderr,
				"meshbench: %s is left out: program '%s' is not installed: apt install %s\n",
				workload->name, workload->needs[n], workload->packages[n]);
	}
	plan->workloads = found;
	plan->workload_count = left;
	return missing;
}
