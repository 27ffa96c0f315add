/* SPDX-License-Identifier: MIT */
/* How often measurements worked, link by link, with Wilson's interval. */
#include "report/tables/tables.h"

#include <math.h>

/* A workload worked where its first metric has a value; NULL for one without metrics. */
static const struct report_metric *first_metric(size_t workload)
{
	for (size_t i = 0; i < report_metric_count; i++)
		if (!report_metrics[i].of_link && report_metrics[i].workload == workload)
			return &report_metrics[i];
	return NULL;
}

static void add_row(const struct report_results *results, struct tables *tables,
	struct table *table, const struct report_vpn *vpn, size_t workload)
{
	size_t worked = 0, planned = 0;
	struct interval interval;
	struct row *row;

	for (size_t i = 0; i < results->profile_count; i++) {
		struct report_samples samples = samples_of_metric(tables->arena,
			condition_of(vpn, results->profiles[i]), first_metric(workload));

		worked += samples_measured(&samples);
		planned += samples.planned;
	}
	if (!planned)
		return;
	interval = interval_proportion(worked, planned, 0.95);
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, report_workloads[workload].heading);
	row_number(row, (double)worked, NULL);
	row_number(row, (double)planned, NULL);
	row_number(row, 100 * (double)worked / (double)planned, NULL);
	row_number(row, 100 * interval.low, NULL);
	row_number(row, 100 * interval.high, NULL);
}

void tables_success(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add(tables, "success", "Success rate per link, over all profiles", "%", true);

	table->id = table->printed; /* the thesis has no such table */
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "workload", "Workload");
	table_column(table, "worked", "Worked", "", 0);
	table_column(table, "planned", "of", "", 0);
	table_column(table, "percent", "Share", "%", 1);
	table_column(table, "low_percent", "from", "%", 1);
	table_column(table, "high_percent", "to", "%", 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < REPORT_WORKLOADS; i++)
			add_row(results, tables, table, vpn, i);
	table_note(tables, table,
		"Each link counts separately, and a stalled flow counts as a failure. Published success rates count a workload as passed if one link of three worked. The interval is Wilson's at 95 %%.");
}
