/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

/* How many values of `cpus` a plan has. */
size_t cores_values(const struct plan *plan);
/* The plan with one of them alone; arena-owned. */
struct runner_plan cores_plan(
	struct arena *arena, const struct runner_plan *plan, size_t index, struct plan *ret_plan);
/* "2cpus": the folder of its tree, and its name in tables. */
const char *cores_name(struct arena *arena, const struct plan *plan, size_t index);
/* Whether this machine has the processors of every value; ERROR_MISSING says how many it has. */
MUST_CHECK int cores_check(const struct runner_plan *plan, struct error *err);
/* "Not in virtual time": a guest has one processor for all. */
MUST_CHECK int cores_refuse(const struct plan *plan, const char *why, struct error *err);
/* Who would run where, a line for each value that pins hosts. */
MUST_CHECK int cores_print(const struct runner_plan *plan, FILE *out, struct error *err);
/* Tables with a column for each value. */
void cores_print_tables(
	struct arena *arena, const struct runner_plan *plan, const struct runner_result results[]);
