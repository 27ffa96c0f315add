/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "netem/internal.h"

#include "tap.h"

#include <string.h>

#define MS INT64_C(1000000)

TEST(a_mahimahi_trace_sends_only_when_the_recorded_path_could)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(netem_freep) struct netem *netem = NULL;
	struct netem_params params = {.model = NETEM_CALIBRATED, .limit_packets = 100};
	struct netem_timeline timeline;
	struct error err = {0};
	struct netem_fate fate;
	/* two packets at 3 ms, one at 5, the trace is 10 ms long and offers one at its end */
	static const int64_t expected_ms[] = {3, 3, 5, 10, 13, 13, 15};

	CHECK_OK(netem_read_mahimahi(arena, "t", "3\n3\n5\n10\n", &timeline, &err), err);
	CHECK_OK(netem_new(&(struct netem_key){.seed = 1}, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, &timeline, 0, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(expected_ms); i++) {
		netem_decide(netem, MS, 1504, &fate);
		CHECK(fate.copy[0].verdict == NETEM_PASSES);
		CHECK((fate.copy[0].release_ns + 1) / MS == expected_ms[i]);
	}
	/* a path that was idle has lost its opportunities */
	netem_decide(netem, 24 * MS, 100, &fate);
	CHECK(fate.copy[0].release_ns == 25 * MS);
	netem_decide(netem, 24 * MS, 1404, &fate);
	CHECK(fate.copy[0].release_ns == 25 * MS); /* what the first left of it */
}

TEST(broken_traces_are_refused_with_their_line)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct netem_timeline timeline;
	struct error err = {0};

	CHECK(netem_read_mahimahi(arena, "up.trace", "3\nx\n", &timeline, &err) == -1);
	CHECK(err.kind == ERROR_USAGE && strstr(err.text, "up.trace:2:1:"));
	CHECK(netem_read_mahimahi(arena, "up.trace", "3\n2\n", &timeline, &err) == -1);
	CHECK(strstr(err.text, "up.trace:2:1:"));
	CHECK(netem_read_mahimahi(arena, "up.trace", "\n", &timeline, &err) == -1);
	CHECK(netem_read_csv(arena, "p.csv", "time_s,rate_mbps\n0,1\n0,2\n", &timeline, &err) ==
		-1);
	CHECK(strstr(err.text, "p.csv:3:1:"));
	CHECK(netem_read_csv(arena, "p.csv", "time_s,speed\n", &timeline, &err) == -1);
	CHECK(strstr(err.text, "p.csv:1:8:"));
	CHECK(netem_read_csv(arena, "p.csv", "time_s,rate_mbps\n0,abc\n", &timeline, &err) == -1);
	CHECK(strstr(err.text, "p.csv:2:3:"));
	CHECK(netem_read_csv(arena, "p.csv", "time_s,rate_mbps\n0,1,5\n", &timeline, &err) == -1);
	CHECK(netem_read_csv(arena, "p.csv", "time_s,rate_mbps\n0,0\n", &timeline, &err) == -1);
}

TEST(a_csv_changes_rate_delay_and_loss_over_time)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(netem_freep) struct netem *netem = NULL;
	struct netem_params params = {
		.model = NETEM_CALIBRATED, .rate_bps = 8e6, .delay_ns = MS, .limit_packets = 100};
	struct netem_timeline timeline;
	struct error err = {0};
	struct netem_fate fate;

	CHECK_OK(netem_read_csv(arena, "c",
			 "time_s,rate_mbps,delay_ms,loss_percent,down\n"
			 "# a comment\n0.0005,16,,,\r\n1,,20,,\n2,,,100,0\n3,,,,1\n",
			 &timeline, &err),
		err);
	CHECK(timeline.step_count == 4);
	CHECK_OK(netem_new(&(struct netem_key){.seed = 1}, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, &timeline, 0, &err), err);
	/* 1000 bytes: half at 8 Mbit/s in 0.5 ms, half at 16 Mbit/s in 0.25 ms, then 1 ms delay */
	netem_decide(netem, 0, 1000, &fate);
	CHECK(fate.copy[0].release_ns == 1750000);
	netem_decide(netem, 1500 * MS, 1000, &fate);
	CHECK(fate.copy[0].release_ns ==
		1521 * MS); /* rate and delay are those of the parameters again */
	netem_decide(netem, 2500 * MS, 1000, &fate);
	CHECK(fate.copy[0].verdict == NETEM_LOST);
	netem_decide(netem, 3500 * MS, 1000, &fate);
	CHECK(fate.copy[0].verdict == NETEM_DOWN);
}

TEST(a_repeating_timeline_flaps)
{
	static const struct netem_step steps[] = {
		{.at_ns = 0, .rate_bps = -1, .delay_ns = -1, .loss = -1},
		{.at_ns = 900 * MS, .rate_bps = -1, .delay_ns = -1, .loss = -1, .is_down = true}};
	struct netem_timeline timeline = {.steps = steps, .step_count = 2, .period_ns = 1000 * MS};
	struct netem_params params = {.model = NETEM_CALIBRATED, .delay_ns = MS};
	AUTO(netem_freep) struct netem *netem = NULL;
	struct error err = {0};
	struct netem_fate fate;

	CHECK_OK(netem_new(&(struct netem_key){.seed = 1}, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, &timeline, 7 * MS, &err), err);
	for (int i = 0; i < 100; i++) {
		netem_decide(netem, (7 + i * 50) * MS, 100, &fate);
		CHECK((fate.copy[0].verdict == NETEM_DOWN) == (i % 20 >= 18));
	}
}

TEST(a_step_with_a_rate_limits_only_while_it_lasts)
{
	static const struct netem_step steps[] = {
		{.at_ns = 10 * MS, .rate_bps = 8e6, .delay_ns = NETEM_KEEP, .loss = NETEM_KEEP},
		{.at_ns = 20 * MS,
			.rate_bps = NETEM_KEEP,
			.delay_ns = NETEM_KEEP,
			.loss = NETEM_KEEP}};
	static const int64_t known_ms[][2] = {{5, 5}, {10, 11}, {15, 16}, {25, 25}};
	struct netem_timeline timeline = {.steps = steps, .step_count = 2};
	struct netem_params params = {.model = NETEM_CALIBRATED};
	AUTO(netem_freep) struct netem *netem = NULL;
	struct error err = {0};
	struct netem_fate fate;

	CHECK_OK(netem_new(&(struct netem_key){.seed = 1}, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, &timeline, 0, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(known_ms); i++) {
		netem_decide(netem, known_ms[i][0] * MS, 1000, &fate);
		CHECK(fate.copy[0].release_ns == known_ms[i][1] * MS);
	}
}
