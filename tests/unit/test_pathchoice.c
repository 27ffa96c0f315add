/* SPDX-License-Identifier: MIT */
/* A direct way that is bad for a while: which way packets went, when they left it, how often. */
#include "workload/mesh/mesh.h"

#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	BINS = 100, /* of 0.1 s */
	EVERY_MS = 100
};

/* By second: 'd' direct, 'r' relayed, '-' neither. It is bad from 2 s to 6 s. */
static json_t *bins(const char *ways, char way)
{
	json_t *list = json_array();

	for (size_t i = 0; i < BINS; i++)
		json_array_append_new(list, json_integer(ways[i / 10] == way ? 20 : 1));
	return list;
}

static json_t *path(const char *from, const char *to, const char *ways, char way)
{
	return json_make("{s:s, s:s, s:[o, o]}", "from", from, "to", to, "packets", bins(ways, way),
		bins(ways, way));
}

/* Answers come after 1 ms, and on a bad direct way after 301 ms. */
static json_t *answers(const char *ways)
{
	json_t *list = json_array();

	for (int i = 0; i < BINS; i++) {
		double at_s = i * EVERY_MS / 1e3;
		bool is_slow = ways[i / 10] == 'd' && i >= 20 && i < 60;

		json_array_append_new(
			list, json_make("[f, f]", at_s, at_s + (is_slow ? 0.301 : 0.001)));
	}
	return list;
}

static json_t *run_of(const char *operation, const char *ways)
{
	return json_make(
		"{s:s, s:{s:f, s:f, s:f}, s:[o, o, o], s:{s:f, s:f, s:i}, s:{s:f, s:f, s:f, s:f, s:o}}",
		"operation", operation, "times", "blocked_s", 2.0, "freed_s", 6.0, "counted_s",
		10.0, "paths", path("alice", "bob", ways, 'd'), path("alice", "server", ways, 'r'),
		path("bob", "server", ways, 'r'), "path_rule", "bin_s", 0.1, "every_s", 0.005,
		"packets_missed", 0, "stream", "every_s", 0.1, "longest_stall_ms", 1.0,
		"duplicate_packets", 0.0, "reordered_packets", 0.0, "answers", answers(ways));
}

static void read_runs(json_t *runs, struct workload_reading *ret_reading)
{
	const struct workload_case c = {.seconds = 5};
	json_auto_t *observations = json_make("{s:{s:f, s:f, s:f}, s:[], s:o}", "rule", "stable_s",
		1.0, "silence_s", 0.1, "pause_s", 0.025, "hosts", "runs", runs);

	workload_pathchoice.read_mesh(&c, observations, ret_reading);
}

static bool went(const json_t *run, const char *when, const char *way)
{
	return strcmp(json_string_at(run, when, ""), way) == 0;
}

TEST(packets_that_leave_a_bad_way_and_come_back_moved_once_each)
{
	struct workload_reading reading;
	const json_t *run;

	read_runs(json_make("[o]", run_of("slow", "dddrrrrddd")), &reading);
	run = json_at(reading.data, "/slow/0");
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(went(run, "/way_before", "direct") && went(run, "/way_bad", "relayed") &&
		went(run, "/way_good", "direct") && went(run, "/relay", "server"));
	CHECK(fabs(json_number_at(run, "/moved_s", 0) - 1) < 1e-6);
	CHECK(json_number_at(run, "/moves", 0) == 1);
	CHECK(fabs(json_number_at(run, "/moved_back_s", 0) - 1) < 1e-6);
	CHECK(json_number_at(run, "/moves_afterwards", 0) == 1);
	CHECK(fabs(json_number_at(run, "/before_rtt_ms", 0) - 1) < 1e-6);
	CHECK(fabs(json_number_at(run, "/bad_rtt_ms", 0) - 1) < 1e-6);
	CHECK(strcmp(reading.headline, "slow: moves in 1.0 s; lossy: stays") == 0);
	workload_reading_done(&reading);
}

