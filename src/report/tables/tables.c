/* SPDX-License-Identifier: MIT */
/* What the tables share: profiles as columns, places of samples, sentences on missing links. */
#include "report/tables/tables.h"

#include <math.h>
#include <string.h>

const char *table_links(struct arena *arena, const struct report_samples *samples)
{
	if (!samples->planned)
		return NULL;
	if (samples->marked && !samples->is_marked)
		return arena_printf(arena, "%zu/%zu, %zu omitted", samples->count, samples->planned,
			samples->marked);
	return arena_printf(arena, "%zu/%zu", samples->count, samples->planned);
}

void row_value(
	struct row *row, double number, const struct report_samples *samples, const char *place)
{
	row_number(row, number, place);
	if (samples->is_marked)
		row_mark(row);
}

void row_printed(
	struct row *row, double number, const struct report_samples *samples, const char *place)
{
	row_number(row, number, place);
	if (samples->marked)
		row_mark(row);
}

/* What the star means stands under every table that has one. */
static void explain_marks(struct tables *tables)
{
	for (struct table *table = tables->first; table; table = table->next) {
		if (table_has_marks(table))
			table_note(tables, table,
				"* Marked: something other than the VPN may have affected this value, such as other programs on the machine; see the finding 'marked'.");
	}
}

static void name_limits(const struct report_results *results, struct tables *tables)
{
	const char *limits = results_limits(results);

	for (struct table *table = tables->first; limits && table; table = table->next)
		table_note(tables, table,
			"Every host was limited as board %s. These figures cannot be compared with those of hosts without limits.",
			limits);
}

static void name_topology(const struct report_results *results, struct tables *tables)
{
	const char *topology = results_topology(results);

	for (struct table *table = tables->first; topology && table; table = table->next)
		table_note(tables, table,
			"Hosts were in topology %s. These figures cannot be compared with those of one flat network.",
			topology);
}

static void name_hosts(const struct report_results *results, struct tables *tables)
{
	const char *hosts = results_hosts(results);
	const struct report_results *second = results->second;

	if (second && results_is_on_machines(results) != results_is_on_machines(second)) {
		for (struct table *table = tables->first; table; table = table->next)
			table_note(tables, table, "%s", results_places(results, second));
		return;
	}
	for (struct table *table = tables->first; hosts && table; table = table->next)
		table_note(tables, table, "Measured on %s.", hosts);
}

static void name_clock(const struct report_results *results, struct tables *tables)
{
	const char *clock = results_clock(results);

	for (struct table *table = tables->first; clock && table; table = table->next)
		table_note(tables, table,
			"Measured in %s. These figures cannot be compared with figures of real time.",
			clock);
}

void profile_columns(
	const struct report_results *results, struct table *table, const char *unit, int decimals)
{
	table_text_column(table, "vpn", "VPN");
	for (size_t i = 0; i < results->profile_count; i++)
		table_column(table, profile_title(results->profiles[i]),
			profile_title(results->profiles[i]), unit, decimals);
}

void note_missing_links(const struct report_results *results, struct tables *tables,
	struct table *table, enum metric_id metric)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			struct report_samples samples =
				samples_of(tables->arena, condition, metric);

			if (!samples.count || samples_measured(&samples) == samples.planned)
				continue;
			table_note(tables, table, "%s, %s: made from %zu of %zu links.", vpn->title,
				profile_title(results->profiles[i]), samples.count,
				samples.planned);
		}
	}
}

static void grid_printed(
	const struct report_results *results, struct tables *tables, const struct grid *grid)
{
	struct table *table = table_add(tables, grid->id, grid->title, grid->unit, false);

	profile_columns(results, table, grid->unit, grid->decimals);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn->title);
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			struct report_samples samples =
				samples_of(tables->arena, condition, grid->metric);

			row_printed(row, printed_mean(condition, grid->of_repetition, NULL),
				&samples, results_place(tables->arena, vpn, results->profiles[i]));
		}
	}
}

static void grid_corrected(
	const struct report_results *results, struct tables *tables, const struct grid *grid)
{
	const struct report_metric *metric = &report_metrics[grid->metric];
	struct table *table = table_add(tables, grid->id, metric->title, metric->unit, true);
	const char **links = arena_alloc(tables->arena, const char *, results->profile_count + 1);

	profile_columns(results, table, metric->unit, grid->decimals);
	for (size_t i = 0; i < results->profile_count; i++) {
		const char *title = profile_title(results->profiles[i]);

		table_text_column(table, arena_printf(tables->arena, "%s_links", title),
			arena_printf(tables->arena, "links, %s", title));
	}
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn->title);
		for (size_t i = 0; i < results->profile_count; i++) {
			struct report_samples samples = samples_of(tables->arena,
				condition_of(vpn, results->profiles[i]), grid->metric);

			row_value(row, samples_mean(&samples), &samples,
				results_place(tables->arena, vpn, results->profiles[i]));
			links[i] = table_links(tables->arena, &samples);
		}
		for (size_t i = 0; i < results->profile_count; i++)
			row_text(row, links[i]);
	}
	note_missing_links(results, tables, table, grid->metric);
}

void grid_tables(
	const struct report_results *results, struct tables *tables, const struct grid *grid)
{
	grid_printed(results, tables, grid);
	grid_corrected(results, tables, grid);
}

struct tables *tables_of(const struct report_results *results, const struct report_tuned *tuned)
{
	struct tables *tables = tables_new(results->arena);

	tables_tcp(results, tables);
	tables_anomaly(results, tables);
	tables_latency(results, tables);
	tables_round_trips(results, tables);
	tables_parallel(results, tables);
	tables_udp(results, tables);
	tables_nix(results, tables);
	tables_video(results, tables);
	tables_video_losses(results, tables);
	tables_qperf(results, tables);
	tables_connect(results, tables);
	tables_figures(results, tables);
	tables_capacity(results, tables);
	tables_punch(results, tables);
	tables_hostile(results, tables);
	tables_matrix(results, tables);
	tables_roam(results, tables);
	tables_keepalive(results, tables);
	tables_relay(results, tables);
	tables_pathchoice(results, tables);
	tables_mtu(results, tables);
	tables_success(results, tables);
	tables_effective(results, tables);
	tables_tuning(results, tuned, tables);
	explain_marks(tables);
	name_clock(results, tables);
	name_hosts(results, tables);
	name_limits(results, tables);
	name_topology(results, tables);
	tables_features(results, tables);
	return tables;
}
