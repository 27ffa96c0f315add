/* SPDX-License-Identifier: MIT */
/* What each VPN did where people use one: behind home routers, a carrier's NAT, a firewall, moving.
 */
#include "report/findings/finding.h"
#include "report/findings/situation.h"
#include "report/findings/verdict.h"

#include "base/fd.h"
#include "base/json.h"
#include "report/report.h"
#include "report/tables/tables.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double rates[] = {100};

/* Hosts a and b behind routers of these kinds; `udp` of the first. */
static void set_sites(
	struct report_results *results, const char *one, const char *other, const char *udp)
{
	json_t *environment = json_pack("{s:{s:[{s:s, s:[s], s:s}, {s:s, s:[s], s:s}]}}",
		"topology", "sites", "name", "a", "hosts", "a", "nat", one, "name", "b", "hosts",
		"b", "nat", other);

	if (udp)
		json_object_set_new(json_array_get(json_at(environment, "/topology/sites"), 0),
			"udp", json_text(udp));
	json_array_append_new(results->kept, environment);
	results->environment = environment;
}

static json_t *punch(int direct, int relayed, int no_way)
{
	return json_pack("{s:i, s:[{s:s, s:s, s:i, s:i, s:i, s:[]}]}", "limit_s", 20, "pairs",
		"from", "a", "to", "b", "direct", direct, "relayed", relayed, "punch_failed",
		no_way, "list");
}

static const struct situation *situation_named(const struct report_results *results, const char *id)
{
	const struct situation *s = situations_of(results);

	while (s && strcmp(s->id, id) != 0)
		s = s->next;
	return s;
}

TEST(two_homes_are_answered_by_the_share_of_direct_ways_and_by_who_relays)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct situation *homes;

	set_sites(results, "port-restricted", "port-restricted", NULL);
	set_whole(results, add_vpn(results, "Direct", rates, 1), REPORT_PUNCH, punch(8, 2, 0));
	set_whole(results, add_vpn(results, "Relayed", rates, 1), REPORT_PUNCH, punch(7, 3, 0));
	set_whole(results, add_vpn(results, "Lost", rates, 1), REPORT_PUNCH, punch(5, 2, 3));
	add_vpn(results, "Untried", rates, 1);
	homes = situation_named(results, "two-homes");
	CHECK(homes && homes->fittings->fit == FIT_WELL);
	CHECK(homes->fittings->next->fit == FIT_SOMEHOW &&
		homes->fittings->next->next->fit == FIT_BADLY);
	CHECK(!homes->fittings->next->next->next);
	CHECK(strcmp(homes->sentence,
		      "Directly in at least four of five trials: Direct. By a third host, or not always directly: Relayed. Often without any way: Lost.") ==
		0);
	CHECK(strstr(homes->fittings->text, "direct in 8 of 10 trials (49 to 94 %), relayed in 2"));
	CHECK(!situation_named(results, "carrier") && !situation_named(results, "udp-blocked") &&
		!situation_named(results, "laptop"));
}

TEST(what_a_relay_carries_is_said_where_it_was_measured)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_t *relay = json_pack(
		"{s:[{s:f}, {s:f}, {s:f}]}", "relayed", "mbps", 90.0, "mbps", 150.0, "mbps", 100.0);
	struct report_result *result;

	set_sites(results, "port-restricted", "port-restricted", NULL);
	set_whole(results, vpn, REPORT_PUNCH, punch(9, 0, 0));
	CHECK(!strstr(situation_named(results, "two-homes")->fittings->text, "relay"));
	json_array_append_new(results->kept, relay);
	result = &vpn->conditions->whole->results[REPORT_RELAY];
	result->outcome.envelope.status = ENVELOPE_SUCCESS;
	result->data = relay;
	CHECK(strstr(situation_named(results, "two-homes")->fittings->text,
		"a relay carries 100 Mbit/s"));
	json_object_set_new(
		json_array_get(json_object_get(relay, "relayed"), 0), "mbps", json_null());
	CHECK(strstr(situation_named(results, "two-homes")->fittings->text, "nobody relays"));
}

TEST(a_carriers_nat_on_one_side_is_not_two_homes)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	set_sites(results, "carrier", "port-restricted", NULL);
	set_whole(results, add_vpn(results, "Tunnel", rates, 1), REPORT_PUNCH, punch(0, 0, 5));
	CHECK(situation_named(results, "carrier")->fittings->fit == FIT_BADLY);
	CHECK(!situation_named(results, "two-homes"));
	set_sites(results, "carrier", "carrier", NULL);
	CHECK(!situation_named(results, "carrier"));
}

