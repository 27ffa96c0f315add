/* SPDX-License-Identifier: MIT */
/* What workloads behind routers say about rows of the feature matrix. */
#include "report/model/ways.h"

#include "report/model/matrix.h"

#include "base/json.h"

#include "by_hand.h"
#include "tap.h"

#include <string.h>

static const double rates[] = {100};

/* Hosts a and b behind port-restricted NATs, c and d behind symmetric ones. */
static json_t *sites(void)
{
	json_t *list = json_array();
	static const char *const names[][2] = {{"a", "port-restricted"}, {"b", "port-restricted"},
		{"c", "symmetric"}, {"d", "symmetric"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_array_append_new(list, json_pack("{s:s, s:[s], s:s}", "name", names[i][0],
						    "hosts", names[i][0], "nat", names[i][1]));
	return json_pack("{s:{s:o}}", "topology", "sites", list);
}

static json_t *pair(const char *from, const char *to, int direct, int no_way)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:[]}", "from", from, "to", to, "direct", direct,
		"punch_failed", no_way, "list");
}

/* What is said of the row, with such data of one workload; "" is nothing. Takes over both. */
static void is_of(const char *row, json_t *environment, enum report_workload_id workload,
	json_t *data, char ret_is[40])
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_auto_t *answers = NULL;
	const json_t *answer;
	size_t i;

	json_array_append_new(results->kept, environment);
	results->environment = environment;
	set_whole(results, vpn, workload, data);
	answers = ways_answers(results->arena, results, vpn->conditions);
	ret_is[0] = '\0';
	json_array_foreach (answers, i, answer) {
		if (strcmp(json_string_at(answer, "/row", ""), row) == 0)
			strncpy(ret_is, json_string_at(answer, "/is", ""), 39);
	}
}

static bool punch_says(const char *row, json_t *first, json_t *second, const char *is)
{
	char said[40] = "";

	is_of(row, sites(), REPORT_PUNCH, json_pack("{s:[o, o]}", "pairs", first, second), said);
	return strcmp(said, is) == 0;
}

TEST(a_direct_way_between_two_port_restricted_nats_is_hole_punching)
{
	const char *row = "udp_hole_punching";

	CHECK(punch_says(row, pair("a", "b", 1, 9), pair("c", "d", 0, 9), "yes"));
	CHECK(punch_says(row, pair("a", "b", 0, 4), pair("c", "d", 0, 9), "no"));
	CHECK(punch_says(row, pair("a", "b", 0, 3), pair("c", "d", 0, 9), ""));
	CHECK(punch_says(row, pair("a", "c", 9, 0), pair("c", "d", 0, 9), ""));
}

TEST(a_symmetric_nat_is_asked_for_on_one_side_and_on_both)
{
	const char *row = "symmetric_nat";

	CHECK(punch_says(row, pair("a", "c", 2, 2), pair("c", "d", 1, 3), "yes"));
	CHECK(punch_says(row, pair("a", "c", 2, 2), pair("c", "d", 0, 4), "partial"));
	CHECK(punch_says(row, pair("a", "c", 0, 4), pair("c", "d", 0, 4), "no"));
	CHECK(punch_says(row, pair("a", "c", 0, 4), pair("c", "d", 0, 3), ""));
}

static json_t *relayed(const char *from, const char *to, int count)
{
	return json_pack("{s:s, s:s, s:i, s:[]}", "from", from, "to", to, "relayed", count, "list");
}

/* What is said of a row where two sites answer by relay, and one lets UDP out or not. */
static bool relay_says(const char *row, const char *udp, int count, const char *is)
{
	json_t *environment = json_pack("{s:{s:[{s:[s], s:s}, {s:[s]}]}}", "topology", "sites",
		"hosts", "a", "udp", udp, "hosts", "b");
	char said[40] = "";

	is_of(row, environment, REPORT_PUNCH,
		json_pack("{s:[o]}", "pairs", relayed("a", "b", count)), said);
	return strcmp(said, is) == 0;
}

