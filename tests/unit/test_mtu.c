/* SPDX-License-Identifier: MIT */
/* A line that becomes narrow: a TCP flow by its intervals, sizes, and what is counted of both. */
#include "workload/mesh/mesh.h"

#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	INTERVALS = 100 /* of 0.1 s */
};

/* Megabytes in every interval but for those from `first` up to `until`. */
static json_t *flow(int first, int until)
{
	json_t *bytes = json_array();

	for (int i = 0; i < INTERVALS; i++)
		json_array_append_new(bytes, json_real(i >= first && i < until ? 0 : 1e6));
	return json_make("{s:f, s:o, s:n}", "interval_s", 0.1, "bytes", bytes, "error");
}

static json_t *run_of(int mtu, bool icmp, json_t *during, int whole_bytes, json_t *fresh)
{
	return json_make("{s:s, s:{s:f}, s:i, s:b, s:o, s:{s:i, s:s, s:n, s:i, s:i}, s:b, s:o}",
		"operation", "narrow", "times", "narrowed_s", 2.0, "outer_mtu_bytes", mtu, "icmp",
		icmp, "flow", during, "sizes", "whole_bytes", whole_bytes, "beyond", "silence",
		"told_mtu_bytes", "cut_bytes", 9216, "most_bytes", 9216, "returned", 1, "fresh",
		fresh);
}

static void read_runs(json_t *runs, struct workload_reading *ret_reading)
{
	const struct workload_case c = {.seconds = 5};
	json_auto_t *observations = json_make("{s:{s:f, s:f, s:f}, s:[], s:o}", "rule", "stable_s",
		1.0, "silence_s", 0.1, "pause_s", 0.025, "hosts", "runs", runs);

	workload_mtu.read_mesh(&c, observations, ret_reading);
}

static bool says(const struct workload_reading *reading, const char *pointer, const char *word)
{
	return strcmp(json_string_at(reading->data, pointer, ""), word) == 0;
}

TEST(a_flow_that_pauses_is_carried_and_has_its_longest_silence)
{
	struct workload_reading reading;

	read_runs(json_make("[o]", run_of(1280, true, flow(25, 37), 1220, flow(0, 0))), &reading);
	CHECK(reading.cause == CAUSE_SUCCESS && says(&reading, "/steps/0/tcp", "carried"));
	CHECK(fabs(json_number_at(reading.data, "/steps/0/silent_s", 0) - 1.2) < 1e-6);
	CHECK(fabs(json_number_at(reading.data, "/steps/0/before_mbps", 0) - 80) < 1e-6);
	CHECK(fabs(json_number_at(reading.data, "/steps/0/after_mbps", 0) - 80) < 1e-6);
	CHECK(says(&reading, "/steps/0/begun_tcp", "carried"));
	CHECK(fabs(json_number_at(reading.data, "/steps/0/begun_mbps", 0) - 80) < 1e-6);
	CHECK(reading.figures[0] == 1220 && reading.figures[2] == 0);
	CHECK(fabs(reading.figures[3] - 1.2) < 1e-6);
	workload_reading_done(&reading);
}

TEST(a_pause_before_the_line_is_narrow_does_not_count)
{
	struct workload_reading reading;

	read_runs(json_make("[o]", run_of(1280, true, flow(3, 12), 1220, flow(0, 0))), &reading);
	CHECK(json_number_at(reading.data, "/steps/0/silent_s", 1) == 0);
	workload_reading_done(&reading);
}

TEST(a_flow_that_is_silent_to_its_end_hangs_and_that_is_an_answer)
{
	struct workload_reading reading;

	read_runs(json_make("[o]",
			  run_of(1280, false, flow(25, INTERVALS), 1200, flow(1, INTERVALS))),
		&reading);
	CHECK(reading.cause == CAUSE_SUCCESS && says(&reading, "/steps/0/tcp", "hung"));
	CHECK(json_is_null(json_at(reading.data, "/steps/0/silent_s")));
	CHECK(json_number_at(reading.data, "/steps/0/after_mbps", 1) == 0);
	CHECK(says(&reading, "/steps/0/begun_tcp", "hung"));
	CHECK(reading.figures[2] == 1 && isnan(reading.figures[3]));
	workload_reading_done(&reading);
}

TEST(what_moves_nothing_or_does_not_end_is_no_flow)
{
	struct workload_reading reading;

	read_runs(json_make("[o, o]", run_of(1280, false, flow(0, INTERVALS), 1200, json_null()),
			  run_of(1280, true, json_null(), 0, flow(0, 0))),
		&reading);
	CHECK(says(&reading, "/steps/0/tcp", "none") &&
		says(&reading, "/steps/0/begun_tcp", "none"));
	CHECK(says(&reading, "/steps/1/tcp", "none"));
	CHECK(json_is_null(json_at(reading.data, "/steps/0/begun_mbps")));
	CHECK(reading.figures[0] == 0 && reading.figures[2] == 2);
	CHECK(strstr(reading.headline, "at 1280: none B, no ICMP: 1200 B"));
	workload_reading_done(&reading);
}

TEST(the_narrowest_line_is_what_its_figures_are_about)
{
	struct workload_reading reading;

	read_runs(json_make("[o, o, o, o]", run_of(1500, true, flow(0, 0), 1420, flow(0, 0)),
			  run_of(1280, true, flow(0, 0), 1240, flow(0, 0)),
			  run_of(1280, false, flow(0, 0), 1200, flow(0, 0)),
			  run_of(1280, true, flow(0, 0), 1260, flow(0, 0))),
		&reading);
	CHECK(reading.figures[0] == 1250 && reading.figures[1] == 1200);
	CHECK(json_array_size(json_at(reading.data, "/steps")) == 4);
	workload_reading_done(&reading);
}

TEST(nobody_who_answers_has_no_sizes)
{
	json_t *run = run_of(1280, false, flow(25, INTERVALS), 0, flow(0, 0));
	struct workload_reading reading;

	json_object_set_new(run, "sizes", json_null());
	json_object_set_new(run, "returned", json_false());
	read_runs(json_make("[o]", run), &reading);
	CHECK(json_is_null(json_at(reading.data, "/steps/0/whole_bytes")));
	CHECK(json_is_false(json_at(reading.data, "/steps/0/begins")));
	CHECK(isnan(reading.figures[1]));
	workload_reading_done(&reading);
}

TEST(every_size_is_tried_with_and_without_icmp_in_turn)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct workload_case c = {.seconds = 5};
	struct workload_operation *operations;
	size_t count;

	workload_mtu.operations(&c, arena, &operations, &count);
	CHECK(count == 3 * 8);
	CHECK(operations[0].mtu == 1280 && !operations[0].is_black_hole);
	CHECK(operations[1].mtu == 1280 && operations[1].is_black_hole);
	CHECK(operations[7].mtu == 9000 && operations[8].mtu == 1280);
	CHECK(operations[0].seconds == 20 && operations[7].seconds == 4);
}

static int check(const char *text)
{
	struct error err;

	for (const struct setting *const *s = workload_mtu.settings; *s; s++) {
		if (strcmp((*s)->name, "mtu_sizes") == 0)
			return setting_check(*s, text, &err);
	}
	return 0;
}

TEST(sizes_that_no_line_has_are_refused)
{
	CHECK(check("1280") == 0 && check("1280,9000") == 0);
	CHECK(check("1279") && check("9001") && check("1280,") && check("") && check(",1280"));
	CHECK(check("1280,x") && check("12800000000"));
	CHECK(check("1280,1281,1282,1283,1284,1285,1286,1287,1288,1289,1290,1291,1292,1293,1294,"
		    "1295,1296"));
}
