/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/* Workloads that several tools can measure, whose figures cannot be compared. */
enum tool_kind {
	TOOL_FLOOD, /* of UDP */
	TOOL_TCP,
	TOOL_KINDS
};

/* What it is that has several tools ("UDP floods"), and the option that chooses one. */
const char *tool_title(enum tool_kind kind);
const char *tool_option(enum tool_kind kind);
bool tool_measures(enum tool_kind kind, enum report_workload_id workload);
/* "iperf3", "two clients of iperf3": by the first success; NULL where there is none. */
const char *condition_tool(const struct report_condition *condition, enum tool_kind kind);
/* The same of a whole tree. */
const char *results_tool(const struct report_results *results, enum tool_kind kind);
