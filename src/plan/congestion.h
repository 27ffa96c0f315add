/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

/* Refuses what is not a congestion control of TCP, neither one of Linux nor one that this kernel
 * has of its own. */
MUST_CHECK int congestion_check(const char *name, struct error *err);
