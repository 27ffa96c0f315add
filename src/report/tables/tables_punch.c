/* SPDX-License-Identifier: MIT */
/* Which kinds of router a VPN finds a direct way through, in either direction of a pair. */
#include "report/tables/tables.h"

#include "report/model/ways.h"
#include "stats/stats.h"

#include <math.h>

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct report_ways *ways)
{
	const char *place = results_place(tables->arena, vpn, profile);
	struct interval share = interval_proportion(ways->direct, ways->trials, 0.95);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, ways->one);
	row_text(row, ways->other);
	row_number(row, (double)ways->trials, place);
	row_number(row, (double)ways->direct, place);
	row_number(row, (double)ways->relayed, place);
	row_number(row, (double)ways->no_way, place);
	row_number(row, 100 * (double)ways->direct / (double)ways->trials, place);
	row_number(row, 100 * share.low, place);
	row_number(row, 100 * share.high, place);
	row_number(row, ways->times ? stats_median(ways->direct_s, ways->times) : NAN, place);
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
	table_column(table, "direct_percent", "Direct", "%", 0);
	table_column(table, "direct_low_percent", "at least", "%", 0);
	table_column(table, "direct_high_percent", "at most", "%", 0);
	table_column(table, "direct_s", "Direct after", "s", 1);
}

void tables_punch(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add(tables, "punch", "Direct ways between hosts behind routers", "", true);

	table->id = table->printed; /* the thesis has no such table */
	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const char *profile = results->profiles[i];

			for (const struct report_ways *ways =
					ways_of(tables->arena, results, condition_of(vpn, profile));
				ways; ways = ways->next) {
				if (ways->trials)
					add_row(tables, table, vpn, profile, ways);
			}
		}
	}
	table_note(tables, table,
		"In every trial the VPN begins from nothing, and routers know nothing of it. Direct: at its end packets go from router to router. Relayed: the hosts answer each other by way of a third. The range holds the true share with a confidence of 95 %% (Wilson's interval). A trial without a direct way ends after a while, so that a VPN may still find one later.");
}
