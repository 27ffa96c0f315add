/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/mirror.h"

/*
 * What a file of a tree becomes that two parts of one run have written, each without the other's,
 * as `join` of struct mirror. Cells are of one part. environment.json stays the first's, with every
 * VPN and tuning that only another had up; vpn.json becomes the last's, with what failed before it
 * in all.
 */
struct mirror_file record_join(
	struct arena *arena, const char *path, struct mirror_file before, struct mirror_file now);
