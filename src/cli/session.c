/* SPDX-License-Identifier: MIT */
/* What stands before anything is measured: the result tree, our namespaces, what the plan needs. */
#include "cli/session.h"

#include "cli/load.h"
#include "supply/supply.h"

#include <stdio.h>
#include <time.h>

const char *session_folder(struct arena *arena)
{
	time_t now = time(NULL);
	struct tm local;
	char text[32];

	localtime_r(&now, &local);
	strftime(text, sizeof(text), "%Y-%m-%d_%H%M%S", &local);
	return arena_printf(arena, "results/%s", text);
}

static int check_congestion(const struct runner_plan *plan, struct error *err)
{
	if (lab_can_pin(plan->plan->congestion, err))
		return -1;
	for (size_t i = 0; i < plan->tuning_count; i++) {
		const char *congestion = plan->tunings[i].congestion;

		if (congestion && lab_can_pin(congestion, err))
			return -1;
	}
	return 0;
}

int session_open(const struct runner_plan *plan, const char *out, struct procs **ret_procs,
	struct record **ret_record, struct error *err)
{
	/* The tree is opened first: an unwritable folder is reported before anything is built. */
	if (record_open(out, ret_record, err) || namespace_enter(err) || procs_new(ret_procs, err))
		return -1;
	for (size_t i = 0; i < plan->profile_count; i++) {
		load_print_warnings(&plan->profiles[i]);
		if (lab_can_carry(*ret_procs, plan->engine, &plan->profiles[i], err))
			return -1;
	}
	for (size_t i = 0; i < plan->driver_count; i++) {
		if (install_check(*ret_procs, &plan->drivers[i], err))
			return -1;
	}
	return check_congestion(plan, err);
}
