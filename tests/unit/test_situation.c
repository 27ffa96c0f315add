/* SPDX-License-Identifier: MIT */
/* What each VPN did where people use one: behind home routers, a carrier's NAT, a firewall, moving.
 */
#include "report/findings/finding.h"
#include "report/findings/situation.h"

#include "base/json.h"
#include "report/tables/tables.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
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
