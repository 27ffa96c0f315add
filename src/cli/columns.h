/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

#include <stdio.h>

/* The same plan measured several times, with processors that differ: a column for each. */
struct columns {
	const struct runner_plan *plan;
	const char *const *names;            /* "1000 MIPS"; the most capable processor first */
	const struct runner_result *results; /* likewise */
	size_t count;
	const char *less; /* "slower": what those behind a column are */
};

/* A table of each workload, and where a VPN with more of a processor would carry more. */
void columns_print(const struct columns *columns, FILE *out);
