/* SPDX-License-Identifier: MIT */
/* Hosts behind routers: the share of direct ways by time, and by kinds of router. */
#include "report/charts/chart.h"

#include "report/model/ways.h"

#include <string.h>

static const double STEP_S = 0.5;

struct curves {
	struct charts *charts;
	struct chart *chart;
};

/* Percent of trials that are direct by the end of every step. */
static const struct report_series *series_of(struct arena *arena, const struct report_ways *ways)
{
	struct report_series *series = arena_alloc(arena, struct report_series, 1);
	struct report_curve curve = ways_curve(arena, ways);

	series->step_s = STEP_S;
	series->count = (size_t)(ways->limit_s < 1e4 ? ways->limit_s / STEP_S : 0);
	series->values = arena_alloc(arena, double, series->count + 1);
	for (size_t i = 0; i < series->count; i++)
		series->values[i] =
			100 * (1 - survival_at(curve.steps, curve.count, (double)(i + 1) * STEP_S));
	return series;
}

static void add_curves(void *context, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways)
{
	struct curves *curves = context;
	struct charts *charts = curves->charts;

	for (; ways; ways = ways->next) {
		struct point *point;

		if (!ways->watched)
			continue;
		point = chart_point(charts, curves->chart, vpn->name, profile_title(profile), 0);
		point->label = arena_printf(charts->arena, "%s and %s", ways->one, ways->other);
		point->place = results_place(charts->arena, vpn, profile);
		point->series = series_of(charts->arena, ways);
	}
}

/* As wide as a column of the picture. */
static const char *short_name(const char *kind)
{
	static const char *const names[][2] = {{"full-cone", "full cone"},
		{"address-restricted", "address"}, {"port-restricted", "port"},
		{"symmetric-sequential", "sequential"}, {"none", "no NAT"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i][0], kind) == 0)
			return names[i][1];
	}
	return kind;
}

static void add_cell(struct charts *charts, struct chart *chart, const struct report_ways *ways,
	const char *row, const char *column)
{
	double percent = 100 * (double)ways->direct / (double)ways->trials;
	struct point *point =
		chart_point(charts, chart, short_name(row), short_name(column), percent);

	point->label = arena_printf(
		charts->arena, "direct in %zu of %zu trials", ways->direct, ways->trials);
}

/* A picture for each, in which routers stand where VPNs stand in others. */
static void add_matrix(void *context, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways)
{
	struct charts *charts = context;
	struct chart *chart = chart_add(charts, CHART_HEAT,
		arena_printf(charts->arena, "punch_matrix_%s_%s", vpn->name, profile),
		arena_printf(charts->arena, "Direct ways by kinds of router: %s, %s", vpn->title,
			profile_title(profile)),
		"Percentage of trials that end with a direct way between hosts behind two routers. Address and port: restricted to addresses and ports that were spoken to; sequential: symmetric with ports in sequence. The table says how sure this is.");

	chart->unit = "%";
	chart->decimals = 0;
	chart->workload = "punch";
	for (; ways; ways = ways->next) {
		if (!ways->trials)
			continue;
		add_cell(charts, chart, ways, ways->one, ways->other);
		if (strcmp(ways->one, ways->other) != 0)
			add_cell(charts, chart, ways, ways->other, ways->one);
	}
}

void charts_punch(const struct report_results *results, struct charts *charts)
{
	struct curves curves = {charts,
		chart_add(charts, CHART_LINES, "punch_curves",
			"Share of direct ways by time since the VPN began",
			"Kaplan and Meier's estimate for each two kinds of router: trials without a direct way were watched to their end and not longer.")};

	curves.chart->unit = "%";
	curves.chart->workload = "punch";
	ways_each(results, charts->arena, add_curves, &curves);
	ways_each(results, charts->arena, add_matrix, charts);
}
