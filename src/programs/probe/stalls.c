/* SPDX-License-Identifier: MIT */
/* meshbench-probe: when a sender did not run although it should have. */
#include "programs/probe/probe.h"

#include "base/clock.h"

#define STALL_NS (2 * NS_PER_MS)

bool probe_stalls_note(struct probe_stalls *stalls, int64_t late_ns)
{
	if (late_ns <= STALL_NS)
		return false;
	stalls->count++;
	stalls->total_ns += late_ns;
	if (late_ns > stalls->longest_ns)
		stalls->longest_ns = late_ns;
	return true;
}

void probe_stalls_put(const struct probe_stalls *stalls, json_t *report)
{
	json_object_set_new(report, "stalls", json_integer((json_int_t)stalls->count));
	json_object_set_new(report, "stalled_s", json_real((double)stalls->total_ns / 1e9));
	json_object_set_new(
		report, "longest_stall_ms", json_real((double)stalls->longest_ns / 1e6));
}
