/* SPDX-License-Identifier: MIT */
/* Readers of workloads on the whole mesh, on observations made by hand:
 * tests/golden/mesh/TEST.json. */
#include "workload/mesh/mesh.h"

#include "options_by_hand.h"
#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPANS(text)                                                                                \
	json_auto_t *spans = json_loads(text, 0, NULL);                                            \
	CHECK(spans)

enum {
	OBSERVATION_MAX_BYTES = 1024 * 1024
};

static const struct mesh_rule rule = {.stable_s = 1, .silence_s = 0.1};

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

TEST(the_longest_silence_is_the_outage)
{
	struct mesh_contact c;
	SPANS("[[-3, 0.001, 600], [0.25, 0.3, 10], [0.34, 5, 900]]");

	c = mesh_contact(spans, &rule, 0, 5);
	CHECK(near(c.lost_s, 0.001) && near(c.answered_s, 0.25) && near(c.outage_s, 0.249));
	CHECK(near(c.stable_s, 0.25) && c.is_answering);
}

TEST(a_silence_that_began_before_counts_from_its_last_answer)
{
	struct mesh_contact c;
	SPANS("[[-3, -0.004, 600], [0.4, 3, 500]]");

	c = mesh_contact(spans, &rule, 0, 3);
	CHECK(near(c.lost_s, -0.004) && near(c.outage_s, 0.404));
}

TEST(who_was_never_away_has_no_outage)
{
	struct mesh_contact c;
	SPANS("[[-3, 4, 1400]]");

	c = mesh_contact(spans, &rule, 0, 4);
	CHECK(c.outage_s == 0 && isnan(c.lost_s) && isnan(c.answered_s));
	CHECK(c.stable_s == 0 && c.is_answering);
}

TEST(stable_is_a_second_without_a_tenth_of_silence)
{
	struct mesh_contact c;
	/* First contact, a silence of 0.11 s, one of 0.09 s, then quiet. */
	SPANS("[[0.5, 1.2, 140], [1.31, 1.5, 38], [1.59, 4, 480]]");

	c = mesh_contact(spans, &rule, 0, 4);
	CHECK(near(c.first_s, 0.5));
	CHECK(near(mesh_stable(spans, &rule, 0, 4), 1.31));
	CHECK(isnan(mesh_stable(spans, &rule, 0, 2)));
}

TEST(who_falls_silent_at_the_end_does_not_answer)
{
	SPANS("[[-1, 0, 200], [0.5, 8, 1500]]");
	json_auto_t *nobody = json_array();

	CHECK(mesh_contact(spans, &rule, 0, 8.5).is_answering);
	CHECK(!mesh_contact(spans, &rule, 0, 9.5).is_answering);
	/* Its silence counts, so far. */
	CHECK(near(mesh_contact(spans, &rule, 0, 9.5).outage_s, 1.5));
	CHECK(isnan(mesh_contact(spans, &rule, 0, 9.5).answered_s));
	CHECK(!mesh_contact(nobody, &rule, 0, 1).is_answering);
	CHECK(isnan(mesh_contact(nobody, &rule, 0, 1).first_s));
}

TEST(only_what_happened_in_the_stretch_of_time_counts)
{
	struct mesh_contact c;
	SPANS("[[-1, 1, 400], [3, 10, 1400], [12, 20, 1600]]");

	c = mesh_contact(spans, &rule, 4, 9);
	CHECK(c.outage_s == 0 && c.is_answering);
	c = mesh_contact(spans, &rule, 11, 15);
	CHECK(near(c.lost_s, 10) && near(c.answered_s, 12));
}

/* What the mesh did in a test, from tests/golden/mesh/TEST.json; NULL when there is none. */
static json_t *observation(const char *test)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *root = getenv("SOURCE_ROOT");
	json_t *observed = NULL;
	struct error err;

	if (json_read(arena_printf(arena, "%s/tests/golden/mesh/%s.json", root ? root : ".", test),
		    OBSERVATION_MAX_BYTES, &observed, &err))
		printf("# %s\n", err.text);
	return observed;
}

#define READ(workload)                                                                             \
	AUTO(workload_reading_done) struct workload_reading reading = {0};                         \
	json_auto_t *observed = observation(__func__);                                             \
	CHECK(observed);                                                                           \
	(workload).read_mesh(&(struct workload_case){.seconds = 10}, observed, &reading)

