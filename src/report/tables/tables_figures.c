/* SPDX-License-Identifier: MIT */
/* A table for every workload whose results carry their figures themselves. */
#include "report/tables/tables.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* The figure of a workload that comes after another, the first one after NULL; NULL at the end. */
static const struct report_metric *figure_after(
	const struct report_metric *figure, enum report_workload_id workload)
{
	for (figure = figure ? figure + 1 : report_metrics;
		figure < report_metrics + report_metric_count; figure++)
		if (figure->figure && figure->workload == workload)
			return figure;
	return NULL;
}

/* A time under load means most next to the same load without a VPN. */
static bool is_held_against_bare_link(const struct report_metric *metric)
{
	return text_starts_with(metric->figure, "loaded_") && strcmp(metric->unit, "ms") == 0;
}

static double over_bare_link(const struct report_results *results, struct arena *arena,
	const struct report_metric *metric, const struct report_vpn *vpn, const char *profile)
{
	struct report_samples samples =
		samples_of_metric(arena, condition_of(vpn, profile), metric);
	struct report_samples bare = samples_of_metric(
		arena, condition_of(results_reference_of(results, vpn), profile), metric);

	return vpn->is_reference ? NAN : samples_median(&samples) - samples_median(&bare);
}

static void add_row(const struct report_results *results, struct tables *tables,
	struct table *table, enum report_workload_id workload, const struct report_vpn *vpn,
	const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct report_samples most = {0};
	struct row *row = NULL;

	for (const struct report_metric *metric = figure_after(NULL, workload); metric;
		metric = figure_after(metric, workload)) {
		struct report_samples samples = samples_of_metric(tables->arena, condition, metric);

		if (!samples.planned)
			return;
		if (!row) {
			row = table_row(tables, table);
			row_vpn(row, vpn->name, vpn->title);
			row_text(row, profile_title(profile));
		}
		if (samples.count >= most.count)
			most = samples;
		row_value(row, samples_median(&samples), &samples, place);
		if (is_held_against_bare_link(metric))
			row_value(row, over_bare_link(results, tables->arena, metric, vpn, profile),
				&samples, place);
	}
	if (row)
		row_text(row, table_links(tables->arena, &most));
}

static void add_table(
	const struct report_results *results, struct tables *tables, enum report_workload_id id)
{
	const struct report_workload *workload = &report_workloads[id];
	/* Connecting and rebooting have tables of the thesis under their names already. */
	bool is_taken = table_named(tables, workload->word) != NULL;
	struct table *table = table_add_own(tables,
		is_taken ? arena_printf(tables->arena, "%s_mesh", workload->word) : workload->word,
		arena_printf(tables->arena, "%s, medians", workload->title), "");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	for (const struct report_metric *metric = figure_after(NULL, id); metric;
		metric = figure_after(metric, id)) {
		table_column(table, metric->figure, metric->title, metric->unit, metric->decimals);
		if (is_held_against_bare_link(metric))
			table_column(table,
				arena_printf(tables->arena, "%s_over_bare", metric->figure),
				arena_printf(
					tables->arena, "%s, over the bare link", metric->title),
				metric->unit, metric->decimals);
	}
	table_text_column(table, "measured", "Measured");
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			add_row(results, tables, table, id, vpn, results->profiles[i]);
}

void tables_figures(const struct report_results *results, struct tables *tables)
{
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		if (figure_after(NULL, (enum report_workload_id)i))
			add_table(results, tables, (enum report_workload_id)i);
}