TEST(blocked_udp_is_a_situation_of_its_own)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	set_sites(results, "port-restricted", "port-restricted", "blocked");
	set_whole(results, add_vpn(results, "Tunnel", rates, 1), REPORT_PUNCH, punch(0, 5, 0));
	CHECK(situation_named(results, "udp-blocked")->fittings->fit == FIT_SOMEHOW);
	CHECK(!situation_named(results, "two-homes"));
}

static json_t *roam(double first_s, double second_s, int returned, double called_s)
{
	return json_pack("{s:{s:[{s:f}, {s:f}], s:i}, s:{s:[{s:f}], s:i}}", "moved", "runs",
		"outage_s", first_s, "outage_s", second_s, "returned", returned, "moved_called",
		"runs", "outage_s", called_s, "returned", 1);
}

static enum fit laptop(json_t *data)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	set_whole(results, add_vpn(results, "Tunnel", rates, 1), REPORT_ROAM, data);
	return situation_named(results, "laptop")->fittings->fit;
}

TEST(a_laptop_is_back_at_once_later_or_not_always)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	CHECK(laptop(roam(0.5, 9, 2, 0.1)) == FIT_WELL);
	CHECK(laptop(roam(0.5, 11, 2, 0.1)) == FIT_SOMEHOW);
	CHECK(laptop(roam(0.5, 9, 2, 30)) == FIT_SOMEHOW);
	CHECK(laptop(roam(0.5, 40, 1, 0.1)) == FIT_BADLY);
	set_whole(
		results, add_vpn(results, "Tunnel", rates, 1), REPORT_ROAM, roam(0.5, 40, 1, 0.25));
	CHECK(strcmp(situation_named(results, "laptop")->fittings->text,
		      "back in only 1 of 2 runs after a change of its address; silent for 0.25 s if others must call it") ==
		0);
}

TEST(of_several_changes_the_worst_counts_for_a_laptop)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_t *data = roam(0.5, 9, 2, 0.1), *uplink = roam(0.5, 60, 1, 0.1);

	json_object_set(data, "uplink", json_object_get(uplink, "moved"));
	json_object_set(data, "uplink_called", json_object_get(uplink, "moved_called"));
	json_decref(uplink);
	set_whole(results, add_vpn(results, "Tunnel", rates, 1), REPORT_ROAM, data);
	CHECK(situation_named(results, "laptop")->fittings->fit == FIT_BADLY);
	CHECK(strcmp(situation_named(results, "laptop")->fittings->text,
		      "back in only 1 of 2 runs after a change of its uplink; silent for 0.1 s if others must call it") ==
		0);
}

/* What the table of silences has in its first row, of `moved`. */
static const struct row *silences_of(struct report_results *results)
{
	const struct table *table = tables_of(results, NULL)->first;

	while (table && strcmp(table->id, "roam_silence") != 0)
		table = table->next;
	/* Of moved and moved_called. */
	return table && table->row_count == 2 ? table->rows : NULL;
}

TEST(a_silence_has_a_length_only_where_every_run_came_to_its_end)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	const struct row *row;

	set_whole(results, vpn, REPORT_ROAM, roam(0.5, 2.5, 2, 0.1));
	row = silences_of(results);
	CHECK(row && row->values[3].number == 2 && row->values[4].number == 2);
	CHECK(row->values[5].number == 1.5 && row->values[6].number == 2.5);
	CHECK(isnan(row->values[7].number)); /* nobody counted packets */
	set_whole(results, vpn, REPORT_ROAM, roam(0.5, 40, 1, 0.1));
	row = silences_of(results);
	CHECK(row && row->values[4].number == 1 && isnan(row->values[5].number) &&
		isnan(row->values[6].number));
}

static json_t *lost(const char *peer, double silent_s, int sent, int lost_silent, int lost_after)
{
	return json_pack("{s:s, s:f, s:{s:i, s:i, s:i, s:i}, s:{s:i, s:i, s:i, s:i}}", "peer", peer,
		"silent_s", silent_s, "from_host", "sent", sent, "received",
		sent - lost_silent - lost_after, "lost_silent", lost_silent, "lost_after",
		lost_after, "to_host", "sent", 7, "received", 4, "lost_silent", 2, "lost_after", 1);
}

