/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdint.h>

/*
 * What must be added to a delay that sender and receiver measured by a clock of theirs each, and by
 * how much that may be wrong; both 0 where hosts have one clock.
 */
struct clocks {
	int64_t shift_ns, bound_ns;
};

/* Clocks that are known to more than this share of a one-way delay tell nothing about it. */
#define CLOCKS_SHARE 0.1
/*
 * Delays of a probe's report that were measured by two clocks, by one clock; where that is known
 * too badly they become null, and "delay_unknown" says why. Pure.
 */
void clocks_correct(json_t *measured, const struct clocks *clocks);
