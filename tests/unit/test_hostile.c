/* SPDX-License-Identifier: MIT */
/* Hostile packets: what the wire is asked to do, what is counted, and how it is judged. */
#include "feature/hostile.h"

#include "base/json.h"
#include "wire/rule.h"
#include "workload/mesh/mesh.h"

#include "tap.h"

#include <string.h>

static const struct feature_way tunnel = {.source = {.ipv4 = "10.1.0.1", .device = "tun"},
	.target = {.ipv4 = "10.1.0.2", .device = "tun"},
	.token = "00112233445566778899aabbccddeeff"};

/* An account: marks, and packets of one kind of IPv4, of which some hold marks. */
static json_t *account(int numbers, int again, int altered, int pieces, int protocol, int marked)
{
	return json_pack("{s:{s:i, s:i, s:i, s:i}, s:[{s:i, s:i, s:i}]}", "marks", "numbers",
		numbers, "again", again, "altered", altered, "pieces", pieces, "kinds", "protocol",
		protocol, "marked", marked, "bytes", 1000);
}

static json_t *counts_of(json_t *arrived, json_t *outside, json_t *back)
{
	json_auto_t *a = arrived, *o = outside, *b = back, *s = json_pack("{s:i}", "sent", 500);

	return feature_hostile_counts(
		&(struct feature_heard){.arrived = a, .outside = o, .back = b, .sent = s});
}

static bool has(const struct feature_trial *trial, const char *text)
{
	for (size_t i = 0; i < trial->rule_count; i++) {
		if (strstr(trial->rules[i], text))
			return true;
	}
	return false;
}

TEST(every_kind_asks_the_wire_for_rules_in_both_directions_that_it_can_read)
{
	static const char *const names[] = {"source", "target", NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (int kind = 0; kind < FEATURE_HOSTILES; kind++) {
		struct feature_trial trial = {0};

		feature_hostile_plan((enum feature_hostile)kind, &tunnel, 50000, arena, &trial);
		CHECK(has(&trial, "from=source to=target") && has(&trial, "from=target to=source"));
		for (size_t i = 0; i < trial.rule_count; i++) {
			struct wire_rule rule;
			struct error err;

			CHECK(wire_rule_read(trial.rules[i], names, &rule, &err) == 0);
			CHECK(rule.copies == FEATURE_HOSTILE_COPIES);
			CHECK(rule.protocol != WIRE_ANY);
			/* All copies have come before the listeners end. */
			CHECK((double)rule.delay_ns * rule.copies / 1e9 < trial.settle_s);
		}
	}
}

TEST(as_many_marks_are_sent_as_make_the_packets_that_were_asked_for)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_trial trial = {0};
	size_t i = 0;

	feature_hostile_plan(FEATURE_MUTATED, &tunnel, 50000, arena, &trial);
	while (trial.send[i] && strcmp(trial.send[i], "--count") != 0)
		i++;
	CHECK(trial.send[i] && strcmp(trial.send[i + 1], "12500") == 0);
}

TEST(a_link_without_a_vpn_shows_every_kind_and_a_vpn_that_refuses_them_shows_none)
{
	json_auto_t *bare = counts_of(account(500, 2000, 60, 1900, 17, 500),
		account(500, 0, 0, 0, 17, 500), account(500, 0, 0, 0, 17, 2000));
	json_auto_t *vpn = counts_of(account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 0),
		account(0, 0, 0, 0, 17, 0));

	for (int kind = 0; kind < FEATURE_HOSTILES; kind++) {
		CHECK(feature_hostile_is_seen((enum feature_hostile)kind, bare));
		CHECK(!feature_hostile_is_seen((enum feature_hostile)kind, vpn));
	}
	CHECK(strcmp(json_string_at(vpn, "/carrier", ""), "udp") == 0);
}

TEST(an_icmp_error_that_quotes_a_mark_is_not_a_reflected_packet)
{
	json_auto_t *quoted = counts_of(account(500, 0, 0, 0, 17, 500),
		account(500, 0, 0, 0, 17, 500), account(6, 0, 0, 0, 1, 6));

	CHECK(json_number_at(quoted, "/returned", -1) == 0);
	CHECK(!feature_hostile_is_seen(FEATURE_REFLECTED, quoted));
}

static json_t *calm_of(int sent, int arrived)
{
	return json_pack("{s:{s:i, s:i}}", "counts", "sent", sent, "arrived", arrived);
}