TEST(packets_are_those_of_the_slowest_peer_of_all_runs)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	json_t *data = roam(0.5, 2.5, 2, 0.1);
	const struct row *row;

	json_object_set_new(json_array_get(json_at(data, "/moved/runs"), 0), "packets",
		json_pack("[o, o]", lost("near", 0.1, 900, 1, 0), lost("far", 0.5, 100, 20, 3)));
	json_object_set_new(json_array_get(json_at(data, "/moved/runs"), 1), "packets",
		json_pack("[o]", lost("far", 2.5, 500, 300, 0)));
	set_whole(results, vpn, REPORT_ROAM, data);
	row = silences_of(results);
	CHECK(row && row->values[7].number == 600 && row->values[8].number == 277);
	CHECK(row && row->values[9].number == 320 && row->values[10].number == 3);
	CHECK(row && row->values[11].number == 14 && row->values[14].number == 2);
}

/* What is said of an uplink that b left for another: the server hears b again, and a does not. */
static const char *lost_after(
	struct report_results *results, const char *change, const char *router)
{
	const struct finding *finding;

	set_sites(results, router, "port-restricted", NULL);
	set_whole(results, results->vpns, REPORT_ROAM,
		json_pack("{s:i, s:{s:i, s:[{s:s, s:[{s:s, s:s, s:n}, {s:s, s:s, s:n},"
			  "{s:s, s:s, s:f}, {s:s, s:s, s:n}]}]}}",
			"limit_s", 25, change, "returned", 0, "runs", "host", "b", "pairs", "from",
			"a", "to", "b", "stable_s", "from", "b", "to", "a", "stable_s", "from",
			"server", "to", "b", "stable_s", 0.5, "from", "a", "to", "server",
			"stable_s"));
	finding = finding_with(findings_of(results), "lost-after-change");
	return finding ? finding_about(finding, "Tunnel")->evidence->text : "";
}

TEST(a_host_that_moved_is_not_heard_by_one_whose_router_lets_in_only_what_it_knows)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const char *text;

	add_vpn(results, "Tunnel", rates, 1);
	text = lost_after(results, "uplink", "port-restricted");
	CHECK(strstr(
		text, "uplink: back within 25 s in 0 of 1 runs; server heard it and a did not"));
	CHECK(strstr(text, "behind a router (port-restricted)"));
	text = lost_after(results, "uplink", "full-cone");
	CHECK(*text && !strstr(text, "heard it")); /* its router is not the reason */
	text = lost_after(results, "forgotten_called", "port-restricted");
	CHECK(*text && !strstr(text, "heard it")); /* that of the host is */
}

static const struct verdict *judge(const struct report_results *results)
{
	const struct findings *findings = findings_of(results);

	return verdict_of(results, findings, NULL, situations_of(results));
}

/* Besides what set_whole() put there. */
static void also_measured(struct report_results *results, struct report_vpn *vpn,
	enum report_workload_id workload, json_t *data)
{
	struct report_result *result = &vpn->conditions->whole->results[workload];

	json_array_append_new(results->kept, data);
	result->outcome.envelope.status = ENVELOPE_SUCCESS;
	result->data = data;
}

TEST(routers_that_no_hole_puncher_passes_are_joined_by_relays_or_not)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct situation *strict;

	set_sites(results, "symmetric", "port-restricted", NULL);
	set_whole(results, add_vpn(results, "Relayed", rates, 1), REPORT_PUNCH, punch(0, 10, 0));
	set_whole(results, add_vpn(results, "Lost", rates, 1), REPORT_PUNCH, punch(0, 1, 9));
	set_whole(results, add_vpn(results, "Clever", rates, 1), REPORT_PUNCH, punch(10, 0, 0));
	strict = situation_named(results, "strict");
	CHECK(strict && strict->fittings->fit == FIT_SOMEHOW);
	CHECK(strcmp(strict->fittings->brief, "relayed") == 0);
	CHECK(strict->fittings->next->fit == FIT_BADLY);
	CHECK(strcmp(strict->fittings->next->brief, "no way 9 of 10") == 0);
	CHECK(strcmp(strict->fittings->next->next->brief, "direct") == 0);
	CHECK(!situation_named(results, "two-homes"));
	set_sites(results, "symmetric", "full-cone", NULL);
	CHECK(!situation_named(results, "strict")); /* one can punch through these */
	set_sites(results, "symmetric", "unheard-of", NULL);
	CHECK(!situation_named(results, "strict")); /* nobody knows */
}

