/* SPDX-License-Identifier: MIT */
#include "programs/probe/tally.h"

#include "tap.h"

#include "base/attribute.h"
#include "base/clock.h"

#include <math.h>

enum {
	ROOM = 100
};

/* Numbers as they came, a millisecond apart, each sent 10 ms before. */
static void add_all(struct tally *tally, const uint32_t numbers[], size_t count)
{
	tally_init(tally, ROOM);
	for (size_t i = 0; i < count; i++) {
		int64_t now_ns = NS_PER_S + (int64_t)i * NS_PER_MS;

		tally_add(tally, numbers[i], now_ns - 10 * NS_PER_MS, now_ns);
	}
}

TEST(a_copy_counts_as_a_duplicate_and_nothing_else)
{
	AUTO(tally_done) struct tally tally = {0};
	static const uint32_t came[] = {0, 1, 1, 2, 0};

	add_all(&tally, came, ARRAY_SIZE(came));
	CHECK(tally.seen.received == 3);
	CHECK(tally.seen.duplicates == 2);
	CHECK(tally.reordered == 0);
	CHECK(tally.intervals[0] == 3);
}

TEST(a_packet_after_one_with_a_higher_number_is_reordered_and_a_gap_is_not)
{
	AUTO(tally_done) struct tally tally = {0};
	static const uint32_t came[] = {0, 5, 1, 6, 2, 9};

	add_all(&tally, came, ARRAY_SIZE(came));
	CHECK(tally.seen.received == 6);
	CHECK(tally.reordered == 2);
}

TEST(numbers_beyond_the_room_do_not_count)
{
	AUTO(tally_done) struct tally tally = {0};
	static const uint32_t came[] = {0, ROOM - 1, ROOM, UINT32_MAX};

	add_all(&tally, came, ARRAY_SIZE(came));
	CHECK(tally.seen.received == 2);
}

TEST(equal_transit_times_have_no_jitter_however_uneven_the_sending)
{
	AUTO(tally_done) struct tally tally = {0};
	static const int64_t sent_ms[] = {0, 1, 50, 51, 400};

	tally_init(&tally, ROOM);
	for (uint32_t i = 0; i < ARRAY_SIZE(sent_ms); i++)
		tally_add(&tally, i, sent_ms[i] * NS_PER_MS, (sent_ms[i] + 7) * NS_PER_MS);
	CHECK(tally.jitter_ns == 0);
}

TEST(jitter_moves_by_a_sixteenth_of_each_change_of_transit_time)
{
	AUTO(tally_done) struct tally tally = {0};
	double first_ns = 16e6 / 16, second_ns = first_ns + (8e6 - first_ns) / 16;

	tally_init(&tally, ROOM);
	tally_add(&tally, 0, NS_PER_S, NS_PER_S + 10 * NS_PER_MS);
	tally_add(&tally, 1, 2 * NS_PER_S, 2 * NS_PER_S + 26 * NS_PER_MS);
	CHECK(fabs(tally.jitter_ns - first_ns) < 1);
	tally_add(&tally, 2, 3 * NS_PER_S, 3 * NS_PER_S + 18 * NS_PER_MS);
	CHECK(fabs(tally.jitter_ns - second_ns) < 1);
}

TEST(packets_count_to_the_second_in_which_they_came_and_late_ones_to_the_last)
{
	AUTO(tally_done) struct tally tally = {0};

	tally_init(&tally, ROOM);
	tally_add(&tally, 0, 0, 5 * NS_PER_S);
	tally_add(&tally, 1, 0, 6 * NS_PER_S - 1);
	tally_add(&tally, 2, 0, 6 * NS_PER_S);
	CHECK(tally.intervals[0] == 2 && tally.intervals[1] == 1);
	CHECK(tally.interval_count == 2);
	tally_add(&tally, 3, 0, 100000 * NS_PER_S);
	CHECK(tally.interval_count == TALLY_INTERVALS);
	CHECK(tally.intervals[TALLY_INTERVALS - 1] == 1);
	CHECK(tally.seen.last_ns - tally.seen.first_ns == 99995 * NS_PER_S);
}
