/* SPDX-License-Identifier: MIT */
/* What workloads behind routers say about rows of the feature matrix. */
#include "report/model/ways.h"

#include "report/model/matrix.h"

#include "base/json.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
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

/* The first answer to a row; "": none. */
static const char *said_of(const json_t *answers, const char *row)
{
	const json_t *answer;
	size_t i;

	json_array_foreach (answers, i, answer) {
		if (strcmp(json_string_at(answer, "/row", ""), row) == 0)
			return json_string_at(answer, "/is", "");
	}
	return "";
}

/* What a stream of 10 s says: processor time of all threads and of the second, packets a frame. */
static bool load_says(const char *row, double all_s, double second_s, double ratio, const char *udp,
	const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_tcp *tcp = &vpn->conditions->links->repetitions->tcp;
	json_auto_t *observed = json_pack("[{s:s, s:s}]", "row", "udp_transport", "is", udp),
		    *answers = NULL;

	tcp->forward.seconds = 10;
	tcp->outcome.effort.threads_cpu_s = all_s;
	tcp->outcome.effort.second_thread_cpu_s = second_s;
	tcp->of_target = (struct report_frames){100, 100 * ratio, 1};
	vpn->conditions->observed = observed;
	answers = load_answers(results->arena, vpn->conditions);
	return strcmp(said_of(answers, row), is) == 0;
}

TEST(one_stream_says_whether_two_threads_are_needed_and_whether_super_packets_left)
{
	CHECK(load_says("multi_threaded", 15, 6, 1, "yes", "yes"));
	CHECK(load_says("multi_threaded", 9, 4, 1, "yes", ""));
	CHECK(load_says("multi_threaded", 9, 1, 1, "yes", "no"));
	CHECK(load_says("multi_threaded", 5, 1, 1, "yes", ""));
	CHECK(load_says("multi_threaded", NAN, NAN, 1, "yes", ""));
	CHECK(load_says("udp_gso", 5, 1, 7.5, "yes", "yes"));
	CHECK(load_says("udp_gso", 5, 1, 7.5, "no", ""));
	CHECK(load_says("udp_gso", 5, 1, 1.01, "yes", ""));
}

static bool silence_says(int exchanges, bool is_steady, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_auto_t *answers = NULL;

	set_whole(results, vpn, REPORT_IDLE,
		json_pack("{s:i, s:b, s:[{s:i}, {s:i}]}", "seconds", 120, "traffic_is_steady",
			is_steady, "pairs", "exchanges", 0, "exchanges", exchanges));
	answers = load_answers(results->arena, vpn->conditions);
	return strcmp(said_of(answers, "keepalive_efficient"), is) == 0;
}

TEST(a_mesh_that_is_silent_when_nobody_uses_it_leaves_keepalives_out)
{
	CHECK(silence_says(0, true, "yes"));
	CHECK(silence_says(0, false, ""));
	CHECK(silence_says(1, true, ""));
}

/* What a line of so many bytes says, over which so many arrive of 1420. */
static bool line_says(
	const char *row, int line, bool icmp, int whole, const char *tcp, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_auto_t *facts = json_pack("{s:{s:i, s:n}}", "mtu", "lom", 1420, "yuki"),
		    *answers = NULL;

	vpn->conditions->vpn_facts = facts;
	set_whole(results, vpn, REPORT_MTU,
		json_pack("{s:[{s:i, s:b, s:i, s:s}]}", "steps", "outer_mtu_bytes", line, "icmp",
			icmp, "whole_bytes", whole, "tcp", tcp));
	answers = path_answers(results->arena, results, vpn->conditions);
	return strcmp(said_of(answers, row), is) == 0;
}

TEST(narrow_lines_say_whether_full_packets_fit_and_whether_flows_go_on)
{
	CHECK(line_says("conservative_mtu", 1400, true, 1420, "carried", "yes"));
	CHECK(line_says("conservative_mtu", 1400, true, 1320, "carried", "no"));
	CHECK(line_says("conservative_mtu", 1500, true, 1420, "carried", ""));
	CHECK(line_says("path_mtu_discovery", 1280, false, 1200, "carried", "yes"));
	CHECK(line_says("path_mtu_discovery", 1280, false, 1200, "hung", "no"));
	CHECK(line_says("path_mtu_discovery", 1280, false, 1200, "none", ""));
	CHECK(line_says("path_mtu_discovery", 1280, true, 1200, "hung", ""));
	CHECK(line_says("path_mtu_discovery", 1400, false, 1200, "hung", ""));
}

/* What a link to a host in a site of this family says. */
static bool family_says(const char *family, bool is_carried, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_link *link = vpn->conditions->links;
	json_auto_t *answers = NULL;

	link->repetitions->tcp = (struct report_tcp){0};
	link->repetitions->ping.outcome.envelope.status =
		is_carried ? ENVELOPE_SUCCESS : ENVELOPE_ERROR;
	results->environment = json_pack("{s:{s:[{s:[s], s:s}]}}", "topology", "sites", "hosts",
		link->host, "family", family);
	json_array_append_new(results->kept, results->environment);
	answers = path_answers(results->arena, results, vpn->conditions);
	return strcmp(said_of(answers, "underlay_ipv6"), is) == 0;
}

TEST(data_of_a_host_with_ipv6_alone_came_over_it)
{
	CHECK(family_says("ipv6", true, "yes"));
	CHECK(family_says("ipv6", false, ""));
	CHECK(family_says("dual", true, ""));
}

static bool identity_says(bool is_restarted, int returned, const char *is)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_repetition *before;
	json_auto_t *answers = NULL;

	if (is_restarted)
		set_whole(results, vpn, REPORT_RESTART,
			json_pack("{s:{s:[{}]}}", "one_host", "runs"));
	before = vpn->conditions->whole;
	set_whole(results, vpn, REPORT_ROAM,
		json_pack("{s:{s:i, s:[{}, {}]}}", "moved", "returned", returned, "runs"));
	vpn->conditions->whole->next = before;
	answers = path_answers(results->arena, results, vpn->conditions);
	return strcmp(said_of(answers, "stable_identity"), is) == 0;
}

TEST(a_host_keeps_its_address_over_a_restart_and_a_move_or_nothing_is_said)
{
	CHECK(identity_says(true, 2, "yes"));
	CHECK(identity_says(true, 1, ""));
	CHECK(identity_says(false, 2, ""));
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
