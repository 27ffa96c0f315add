/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/virtual.h"

/*
 * The same run on processors of several speeds, in guests that differ in nothing else, side by
 * side: trees 1000mips, 500mips, ... in the folder `out` of the request, and a table of each
 * workload. `machines` come as the user named them. The status is the worst of all runs.
 */
MUST_CHECK int speeds_measure(struct arena *arena, const struct virtual_machine machines[],
	size_t count, const struct virtual_request *request, int *ret_status, struct error *err);
