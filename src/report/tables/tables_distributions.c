/* SPDX-License-Identifier: MIT */
/* The distribution of single round trips and of lost video packets, in trees that kept them. */
#include "report/tables/tables.h"

#include <math.h>

static const struct report_series *round_trips(const struct report_repetition *repetition)
{
	return &repetition->ping.rtt_ms;
}

static const struct report_series *lost_packets(const struct report_repetition *repetition)
{
	return &repetition->video.lost_packets;
}

/* All values under a condition, one behind the other: percentiles are never averaged. */
static struct report_series pool(struct arena *arena, const struct report_condition *condition,
	const struct report_series *(*of)(const struct report_repetition *repetition))
{
	struct report_series pooled = {0};
	size_t count = 0;

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			count += of(repetition)->count;
	pooled.values = arena_alloc(arena, double, count + 1);
	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			for (size_t i = 0; i < of(repetition)->count; i++)
				pooled.values[pooled.count++] = of(repetition)->values[i];
	return pooled;
}

static void round_trips_row(struct tables *tables, struct table *table,
	const struct report_vpn *vpn, const char *profile)
{
	struct report_series pooled = pool(tables->arena, condition_of(vpn, profile), round_trips);
	const char *place = results_place(tables->arena, vpn, profile);
	struct interval tail;
	struct row *row;

	if (!pooled.count)
		return;
	tail = interval_quantile(pooled.values, pooled.count, 0.99, 0.95);
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_number(row, (double)pooled.count, place);
	row_number(row, stats_quantile(pooled.values, pooled.count, 0.5), place);
	row_number(row, stats_quantile(pooled.values, pooled.count, 0.95), place);
	row_number(row, stats_quantile(pooled.values, pooled.count, 0.99), place);
	row_number(row, tail.low, place);
	row_number(row, tail.high, place);
	row_number(row, 100 * tail.confidence, place);
	row_number(row, stats_quantile(pooled.values, pooled.count, 1), place);
}

void tables_round_trips(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(
		tables, "ping_distribution", "Single round trips: median, tail and maximum", "ms");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_column(table, "answers", "Answers", "", 0);
	table_column(table, "p50_ms", "Median", "ms", 3);
	table_column(table, "p95_ms", "95 %", "ms", 3);
	table_column(table, "p99_ms", "99 %", "ms", 3);
	table_column(table, "p99_low_ms", "99 % from", "ms", 3);
	table_column(table, "p99_high_ms", "to", "ms", 3);
	table_column(table, "p99_confidence_percent", "Confidence", "%", 0);
	table_column(table, "worst_ms", "Worst", "ms", 3);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			round_trips_row(tables, table, vpn, results->profiles[i]);
	if (table->row_count)
		table_note(tables, table,
			"A 99 %% quantile needs a thousand answers; with fewer, its interval shows the uncertainty.");
}

static double share_percent(const struct report_series *series, double most)
{
	size_t count = 0;

	for (size_t i = 0; i < series->count; i++)
		count += series->values[i] <= most;
	return 100 * (double)count / (double)series->count;
}

static void losses_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	static const double quantiles[] = {0.5, 0.75, 0.95, 0.99, 1};
	struct report_series pooled = pool(tables->arena, condition_of(vpn, profile), lost_packets);
	const char *place = results_place(tables->arena, vpn, profile);
	double sum = 0;
	struct row *row;

	if (!pooled.count)
		return;
	for (size_t i = 0; i < pooled.count; i++)
		sum += pooled.values[i];
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_number(row, (double)pooled.count, place);
	row_number(row, share_percent(&pooled, 0), place);
	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++)
		row_number(row, stats_quantile(pooled.values, pooled.count, quantiles[i]), place);
	row_number(row, sum, place);
}

void tables_video_losses(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(
		tables, "video_losses", "Video packets lost for good, by the second", "packets");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_column(table, "reports", "Reports", "", 0);
	table_column(table, "without_percent", "Without a loss", "%", 1);
	table_column(table, "p50_packets", "Median", "packets", 0);
	table_column(table, "p75_packets", "75 %", "packets", 0);
	table_column(table, "p95_packets", "95 %", "packets", 0);
	table_column(table, "p99_packets", "99 %", "packets", 0);
	table_column(table, "worst_packets", "Worst", "packets", 0);
	table_column(table, "packets", "Together", "packets", 0);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			losses_row(tables, table, vpn, results->profiles[i]);
	if (table->row_count)
		table_note(tables, table,
			"The receiver reports once a second what it could not recover in time, so a mean hides whether packets are missing now and then or all at once.");
}
