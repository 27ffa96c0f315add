/* SPDX-License-Identifier: MIT */
/* UDP, latency, caches, video and QUIC: one table per workload, all in both views. */
#include "report/tables/tables.h"

#include "report/model/tools.h"

#include <math.h>
#include <string.h>

static double received_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome)
		       ? repetition->udp.forward.received_bps / 1e6
		       : NAN;
}

static double lost_percent(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.lost_percent : NAN;
}

static double missing_percent(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.missing_percent : NAN;
}

static double sent_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.forward.sent_bps / 1e6
							    : NAN;
}

static double reverse_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) && repetition->udp.reverse.is_there
		       ? repetition->udp.reverse.received_bps / 1e6
		       : NAN;
}

static double jitter_ms(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.jitter_ms : NAN;
}

static double payload_bytes(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.payload_bytes : NAN;
}

static double round_trip_ms(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->ping.outcome)
		       ? repetition->ping.metrics[PING_AVERAGE].average
		       : NAN;
}

/* Without an answer there is no round trip, whatever the file says. */
static double of_answers(const struct report_repetition *repetition, double value)
{
	return outcome_is_success(&repetition->ping.outcome) &&
			       repetition->ping.metrics[PING_LOSS].min < 100
		       ? value
		       : NAN;
}

static double answered_ms(const struct report_repetition *repetition)
{
	return of_answers(repetition, repetition->ping.metrics[PING_AVERAGE].average);
}

static double worst_ms(const struct report_repetition *repetition)
{
	return of_answers(repetition, repetition->ping.metrics[PING_MAX].max);
}

static double deviation_ms(const struct report_repetition *repetition)
{
	return of_answers(repetition, repetition->ping.metrics[PING_DEVIATION].average);
}

static double pings_lost(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->ping.outcome)
		       ? repetition->ping.metrics[PING_LOSS].average
		       : NAN;
}

static double closure_s(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->nix.outcome) ? repetition->nix.mean_s : NAN;
}

static double processor_s(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->nix.outcome)
		       ? repetition->nix.user_s + repetition->nix.system_s
		       : NAN;
}

static double quality(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->video.outcome)
		       ? repetition->video.metrics[VIDEO_QUALITY].average
		       : NAN;
}

static double quic_first_byte(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_FIRST_BYTE].average
		       : NAN;
}

static double quic_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_BANDWIDTH].average
		       : NAN;
}

static double quic_cpu(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_CPU].average
		       : NAN;
}

static double quic_connect(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_CONNECT].average
		       : NAN;
}

/* A table of VPNs under the base profile: one column per function. */
struct column_of {
	const char *key, *title, *unit;
	int decimals;
	bool is_worst; /* the largest value, not the mean */
	double (*of_repetition)(const struct report_repetition *repetition);
};

static double largest(const struct report_samples *samples)
{
	double most = samples->count ? samples->values[0] : NAN;

	for (size_t i = 1; i < samples->count; i++)
		most = fmax(most, samples->values[i]);
	return most;
}

/* Of all links and repetitions that have a value, as `like` counts them. */
static void row_corrected(struct arena *arena, struct row *row,
	const struct report_condition *condition, const struct report_metric *like,
	const struct column_of *column, const char *place)
{
	const struct report_metric metric = {.key = column->key,
		.workload = like->workload,
		.of_repetition = column->of_repetition};
	struct report_samples samples = samples_of_metric(arena, condition, &metric);

	row_value(row, column->is_worst ? largest(&samples) : samples_mean(&samples), &samples,
		place);
}

static struct table *baseline_table(const struct report_results *results, struct tables *tables,
	struct table *table, const struct column_of *columns, const struct report_metric *links)
{
	const char *profile = results_base_profile(results);

	table_text_column(table, "vpn", "VPN");
	if (links)
		table_text_column(table, "links", "Links");
	for (const struct column_of *column = columns; column->key; column++)
		table_column(table, column->key, column->title, column->unit, column->decimals);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		struct report_samples samples = {0};
		struct row *row;

		if (!condition)
			continue;
		row = table_row(tables, table);
		row_vpn(row, vpn->name, vpn->title);
		if (links) {
			samples = samples_of_metric(tables->arena, condition, links);
			row_text(row, table_links(tables->arena, &samples));
		}
		for (const struct column_of *column = columns; column->key; column++) {
			const char *place = results_place(tables->arena, vpn, profile);

			if (links)
				row_corrected(tables->arena, row, condition, links, column, place);
			else
				row_printed(row,
					printed_mean(condition, column->of_repetition, NULL),
					&samples, place);
		}
	}
	return table;
}

