/* SPDX-License-Identifier: MIT */
/* Single-stream TCP: the baseline table, all profiles, retransmits. */
#include "report/tables/tables.h"

#include "report/model/tools.h"

#include "report/output/number.h"

#include <math.h>

static double retransmits(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) ? repetition->tcp.forward.retransmits
							    : NAN;
}

static double retransmit_percent(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) ? repetition->tcp.retransmit_percent
							    : NAN;
}

static double segment_bytes(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) && repetition->tcp.mss_bytes > 0
		       ? repetition->tcp.mss_bytes
		       : NAN;
}

static void baseline_printed(const struct report_results *results, struct tables *tables)
{
	const char *profile = results_base_profile(results);
	struct table *table = table_add(tables, "tcp_baseline",
		"TCP throughput of one stream without impairment", "Mbit/s", false);
	table_text_column(table, "vpn", "VPN");
	table_column(table, "throughput_mbps", "Throughput", "Mbit/s", -3);
	table_column(table, "relative_percent", "Of the bare link", "%", 1);
	table_column(table, "retransmits", "Retransmits", "", 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		double mbps = printed_mean(condition, tcp_sent_mbps, NULL);
		double base =
			printed_mean(condition_of(results_reference_of(results, vpn), profile),
				tcp_sent_mbps, NULL);
		const char *place = results_place(tables->arena, vpn, profile);
		struct row *row;

		if (!condition)
			continue;
		row = table_row(tables, table);
		row_vpn(row, vpn->name, vpn->title);
		row_number(row, mbps, place);
		row_number(row, 100 * mbps / base, place);
		row_number(row, printed_mean(condition, retransmits, NULL), place);
	}
	table_sort(table, 1, true);
}

static void baseline_row(const struct report_results *results, struct tables *tables,
	struct table *table, const struct report_vpn *vpn)
{
	const char *profile = results_base_profile(results);
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct report_samples forward = samples_of(tables->arena, condition, METRIC_TCP);
	struct report_samples reverse = samples_of(tables->arena, condition, METRIC_TCP_REVERSE);
	struct report_samples again = samples_of(tables->arena, condition, METRIC_TCP_RETRANSMIT);
	struct report_samples rtt = samples_of(tables->arena, condition, METRIC_TCP_RTT);
	struct interval interval = interval_median(forward.values, forward.count, 0.95);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, table_links(tables->arena, &forward));
	row_value(row, samples_mean(&forward), &forward, place);
	row_value(row, forward.count ? interval.low : NAN, &forward, place);
	row_value(row, forward.count ? interval.high : NAN, &forward, place);
	row_number(row, forward.count ? 100 * interval.confidence : NAN, place);
	row_value(row, samples_mean(&reverse), &reverse, place);
	row_value(row, samples_mean(&forward) + samples_mean(&reverse), &forward, place);
	row_value(row, samples_mean(&again), &again, place);
	row_value(row, samples_mean(&rtt), &rtt, place);
	row_number(row, printed_mean(condition, segment_bytes, NULL), place);
	row_number(row, printed_mean(condition, tcp_path_mtu_bytes, NULL), place);
}

static void baseline_corrected(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add(tables, "tcp_baseline",
		"Received TCP throughput, one stream in each direction", "Mbit/s", true);

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "links", "Links");
	table_column(table, "received_mbps", "Received", "Mbit/s", -3);
	table_column(table, "low_mbps", "Median from", "Mbit/s", -3);
	table_column(table, "high_mbps", "to", "Mbit/s", -3);
	table_column(table, "confidence_percent", "Confidence", "%", 0);
	table_column(table, "reverse_mbps", "Reverse direction", "Mbit/s", -3);
	table_column(table, "both_mbps", "Both", "Mbit/s", -3);
	table_column(table, "retransmit_percent", "Retransmits", "%", 4);
	table_column(table, "loaded_rtt_ms", "Round-trip time under load", "ms", 2);
	table_column(table, "segment_bytes", "Segment", "bytes", 0);
	table_column(table, "path_mtu_bytes", "Path MTU", "bytes", 0);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		if (condition_of(vpn, results_base_profile(results)))
			baseline_row(results, tables, table, vpn);
	table_sort(table, 2, true);
	table_note(tables, table,
		"The printed figure is what the sender passed to its kernel in one direction. This table shows what arrived, and the other direction, which ran at the same time.");
	table_note(tables, table,
		"Retransmits are a percentage of the segments sent, because a faster link sends more of them in the same time.");
}

/* The sentence that explains a stalled flow in a mean. */
static void note_stalled(
	const struct report_results *results, struct tables *tables, struct table *table)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			struct report_samples samples =
				samples_of(tables->arena, condition, METRIC_TCP);
			double printed = printed_mean(condition, tcp_sent_mbps, NULL);

			for (const struct report_link *link = condition ? condition->links : NULL;
				link; link = link->next)
				if (outcome_is_success(&link->repetitions->tcp.outcome) &&
					link->repetitions->tcp.forward.is_stalled)
					table_note(tables, table,
						"%s, %s: the flow of %s stalled and still counts in the printed %s Mbit/s; the other links carried %s.",
						vpn->title, profile_title(results->profiles[i]),
						link->folder,
						number_text(tables->arena, printed, -3),
						number_text(
							tables->arena, samples_mean(&samples), -3));
		}
	}
}

/* What is left of the baseline under light impairment. */
static void add_retention(const struct report_results *results, struct table *table)
{
	size_t base = 0, low = 0;

	for (size_t i = 0; i < results->profile_count; i++) {
		const char *name = profile_title(results->profiles[i]);

		base = name[0] == 'b' && results->profiles[i] == results_base_profile(results)
			       ? i + 1
			       : base;
		low = results->profiles[i] != name && name[0] == 'l' ? i + 1 : low;
	}
	table_column(table, "retention_percent", "Low of baseline", "%", 1);
	for (struct row *row = table->rows; row; row = row->next) {
		double percent =
			base && low && row->values[base].is_there && row->values[low].is_there
				? 100 * row->values[low].number / row->values[base].number
				: NAN;
		struct row end = *row;

		end.filled = table->column_count - 1;
		row_number(&end, percent, low ? row->values[low].place : NULL);
		row->filled = end.filled;
	}
}

static void note_clients(const struct report_results *results, struct tables *tables)
{
	const char *tool = results_tool(results, TOOL_TCP);
	const struct table *baseline = table_named(tables, "tcp_baseline");

	if (tool && baseline && results->environment)
		table_note(tables, (struct table *)baseline,
			"Measured by %s. Figures of one client, which does both directions, and of two cannot be compared.",
			tool);
}

void tables_tcp(const struct report_results *results, struct tables *tables)
{
	static const struct grid profiles = {"tcp_impairment",
		"TCP throughput of one stream under impairment", "Mbit/s", -3, tcp_sent_mbps,
		METRIC_TCP};
	static const struct grid counts = {"tcp_retransmits",
		"TCP retransmits of one stream under impairment, percentage of segments", "%", -3,
		retransmit_percent, METRIC_TCP_RETRANSMIT};
	struct table *printed;

	baseline_printed(results, tables);
	baseline_corrected(results, tables);
	note_clients(results, tables);
	grid_tables(results, tables, &profiles);
	printed = (struct table *)table_named(tables, "tcp_impairment");
	add_retention(results, printed);
	note_stalled(results, tables, printed);
	note_stalled(
		results, tables, (struct table *)table_named(tables, "tcp_impairment_corrected"));
	grid_tables(results, tables, &counts);
}