static json_t *relay_runs(double first_s, double second_s, double mbps)
{
	json_t *data = json_pack("{s:[{s:s, s:f}, {s:s, s:f}], s:[{s:f}]}", "blocked", "way_before",
		"direct", "silent_s", first_s, "way_before", "direct", "silent_s", second_s,
		"relayed", "mbps", mbps);

	if (second_s < 0)
		json_object_set_new(json_array_get(json_object_get(data, "blocked"), 1), "silent_s",
			json_null());
	return data;
}

static const struct fitting *relay_of(struct report_results *results, json_t *data)
{
	const struct situation *way;

	set_whole(results, add_vpn(results, "Tunnel", rates, 1), REPORT_RELAY, data);
	way = situation_named(results, "blocked-way");
	return way ? way->fittings : NULL;
}

TEST(of_repetitions_the_worst_counts)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_repetition *last;

	set_whole(results, vpn, REPORT_RELAY, relay_runs(4.5, 2, 98.2));
	last = vpn->conditions->whole;
	set_whole(results, vpn, REPORT_RELAY, relay_runs(4.5, -1, 98.2));
	vpn->conditions->whole->next = last;
	CHECK(situation_named(results, "blocked-way")->fittings->fit == FIT_BADLY);
	last->next = vpn->conditions->whole;
	last->next->next = NULL;
	vpn->conditions->whole = last;
	CHECK(situation_named(results, "blocked-way")->fittings->fit == FIT_BADLY);
}

TEST(a_relay_takes_over_soon_later_or_not_always)
{
	AUTO(results_freep) struct report_results *soon = results_by_hand();
	AUTO(results_freep) struct report_results *late = results_by_hand();
	AUTO(results_freep) struct report_results *never = results_by_hand();
	AUTO(results_freep) struct report_results *hub = results_by_hand();
	const struct fitting *fitting = relay_of(soon, relay_runs(4.5, 2, 98.2));
	json_t *data;

	CHECK(fitting && fitting->fit == FIT_WELL);
	CHECK(strcmp(fitting->brief, "relayed after 4.5 s") == 0);
	CHECK(strcmp(fitting->text,
		      "silent for 4.5 s; a relay carries 98.2 Mbit/s when it is blocked") == 0);
	fitting = relay_of(late, relay_runs(4.5, 125.3, 98.2));
	CHECK(fitting->fit == FIT_SOMEHOW && strcmp(fitting->brief, "relayed after 125 s") == 0);
	fitting = relay_of(never, relay_runs(4.5, -1, 98.2));
	CHECK(fitting->fit == FIT_BADLY && strcmp(fitting->brief, "no relay") == 0);
	CHECK(strcmp(fitting->text, "silent to the end in 1 of 2 runs") == 0);
	data = relay_runs(0, 0, 98.2);
	for (size_t i = 0; i < 2; i++)
		json_object_set_new(json_array_get(json_object_get(data, "blocked"), i),
			"way_before", json_text("relayed"));
	CHECK(!relay_of(hub, data)); /* nothing was blocked */
}

TEST(the_verdict_says_who_does_best_behind_routers)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct verdict *verdict;

	set_sites(results, "port-restricted", "port-restricted", NULL);
	set_whole(results, add_vpn(results, "Lost", rates, 1), REPORT_PUNCH, punch(5, 2, 3));
	verdict = judge(results);
	CHECK(strcmp(verdict->because,
		      "Behind routers, Lost does well in 0 of 1 situation, badly in 1.") == 0);
	set_whole(results, add_vpn(results, "Direct", rates, 1), REPORT_PUNCH, punch(9, 1, 0));
	verdict = judge(results);
	CHECK(verdict->behind == verdict->because);
	CHECK(strcmp(verdict->because, "Two homes behind ordinary routers: Direct does best.") ==
		0);
	CHECK(strcmp(verdict->rows->vpn->name, "Direct") == 0); /* the best stands first */
	set_whole(results, add_vpn(results, "Also", rates, 1), REPORT_PUNCH, punch(10, 0, 0));
	CHECK(strstr(judge(results)->because, "routers: Direct and Also do best."));
	set_whole(results, add_vpn(results, "Third", rates, 1), REPORT_PUNCH, punch(8, 0, 2));
	CHECK(strstr(judge(results)->because, "routers: Direct, Also and Third do best."));
}

TEST(vpns_that_do_alike_are_said_to)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	set_sites(results, "port-restricted", "port-restricted", NULL);
	set_whole(results, add_vpn(results, "One", rates, 1), REPORT_PUNCH, punch(10, 0, 0));
	set_whole(results, add_vpn(results, "Other", rates, 1), REPORT_PUNCH, punch(9, 0, 1));
	CHECK(strcmp(judge(results)->because,
		      "Behind routers all do alike: well in 1 of 1 situation, badly in none.") ==
		0);
}