static void note_flood_tool(
	const struct report_results *results, struct tables *tables, struct table *table)
{
	const char *tool = results_tool(results, TOOL_FLOOD);

	if (tool && strcmp(tool, "iperf3") != 0)
		table_note(tables, table,
			"meshbench-probe flooded. It offers and counts otherwise than iperf3 does, so figures of the two cannot be compared.");
}

/* What a VPN does in its first seconds is left out of its figures, so it is said. */
static void note_waits(
	const struct report_results *results, struct tables *tables, struct table *table)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		double waited_s = 0;

		for (const struct report_condition *c = vpn->conditions; c; c = c->next)
			for (const struct report_link *l = c->links; l; l = l->next)
				for (const struct report_repetition *r = l->repetitions; r;
					r = r->next)
					waited_s = fmax(waited_s, r->udp.waited_s);
		if (table && waited_s >= 1)
			table_note(tables, table,
				"%s: the flood waited for up to %.1f s until a datagram of its size had arrived and the path no longer refused any.",
				vpn->title, waited_s);
	}
}

void tables_udp(const struct report_results *results, struct tables *tables)
{
	static const struct column_of printed[] = {
		{"throughput_mbps", "Received", "Mbit/s", -3, false, received_mbps},
		{"loss_percent", "Lost", "%", 1, false, lost_percent},
		{NULL, NULL, NULL, 0, false, NULL},
	};
	static const struct column_of corrected[] = {
		{"sent_mbps", "Offered", "Mbit/s", -3, false, sent_mbps},
		{"received_mbps", "Received", "Mbit/s", -3, false, received_mbps},
		{"reverse_mbps", "Reverse direction", "Mbit/s", -3, false, reverse_mbps},
		{"loss_percent", "Lost", "%", 1, false, missing_percent},
		{"jitter_ms", "Jitter", "ms", 3, false, jitter_ms},
		{"payload_bytes", "Datagram", "bytes", 0, false, payload_bytes},
		{"path_mtu_bytes", "Path MTU (from TCP)", "bytes", 0, false, tcp_path_mtu_bytes},
		{NULL, NULL, NULL, 0, false, NULL},
	};
	static const struct grid profiles = {"udp_impairment", "UDP flood under impairment",
		"Mbit/s", -3, received_mbps, METRIC_UDP};
	struct table *table =
		table_add(tables, "udp_baseline", "UDP flood without impairment", "Mbit/s", false);

	table_sort(baseline_table(results, tables, table, printed, NULL), 1, true);
	table = table_add(tables, "udp_baseline", "UDP offered and received, both directions",
		"Mbit/s", true);
	baseline_table(results, tables, table, corrected, &report_metrics[METRIC_UDP]);
	table_note(tables, table,
		"The sender does not have a rate limit, so the loss shows how far it exceeded the path's capacity and says nothing about the path's quality.");
	note_flood_tool(results, tables, table);
	note_waits(results, tables, table);
	grid_tables(results, tables, &profiles);
	table = (struct table *)table_named(tables, "udp_impairment_corrected");
	note_flood_tool(results, tables, table);
	note_waits(results, tables, table);
}

void tables_latency(const struct report_results *results, struct tables *tables)
{
	static const struct column_of printed[] = {
		{"rtt_ms", "Round trip", "ms", 2, false, round_trip_ms},
		{NULL, NULL, NULL, 0, false, NULL},
	};
	static const struct column_of corrected[] = {
		{"rtt_ms", "Round trip", "ms", 3, false, answered_ms},
		{"deviation_ms", "Deviation", "ms", 3, false, deviation_ms},
		{"worst_ms", "Worst", "ms", 2, true, worst_ms},
		{"loss_percent", "Lost", "%", 2, false, pings_lost},
		{NULL, NULL, NULL, 0, false, NULL},
	};
	static const struct grid profiles = {"ping_impairment", "Round trip under impairment", "ms",
		2, round_trip_ms, METRIC_PING};
	static const struct grid lost = {
		"ping_loss", "Pings lost under impairment", "%", 2, pings_lost, METRIC_PING_LOSS};
	struct table *table =
		table_add(tables, "latency_baseline", "Round trip without impairment", "ms", false);

	table_sort(baseline_table(results, tables, table, printed, NULL), 1, false);
	table = table_add(tables, "latency_baseline",
		"Round trip, spread and loss of links that answered", "ms", true);
	table_sort(baseline_table(results, tables, table, corrected, &report_metrics[METRIC_PING]),
		2, false);
	grid_tables(results, tables, &profiles);
	grid_tables(results, tables, &lost);
}

