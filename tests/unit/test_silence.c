/* SPDX-License-Identifier: MIT */
#include "document/silence.h"

#include "tap.h"

static const double seconds[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

TEST(a_third_of_the_time_and_three_seconds_make_a_silence)
{
	const double two[] = {5, 5, 5, 5, 0, 0}, three[] = {5, 5, 5, 0, 0, 0};
	const double quarter[] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0};

	CHECK(!silence_of(seconds, two, 6).lasts_to_the_end);
	CHECK(silence_of(seconds, three, 6).lasts_to_the_end);
	CHECK(silence_of(seconds, three, 6).since_s == 3);
	CHECK(!silence_of(seconds, quarter, 12).lasts_to_the_end);
}

TEST(a_pause_in_between_does_not_count)
{
	const double pause[] = {5, 0, 0, 0, 0, 5}, never[] = {0, 0, 0, 0};

	CHECK(!silence_of(seconds, pause, 6).lasts_to_the_end);
	CHECK(silence_of(seconds, never, 4).lasts_to_the_end);
	CHECK(silence_of(seconds, never, 4).since_s == 0);
	CHECK(!silence_of(seconds, never, 0).lasts_to_the_end);
}