/* One and Both do alike behind routers at home, and Both is also tried as a laptop. */
static void two_alike_and_one_roams(struct report_results *results, json_t *roaming)
{
	struct report_vpn *one, *both;

	set_sites(results, "port-restricted", "port-restricted", NULL);
	one = add_vpn(results, "One", rates, 1);
	both = add_vpn(results, "Both", rates, 1);
	set_whole(results, one, REPORT_PUNCH, punch(10, 0, 0));
	set_whole(results, both, REPORT_PUNCH, punch(10, 0, 0));
	also_measured(results, both, REPORT_ROAM, roaming);
}

TEST(what_is_bad_for_one_and_not_tried_of_another_is_not_said_of_both)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	two_alike_and_one_roams(results, roam(0.5, 40, 1, 0.1));
	CHECK(strcmp(judge(results)->because,
		      "Behind routers all do alike: well in 1 of 2 situations.") == 0);
}

TEST(what_a_vpn_was_not_tried_in_does_not_put_it_ahead)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	two_alike_and_one_roams(results, roam(0.5, 30, 2, 0.1));
	CHECK(strcmp(judge(results)->because,
		      "Behind routers, Both does best: well in 1 of 2 situations, somehow in 1, badly in none.") ==
		0);
}

TEST(a_terminal_and_markdown_have_a_table_of_situations)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	set_sites(results, "port-restricted", "port-restricted", NULL);
	set_whole(results, vpn, REPORT_PUNCH, punch(7, 3, 0));
	also_measured(results, vpn, REPORT_ROAM, roam(0.5, 40, 1, 0.1));
	add_vpn(results, "Untried", rates, 1);
	verdict_write_text(out, results->arena, judge(results));
	verdict_write_markdown(out, results->arena, judge(results));
	fclose(out);
	CHECK(strstr(text, "\nBehind routers   two homes          laptop\n"
			   "Tunnel           ~ direct 7 of 10   - not back: new address\n"
			   "Untried          no result          no result\n"));
	CHECK(strstr(text,
		"\n| Behind routers | Two homes behind ordinary routers | Laptop that moves |\n|---|---|---|\n"
		"| Tunnel | ~ direct 7 of 10 | - not back: new address |\n"));
	CHECK(!strstr(text, "Out because of")); /* a table without anything in it */
	CHECK(strstr(text, "no test says that VPNs differ"));
}

static size_t count_in(const char *text, const char *words)
{
	size_t count = 0;

	for (; (text = strstr(text, words)); text++)
		count++;
	return count;
}

TEST(trees_of_several_topologies_have_one_table)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *pair = arena_printf(arena, "%s/tests/golden/trees/pair", root);
	const char *uplink = arena_printf(arena, "%s/tests/golden/trees/uplink", root);
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(!report_places(ARENA_LIST(arena, uplink), out)); /* nobody asked */
	CHECK(report_places(ARENA_LIST(arena, pair, uplink, "/proc/none", pair), out));
	fclose(out);
	CHECK(count_in(text, "\nBehind routers   ") == 1 && count_in(text, "\nWireGuard ") == 1);
	CHECK(strstr(text, "two homes") && strstr(text, "+ direct, 6.8 s") &&
		strstr(text, "~ relayed") && strstr(text, "- not back: new address"));
	CHECK(strstr(text, "somehow in 2, without a result in 1."));
	CHECK(strstr(text, "\nLeft out: ") && strstr(text, "/proc/none"));
}

TEST(what_does_not_fit_a_terminal_stands_below)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *pair = arena_printf(arena, "%s/tests/golden/trees/pair", root);
	const char *uplink = arena_printf(arena, "%s/tests/golden/trees/uplink", root);
	AUTO(text_freep) char *text = NULL;
	size_t size, situations;
	FILE *out = open_memstream(&text, &size);

	setenv("COLUMNS", "40", 1); /* NOLINT(concurrency-mt-unsafe) */
	CHECK(report_places(ARENA_LIST(arena, pair, uplink), out));
	unsetenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe) */
	fclose(out);
	situations = count_in(text, "\nBehind routers   ");
	CHECK(situations > 1 && count_in(text, "\nWireGuard ") == situations);
	CHECK(!strstr(text, "Left out"));
}