TEST(a_connect_is_as_late_as_its_last_pair)
{
	READ(workload_connect);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 0.3) && near(reading.figures[1], 0.6));
	CHECK(near(reading.figures[2], 5.5) && near(reading.figures[3], 0.7));
	CHECK(near(json_number_at(reading.data, "/one_sided/runs/0/pairs/1/stable_s", 0), 0.6));
	CHECK(json_is_null(json_at(reading.data, "/one_sided/runs/0/outage_s")));
}

TEST(connection_timings_are_as_published)
{
	const json_t *file;
	READ(workload_connect);

	file = json_at(reading.host_files, "/connection_timings.json/lom");
	CHECK(strcmp(json_string_at(file, "/started", ""), "2025-12-18T01:23:37.250000+00:00") ==
		0);
	CHECK(strcmp(json_string_at(file, "/vpn_ips/vpn.yuki", ""), "yuki") == 0);
	CHECK(strcmp(json_string_at(file, "/vpn_results/vpn.yuki/time_took", ""),
		      "1:01:08.616448") == 0);
	CHECK(strcmp(json_string_at(file, "/vpn_results/vpn.yuki/ended", ""),
		      "2025-12-18T02:24:45.866448+00:00") == 0);
	CHECK(strcmp(json_string_at(file, "/public_results/v4.yuki/time_took", ""),
		      "0:00:00.000000") == 0);
}

TEST(the_vpns_share_of_a_reboot_is_told_apart_from_the_hosts)
{
	READ(workload_reboot);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 0.5) && near(reading.figures[1], 0.4));
	CHECK(near(reading.figures[2], 1.5) && near(reading.figures[3], 1.25));
	CHECK(near(json_number_at(reading.data, "/one_host/runs/0/daemons_s", 0), 0.3));
	/* What the others went through is recorded, but is not the host's own time. */
	CHECK(near(json_number_at(reading.data, "/one_host/runs/0/others_outage_s", 0), 0.7));
	CHECK(strcmp(json_string_at(reading.host_files,
			     "/reboot_connection_timings.json/lom/public_results/v4.yuki/time_took",
			     ""),
		      "0:00:00.250000") == 0);
}

TEST(a_first_answer_that_does_not_last_is_told)
{
	READ(workload_reboot);

	CHECK(near(json_number_at(reading.data, "/one_host/runs/0/silent_again_s", 0), 4));
	CHECK(near(json_number_at(reading.data, "/one_host/silent_again_s/max", 0), 4));
	CHECK(near(json_number_at(reading.data, "/one_host/runs/0/answered_s", 0), 4.6));
	/* Less than a tenth of a second does not count as silence. */
	CHECK(json_number_at(reading.data, "/one_host/runs/0/pairs/1/silent_again_s", -1) == 0);
}

TEST(what_a_mesh_does_without_its_coordinator_is_a_finding)
{
	READ(workload_restart);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 0.75) && near(reading.figures[1], 0.5));
	CHECK(isnan(reading.figures[2]) && near(reading.figures[3], 0.4));
	CHECK(near(json_number_at(reading.data, "/all_hosts/runs/0/noise_s", 0), 0.03));
	CHECK(json_is_true(json_at(reading.data, "/coordinator/pairs_go_on")));
	CHECK(json_is_true(json_at(reading.data, "/coordinator/can_rejoin")));
	CHECK(near(json_number_at(reading.data, "/coordinator/rejoin_s", 0), 1.25));
	CHECK(json_is_true(json_at(reading.data, "/new_pair/forms")));
	CHECK(near(json_number_at(reading.data, "/new_pair/formed_s", 0), 2.5));
}

TEST(a_mesh_that_needs_its_coordinator_is_told_from_one_that_does_not)
{
	READ(workload_restart);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(json_is_false(json_at(reading.data, "/coordinator/pairs_go_on")));
	CHECK(near(json_number_at(reading.data, "/coordinator/longest_silence_s", 0), 1.5));
	CHECK(json_is_false(json_at(reading.data, "/coordinator/can_rejoin")));
	CHECK(json_is_null(json_at(reading.data, "/coordinator/rejoin_s")));
	CHECK(near(json_number_at(reading.data, "/coordinator/back_s", 0), 5));
	CHECK(json_is_false(json_at(reading.data, "/new_pair/forms")));
	CHECK(json_is_null(json_at(reading.data, "/new_pair/formed_s")));
}

