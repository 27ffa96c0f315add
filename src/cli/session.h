/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

/* What `run` and `ab` do in the same way before they measure. */

/* A new folder in results/, named after the time; arena-owned. */
const char *session_folder(struct arena *arena);
/*
 * Opens the tree and enters the namespaces, and makes sure that this machine can carry the plan's
 * profiles and has its congestion controls, and that installed VPNs are as they were built. What it
 * opened is the caller's, on failure too.
 */
MUST_CHECK int session_open(const struct runner_plan *plan, const char *out,
	struct procs **ret_procs, struct record **ret_record, struct error *err);