/* No value is one, too: slower than the limit allowed. */
static void note_cut_off(
	const struct report_results *results, struct tables *tables, struct table *table)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			double limit_s = 0;
			size_t count = 0;

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next) {
				const struct envelope *envelope =
					&l->repetitions->nix.outcome.envelope;

				count += envelope->timeout_s > 0;
				limit_s = fmax(limit_s, envelope->timeout_s);
			}
			if (count)
				table_note(tables, table,
					"%s, %s: %zu of %zu links exceeded the limit of %.0f s for a warm-up and two runs; a download took longer than a third of it.",
					vpn->title, profile_title(results->profiles[i]), count,
					condition_links(condition), limit_s);
		}
	}
}

void tables_nix(const struct report_results *results, struct tables *tables)
{
	static const struct column_of corrected[] = {
		{"mean_s", "Mean", "s", -3, false, closure_s},
		{"processor_s", "Processor time", "s", -3, false, processor_s},
		{NULL, NULL, NULL, 0, false, NULL},
	};
	static const struct grid profiles = {"nix_impairment",
		"Download of a package closure under impairment", "s", -3, closure_s, METRIC_NIX};
	const char *profile = results_base_profile(results);
	struct table *table = table_add(tables, "nix_cache",
		"Download of a package closure without impairment", "s", false);

	table_text_column(table, "vpn", "VPN");
	table_column(table, "mean_s", "Mean", "s", -3);
	table_column(table, "overhead_percent", "Over the bare link", "%", 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		double mean = printed_mean(condition_of(vpn, profile), closure_s, NULL);
		double base = printed_mean(
			condition_of(results_reference_of(results, vpn), profile), closure_s, NULL);
		const char *place = results_place(tables->arena, vpn, profile);
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn->title);
		row_number(row, mean, place);
		row_number(row, vpn->is_reference ? NAN : 100 * (mean / base - 1), place);
	}
	table_sort(table, 1, false);
	table = table_add(tables, "nix_cache",
		"Download of a package closure and the processor time of the client", "s", true);
	table_sort(baseline_table(results, tables, table, corrected, &report_metrics[METRIC_NIX]),
		2, false);
	table_note(tables, table,
		"If the client's processor time exceeds the wall time, the download waits for the processor and not for the VPN.");
	grid_tables(results, tables, &profiles);
	note_cut_off(results, tables, (struct table *)table_named(tables, "nix_impairment"));
	note_cut_off(
		results, tables, (struct table *)table_named(tables, "nix_impairment_corrected"));
}

void tables_video(const struct report_results *results, struct tables *tables)
{
	static const struct grid profiles = {
		"rist_impairment", "Video quality under impairment", "%", 2, quality, METRIC_VIDEO};

	grid_tables(results, tables, &profiles);
}

static const struct column_of qperf_columns[] = {
	{"bandwidth_mbps", "Throughput", "Mbit/s", 2, false, quic_mbps},
	{"cpu_percent", "Receiver's processor", "%", 2, false, quic_cpu},
	{"first_byte_ms", "First byte", "ms", 2, false, quic_first_byte},
	{"connect_ms", "Connected", "ms", 2, false, quic_connect},
};

static void qperf_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, bool is_corrected)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct report_samples samples = samples_of(tables->arena, condition, METRIC_QPERF);
	struct row *row;

	if (!samples.planned)
		return;
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	for (size_t i = 0; i < ARRAY_SIZE(qperf_columns); i++) {
		if (is_corrected)
			row_corrected(tables->arena, row, condition, &report_metrics[METRIC_QPERF],
				&qperf_columns[i], place);
		else
			row_printed(row,
				printed_mean(condition, qperf_columns[i].of_repetition, NULL),
				&samples, place);
	}
	if (is_corrected)
		row_text(row, table_links(tables->arena, &samples));
}

void tables_qperf(const struct report_results *results, struct tables *tables)
{
	for (int is_corrected = 0; is_corrected < 2; is_corrected++) {
		struct table *table = table_add(
			tables, "qperf", "QUIC between hosts", "Mbit/s", is_corrected != 0);

		table_text_column(table, "vpn", "VPN");
		table_text_column(table, "profile", "Profile");
		for (size_t i = 0; i < ARRAY_SIZE(qperf_columns); i++)
			table_column(table, qperf_columns[i].key, qperf_columns[i].title,
				qperf_columns[i].unit, qperf_columns[i].decimals);
		if (is_corrected)
			table_text_column(table, "links", "Links");
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
			for (size_t i = 0; i < results->profile_count; i++)
				qperf_row(tables, table, vpn, results->profiles[i],
					is_corrected != 0);
		note_missing_links(results, tables, table, METRIC_QPERF);
	}
}