TEST(without_a_coordinator_there_is_none_to_lose)
{
	READ(workload_restart);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(json_is_null(json_at(reading.data, "/coordinator")));
	CHECK(json_is_null(json_at(reading.data, "/new_pair")));
	CHECK(isnan(reading.figures[3]));
}

TEST(a_pair_that_never_answers_again_is_named)
{
	READ(workload_restart);

	CHECK(reading.cause == CAUSE_UNREACHABLE);
	CHECK(strstr(reading.evidence, "one_host of luna: lom->luna does not answer after 60.0 s"));
	CHECK(strstr(reading.evidence, "nor do 1 other"));
}

TEST(what_could_not_be_done_is_the_cause)
{
	READ(workload_reboot);

	CHECK(reading.cause == CAUSE_CRASHED && !reading.has_blamed);
	CHECK(strcmp(reading.evidence, "all_hosts: run tinc on luna: exit 1") == 0);
}

TEST(nothing_observed_is_no_success)
{
	READ(workload_connect);

	CHECK(reading.cause == CAUSE_PARSE);
}

/* CPU of the first host is 1 % of a core times hosts squared, joins cost 0.1 s for every host. */
TEST(a_growing_mesh_has_its_exponents_and_churn_its_bystanders)
{
	const json_t *fits;
	READ(workload_scale);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 2) && near(reading.figures[1], 16));
	fits = json_at(reading.data, "/growth/fits");
	CHECK(near(json_number_at(fits, "/first_cpu_percent/exponent", 0), 2));
	CHECK(near(json_number_at(fits, "/first_rss_bytes/exponent", 0), 1));
	CHECK(near(reading.figures[3], 2));
	CHECK(json_is_null(json_at(fits, "/member_cpu_percent/exponent")));
	/* Others were silent for 0.25 s while mira was away; mira and luna for up to 1.5 s. */
	CHECK(near(reading.figures[4], 0.25));
	CHECK(near(json_number_at(reading.data, "/churn/outage_s", 0), 1.5));
	CHECK(json_is_null(json_at(reading.data, "/coordinator")));
}

TEST(hosts_that_do_not_answer_after_they_joined_fail_the_growth)
{
	READ(workload_scale);

	CHECK(reading.cause == CAUSE_TIMEOUT && strstr(reading.evidence, "of 4 hosts"));
}

TEST(an_idle_mesh_is_counted_by_the_hour_and_by_the_pair)
{
	/* Pairs speak in exchanges of two packets every 2.5 s; ARP and what was lost do not count.
	 */
	READ(workload_idle);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 2) && near(reading.figures[1], 2));
	CHECK(near(reading.figures[2], 50));
	CHECK(near(json_number_at(reading.data, "/hosts/0/rss_growth_bytes", 0), 2000));
	CHECK(near(json_number_at(reading.data, "/pairs/0/keepalive_s", 0), 2.5));
	CHECK(json_number_at(reading.data, "/pairs/0/packets", 0) == 5);
	CHECK(json_number_at(reading.data, "/pairs/0/exchanges", 0) == 3);
	/* One exchange alone tells no interval, so nothing by the hour either. */
	CHECK(json_is_null(json_at(reading.data, "/pairs/1/keepalive_s")));
	CHECK(json_is_false(json_at(reading.data, "/traffic_is_steady")) &&
		isnan(reading.figures[3]));
	CHECK(strstr(reading.headline, "too short for traffic by the hour"));
}

TEST(an_idle_window_of_three_periods_says_what_an_hour_costs)
{
	READ(workload_idle);

	CHECK(json_is_true(json_at(reading.data, "/traffic_is_steady")));
	CHECK(near(reading.figures[3], 36));
}

TEST(ten_seconds_of_silence_say_nothing_of_an_hour)
{
	READ(workload_idle);

	CHECK(json_is_false(json_at(reading.data, "/traffic_is_steady")) &&
		isnan(reading.figures[3]));
}

TEST(two_minutes_of_silence_say_what_an_hour_costs)
{
	READ(workload_idle);

	CHECK(json_is_true(json_at(reading.data, "/traffic_is_steady")) &&
		near(reading.figures[3], 3));
}

