/* SPDX-License-Identifier: MIT */
/* TCP on all links at once: how it scales, and how it was summed. */
#include "report/tables/tables.h"

#include "report/output/number.h"

#include <math.h>

/* As published: the sum over pairs that did not fail, however many those are. */
static double printed_sum(const struct report_condition *condition, size_t *ret_pairs)
{
	double sum = 0;
	size_t count = 0;

	const struct report_parallel *parallel = condition_parallel(condition);

	for (const struct report_pair *pair = parallel ? parallel->pairs : NULL; pair;
		pair = pair->next) {
		if (pair->error)
			continue;
		sum += pair->tcp.forward.sent_bps / 1e6;
		count++;
	}
	*ret_pairs = count;
	return count ? sum : NAN;
}

static void scaling_printed(const struct report_results *results, struct tables *tables)
{
	const char *profile = results_base_profile(results);
	struct table *table = table_add(tables, "parallel_scaling",
		"TCP on all links at once, compared with one link", "Mbit/s", false);

	table_text_column(table, "vpn", "VPN");
	table_column(table, "single_mbps", "One link", "Mbit/s", -3);
	table_column(table, "parallel_mbps", "All links", "Mbit/s", -3);
	table_column(table, "scaling", "Scaling", "", 2);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		const char *place = results_place(tables->arena, vpn, profile);
		size_t pairs;
		double single = printed_mean(condition, tcp_sent_mbps, NULL);
		double sum = printed_sum(condition, &pairs);
		struct row *row;

		if (!condition)
			continue;
		row = table_row(tables, table);
		row_vpn(row, vpn->name, vpn->title);
		row_number(row, single, place);
		row_number(row, sum, place);
		row_number(row, sum / single, place);
	}
	table_sort(table, 3, true);
}

static double pairs_percent(const struct report_condition *condition)
{
	double again = 0, segments = 0;

	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		for (const struct report_pair *pair = whole->parallel.pairs; pair;
			pair = pair->next) {
			if (!tcp_is_working(&pair->tcp))
				continue;
			again += pair->tcp.forward.retransmits;
			segments += pair->tcp.forward.sent_bytes / pair->tcp.mss_bytes;
		}
	}
	return segments > 0 ? 100 * again / segments : NAN;
}

static void corrected_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct report_samples pairs = samples_of(tables->arena, condition, METRIC_PARALLEL);
	struct report_samples single = samples_of(tables->arena, condition, METRIC_TCP);
	double links = (double)condition_links(condition);
	double per_link = samples_mean(&pairs);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, table_links(tables->arena, &pairs));
	row_value(row, per_link, &pairs, place);
	row_value(row, per_link * links, &pairs, place);
	row_value(row, samples_mean(&single), &single, place);
	row_value(row, per_link * links / samples_mean(&single), &pairs, place);
	row_number(row, pairs_percent(condition), place);
}

static void corrected_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "links", "Links");
	table_column(table, "per_link_mbps", "Per link", "Mbit/s", -3);
	table_column(table, "all_links_mbps", "Times all links (extrapolated)", "Mbit/s", -3);
	table_column(table, "single_mbps", "One link alone", "Mbit/s", -3);
	table_column(table, "scaling", "Scaling", "", 2);
	table_column(table, "retransmit_percent", "Retransmits", "%", 3);
}

static size_t count_stalled(const struct report_condition *condition)
{
	size_t count = 0;

	const struct report_parallel *parallel = condition_parallel(condition);

	for (const struct report_pair *pair = parallel ? parallel->pairs : NULL; pair;
		pair = pair->next)
		count += !pair->error && pair->tcp.forward.is_stalled;
	return count;
}

static void note_sums(
	const struct report_results *results, struct tables *tables, struct table *table)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			size_t links = condition_links(condition), pairs;
			double sum = printed_sum(condition, &pairs);
			struct report_samples worked =
				samples_of(tables->arena, condition, METRIC_PARALLEL);

			if (!pairs || (pairs == links && !count_stalled(condition)))
				continue;
			table_note(tables, table,
				"%s, %s: the printed %s Mbit/s is a sum over %zu of %zu links, %zu of them stalled; a link that worked carried %s.",
				vpn->title, profile_title(results->profiles[i]),
				number_text(tables->arena, sum, -3), pairs, links,
				count_stalled(condition),
				number_text(tables->arena, samples_mean(&worked), -3));
		}
	}
}

static void impairment_printed(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add(tables, "parallel_impairment",
		"TCP on all links at once under impairment", "Mbit/s", false);

	profile_columns(results, table, "Mbit/s", -3);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn->title);
		for (size_t i = 0; i < results->profile_count; i++) {
			size_t pairs;

			row_number(row,
				printed_sum(condition_of(vpn, results->profiles[i]), &pairs),
				results_place(tables->arena, vpn, results->profiles[i]));
		}
	}
	note_sums(results, tables, table);
}

void tables_parallel(const struct report_results *results, struct tables *tables)
{
	struct table *scaling, *impairment;
	size_t links;

	scaling_printed(results, tables);
	scaling = table_add(tables, "parallel_scaling",
		"TCP on all links at once, per link that worked", "Mbit/s", true);
	corrected_columns(scaling);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		if (condition_of(vpn, results_base_profile(results)))
			corrected_row(tables, scaling, vpn, results_base_profile(results));
	links = condition_links(condition_of(results->vpns, results_base_profile(results)));
	if (links)
		table_note(tables, scaling,
			"Each port carries its own flow and its neighbour's other direction, so a ring of %zu links at full line rate scales by half of %zu, not by %zu.",
			links, links, links);
	impairment_printed(results, tables);
	impairment = table_add(tables, "parallel_impairment",
		"TCP on all links at once under impairment, per link that worked", "Mbit/s", true);
	corrected_columns(impairment);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			if (condition_of(vpn, results->profiles[i]))
				corrected_row(tables, impairment, vpn, results->profiles[i]);
	note_sums(results, tables, impairment);
}
