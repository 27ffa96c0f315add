/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/versions.h"

#include <stdio.h>

/* What `ab` found, for people. */
void verdict_print(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule, FILE *out);
/* The same as a table for a pull request or the summary of a CI job. */
void verdict_print_markdown(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule, FILE *out);
