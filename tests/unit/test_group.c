/* SPDX-License-Identifier: MIT */
#include "host/group.h"

#include "tap.h"

TEST(a_quota_has_the_shortest_period_that_the_kernel_takes)
{
	struct group_quota half = group_quota(0.5), small = group_quota(0.067),
			   smallest = group_quota(0.001), two = group_quota(2);

	CHECK(half.quota_us == 5000 && half.period_us == 10000);
	CHECK(two.quota_us == 20000 && two.period_us == 10000);
	/* No less than a millisecond at a time, so that the period grows. */
	CHECK(small.quota_us == 1000 && small.period_us == 14926);
	CHECK(smallest.quota_us == 1000 && smallest.period_us == 1000000);
}
