/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/metric.h"
#include "report/tables/table.h"

/*
 * Every table of the thesis in two views. "printed" follows the published formulas, flaws
 * included; "corrected" counts links that worked, both directions, per link. `tuned` may be empty.
 */
struct tables *tables_of(const struct report_results *results, const struct report_tuned *tuned);

/* Its parts, each adds its tables in both views. */
void tables_tcp(const struct report_results *results, struct tables *tables);
/* Where the thesis saw an anomaly; only of trees with Headscale. */
void tables_anomaly(const struct report_results *results, struct tables *tables);
void tables_parallel(const struct report_results *results, struct tables *tables);
void tables_udp(const struct report_results *results, struct tables *tables);
/* Of single round trips, where a tree kept them. */
void tables_round_trips(const struct report_results *results, struct tables *tables);
/* Of single reports of the receiver, where a tree kept them. */
void tables_video_losses(const struct report_results *results, struct tables *tables);
void tables_latency(const struct report_results *results, struct tables *tables);
void tables_nix(const struct report_results *results, struct tables *tables);
void tables_video(const struct report_results *results, struct tables *tables);
void tables_qperf(const struct report_results *results, struct tables *tables);
void tables_connect(const struct report_results *results, struct tables *tables);
void tables_punch(const struct report_results *results, struct tables *tables);
/* What became of VPNs that were sent replayed, cut, changed and reflected packets. */
void tables_hostile(const struct report_results *results, struct tables *tables);
/* Direct ways of punch as a matrix of kinds of router, for every VPN. */
void tables_matrix(const struct report_results *results, struct tables *tables);
void tables_relay(const struct report_results *results, struct tables *tables);
void tables_pathchoice(const struct report_results *results, struct tables *tables);
void tables_keepalive(const struct report_results *results, struct tables *tables);
void tables_roam(const struct report_results *results, struct tables *tables);
void tables_mtu(const struct report_results *results, struct tables *tables);
/* Payload per processor time of the VPN. */
void tables_capacity(const struct report_results *results, struct tables *tables);
void tables_success(const struct report_results *results, struct tables *tables);
void tables_effective(const struct report_results *results, struct tables *tables);
/* Workloads without a table of their own: medians of the figures that their results carry. */
void tables_figures(const struct report_results *results, struct tables *tables);
/* What VPNs can do, where a tree says it: the matrix, every answer with its lines, and counts. */
void tables_features(const struct report_results *results, struct tables *tables);
void tables_tuning(const struct report_results *results, const struct report_tuned *tuned,
	struct tables *tables);

/* A number made from these values: marked when all of them are. */
void row_value(
	struct row *row, double number, const struct report_samples *samples, const char *place);
/* One of the printed view, which leaves nothing out: marked when any of them is. */
void row_printed(
	struct row *row, double number, const struct report_samples *samples, const char *place);
/* "2/3", "2/3, 1 left out": how many of the planned values count; NULL when none was planned. */
const char *table_links(struct arena *arena, const struct report_samples *samples);
/* One text column "vpn" and one column per profile. */
void profile_columns(
	const struct report_results *results, struct table *table, const char *unit, int decimals);

/* A table VPN x profile: printed by `of_repetition`, corrected from a metric, with notes on missing
 * links.
 */
struct grid {
	const char *id, *title, *unit;
	int decimals;
	double (*of_repetition)(const struct report_repetition *repetition);
	enum metric_id metric;
};
void grid_tables(
	const struct report_results *results, struct tables *tables, const struct grid *grid);
/* Adds a sentence wherever a value comes from fewer links than planned. */
void note_missing_links(const struct report_results *results, struct tables *tables,
	struct table *table, enum metric_id metric);