TEST(what_answers_behind_a_firewall_without_udp_needs_none)
{
	CHECK(relay_says("tcp_fallback", "blocked", 1, "yes"));
	CHECK(relay_says("tcp_relay", "blocked", 1, "yes"));
	CHECK(!relay_says("tcp_fallback", "blocked", 0, "yes"));
	CHECK(!relay_says("tcp_fallback", "open", 1, "yes"));
	CHECK(!relay_says("tcp_relay", "open", 1, "yes"));
}

TEST(what_a_silent_host_survives_says_how_often_its_vpn_sends)
{
	char said[40];

	is_of("keepalive_interval", sites(), REPORT_KEEPALIVE,
		json_pack("{s:i, s:i}", "survives_s", 30, "fails_s", 20), said);
	CHECK(strcmp(said, "at most 30 s") == 0);
	is_of("keepalive_interval", sites(), REPORT_KEEPALIVE,
		json_pack("{s:n, s:i}", "survives_s", "fails_s", 60), said);
	CHECK(strcmp(said, "more than 60 s") == 0);
}

/* What hostile packets of one kind say. */
static bool attack_says(const char *row, const char *kind, const char *carrier, bool is_believed,
	int altered, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_auto_t *answers = NULL;
	const char *said;

	set_whole(results, vpn, REPORT_HOSTILE,
		json_pack("{s:[{s:s, s:i, s:b, s:{s:s, s:i, s:i, s:i}}]}", "kinds", "kind", kind,
			"hostile_packets", 100, "is_believed", is_believed, "counts", "carrier",
			carrier, "arrived", 25, "altered", altered, "again", altered));
	answers = mesh_answers(results->arena, vpn->conditions);
	said = json_string_at(json_array_get(answers, 0), "/is", "");
	return strcmp(said, is) == 0 &&
	       (!*is || strcmp(json_string_at(json_array_get(answers, 0), "/row", ""), row) == 0);
}

TEST(hostile_packets_over_udp_answer_what_is_delivered_twice_and_altered)
{
	CHECK(attack_says("replay_protection", "replayed", "udp", true, 0, "yes"));
	CHECK(attack_says("replay_protection", "replayed", "udp", true, 3, "no"));
	CHECK(attack_says("authenticated_encryption", "mutated", "udp", true, 0, "yes"));
	CHECK(attack_says("authenticated_encryption", "mutated", "udp", true, 1, "no"));
	CHECK(attack_says("", "mutated", "tcp", true, 0, ""));
	CHECK(attack_says("", "mutated", "udp", false, 1, ""));
	CHECK(attack_says("", "truncated", "udp", true, 0, ""));
}

/* What restarts say about a row; "": nothing. */
static bool restart_says(const char *row, json_t *coordinator, json_t *new_pair, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_auto_t *answers = NULL;
	const char *said = "";
	const json_t *answer;
	size_t i;

	set_whole(results, vpn, REPORT_RESTART,
		json_pack("{s:{s:[{}, {}]}, s:o, s:o}", "one_host", "runs", "coordinator",
			coordinator, "new_pair", new_pair));
	answers = mesh_answers(results->arena, vpn->conditions);
	json_array_foreach (answers, i, answer) {
		if (strcmp(json_string_at(answer, "/row", ""), row) == 0)
			said = json_string_at(answer, "/is", "");
	}
	return strcmp(said, is) == 0;
}

static json_t *lost(bool goes_on, bool rejoins)
{
	return json_pack("{s:b, s:b}", "pairs_go_on", goes_on, "can_rejoin", rejoins);
}

static json_t *forms(bool is_so)
{
	return json_pack("{s:b}", "forms", is_so);
}

