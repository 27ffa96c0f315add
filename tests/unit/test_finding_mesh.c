/* SPDX-License-Identifier: MIT */
/* Findings about hostile packets and about hosts behind routers. */
#include "report/findings/finding.h"
#include "report/tables/tables.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <string.h>

/* What the finding with this id says about a VPN, or with NULL about the tree. */
static const struct about *find(const struct findings *findings, const char *id, const char *vpn)
{
	const struct finding *finding = finding_with(findings, id);

	return finding ? finding_about(finding, vpn) : NULL;
}

static const double rates[] = {100, 100, 100};

/* What hostile packets did to one VPN. */
static const struct about *find_hostile(struct report_results *results, const char *text)
{
	set_whole(results, results->vpns, REPORT_HOSTILE, json_loads(text, 0, NULL));
	return find(findings_of(results), "hostile-packets", "Tunnel");
}

TEST(hostile_packets_are_a_finding_where_they_have_an_effect)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(!find_hostile(results,
		"{\"crashes\": 0, \"accepted\": 0, \"readable\": 0, \"is_bounded\": true,"
		" \"bps_before\": 100, \"bps_after\": 60}"));
	CHECK(!find_hostile(results, "{\"is_bare\": true, \"accepted\": 9, \"again\": 9}"));
	about = find_hostile(results, "{\"accepted\": 9, \"again\": 9}");
	CHECK(about && strstr(about->evidence->text, "9 packets were delivered twice"));
	about = find_hostile(results, "{\"bps_before\": 100e6, \"bps_after\": 40e6}");
	CHECK(about && strstr(about->evidence->text, "100 Mbit/s before and 40 after"));
	CHECK(find_hostile(results, "{\"is_bounded\": false}"));
	about = find_hostile(results,
		"{\"calm_sent\": 100, \"calm_arrived\": 100, \"kinds\": [{\"kind\": \"replayed\","
		" \"counts\": {\"sent\": 100, \"arrived\": 95}}, {\"kind\": \"reflected\","
		" \"counts\": {\"sent\": 100, \"arrived\": 12}}]}");
	CHECK(about && about->evidence_count == 1 &&
		strstr(about->evidence->text, "reflected packets: 12.0 % of"));
	CHECK(!find_hostile(results,
		"{\"calm_sent\": 100, \"calm_arrived\": 50, \"kinds\": [{\"kind\": \"replayed\","
		" \"counts\": {\"sent\": 100, \"arrived\": 48}}]}"));
	about = find_hostile(results,
		"{\"crashes\": 1, \"wire_seed\": \"7\", \"kinds\": [{\"kind\": \"mutated\","
		" \"crash\": \"died\", \"rules\": [{\"last_index\": 41}, {\"last_index\": 40}]}]}");
	CHECK(about && strstr(about->evidence->text, "wire seed 7, packet 41 at the latest"));
}

TEST(every_success_under_every_profile_is_looked_at_and_no_failure)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_condition *empty = vpn->conditions;
	struct report_condition *low = arena_alloc(results->arena, struct report_condition, 1);
	struct report_repetition *last = NULL;
	const struct about *about;

	low->profile = "low";
	for (int i = 0; i < 3; i++) {
		set_whole(results, vpn, REPORT_HOSTILE,
			json_pack("{s:i, s:i}", "accepted", i + 1, "again", i + 1));
		vpn->conditions->whole->next = last;
		last = vpn->conditions->whole;
	}
	last->next->results[REPORT_HOSTILE].outcome.envelope.status = ENVELOPE_ERROR;
	low->whole = last;
	empty->whole = NULL;
	empty->next = low;
	about = find(findings_of(results), "hostile-packets", "Tunnel");
	CHECK(about && about->evidence_count == 2);
	CHECK(about && strstr(about->evidence->text, "low: 3 packets") &&
		strstr(about->evidence->next->text, "low: 1 packets"));
}

/* One pair of hosts behind these routers, in `trials` of which `direct` were and the others
 * `other`. */
static const struct about *find_way(struct report_results *results, const char *routers[2],
	json_int_t trials, json_int_t direct, const char *other, const char *id)
{
	struct report_vpn *vpn = results->vpns;
	struct report_result *punch;
	json_t *data = json_pack("{s:[{s:s, s:s, s:I, s:I, s:I, s:[]}]}", "pairs", "from", "alice",
		"to", "bob", "trials", trials, "direct", direct, other, trials - direct, "list");
	json_t *environment = json_pack("{s:{s:[{s:s, s:[s], s:s}, {s:s, s:[s], s:s}]}}",
		"topology", "sites", "name", "left", "hosts", "alice", "nat", routers[0], "name",
		"right", "hosts", "bob", "nat", routers[1]);
	const struct about *about;

	vpn->conditions->whole = arena_alloc(results->arena, struct report_repetition, 1);
	punch = &vpn->conditions->whole->results[REPORT_PUNCH];
	punch->outcome.envelope.status = ENVELOPE_SUCCESS;
	punch->data = data;
	results->environment = environment;
	about = find(findings_of(results), id, "Tunnel");
	json_decref(data);
	json_decref(environment);
	results->environment = punch->data = NULL;
	return about;
}

