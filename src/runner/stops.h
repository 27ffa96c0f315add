/* SPDX-License-Identifier: MIT */
#pragma once

#include "proc/proc.h"

#include <jansson.h>

/*
 * Programs that were stopped while a cell was measured: one of the VPN marks the cell "daemon", one
 * of ours or of the workload "instrument". The wire says it itself. Pure.
 */
void stops_judge(const struct proc_stop stops[], size_t count, json_t *marks);
