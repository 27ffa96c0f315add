/* SPDX-License-Identifier: MIT */
/* Which kinds of router a VPN finds a direct way through, in either direction of a pair. */
#include "report/tables/tables.h"

#include "base/json.h"
#include "report/model/ways.h"
#include "stats/stats.h"

#include <math.h>

static void add_row(const struct report_results *results, struct tables *tables,
	struct table *table, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways)
{
	const char *place = results_place(tables->arena, vpn, profile);
	struct interval share = interval_proportion(ways->direct, ways->trials, 0.95);
	struct report_curve curve = ways_curve(tables->arena, ways);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, ways->one);
	row_text(row, ways->other);
	row_number(row, (double)ways->trials, place);
	row_number(row, (double)ways->direct, place);
	row_number(row, (double)ways->relayed, place);
	row_number(row, (double)ways->no_way, place);
	row_number(row, (double)ways->not_started, place);
	row_number(row, 100 * (double)ways->direct / (double)ways->trials, place);
	row_number(row, 100 * share.low, place);
	row_number(row, 100 * share.high, place);
	row_number(row, ways->times ? stats_median(ways->direct_s, ways->times) : NAN, place);
	row_number(row, survival_time(curve.steps, curve.count, 0.5), place);
	row_text(row, ways_design(results, vpn));
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "router", "Router");
	table_text_column(table, "other_router", "Other router");
	table_column(table, "trials", "Trials", "", 0);
	table_column(table, "direct", "Direct", "", 0);
	table_column(table, "relayed", "Relayed", "", 0);
	table_column(table, "no_way", "No way", "", 0);
	table_column(table, "not_started", "Not begun", "", 0);
	table_column(table, "direct_percent", "Direct", "%", 0);
	table_column(table, "direct_low_percent", "at least", "%", 0);
	table_column(table, "direct_high_percent", "at most", "%", 0);
	table_column(table, "direct_s", "Direct after", "s", 1);
	table_column(table, "half_direct_s", "Half of all direct after", "s", 1);
	table_text_column(table, "design", "Hole punching by design");
}

/* The first that was measured; the same lab stands for all VPNs. */
static void find_routers(void *context, const struct report_place *place)
{
	const json_t **routers = context;

	if (!*routers && place->workload == &report_workloads[REPORT_PUNCH])
		*routers =
			json_object_get(place->repetition->results[REPORT_PUNCH].data, "routers");
}

static void add_router(const struct report_results *results, struct tables *tables,
	struct table *table, const json_t *router)
{
	static const char *const keys[] = {"/mapping", "/filtering", "/ports", "/peer_first"};
	const char *host = json_string_at(router, "/host", "?");
	bool is_reachable = json_is_true(json_object_get(router, "is_reachable"));
	struct row *row = table_row(tables, table);

	row_text(row, host);
	row_text(row, results_router_of(results, host));
	row_text(row, !is_reachable                                            ? "nothing passes"
		      : json_is_true(json_object_get(router, "is_translated")) ? "yes"
									       : "no");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		row_text(row, json_string_at(router, keys[i], NULL));
}

static void add_routers(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add_own(tables, "routers", "Routers, as they were measured", "");
	const json_t *routers = NULL;

	table_text_column(table, "host", "Host behind it");
	table_text_column(table, "set_as", "Set up as");
	table_text_column(table, "is_translated", "Translates");
	table_text_column(table, "mapping", "Mapping");
	table_text_column(table, "filtering", "Filtering");
	table_text_column(table, "ports", "Ports");
	table_text_column(table, "peer_first", "Mapping if the peer speaks first");
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			condition_each_result(condition, find_routers, &routers);
	}
	for (size_t i = 0; i < json_array_size(routers); i++)
		add_router(results, tables, table, json_array_get(routers, i));
	table_note(tables, table,
		"Found out from a public host with two addresses and two ports before every trial of punch, in the words of RFC 4787 and RFC 5780. Where later trials found something else their results are marked.");
}

void tables_punch(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(
		tables, "punch_pairs", "Direct ways between hosts behind routers", "");

	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const char *profile = results->profiles[i];

			for (const struct report_ways *ways =
					ways_of(tables->arena, results, condition_of(vpn, profile));
				ways; ways = ways->next) {
				if (ways->trials)
					add_row(results, tables, table, vpn, profile, ways);
			}
		}
	}
	table_note(tables, table,
		"In every trial the VPN begins from nothing, and routers know nothing of it. Direct: at its end packets go from router to router. Relayed: the hosts answer each other by way of a third. Not begun: daemons failed, so that nothing is known of ways. The range holds the true share with a confidence of 95 %% (Wilson's interval). A trial without a direct way ends after a while, so that a VPN may still find one later. Direct after: the median of trials with a direct way. Half of all: of all trials, by Kaplan and Meier's curve; nothing if fewer had one. By design: what was read about hole punching, where it is not a plain yes.");
	add_routers(results, tables);
}