TEST(a_relay_is_a_finding_where_theory_lets_packets_through)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const char *open[] = {"symmetric", "address-restricted"};
	const char *closed[] = {"symmetric", "port-restricted"};

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(find_way(results, open, 4, 0, "relayed", "indirect"));
	CHECK(!find_way(results, open, 3, 0, "relayed", "indirect"));
	CHECK(!find_way(results, open, 9, 1, "relayed", "indirect"));
	CHECK(!find_way(results, closed, 9, 0, "relayed", "indirect"));
}

static const struct about *find_forgotten(struct report_results *results, json_t *data)
{
	set_whole(results, results->vpns, REPORT_KEEPALIVE, data);
	return find(findings_of(results), "forgotten-by-nat", "Tunnel");
}

/* Five trials of 20 s: the first was direct after so long, the second after half a second. */
static const struct about *find_late(struct report_results *results, double direct_s, int direct)
{
	set_whole(results, results->vpns, REPORT_PUNCH,
		json_pack("{s:i, s:[{s:s, s:s, s:i, s:i, s:[{s:s, s:f}, {s:s, s:f}]}]}", "limit_s",
			20, "pairs", "from", "alice", "to", "bob", "direct", direct, "relayed",
			5 - direct, "list", "outcome", "direct", "stays_direct_s", direct_s,
			"outcome", "direct", "stays_direct_s", 0.5));
	return find(findings_of(results), "late-direct", "Tunnel");
}

/* A router that is set to one kind, and measured so. */
static const struct about *find_router(struct report_results *results, const char *set,
	const char *mapping, const char *filtering, bool is_translated)
{
	json_t *environment = json_pack("{s:{s:[{s:s, s:[s], s:s}]}}", "topology", "sites", "name",
		"left", "hosts", "alice", "nat", set);

	json_array_append_new(results->kept, environment);
	results->environment = environment;
	set_whole(results, results->vpns, REPORT_PUNCH,
		json_pack("{s:[{s:s, s:s?, s:s, s:b}], s:[]}", "routers", "host", "alice",
			"mapping", mapping, "filtering", filtering, "is_translated", is_translated,
			"pairs"));
	return find(findings_of(results), "router-differs", "Tunnel");
}

TEST(a_router_that_is_not_what_it_was_set_to_is_a_finding)
{
	static const char any[] = "endpoint-independent", port[] = "address-and-port-dependent";
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(!find_router(results, "port-restricted", any, port, true));
	CHECK(!find_router(results, "symmetric", port, port, true));
	CHECK(!find_router(results, "firewall", any, port, false));
	about = find_router(results, "symmetric", any, port, true);
	CHECK(about &&
		strcmp(about->evidence->text,
			"alice: set to symmetric, measured with endpoint-independent mapping and address-and-port-dependent filtering") ==
			0);
	CHECK(find_router(results, "port-restricted", any, any, true));
	CHECK(find_router(results, "firewall", any, port, true));
	CHECK(!find_router(results, "symmetric", NULL, port, true)); /* answers were lost */
	CHECK(!find_router(results, "of-the-future", any, port, true));
}

/* A trial with a direct way at the end, or without, and this outcome. */
static const struct about *find_unanswered(
	struct report_results *results, const char *outcome, bool is_direct)
{
	json_t *trial = json_pack("{s:s}", "outcome", outcome);

	json_object_set_new(trial, "stays_direct_s", is_direct ? json_real(8.9) : json_null());
	set_whole(results, results->vpns, REPORT_PUNCH,
		json_pack("{s:i, s:[{s:s, s:s, s:[o, {s:s, s:f}]}]}", "limit_s", 20, "pairs",
			"from", "alice", "to", "bob", "list", trial, "outcome", "direct",
			"stays_direct_s", 0.5));
	return find(findings_of(results), "unanswered", "Tunnel");
}

TEST(a_direct_way_without_an_answer_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_unanswered(results, "punch_failed", true);
	CHECK(about && strstr(about->evidence->text, "1 of 2 trials, which last 20 s"));
	CHECK(find_unanswered(results, "no_signalling", true));
	CHECK(!find_unanswered(results, "no_signalling", false));
	CHECK(!find_unanswered(results, "direct", true));
	CHECK(!find_unanswered(results, "not_started", true));
}

TEST(trials_that_end_before_a_way_is_direct_are_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_late(results, 19.5, 3);
	CHECK(about && strstr(about->evidence->text,
			       "direct in 3 of 5 trials, the last after 19.5 s of 20 s"));
	CHECK(!find_late(results, 14.5, 3));
	CHECK(!find_late(results, 19.5, 5)); /* all of them */
}