TEST(without_a_process_nothing_is_said_about_processes)
{
	READ(workload_idle);

	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(isnan(reading.figures[0]) && isnan(reading.figures[2]));
	CHECK(json_is_null(json_at(reading.data, "/hosts/0/cpu_s")));
	CHECK(json_is_null(json_at(reading.data, "/pairs")));
}

TEST(operations_come_as_often_as_the_plan_says)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct options_by_hand often = {0}, once = {0};
	const struct workload_case c = {
		.options = option_by_hand(&often, "mesh_runs", "4"), .seconds = 3};
	struct workload_operation *list;
	size_t count;

	workload_connect.operations(&c, arena, &list, &count);
	CHECK(count == 8 && list[0].speaker == WORKLOAD_ONE_SPEAKS &&
		list[1].speaker == WORKLOAD_BOTH_SPEAK && list[7].speaker == WORKLOAD_BOTH_SPEAK);
	workload_restart.operations(&c, arena, &list, &count);
	CHECK(count == 11 && list[7].on_one_host && list[9].action == WORKLOAD_LOSE_COORDINATOR);
	CHECK(list[8].speaker == WORKLOAD_OTHERS_SPEAK && list[9].limit_s == 36);
	workload_restart.operations(
		&(const struct workload_case){
			.options = option_by_hand(&once, "mesh_runs", "1"), .seconds = 30},
		arena, &list, &count);
	CHECK(list[0].limit_s == 120);
	workload_idle.operations(&c, arena, &list, &count);
	CHECK(count == 1 && list[0].seconds == 10); /* a shorter look says nothing */
}

/* One run of each kind, the last of which ends in silence. */
static const char roaming[] =
	"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025}, \"hosts\": [], \"runs\": ["
	"{\"operation\": \"forgotten\", \"host\": \"bob\", \"returned\": true,"
	"\"times\": {\"down_s\": 0, \"ended_s\": 4}, \"pairs\": [{\"from\": \"alice\", \"to\": \"bob\","
	"\"overlay\": [[-2, 0, 400], [1.5, 4, 500]], \"underlay\": []}]},"
	"{\"operation\": \"moved_called\", \"host\": \"bob\", \"returned\": false,"
	"\"times\": {\"down_s\": 0, \"ended_s\": 9}, \"pairs\": [{\"from\": \"alice\", \"to\": \"bob\","
	"\"overlay\": [[-2, 0, 400]], \"underlay\": []}]}]}";

