/* SPDX-License-Identifier: MIT */
/* Charts as data: which values, in which panels, and the same as JSON. */
#include "report/charts/chart.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The new count; a name that is there changes nothing. */
static size_t name_add(const char *names[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return count;
	names[count] = name;
	return count + 1;
}

struct chart *chart_add(struct charts *charts, enum chart_kind kind, const char *id,
	const char *title, const char *about)
{
	struct chart *chart = arena_alloc(charts->arena, struct chart, 1);

	chart->kind = kind;
	chart->id = id;
	chart->title = title;
	chart->about = about;
	chart->workload = "";
	chart->x_title = chart->y_title = chart->unit = "";
	chart->decimals = -3;
	chart->higher_is_better = true;
	chart->end = &chart->points;
	*charts->end = chart;
	charts->end = &chart->next;
	return chart;
}

struct point *chart_point(
	struct charts *charts, struct chart *chart, const char *vpn, const char *panel, double y)
{
	struct point *point = arena_alloc(charts->arena, struct point, 1);

	point->vpn = vpn;
	point->panel = panel;
	point->y = y;
	point->x = point->low = point->high = NAN;
	*chart->end = point;
	chart->end = &point->next;
	chart->point_count++;
	return point;
}

static size_t vpn_total(const struct report_results *results)
{
	size_t total = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		total++;
	return total;
}

size_t chart_index(const char *const names[], size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
}

/* Every VPN that was measured is shown under every profile that was measured, with values or
 * without. */
static void expect_all(const struct report_results *results, struct charts *charts,
	struct chart *chart, const struct report_metric *metric)
{
	size_t total = vpn_total(results);

	chart->vpns = arena_alloc(charts->arena, const char *, total + 1);
	chart->panels = arena_alloc(charts->arena, const char *, results->profile_count + 1);
	chart->is_tried = arena_alloc(charts->arena, bool, total * results->profile_count + 1);
	for (size_t i = 0; i < results->profile_count; i++) {
		const char *panel = profile_title(results->profiles[i]);

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			if (!samples_of_metric(charts->arena, condition, metric).planned)
				continue;
			chart->vpn_count = name_add(chart->vpns, chart->vpn_count, vpn->name);
			chart->panel_count = name_add(chart->panels, chart->panel_count, panel);
			chart->is_tried[chart_index(chart->vpns, chart->vpn_count, vpn->name) *
						results->profile_count +
					chart_index(chart->panels, chart->panel_count, panel)] =
				true;
		}
	}
}

const char *chart_absence(
	const struct charts *charts, const struct chart *chart, const char *vpn, const char *panel)
{
	size_t v = chart_index(chart->vpns, chart->vpn_count, vpn);
	size_t p = chart_index(chart->panels, chart->panel_count, panel);

	if (!chart->is_tried || v == chart->vpn_count || p == chart->panel_count)
		return chart->is_tried ? "not measured" : "--";
	return chart->is_tried[v * charts->results->profile_count + p] ? "no result"
								       : "not measured";
}

void chart_metric(const struct report_results *results, struct charts *charts, struct chart *chart,
	const struct report_metric *metric)
{
	chart->unit = metric->unit;
	chart->y_title = metric->title;
	chart->decimals = metric->decimals;
	chart->higher_is_better = metric->higher_is_better;
	chart->workload = metric->of_link ? metric->key : report_workloads[metric->workload].word;
	expect_all(results, charts, chart, metric);
	for (size_t i = 0; i < results->profile_count; i++) {
		const char *profile = results->profiles[i];

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			struct report_samples samples = samples_of_metric(
				charts->arena, condition_of(vpn, profile), metric);

			for (size_t j = 0; j < samples.count; j++) {
				struct point *point = chart_point(charts, chart, vpn->name,
					profile_title(profile), samples.values[j]);

				point->label = samples.list[j].link;
				point->place = results_place(charts->arena, vpn, profile);
			}
		}
	}
}

/* To the front, where what others are compared with stands. */
static void bring_forward(const char *names[], size_t count, const struct report_vpn *vpn)
{
	for (size_t i = 1; vpn && i < count; i++) {
		if (strcmp(names[i], vpn->name) != 0)
			continue;
		memmove(names + 1, names, i * sizeof(*names));
		names[0] = vpn->name;
	}
}