TEST(a_silent_host_that_is_lost_after_thirty_seconds_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(!find_forgotten(results, json_pack("{s:f, s:n}", "survives_s", 10.0, "fails_s")));
	CHECK(!find_forgotten(
		results, json_pack("{s:f, s:f}", "survives_s", 30.0, "fails_s", 20.0)));
	about = find_forgotten(
		results, json_pack("{s:f, s:f}", "survives_s", 45.0, "fails_s", 30.0));
	CHECK(about && !strstr(about->sentence, "55 s"));
	CHECK(about && strstr(about->evidence->text,
			       "lost where it forgets after 30 s, reached after 45 s"));
	about = find_forgotten(results, json_pack("{s:n, s:f}", "survives_s", "fails_s", 60.0));
	CHECK(about && strstr(about->sentence, "55 s"));
}

static const struct about *find_seldom(
	struct report_results *results, double seconds, int exchanges, double longest_s)
{
	set_whole(results, results->vpns, REPORT_KEEPALIVE,
		json_pack(
			"{s:{s:s, s:f, s:[{s:s, s:s, s:i, s:n, s:n}, {s:s, s:s, s:i, s:f, s:f}]}}",
			"sends", "host", "bob", "seconds", seconds, "pairs", "from", "alice", "to",
			"bob", "exchanges", 0, "keepalive_s", "longest_gap_s", "from", "bob", "to",
			"alice", "exchanges", exchanges, "keepalive_s", 20.0, "longest_gap_s",
			longest_s));
	return find(findings_of(results), "seldom-sends", "Tunnel");
}

TEST(an_idle_host_that_sends_too_seldom_for_many_nats_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(!find_seldom(results, 180, 9, 30)); /* what others send it does not count */
	about = find_seldom(results, 180, 5, 54.5);
	CHECK(about && strstr(about->sentence, "the 30 s") && !strstr(about->sentence, "55 s"));
	CHECK(about && strstr(about->evidence->text, "bob to alice: 54.5 s without a packet"));
	about = find_seldom(results, 180, 2, 120);
	CHECK(about && strstr(about->sentence, "than the 55 s"));
	about = find_seldom(results, 180, 0, 0);
	CHECK(about && strstr(about->evidence->text, "bob to alice: silent for all 180 s"));
	CHECK(!find_seldom(results, 20, 0, 0)); /* too short to say so */
}

TEST(what_an_idle_mesh_sends_stands_beside_thirty_and_fifty_five_seconds)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct table *table;

	add_vpn(results, "Tunnel", rates, 1);
	find_seldom(results, 180, 5, 54.5);
	table = table_named(tables_of(results, NULL), "keepalive_gaps");
	CHECK(table && table->row_count == 2);
	CHECK(table && isnan(table->rows->values[6].number) &&
		strcmp(table->rows->values[7].text, "silent for all 180 s") == 0);
	CHECK(table && table->rows->next->values[4].number == 4 &&
		table->rows->next->values[6].number == 54.5 &&
		strcmp(table->rows->next->values[7].text, "more than 30 s, within 55 s") == 0);
}

TEST(hosts_that_no_trial_joins_are_a_finding_that_says_whether_one_could)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const char *open[] = {"full-cone", "symmetric"};
	const char *closed[] = {"symmetric", "firewall"};
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_way(results, open, 5, 0, "punch_failed", "no-way");
	CHECK(about && strstr(about->evidence->text, "although a direct one is possible"));
	about = find_way(results, closed, 5, 0, "no_signalling", "no-way");
	CHECK(about && !strstr(about->evidence->text, "although"));
	CHECK(about && strstr(about->evidence->text, "where only a relay can help"));
	CHECK(!find_way(results, closed, 5, 1, "punch_failed", "no-way"));
}

/* Trials of one pair, of which a third each answers after the times in `at_s` and a little. */
static const struct about *find_steps(
	struct report_results *results, size_t trials, const double at_s[3], const char *outcome)
{
	json_t *data = json_pack("{s:[{s:[]}]}", "pairs", "list");
	json_t *list = json_object_get(json_array_get(json_object_get(data, "pairs"), 0), "list");

	for (size_t i = 0; i < trials; i++)
		json_array_append_new(list, json_pack("{s:s, s:f}", "outcome", outcome,
						    "answered_s", at_s[i % 3] + (double)i / 100));
	set_whole(results, results->vpns, REPORT_PUNCH, data);
	return find(findings_of(results), "answers-in-steps", "Tunnel");
}

TEST(answers_at_few_moments_are_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double apart[] = {4, 9, 14}, near[] = {4, 4.5, 5};
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_steps(results, 30, apart, "direct");
	CHECK(about &&
		strcmp(about->evidence->text,
			"baseline: of 30 answers 10 after 4.0 to 4.3 s, 10 after 9.0 to 9.3 s, 10 after 14.0 to 14.3 s") ==
			0);
	CHECK(!find_steps(results, 18, apart, "direct"));
	CHECK(!find_steps(results, 30, apart, "relayed"));
	CHECK(!find_steps(results, 30, near, "direct"));
}