TEST(a_host_that_is_not_heard_again_after_its_network_changed_has_no_figure_and_is_no_failure)
{
	const struct workload_case c = {.seconds = 1};
	json_auto_t *observations = json_loads(roaming, 0, NULL);
	struct workload_reading reading;

	CHECK(observations);
	workload_roam.read_mesh(&c, observations, &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(near(reading.figures[0], 1.5) && isnan(reading.figures[3]));
	CHECK(json_number_at(reading.data, "/moved_called/returned", -1) == 0);
	CHECK(strstr(reading.headline, "silent 1.500 s") && strstr(reading.headline, "for good"));
	workload_reading_done(&reading);
}

/*
 * One ping each 0.01 s. Bob's way is changed at 0: one that was under way then and 50 more do not
 * arrive, then 99 arrive but answers do not come back, until 1.5 s; ten are lost much later.
 */
static const char counted[] =
	"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025}, \"hosts\": [], \"runs\": ["
	"{\"operation\": \"forgotten\", \"host\": \"bob\", \"speaker\": \"one\", \"returned\": true,"
	"\"times\": {\"down_s\": 0, \"ended_s\": 4}, \"pairs\": ["
	"{\"from\": \"alice\", \"to\": \"bob\", \"overlay\": [[-2, 4, 600]], \"underlay\": [], \"pings\": []},"
	"{\"from\": \"bob\", \"to\": \"alice\", \"overlay\": [[-2, 0.004, 200], [1.5, 4, 240]],"
	"\"underlay\": [], \"pings\": [[-0.005, 0.495, 51, false, false], [0.505, 1.485, 99, true, false],"
	"[1.495, 2.995, 150, true, true], [3.005, 3.095, 10, false, false], [3.105, 3.995, 90, true, true]]}]},"
	"{\"operation\": \"moved_called\", \"host\": \"bob\", \"speaker\": \"others\", \"returned\": false,"
	"\"times\": {\"down_s\": 0, \"ended_s\": 9}, \"pairs\": ["
	"{\"from\": \"alice\", \"to\": \"bob\", \"overlay\": [[-2, 0, 200]], \"underlay\": [],"
	"\"pings\": [[0.005, 8.995, 900, false, false]]}]}]}";

TEST(packets_are_lost_on_the_way_there_or_back_in_the_silence_or_after_it)
{
	const struct workload_case c = {.seconds = 1};
	json_auto_t *observations = json_loads(counted, 0, NULL);
	const json_t *from, *to, *called;
	struct workload_reading reading;

	CHECK(observations);
	workload_roam.read_mesh(&c, observations, &reading);
	CHECK(json_array_size(json_at(reading.data, "/forgotten/runs/0/packets")) == 1);
	from = json_at(reading.data, "/forgotten/runs/0/packets/0/from_host");
	CHECK(json_number_at(from, "/sent", 0) == 400 &&
		json_number_at(from, "/received", 0) == 339);
	CHECK(json_number_at(from, "/lost_silent", 0) == 51 &&
		json_number_at(from, "/lost_after", 0) == 10);
	to = json_at(reading.data, "/forgotten/runs/0/packets/0/to_host");
	CHECK(json_number_at(to, "/sent", 0) == 339 && json_number_at(to, "/received", 0) == 240);
	CHECK(json_number_at(to, "/lost_silent", 0) == 99 &&
		json_number_at(to, "/lost_after", -1) == 0);
	CHECK(near(json_number_at(reading.data, "/forgotten/runs/0/packets/0/silent_s", 0), 1.496));
	called = json_at(reading.data, "/moved_called/runs/0/packets/0");
	CHECK(strcmp(json_string_at(called, "/peer", ""), "alice") == 0);
	CHECK(json_number_at(called, "/to_host/lost_silent", 0) == 900 &&
		json_number_at(called, "/from_host/sent", -1) == 0);
	workload_reading_done(&reading);
}

/* A site with two uplinks, which was left for good only by the second one. */
static const char uplinks[] =
	"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025}, \"hosts\": [], \"runs\": ["
	"{\"operation\": \"uplink\", \"host\": \"bob\", \"returned\": true, \"uplinks\": [\"wifi\", \"lte\"],"
	"\"times\": {\"down_s\": 0, \"ended_s\": 4}, \"pairs\": [{\"from\": \"alice\", \"to\": \"bob\","
	"\"overlay\": [[-2, 0, 400], [2.5, 4, 500]], \"underlay\": []}]}]}";

TEST(a_change_of_the_uplink_has_a_figure_where_a_site_has_several)
{
	const struct workload_case c = {.seconds = 1};
	json_auto_t *observations = json_loads(uplinks, 0, NULL), *none = NULL;
	struct workload_reading reading;

	CHECK(observations);
	workload_roam.read_mesh(&c, observations, &reading);
	CHECK(near(reading.figures[4], 2.5) && strstr(reading.headline, "uplink 2.500 s"));
	CHECK(strcmp(json_string_at(reading.data, "/uplink/uplinks/0/1", ""), "lte") == 0);
	CHECK(!json_object_get(reading.data, "uplink_called"));
	workload_reading_done(&reading);
	none = json_loads(roaming, 0, NULL);
	workload_roam.read_mesh(&c, none, &reading);
	CHECK(isnan(reading.figures[4]) && !json_object_get(reading.data, "uplink"));
	workload_reading_done(&reading);
}

/* The last host is lost after one lifetime and reached at once after the next. */
static const char silences[] =
	"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025}, \"hosts\": [], \"runs\": ["
	"{\"operation\": \"keepalive\", \"host\": \"bob\", \"survived\": false, \"lifetime_s\": 20,"
	"\"times\": {\"ended_s\": 5}, \"pairs\": [{\"from\": \"alice\", \"to\": \"bob\","
	"\"overlay\": [[3.5, 5, 300]], \"underlay\": []}]},"
	"{\"operation\": \"keepalive\", \"host\": \"bob\", \"survived\": true, \"lifetime_s\": 30,"
	"\"times\": {\"ended_s\": 2}, \"pairs\": [{\"from\": \"alice\", \"to\": \"bob\","
	"\"overlay\": [[0.25, 2, 300]], \"underlay\": []}]}]}";

TEST(the_memory_that_a_vpn_asks_of_a_nat_lies_between_what_it_survived_and_what_it_did_not)
{
	const struct workload_case c = {.seconds = 1};
	json_auto_t *observations = json_loads(silences, 0, NULL);
	struct workload_reading reading;

	CHECK(observations);
	workload_keepalive.read_mesh(&c, observations, &reading);
	CHECK(reading.cause == CAUSE_SUCCESS);
	CHECK(reading.figures[0] == 30 && reading.figures[1] == 20);
	CHECK(json_number_at(reading.data, "/list/0/answered_s", 0) == 3.5);
	CHECK(json_number_at(reading.data, "/list/1/answered_s", 0) == 0.25);
	CHECK(strcmp(reading.headline, "reached where the NAT forgets after 30 s") == 0);
	workload_reading_done(&reading);
}

/*
 * Bob is idle for 100 s: to alice two packets each 40 s and one at once behind the first, to carol
 * nothing but ARP. What has another edge than a host's counts for nobody.
 */
static const char quiet[] =
	"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025}, \"hosts\": [], \"runs\": ["
	"{\"operation\": \"idle\", \"host\": \"bob\", \"times\": {\"ended_s\": 100}, \"pairs\": [],"
	"\"idle\": {\"seconds\": 100, \"settled_s\": 10, \"packets_missed\": 0,"
	"\"hosts\": [{\"host\": \"alice\"}, {\"host\": \"carol\"}, {\"host\": \"bob\"}],"
	"\"packets\": [[2, 2, 0, 90, 1], [2.05, 2, 0, 90, 1], [5, 7, 1, 90, 1], [42, 2, 0, 90, 1], [50, 2, 1, 42, 1],"
	"[60, 0, 2, 90, 1]]}},"
	"{\"operation\": \"keepalive\", \"host\": \"bob\", \"survived\": false, \"lifetime_s\": 20,"
	"\"times\": {\"ended_s\": 5}, \"pairs\": []}]}";

TEST(what_an_idle_host_sends_by_itself_has_gaps_and_silence_is_not_one)
{
	const struct workload_case c = {.seconds = 1};
	json_auto_t *observations = json_loads(quiet, 0, NULL);
	const json_t *alice, *carol;
	struct workload_reading reading;

	CHECK(observations);
	workload_keepalive.read_mesh(&c, observations, &reading);
	CHECK(json_array_size(json_at(reading.data, "/sends/pairs")) == 6);
	CHECK(strcmp(json_string_at(reading.data, "/sends/host", ""), "bob") == 0);
	alice = json_at(reading.data, "/sends/pairs/4");
	CHECK(json_number_at(alice, "/exchanges", 0) == 2 &&
		json_number_at(alice, "/keepalive_s", 0) == 40);
	CHECK(json_number_at(alice, "/longest_gap_s", 0) == 58); /* to the end */
	carol = json_at(reading.data, "/sends/pairs/5");
	CHECK(json_number_at(carol, "/exchanges", -1) == 0 &&
		json_is_null(json_at(carol, "/longest_gap_s")));
	CHECK(isnan(reading.figures[2]) && strstr(reading.headline, "; silent for 100 s"));
	workload_reading_done(&reading);
	json_array_append_new(json_at(observations, "/runs/0/idle/packets"),
		json_pack("[i, i, i, i, i]", 90, 2, 1, 90, 1));
	workload_keepalive.read_mesh(&c, observations, &reading);
	CHECK(reading.figures[2] == 90 && strstr(reading.headline, "; gaps of 90 s"));
	workload_reading_done(&reading);
	json_object_set_new(json_at(observations, "/runs/0/idle"), "packets", json_null());
	workload_keepalive.read_mesh(&c, observations, &reading);
	CHECK(json_is_null(json_at(reading.data, "/sends")) && isnan(reading.figures[2]));
	CHECK(strcmp(reading.headline, "lost where the NAT forgets after 20 s") == 0);
	workload_reading_done(&reading);
}

TEST(keepalive_looks_at_an_idle_mesh_before_its_router_forgets)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct options_by_hand options = {0};
	const struct workload_case c = {
		.options = option_by_hand(&options, "keepalive_watch", "77"), .seconds = 3};
	struct workload_operation *list;
	size_t count;

	workload_keepalive.operations(&c, arena, &list, &count);
	CHECK(count > 1 && list[0].action == WORKLOAD_IDLE && list[0].seconds == 77);
	CHECK(list[1].action == WORKLOAD_KEEP && list[1].seconds == 10);
}
