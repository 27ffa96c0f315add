/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "proc/proc.h"

/*
 * Brings VPNs that are installed here to the machines of a hosts.yml, as they are: `labels` as
 * choice_driver() reads them. Says what became of each; returns the exit status.
 */
int install_on(
	struct arena *arena, struct procs *procs, const char *path, const char *const *labels);
