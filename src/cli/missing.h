/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

/*
 * Leaves out of a plan what this machine lacks; says what to install where `is_told`. Counts what
 * was left out; VPNs are not counted that nobody asked for by name.
 */
size_t missing_leave_out(
	struct arena *arena, struct runner_plan *plan, bool only_found, bool is_told);
