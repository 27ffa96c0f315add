/* SPDX-License-Identifier: MIT */
/* A direct way that is blocked and freed: ways by the wire's record, silence by a stream's echoes.
 */
#include "workload/mesh/mesh.h"

#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	PACKETS = 100, /* of a stream, one in 0.1 s */
	BINS = 20      /* of 0.5 s, so that a way needs 50 packets in each direction */
};

/* Which packets had no answer, and in which bins which way was used. */
struct seen {
	int lost_first, lost_last;
	int direct_until, direct_from; /* bins */
	int relay_from, relay_until;
};

static json_t *bins(int from, int until, int or_from)
{
	json_t *list = json_array();

	for (int i = 0; i < BINS; i++)
		json_array_append_new(
			list, json_integer((i >= from && i < until) || i >= or_from ? 100 : 3));
	return list;
}

static json_t *path(const char *from, const char *to, int first, int until, int or_first)
{
	return json_make("{s:s, s:s, s:[o, o]}", "from", from, "to", to, "packets",
		bins(first, until, or_first), bins(first, until, or_first));
}

static json_t *paths_of(const struct seen *seen)
{
	return json_make("[o, o, o]",
		path("alice", "bob", 0, seen->direct_until, seen->direct_from),
		path("alice", "server", seen->relay_from, seen->relay_until, BINS),
		path("bob", "server", seen->relay_from, seen->relay_until, BINS));
}

static json_t *echoes_of(const struct seen *seen)
{
	json_t *list = json_array();

	for (int i = 0; i < PACKETS; i++)
		json_array_append_new(
			list, i >= seen->lost_first && i <= seen->lost_last
				      ? json_null()
				      : json_make("[f, f]", 0.1 * i, 0.1 * i + 0.001));
	return list;
}

static json_t *blocked_run(const struct seen *seen)
{
	return json_make(
		"{s:s, s:{s:f, s:f, s:f}, s:o, s:{s:f, s:f, s:i}, s:{s:f, s:f, s:f, s:f, s:o}}",
		"operation", "blocked", "times", "blocked_s", 2.0, "freed_s", 6.0, "counted_s",
		10.0, "paths", paths_of(seen), "path_rule", "bin_s", 0.5, "every_s", 0.005,
		"packets_missed", 0, "stream", "every_s", 0.1, "longest_stall_ms", 1.0,
		"duplicate_packets", 0.0, "reordered_packets", 7.0, "answers", echoes_of(seen));
}

static json_t *carried_run(const char *operation, const struct seen *seen, double bytes)
{
	json_t *run = blocked_run(seen);

	json_object_set_new(run, "operation", json_text(operation));
	json_object_set_new(
		run, "tcp", json_make("{s:f, s:f, s:n}", "bytes", bytes, "seconds", 4.0, "error"));
	json_object_set_new(run, "hosts",
		json_make("[{s:s, s:f}, {s:s, s:f}]", "host", "server", "cpu_s", 2.0, "host",
			"alice", "cpu_s", 3.0));
	return run;
}

static void read_runs(json_t *runs, struct workload_reading *ret_reading)
{
	const struct workload_case c = {.seconds = 4};
	json_auto_t *observations = json_make("{s:{s:f, s:f, s:f}, s:[], s:o}", "rule", "stable_s",
		1.0, "silence_s", 0.1, "pause_s", 0.025, "hosts", "runs", runs);

	workload_relay.read_mesh(&c, observations, ret_reading);
}

static const struct seen relayed = {20, 34, 4, 15, 7, 15};
static const struct seen no_relay = {20, 60, 4, 13, BINS, BINS};
static const struct seen untouched = {PACKETS, PACKETS, 0, 0, BINS, BINS};

