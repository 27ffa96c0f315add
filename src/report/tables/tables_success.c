/* SPDX-License-Identifier: MIT */
/* How often measurements worked, link by link, with Wilson's interval. */
#include "report/tables/tables.h"

#include <math.h>

static void add_row(const struct report_results *results, struct tables *tables,
	struct table *table, const struct report_vpn *vpn, enum report_workload_id workload)
{
	struct success all = {0};
	struct interval interval;
	struct row *row;

	for (size_t i = 0; i < results->profile_count; i++) {
		struct success one = success_of(
			tables->arena, condition_of(vpn, results->profiles[i]), workload);

		all.worked += one.worked;
		all.planned += one.planned;
	}
	if (!all.planned)
		return;
	interval = interval_proportion(all.worked, all.planned, 0.95);
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, report_workloads[workload].heading);
	row_number(row, (double)all.worked, NULL);
	row_number(row, (double)all.planned, NULL);
	row_number(row, 100 * (double)all.worked / (double)all.planned, NULL);
	row_number(row, 100 * interval.low, NULL);
	row_number(row, 100 * interval.high, NULL);
}

void tables_success(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add_own(tables, "success", "Success rate per link, over all profiles", "%");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "workload", "Workload");
	table_column(table, "worked", "Worked", "", 0);
	table_column(table, "planned", "of", "", 0);
	table_column(table, "percent", "Share", "%", 1);
	table_column(table, "low_percent", "from", "%", 1);
	table_column(table, "high_percent", "to", "%", 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < REPORT_WORKLOADS; i++)
			add_row(results, tables, table, vpn, (enum report_workload_id)i);
	table_note(tables, table,
		"Each link counts separately, and a stalled flow counts as a failure. Published success rates count a workload as passed if one link of three worked. The interval is Wilson's at 95 %%.");
}
