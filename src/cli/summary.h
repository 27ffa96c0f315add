/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

#include <stdbool.h>
#include <stdio.h>

/* The table at the end of a run: a row per VPN and profile, a column per workload. */
void summary_print(const struct runner_plan *plan, const struct runner_result *result, FILE *out);
bool summary_has_failures(const struct runner_result *result);