TEST(a_stream_that_falls_back_to_a_relay_is_silent_and_loses_as_long_as_nothing_answers)
{
	struct workload_reading reading;
	const json_t *run;

	read_runs(json_make("[o]", blocked_run(&relayed)), &reading);
	run = json_at(reading.data, "/blocked/0");
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(fabs(json_number_at(run, "/silent_s", 0) - 1.501) < 1e-6);
	CHECK(json_number_at(run, "/lost_packets", 0) == 15);
	CHECK(json_number_at(run, "/freed_silent_s", 0) < 0.11);
	CHECK(json_number_at(run, "/freed_lost_packets", 1) == 0);
	CHECK(json_number_at(run, "/reordered_packets", 0) == 7);
	workload_reading_done(&reading);
}

TEST(the_wire_says_which_way_a_stream_goes_and_when_it_is_direct_again)
{
	struct workload_reading reading;
	const json_t *run;

	read_runs(json_make("[o]", blocked_run(&relayed)), &reading);
	run = json_at(reading.data, "/blocked/0");
	CHECK(strcmp(json_string_at(run, "/way_before", ""), "direct") == 0);
	CHECK(strcmp(json_string_at(run, "/way_blocked", ""), "relayed") == 0);
	CHECK(strcmp(json_string_at(run, "/way_freed", ""), "direct") == 0);
	CHECK(strcmp(json_string_at(run, "/relay", ""), "server") == 0);
	CHECK(fabs(json_number_at(run, "/direct_again_s", 0) - 1.5) < 1e-6);
	CHECK(fabs(reading.figures[4] - 1.5) < 1e-6 && fabs(reading.figures[3] - 1.501) < 1e-6);
	workload_reading_done(&reading);
}

TEST(a_host_that_only_one_of_the_two_reaches_is_no_relay)
{
	json_t *run = blocked_run(&no_relay);
	struct workload_reading reading;

	json_object_set_new(run, "paths",
		json_make("[o, o, o, o, o]", path("alice", "bob", 0, 4, 13),
			path("alice", "one", 0, BINS, BINS), path("alice", "two", 0, 0, BINS),
			path("bob", "two", 0, BINS, BINS), path("bob", "one", 0, 0, BINS)));
	read_runs(json_make("[o]", run), &reading);
	CHECK(strcmp(json_string_at(reading.data, "/blocked/0/way_blocked", ""), "none") == 0);
	CHECK(json_is_null(json_at(reading.data, "/blocked/0/relay")));
	workload_reading_done(&reading);
}

TEST(what_stays_on_its_relay_has_no_time_until_it_is_direct)
{
	static const struct seen stays = {20, 34, 4, BINS, 7, BINS};
	struct workload_reading reading;

	read_runs(json_make("[o]", blocked_run(&stays)), &reading);
	CHECK(strcmp(json_string_at(reading.data, "/blocked/0/way_freed", ""), "relayed") == 0);
	CHECK(json_is_null(json_at(reading.data, "/blocked/0/direct_again_s")));
	CHECK(isnan(reading.figures[4]) && reading.figures[3] > 1.5);
	workload_reading_done(&reading);
}

static void read_without_relay(struct workload_reading *ret_reading)
{
	read_runs(json_make("[o, o]", blocked_run(&no_relay),
			  json_make("{s:s, s:b, s:{}}", "operation", "relayed", "returned", 0,
				  "times")),
		ret_reading);
}

TEST(without_a_relay_a_silence_does_not_end_before_the_way_is_free)
{
	struct workload_reading reading;
	const json_t *run;

	read_without_relay(&reading);
	run = json_at(reading.data, "/blocked/0");
	CHECK(json_is_null(json_at(run, "/silent_s")) && json_is_null(json_at(run, "/relay")));
	CHECK(fabs(json_number_at(run, "/freed_silent_s", 0) - 0.101) < 1e-6);
	CHECK(fabs(json_number_at(run, "/direct_again_s", 0) - 0.5) < 1e-6);
	workload_reading_done(&reading);
}

