/* SPDX-License-Identifier: MIT */
#pragma once

#include "proc/proc.h"

/*
 * Whether others use this machine now, judged for a second as a cell is. Says so on stderr; with
 * `waits` it comes back when the machine was quiet for a few seconds. Fails with ERROR_CANCELLED,
 * or when the kernel does not answer.
 */
MUST_CHECK int quiet_look(struct procs *procs, bool waits, struct error *err);
