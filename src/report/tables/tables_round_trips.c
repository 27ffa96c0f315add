/* SPDX-License-Identifier: MIT */
/* The distribution of single round trips, in trees that kept them. */
#include "report/tables/tables.h"

#include <math.h>

/* All answers under a condition, one behind the other: percentiles are never averaged. */
static struct report_series pool(struct arena *arena, const struct report_condition *condition)
{
	struct report_series pooled = {0};
	size_t count = 0;

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			count += repetition->ping.rtt_ms.count;
	pooled.values = arena_alloc(arena, double, count + 1);
	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			for (size_t i = 0; i < repetition->ping.rtt_ms.count; i++)
				pooled.values[pooled.count++] = repetition->ping.rtt_ms.values[i];
	return pooled;
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	struct report_series pooled = pool(tables->arena, condition_of(vpn, profile));
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
	struct table *table = table_add(tables, "ping_distribution",
		"Single round trips: median, tail and maximum", "ms", true);

	table->id = table->printed; /* the thesis has no such table */
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
			add_row(tables, table, vpn, results->profiles[i]);
	if (table->row_count)
		table_note(tables, table,
			"A 99 %% quantile needs a thousand answers; with fewer, its interval shows the uncertainty.");
}