TEST(restarts_say_what_goes_on_without_a_coordinator)
{
	CHECK(restart_says("cached_credentials", json_null(), json_null(), "yes"));
	CHECK(restart_says("graceful_degradation", json_null(), json_null(), ""));
	CHECK(restart_says("graceful_degradation", lost(true, false), json_null(), "pairs go on"));
	CHECK(restart_says("graceful_degradation", lost(true, true), forms(false),
		"pairs go on, hosts rejoin"));
	CHECK(restart_says("graceful_degradation", lost(true, true), forms(true),
		"pairs go on, hosts rejoin, new pairs form"));
	CHECK(restart_says("graceful_degradation", lost(false, false), forms(false), "no"));
	CHECK(restart_says("existing_connections_survive", lost(false, false), json_null(), "no"));
	CHECK(restart_says("existing_connections_survive", lost(true, true), json_null(), ""));
}

/* What a run says about a row with this data path, and two streams of reorder; "": nothing. */
static bool link_says(
	const char *row, const char *datapath, double first, double second, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_result *reorder =
		&vpn->conditions->links->repetitions->results[REPORT_REORDER];
	json_auto_t *facts = json_pack("{s:s}", "datapath", datapath),
		    *data = json_pack("{s:[{s:{s:f}}, {s:{s:f}}, {}]}", "streams", "added",
			    "reordered_percent", first, "added", "reordered_percent", second),
		    *answers = NULL;
	const char *said = "";
	const json_t *answer;
	size_t i;

	vpn->conditions->vpn_facts = facts;
	reorder->data = data;
	reorder->outcome.envelope.status = ENVELOPE_SUCCESS;
	answers = link_answers(results->arena, vpn->conditions);
	json_array_foreach (answers, i, answer) {
		if (strcmp(json_string_at(answer, "/row", ""), row) == 0)
			said = json_string_at(answer, "/is", "");
	}
	return strcmp(said, is) == 0;
}

TEST(a_vpn_keeps_the_order_if_no_stream_leaves_it_more_out_of_order_than_the_wire)
{
	CHECK(link_says("preserves_order", "", 0, -0.3, "yes"));
	CHECK(link_says("preserves_order", "", 0, 4.5, "no"));
	CHECK(link_says("preserves_order", "", 0, 0.05, ""));
}

TEST(what_moved_packets_is_there_and_nothing_else_is_known_to_be_absent)
{
	CHECK(link_says("userspace_datapath", "userspace (tincd)", 0, 0, "yes"));
	CHECK(link_says("kernel_datapath", "userspace (tincd)", 0, 0, ""));
	CHECK(link_says("kernel_datapath", "kernel", 0, 0, "yes"));
	CHECK(link_says("userspace_datapath", "kernel", 0, 0, ""));
	CHECK(link_says("userspace_datapath", "none", 0, 0, ""));
}

TEST(a_host_that_is_heard_again_after_every_change_roams_and_another_says_nothing)
{
	char said[40];

	is_of("roaming", sites(), REPORT_ROAM,
		json_pack("{s:{s:i, s:[{}, {}]}}", "moved", "returned", 2, "runs"), said);
	CHECK(strcmp(said, "yes") == 0);
	is_of("roaming", sites(), REPORT_ROAM,
		json_pack("{s:{s:i, s:[{}, {}]}}", "moved", "returned", 1, "runs"), said);
	CHECK(said[0] == '\0');
}

/* What is read about hole punching of the only VPN. */
static const char *design_of(enum matrix_kind kind)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct matrix_row row = {.id = "udp_hole_punching"};
	struct matrix_cell cell = {.kind = kind, .text = "as read"};
	struct matrix_vpn one = {.name = "Tunnel", .cells = &cell};
	struct matrix matrix = {.rows = &row, .vpns = &one, .row_count = 1, .vpn_count = 1};
	const char *design;

	results->matrix = &matrix;
	design = ways_design(results, vpn);
	results->matrix = NULL;
	return design;
}

TEST(a_vpn_that_does_not_punch_has_no_direct_way_by_design)
{
	CHECK(design_of(MATRIX_NO) && strcmp(design_of(MATRIX_NO), "as read") == 0);
	CHECK(design_of(MATRIX_PARTIAL) && !design_of(MATRIX_YES) && !design_of(MATRIX_UNKNOWN));
}
