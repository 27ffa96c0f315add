/* SPDX-License-Identifier: MIT */
/* Time: the monotonic clock, deadlines on it, and the wall clock for result files. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double clock_wall_s(void)
{
	return (double)read_clock(CLOCK_REALTIME) / 1e9;
}

struct deadline deadline_in(int64_t ns)
{
	struct deadline deadline;

	if (__builtin_add_overflow(clock_now_ns(), ns, &deadline.at_ns))
		deadline.at_ns = INT64_MAX;
	return deadline;
}

struct deadline deadline_earlier(struct deadline a, struct deadline b)
{
	return a.at_ns < b.at_ns ? a : b;
}

bool deadline_has_passed(struct deadline deadline)
{
	return clock_now_ns() >= deadline.at_ns;
}

int deadline_poll_ms(struct deadline deadline)
{
	int64_t left = deadline.at_ns - clock_now_ns();

	if (left <= 0)
		return 0;
	left = left / NS_PER_MS + (left % NS_PER_MS != 0);
	return left > INT_MAX ? INT_MAX : (int)left;
}