/* Observations of two kinds, with what changes between tests. */
static json_t *observations_of(json_t *counts, const char *crash, double rss, bool is_believed)
{
	json_t *first = json_pack("{s:s, s:i, s:o, s:s?, s:n, s:f, s:f, s:b}", "kind", "replayed",
		"hostile_packets", 2000, "counts", counts, "crash", crash, "problem", "answers_s",
		0.5, "rss_bytes", rss, "is_believed", is_believed);
	json_t *second = json_pack("{s:s, s:i, s:{s:i, s:i, s:i}, s:n, s:n, s:f, s:f, s:b}", "kind",
		"mutated", "hostile_packets", 1000, "counts", "sent", 250, "arrived", 240, "again",
		0, "crash", "problem", "answers_s", 0.5, "rss_bytes", 20e6, "is_believed", 1);

	return json_pack(
		"{s:{}, s:[], s:[{s:s, s:{s:f}, s:[], s:{s:s, s:b, s:f, s:o, s:{s:f}, s:{s:f},"
		" s:[o, o]}}]}",
		"rule", "hosts", "runs", "operation", "hostile", "times", "ended_s", 9.0, "pairs",
		"hostile", "wire_seed", "7", "is_bare", 0, "rss_before_bytes", 10e6, "calm",
		calm_of(2000, 1999), "before", "bps", 100e6, "after", "bps", 90e6, "kinds", first,
		second);
}

static void read(json_t *observations, struct workload_reading *ret_reading)
{
	const struct workload_case c = {.seconds = 1};

	workload_hostile.read_mesh(&c, observations, ret_reading);
	json_decref(observations);
}

TEST(what_was_accepted_is_counted_once_and_never_makes_the_cell_fail)
{
	struct workload_reading reading;

	read(observations_of(json_pack("{s:i, s:i, s:i, s:i, s:i}", "again", 30, "pieces", 20,
				     "altered", 4, "returned", 2, "readable", 1),
		     NULL, 20e6, true),
		&reading);
	CHECK(reading.cause == CAUSE_SUCCESS && reading.doubt[0] == '\0');
	CHECK(reading.figures[0] == 0 && reading.figures[1] == 36 && reading.figures[2] == 1);
	CHECK(reading.figures[3] == 2 && reading.figures[4] == 0.9);
	CHECK(json_number_at(reading.data, "/hostile_packets", 0) == 3000);
	CHECK(json_number_at(reading.data, "/accepted", 0) == 36);
	CHECK(json_number_at(reading.data, "/bps_after", 0) == 90e6);
	CHECK(strcmp(json_string_at(reading.data, "/kinds/1/kind", ""), "mutated") == 0);
	CHECK(strcmp(reading.headline, "0 crashes, 36 accepted, 1 readable") == 0);
	workload_reading_done(&reading);
}

TEST(marks_that_arrive_are_counted_over_all_kinds_and_without_an_attack)
{
	struct workload_reading reading;

	read(observations_of(json_pack("{s:i, s:i}", "sent", 500, "arrived", 60), NULL, 20e6, true),
		&reading);
	CHECK(json_number_at(reading.data, "/marks_sent", 0) == 750);
	CHECK(json_number_at(reading.data, "/marks_arrived", 0) == 300);
	CHECK(json_number_at(reading.data, "/calm_sent", 0) == 2000);
	CHECK(json_number_at(reading.data, "/calm_arrived", 0) == 1999);
	workload_reading_done(&reading);
}

TEST(a_second_without_hostile_packets_is_tried_with_the_same_marks)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_trial trial = {0};

	feature_hostile_calm(&tunnel, arena, &trial);
	CHECK(trial.rule_count == 0 && strcmp(trial.send[1], tunnel.target.ipv4) == 0);
}

TEST(a_daemon_that_ended_is_an_answer)
{
	struct workload_reading reading;
	json_t *observations = observations_of(json_object(), "tincd died", 20e6, true);

	json_object_del(
		json_array_get(
			json_object_get(
				json_object_get(
					json_array_get(json_object_get(observations, "runs"), 0),
					"hostile"),
				"kinds"),
			0),
		"counts");
	read(observations, &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(reading.figures[0] == 1 && json_number_at(reading.data, "/lost", 9) == 0);
	workload_reading_done(&reading);
}

TEST(memory_is_bounded_while_it_is_below_twice_what_it_was_and_a_little_more)
{
	struct workload_reading within, beyond;

	read(observations_of(json_object(), NULL, 50e6, true), &within);
	read(observations_of(json_object(), NULL, 60e6, true), &beyond);
	CHECK(json_is_true(json_object_get(within.data, "is_bounded")));
	CHECK(json_is_false(json_object_get(beyond.data, "is_bounded")));
	workload_reading_done(&within);
	workload_reading_done(&beyond);
}

TEST(a_control_that_fails_casts_doubt_on_the_result)
{
	struct workload_reading reading;

	read(observations_of(json_object(), NULL, 20e6, false), &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(strstr(reading.doubt, "1 of 2 kinds"));
	workload_reading_done(&reading);
}
