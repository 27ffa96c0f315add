/* SPDX-License-Identifier: MIT */
/* Times until an event of which some were not seen to their end. */
#include "stats/survival.h"

#include "tap.h"

#include <math.h>

enum {
	PATIENTS = 21
};

/* Weeks of remission under 6-MP (Freireich et al., Blood 21, 1963), as every textbook has them. */
static const double weeks[PATIENTS] = {
	6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35};
static const bool came_back[PATIENTS] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0};

static bool is_near(double a, double b)
{
	return fabs(a - b) < 5e-4;
}

TEST(shares_are_those_of_the_textbook_with_their_intervals)
{
	static const struct {
		double time, share, low, high;
		size_t at_risk, events;
	} known[] = {{6, 0.8571, 0.6197, 0.9516, 21, 3}, {7, 0.8067, 0.5631, 0.9228, 17, 1},
		{10, 0.7529, 0.5032, 0.8894, 15, 1}, {13, 0.6902, 0.4316, 0.8491, 12, 1},
		{16, 0.6275, 0.3675, 0.8049, 11, 1}, {22, 0.5378, 0.2678, 0.7468, 7, 1},
		{23, 0.4482, 0.1881, 0.6801, 6, 1}};
	struct survival_step steps[PATIENTS];

	CHECK(survival_of(weeks, came_back, PATIENTS, 0.95, steps) == ARRAY_SIZE(known));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		CHECK(steps[i].time == known[i].time && steps[i].at_risk == known[i].at_risk &&
			steps[i].events == known[i].events);
		CHECK(is_near(steps[i].share, known[i].share));
		CHECK(is_near(steps[i].interval.low, known[i].low) &&
			is_near(steps[i].interval.high, known[i].high));
	}
}

TEST(a_share_holds_until_the_next_event_and_the_median_may_not_have_been_seen)
{
	static const double late[] = {1, 2, 3, 9};
	static const bool one[] = {true, false, false, false};
	struct survival_step steps[PATIENTS];
	size_t count = survival_of(weeks, came_back, PATIENTS, 0.95, steps);

	CHECK(survival_at(steps, count, 5.9) == 1);
	CHECK(is_near(survival_at(steps, count, 6), 0.8571));
	CHECK(is_near(survival_at(steps, count, 100), 0.4482));
	CHECK(survival_time(steps, count, 0.5) == 23);
	count = survival_of(late, one, ARRAY_SIZE(late), 0.95, steps);
	CHECK(count == 1 && isnan(survival_time(steps, count, 0.5)));
}

TEST(without_censoring_it_is_the_share_that_is_left)
{
	static const double times[] = {4, 1, 3, 2};
	static const bool all[] = {true, true, true, true};
	struct survival_step steps[ARRAY_SIZE(times)];

	CHECK(survival_of(times, all, ARRAY_SIZE(times), 0.95, steps) == 4);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		CHECK(steps[i].time == (double)i + 1 &&
			is_near(steps[i].share, 0.75 - 0.25 * (double)i));
	CHECK(survival_time(steps, 4, 0.5) == 2);
	CHECK(steps[3].share == 0 && isnan(steps[3].interval.low));
}

TEST(of_nobody_and_without_an_event_nothing_is_known)
{
	static const double times[] = {5, 5};
	static const bool none[] = {false, false};
	struct survival_step steps[2];

	CHECK(survival_of(times, none, 0, 0.95, steps) == 0);
	CHECK(survival_of(times, none, 2, 0.95, steps) == 0 && survival_at(steps, 0, 9) == 1);
}
