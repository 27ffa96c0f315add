/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/metric.h"

#include <jansson.h>
#include <stdio.h>

enum {
	CHART_COLOURS = 12
};

/*
 * A chart is its data: single values with the VPN and the panel they belong to. It is drawn here
 * as SVG that stands alone, and handed on as JSON for the interactive page.
 */
enum chart_kind {
	CHART_BARS,    /* per panel a bar per VPN: mean, lowest to highest, single values */
	CHART_HEAT,    /* VPN x panel, coloured by the share of the best in the panel */
	CHART_SCATTER, /* x against y, both logarithmic */
	CHART_LINES,   /* a panel per VPN and profile, a line per link over time */
};

struct point {
	struct point *next;
	const char *vpn, *panel;            /* the panel is a profile, a direction, a host ... */
	const char *label;                  /* "0_lom": which single value this is */
	const char *place;                  /* where its samples are; NULL-able */
	double x, y;                        /* only scatter charts have an x */
	double low, high;                   /* the value's own range; NAN when it has none */
	const struct report_series *series; /* of a line */
};

struct chart {
	struct chart *next;
	const char *id, *title, *about, *workload;
	enum chart_kind kind;
	const char *x_title, *y_title, *unit;
	int decimals;
	bool higher_is_better;
	/* Shown even without a value: that there is none is a result. */
	const char **vpns, **panels;
	size_t vpn_count, panel_count;
	bool *is_tried; /* by VPN and panel of these lists */
	struct point *points, **end;
	size_t point_count;
};

struct charts {
	struct arena *arena;
	const struct report_results *results;
	struct chart *first, **end;
};

struct charts *charts_of(const struct report_results *results, const struct report_tuned *tuned);
void charts_throughput(const struct report_results *results, struct charts *charts);
void charts_relations(const struct report_results *results, struct charts *charts);
void charts_tuning(const struct report_results *results, const struct report_tuned *tuned,
	struct charts *charts);
/* How measurements ended, and what their time went to. */
void charts_outcomes(const struct report_results *results, struct charts *charts);
/* Hosts behind routers. */
void charts_punch(const struct report_results *results, struct charts *charts);
/* The figures of workloads without charts of their own. */
void charts_figures(const struct report_results *results, struct charts *charts);

struct chart *chart_add(struct charts *charts, enum chart_kind kind, const char *id,
	const char *title, const char *about);
struct point *chart_point(
	struct charts *charts, struct chart *chart, const char *vpn, const char *panel, double y);
/* One chart of a metric: a panel per profile that has values. */
void chart_metric(const struct report_results *results, struct charts *charts, struct chart *chart,
	const struct report_metric *metric);
/* What is written where there is no value: "not measured" if nobody tried, "no result" if one
 * was expected, "--" where the chart does not know. */
const char *chart_absence(
	const struct charts *charts, const struct chart *chart, const char *vpn, const char *panel);

/* VPNs with the bare link first, or panels, in the order they are drawn. */
const char **chart_names(
	const struct charts *charts, const struct chart *chart, bool is_panel, size_t *ret_count);
/* Where a name is in a list; `count` when it is not there. */
size_t chart_index(const char *const names[], size_t count, const char *name);
/*
 * Colours are classes c0..c11, by the VPN's place in the tree. Of two trees the same VPN has one
 * colour, and "second" in the second, where it is lighter: "c3 second".
 */
size_t chart_colour(const struct report_results *results, const char *vpn);
const char *chart_class(const struct report_results *results, const char *vpn);

void chart_draw(FILE *out, const struct charts *charts, const struct chart *chart);
void chart_draw_bars(FILE *out, const struct charts *charts, const struct chart *chart);
void chart_draw_heat(FILE *out, const struct charts *charts, const struct chart *chart);
void chart_draw_scatter(FILE *out, const struct charts *charts, const struct chart *chart);
void chart_draw_lines(FILE *out, const struct charts *charts, const struct chart *chart);
/* For a script: [{"id","kind",...,"points":[...]}]. */
json_t *charts_json(const struct charts *charts);

/* 1, 2 or 5 times a power of ten, about `most` of them up to `high`. */
double chart_step(double high, size_t most);