TEST(no_relay_is_an_answer_and_no_failure)
{
	struct workload_reading reading;

	read_without_relay(&reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(strcmp(json_string_at(reading.data, "/blocked/0/way_blocked", ""), "none") == 0);
	CHECK(strcmp(json_string_at(reading.data, "/relayed/0/way", ""), "none") == 0);
	CHECK(isnan(reading.figures[0]) && isnan(reading.figures[3]));
	CHECK(strncmp(reading.headline, "no relay", 8) == 0);
	workload_reading_done(&reading);
}

TEST(a_relay_pays_for_what_it_carries)
{
	static const struct seen by_relay = {PACKETS, PACKETS, 0, BINS, 1, 5};
	struct workload_reading reading;
	const json_t *run;

	read_runs(json_make("[o, o]", carried_run("direct", &untouched, 4e8),
			  carried_run("relayed", &by_relay, 1e8)),
		&reading);
	run = json_at(reading.data, "/relayed/0");
	CHECK(strcmp(json_string_at(run, "/relay", ""), "server") == 0);
	CHECK(reading.figures[0] == 200 && reading.figures[1] == 800 &&
		fabs(reading.figures[2] - 1) < 1e-6);
	CHECK(json_number_at(run, "/relay_cpu_percent", 0) == 50);
	CHECK(json_number_at(run, "/relay_cpu_s_per_gb", 0) == 20);
	CHECK(json_is_null(json_at(reading.data, "/direct/0/relay_cpu_percent")));
	CHECK(strstr(reading.headline, "relayed 200, direct 800 Mbit/s"));
	workload_reading_done(&reading);
}

TEST(a_sender_that_stood_still_is_a_reason_to_doubt)
{
	json_t *run = blocked_run(&relayed);
	struct workload_reading reading;

	json_object_set_new(json_object_get(run, "stream"), "longest_stall_ms", json_real(250));
	read_runs(json_make("[o]", run), &reading);
	CHECK(strstr(reading.doubt, "stood still for 250 ms"));
	workload_reading_done(&reading);
}

TEST(a_way_that_never_was_direct_is_an_outcome_of_its_own_and_has_no_direct_throughput)
{
	static const struct seen by_relay = {PACKETS, PACKETS, 0, BINS, 0, BINS};
	json_t *runs[] = {carried_run("direct", &by_relay, 4e8), blocked_run(&by_relay),
		carried_run("relayed", &by_relay, 1e8)};
	struct workload_reading reading;

	for (size_t i = 0; i < 2; i++)
		json_object_set_new(
			runs[i], "awaited", json_make("{s:f, s:n}", "limit_s", 30.0, "direct_s"));
	read_runs(json_make("[o, o, o]", runs[0], runs[1], runs[2]), &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(strcmp(json_string_at(reading.data, "/blocked/0/start", ""), "never_direct") == 0);
	CHECK(json_is_null(json_at(reading.data, "/blocked/0/direct_after_s")));
	CHECK(strcmp(json_string_at(reading.data, "/direct/0/way", ""), "relayed") == 0);
	CHECK(json_is_null(json_at(reading.data, "/direct/0/mbps")) && isnan(reading.figures[1]));
	CHECK(json_is_null(json_at(reading.data, "/relayed/0/start")));
	CHECK(strcmp(reading.headline, "never direct; relayed 200 Mbit/s") == 0);
	workload_reading_done(&reading);
}

TEST(a_way_that_was_direct_after_a_while_says_when)
{
	json_t *run = blocked_run(&relayed);
	struct workload_reading reading;

	json_object_set_new(
		run, "awaited", json_make("{s:f, s:f}", "limit_s", 30.0, "direct_s", 4.5));
	read_runs(json_make("[o]", run), &reading);
	CHECK(strcmp(json_string_at(reading.data, "/blocked/0/start", ""), "direct") == 0);
	CHECK(json_number_at(reading.data, "/blocked/0/direct_after_s", 0) == 4.5);
	CHECK(!strstr(reading.headline, "never direct"));
	workload_reading_done(&reading);
}

TEST(a_direct_way_is_waited_for_before_anything_is_done_to_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct workload_case c = {.seconds = 5};
	struct workload_operation *operations;
	size_t count;

	workload_relay.operations(&c, arena, &operations, &count);
	CHECK(count == 9 && operations[0].direct_limit_s == 30);
	CHECK(operations[1].direct_limit_s == 30 && !operations[1].needs_direct);
}
