/* SPDX-License-Identifier: MIT */
/* Each VPN on default and on tuned hosts, and each impairment as requested and as measured. */
#include "report/tables/tables.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* The thesis' id where there is one tuning only. */
static const char *tuning_id(struct arena *arena, const char *vpn, const char *tuning)
{
	char *id = arena_printf(
		arena, "kernel_tuning_%s%s%s", vpn, tuning ? "_" : "", tuning ? tuning : "");

	for (char *at = id; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return id;
}

static void tuning_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const struct report_vpn *tuned, const char *profile)
{
	const struct report_condition *before = condition_of(vpn, profile),
				      *after = condition_of(tuned, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	bool is_corrected = strcmp(table->view, "corrected") == 0;
	struct report_samples stock = samples_of(tables->arena, before, METRIC_TCP);
	struct report_samples changed = samples_of(tables->arena, after, METRIC_TCP);
	double from =
		is_corrected ? samples_mean(&stock) : printed_mean(before, tcp_sent_mbps, NULL);
	double to =
		is_corrected ? samples_mean(&changed) : printed_mean(after, tcp_sent_mbps, NULL);
	struct row *row = table_row(tables, table);

	row_text(row, profile_title(profile));
	row_number(row, from, place);
	row_number(row, to, NULL);
	row_number(row, 100 * (to / from - 1), NULL);
	if (is_corrected) {
		row_text(row, table_links(tables->arena, &stock));
		row_text(row, table_links(tables->arena, &changed));
	}
}

static void tuning_table(const struct report_results *results, struct tables *tables,
	const struct report_vpn *vpn, const struct report_vpn *tuned, const char *tuning,
	bool is_corrected)
{
	struct table *table = table_add(tables, tuning_id(tables->arena, vpn->name, tuning),
		arena_printf(tables->arena, "%s: TCP on stock and tuned hosts%s%s", vpn->title,
			tuning ? ", " : "", tuning ? tuning : ""),
		"Mbit/s", is_corrected);

	table_text_column(table, "profile", "Profile");
	table_column(table, "stock_mbps", "Stock", "Mbit/s", -3);
	table_column(table, "tuned_mbps", "Tuned", "Mbit/s", -3);
	table_column(table, "change_percent", "Change", "%", 1);
	if (is_corrected) {
		table_text_column(table, "stock_links", "Links, stock");
		table_text_column(table, "tuned_links", "Links, tuned");
		table_note(tables, table,
			"Stalled flows are omitted: a single one in the stock run makes any change look like a gain.");
	}
	for (size_t i = 0; i < results->profile_count; i++)
		if (condition_of(vpn, results->profiles[i]) &&
			condition_of(tuned, results->profiles[i]))
			tuning_row(tables, table, vpn, tuned, results->profiles[i]);
}

void tables_tuning(const struct report_results *results, const struct report_tuned *tuned,
	struct tables *tables)
{
	bool is_alone = tuned && !tuned->next;

	for (; tuned; tuned = tuned->next) {
		const char *name = is_alone ? NULL : tuned->name;

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_vpn *other = results_vpn(tuned->results, vpn->name);

			if (!other)
				continue;
			tuning_table(results, tables, vpn, other, name, false);
			tuning_table(results, tables, vpn, other, name, true);
		}
	}
}

/* Stored settings are twice what one port does, so they describe a round trip. */
void tables_effective(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "impairment_effective",
		"Impairment as stored, and as the bare link met it, per round trip", "");

	table_text_column(table, "profile", "Profile");
	table_column(table, "stored_delay_ms", "Delay, stored", "ms", 1);
	table_column(table, "met_delay_ms", "Delay added, met", "ms", 2);
	table_column(table, "stored_jitter_ms", "Jitter, stored", "ms", 1);
	table_column(table, "stored_loss_percent", "Loss, stored", "%", 2);
	table_column(table, "met_loss_percent", "Ping loss, met", "%", 2);
	table_column(table, "stored_reorder_percent", "Reordering, stored", "%", 2);
	if (!results->reference)
		return;
	for (size_t i = 0; i < results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(results->reference, results->profiles[i]);
		const struct report_condition *base =
			condition_of(results->reference, results_base_profile(results));
		const char *place =
			results_place(tables->arena, results->reference, results->profiles[i]);
		struct report_samples rtt = samples_of(tables->arena, condition, METRIC_PING);
		struct report_samples base_rtt = samples_of(tables->arena, base, METRIC_PING);
		struct report_samples loss = samples_of(tables->arena, condition, METRIC_PING_LOSS);
		struct row *row;

		if (!condition || !condition->settings.is_there)
			continue;
		row = table_row(tables, table);
		row_text(row, profile_title(results->profiles[i]));
		row_number(row, condition->settings.latency_ms, place);
		row_number(row, samples_mean(&rtt) - samples_mean(&base_rtt), place);
		row_number(row, condition->settings.jitter_ms, place);
		row_number(row, condition->settings.loss_percent, place);
		row_number(row, samples_mean(&loss), place);
		row_number(row, condition->settings.reorder_percent, place);
	}
}
