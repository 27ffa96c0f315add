/* SPDX-License-Identifier: MIT */
#include "far/clock.h"

int64_t far_clock_bound(const struct far_clock *clock, int64_t now_ns)
{
	return clock->bound_ns + (int64_t)((double)(now_ns - clock->taken_ns) * FAR_CLOCK_DRIFT);
}

void far_clock_take(struct far_clock *clock, int64_t asked_ns, int64_t there_ns, int64_t heard_ns)
{
	int64_t round_trip_ns = heard_ns - asked_ns, bound_ns = (round_trip_ns + 1) / 2;

	if (clock->is_known && bound_ns >= far_clock_bound(clock, heard_ns))
		return;
	*clock = (struct far_clock){.is_known = true,
		.offset_ns = there_ns - (asked_ns + round_trip_ns / 2),
		.bound_ns = bound_ns,
		.taken_ns = heard_ns};
}

int64_t far_clock_here(const struct far_clock *clock, int64_t there_ns)
{
	return there_ns - clock->offset_ns;
}

int64_t far_clock_there(const struct far_clock *clock, int64_t here_ns)
{
	return here_ns + clock->offset_ns;
}