const char **chart_names(
	const struct charts *charts, const struct chart *chart, bool is_panel, size_t *ret_count)
{
	const char **expected = is_panel ? chart->panels : chart->vpns;
	size_t expected_count = is_panel ? chart->panel_count : chart->vpn_count, count = 0;
	const char **names =
		arena_alloc(charts->arena, const char *, expected_count + chart->point_count + 1);

	for (size_t i = 0; i < expected_count; i++)
		count = name_add(names, count, expected[i]);
	for (const struct point *point = chart->points; point; point = point->next)
		count = name_add(names, count, is_panel ? point->panel : point->vpn);
	if (!is_panel) {
		bring_forward(names, count, charts->results->second_reference);
		bring_forward(names, count, charts->results->reference);
	}
	*ret_count = count;
	return names;
}

size_t chart_colour(const struct report_results *results, const char *vpn)
{
	const struct report_vpn *self = results_vpn(results, vpn);
	size_t colour = 0;

	if (self && self->is_second && self->twin)
		self = self->twin;
	for (const struct report_vpn *v = results->vpns; v && v != self; v = v->next)
		colour += !v->is_second || !v->twin;
	return colour % CHART_COLOURS;
}

const char *chart_class(const struct report_results *results, const char *vpn)
{
	const struct report_vpn *self = results_vpn(results, vpn);

	return arena_printf(results->arena, "c%zu%s", chart_colour(results, vpn),
		self && self->is_second ? " second" : "");
}

double chart_step(double high, size_t most)
{
	double rough = high / (double)most;
	double power = pow(10, floor(log10(rough)));
	double times = rough / power;

	return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

void chart_draw(FILE *out, const struct charts *charts, const struct chart *chart)
{
	switch (chart->kind) {
	case CHART_BARS:
		chart_draw_bars(out, charts, chart);
		break;
	case CHART_HEAT:
		chart_draw_heat(out, charts, chart);
		break;
	case CHART_SCATTER:
		chart_draw_scatter(out, charts, chart);
		break;
	case CHART_LINES:
		chart_draw_lines(out, charts, chart);
		break;
	}
}

/* Four digits are more than a screen can show and a quarter of the bytes. */
static json_t *rounded(double value)
{
	double scale;

	if (!isfinite(value))
		return NULL;
	if (value == 0)
		return json_real(0);
	scale = pow(10, 4 - ceil(log10(fabs(value))));
	return json_real(round(value * scale) / scale);
}

static json_t *point_json(const struct point *point)
{
	json_t *value = json_make("{s:s,s:s,s:o*,s:o*,s:o*,s:o*,s:s*,s:s*}", "vpn", point->vpn,
		"panel", point->panel, "x", rounded(point->x), "y", rounded(point->y), "low",
		rounded(point->low), "high", rounded(point->high), "label", point->label, "place",
		point->place);
	json_t *series;

	if (!point->series)
		return value;
	series = json_array();
	for (size_t i = 0; i < point->series->count; i++)
		json_array_append_new(series, rounded(point->series->values[i]));
	json_object_set_new(value, "series", series);
	json_object_set_new(value, "step", json_real(point->series->step_s));
	return value;
}

/* Where nobody tried; what else has no value has no result. */
static json_t *untried_json(const struct charts *charts, const struct chart *chart)
{
	json_t *list = json_array();

	for (size_t v = 0; chart->is_tried && v < chart->vpn_count; v++)
		for (size_t p = 0; p < chart->panel_count; p++)
			if (!chart->is_tried[v * charts->results->profile_count + p])
				json_array_append_new(
					list, json_make("[s,s]", chart->vpns[v], chart->panels[p]));
	return list;
}

static json_t *names_json(const struct charts *charts, const struct chart *chart, bool is_panel)
{
	size_t count;
	const char **names = chart_names(charts, chart, is_panel, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_text(names[i]));
	return list;
}

json_t *charts_json(const struct charts *charts)
{
	static const char *const kinds[] = {[CHART_BARS] = "bars",
		[CHART_HEAT] = "heat",
		[CHART_SCATTER] = "scatter",
		[CHART_LINES] = "lines"};
	json_t *list = json_array();

	for (const struct chart *chart = charts->first; chart; chart = chart->next) {
		json_t *points = json_array();

		if (!chart->point_count) {
			json_decref(points);
			continue;
		}
		for (const struct point *point = chart->points; point; point = point->next)
			json_array_append_new(points, point_json(point));
		json_array_append_new(list,
			json_make("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:o,s:o,s:o,s:o}", "id",
				chart->id, "kind", kinds[chart->kind], "title", chart->title,
				"workload", chart->workload, "x_title", chart->x_title, "y_title",
				chart->y_title, "unit", chart->unit, "higher_is_better",
				chart->higher_is_better, "expects", chart->is_tried != NULL,
				"untried", untried_json(charts, chart), "vpns",
				names_json(charts, chart, false), "panels",
				names_json(charts, chart, true), "points", points));
	}
	return list;
}
