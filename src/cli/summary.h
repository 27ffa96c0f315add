/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

#include <stdbool.h>
#include <stdio.h>

/* The table at the end of a run: a row per VPN and profile, a column per workload. */
void summary_print(const struct runner_plan *plan, const struct runner_result *result, FILE *out);
bool summary_has_failures(const struct runner_result *result);

/* All outcomes of one VPN, profile, tuning and workload, over links and repetitions. */
struct summary_selection {
	const struct runner_result *result;
	const struct driver *driver;
	const struct profile *profile;
	const struct tuning *tuning;
	const struct workload *workload;
};

/* "934 / 935" from the medians, "(2 of 3)" where less came than was planned, "*" for marks. */
const char *summary_cell(const struct summary_selection *selection, struct arena *arena);
/* "low", or "low, bbr" where the plan has several tunings. */
const char *summary_condition(const struct summary_selection *selection,
	const struct runner_plan *plan, struct arena *arena);
/* Of one of the workload's figures; NAN when there is none. */
double summary_median(
	const struct summary_selection *selection, size_t figure, struct arena *arena);