TEST(to_stay_on_a_bad_way_is_an_answer_with_its_round_trip)
{
	struct workload_reading reading;
	const json_t *run;

	read_runs(json_make("[o]", run_of("slow", "dddddddddd")), &reading);
	run = json_at(reading.data, "/slow/0");
	CHECK(reading.cause == CAUSE_SUCCESS && went(run, "/way_bad", "direct"));
	CHECK(json_is_null(json_at(run, "/moved_s")) && json_is_null(json_at(run, "/relay")));
	CHECK(json_number_at(run, "/moves", 1) == 0);
	CHECK(fabs(json_number_at(run, "/bad_rtt_ms", 0) - 301) < 1e-6);
	CHECK(isnan(reading.figures[0]) && fabs(reading.figures[3] - 301) < 1e-6);
	workload_reading_done(&reading);
}

TEST(a_stream_that_flaps_moves_each_time_and_a_gap_is_not_a_move)
{
	struct workload_reading reading;

	read_runs(json_make("[o, o, o]", run_of("lossy", "ddrdrddddd"),
			  run_of("lossy", "ddr-rrrrrr"), run_of("lossy", "ddddd-ddd-")),
		&reading);
	CHECK(json_number_at(reading.data, "/lossy/0/moves", 0) == 4);
	CHECK(json_number_at(reading.data, "/lossy/1/moves", 0) == 1);
	CHECK(json_number_at(reading.data, "/lossy/1/moves_afterwards", 1) == 0);
	CHECK(went(json_at(reading.data, "/lossy/2"), "/way_bad", "direct"));
	CHECK(json_number_at(reading.data, "/lossy/2/moves_afterwards", 1) == 0);
	CHECK(reading.figures[2] == 4 && isnan(reading.figures[1]));
	workload_reading_done(&reading);
}

TEST(a_way_that_was_not_taken_is_not_left)
{
	struct workload_reading reading;

	read_runs(json_make("[o]", run_of("slow", "rrrddddddd")), &reading);
	CHECK(went(json_at(reading.data, "/slow/0"), "/way_before", "relayed"));
	CHECK(json_is_null(json_at(reading.data, "/slow/0/moved_s")));
	CHECK(json_number_at(reading.data, "/slow/0/moves", 0) == 1);
	CHECK(isnan(reading.figures[0]) && strstr(reading.headline, "slow: not direct"));
	workload_reading_done(&reading);
}

TEST(the_round_trip_of_a_bad_way_is_that_of_its_last_second)
{
	struct workload_reading reading;

	read_runs(json_make("[o]", run_of("slow", "dddddrdddd")), &reading);
	CHECK(fabs(json_number_at(reading.data, "/slow/0/bad_rtt_ms", 0) - 1) < 1e-6);
	CHECK(fabs(json_number_at(reading.data, "/slow/0/moved_s", 0) - 3) < 1e-6);
	workload_reading_done(&reading);
}

TEST(a_direct_way_is_made_slow_and_then_lossy)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct workload_case c = {.seconds = 5};
	struct workload_operation *operations;
	size_t count;

	workload_pathchoice.operations(&c, arena, &operations, &count);
	CHECK(count == 6 && operations[0].seconds == 60);
	CHECK(operations[0].delay_s > 0 && operations[0].lose_every == 0);
	CHECK(operations[1].delay_s == 0 && operations[1].lose_every > 1);
	CHECK(operations[0].needs_direct && operations[0].direct_limit_s == 30);
}

TEST(nothing_is_done_to_a_way_that_never_is_direct_and_that_is_an_answer)
{
	json_t *run = run_of("slow", "rrrrrrrrrr");
	struct workload_reading reading;

	json_object_del(run, "stream");
	json_object_set_new(run, "times", json_make("{s:f}", "counted_s", 10.0));
	json_object_set_new(run, "awaited", json_make("{s:f, s:n}", "limit_s", 10.0, "direct_s"));
	read_runs(json_make("[o]", run), &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(went(json_at(reading.data, "/slow/0"), "/start", "never_direct"));
	CHECK(went(json_at(reading.data, "/slow/0"), "/way_before", "relayed"));
	CHECK(went(json_at(reading.data, "/slow/0"), "/relay", "server"));
	CHECK(json_is_null(json_at(reading.data, "/slow/0/moves")) && isnan(reading.figures[2]));
	CHECK(strcmp(reading.headline, "slow: never direct; lossy: stays") == 0);
	workload_reading_done(&reading);
}
