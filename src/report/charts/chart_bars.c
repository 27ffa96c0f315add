/* SPDX-License-Identifier: MIT */
/* Bars and heatmaps as SVG: VPNs side by side, panel by panel. */
#include "report/charts/chart.h"

#include "report/output/html.h"
#include "report/output/number.h"

#include <math.h>
#include <string.h>

enum {
	WIDTH = 545,
	LEFT = 152, /* "Tailscale with Headscale" */
	RIGHT = 58,
	TOP = 30,
	ROW = 26,
	FOOT = 30,
	TICKS_MAX = 10,
	SHARED_SPREAD = 5 /* as in web/src/spec.js */
};

/* The values of one VPN in one panel. */
struct group {
	double mean, low, high;
	size_t count;
	const char *place;
};

static struct group group_of(const struct chart *chart, const char *vpn, const char *panel)
{
	struct group group = {.low = INFINITY, .high = -INFINITY};
	double sum = 0;

	for (const struct point *point = chart->points; point; point = point->next) {
		if (strcmp(point->vpn, vpn) != 0 || strcmp(point->panel, panel) != 0)
			continue;
		sum += point->y;
		group.count++;
		group.place = point->place;
		group.low = fmin(group.low, isnan(point->low) ? point->y : point->low);
		group.high = fmax(group.high, isnan(point->high) ? point->y : point->high);
	}
	group.mean = group.count ? sum / (double)group.count : NAN;
	return group;
}

static void draw_axis(FILE *out, double high, double height)
{
	double step = chart_step(high, 4);

	/* Beyond what numbers can hold no step reaches the end. */
	for (size_t i = 0; i <= TICKS_MAX && (double)i * step <= high * 1.0001; i++) {
		double at = (double)i * step;
		double x = LEFT + at / high * (WIDTH - LEFT - RIGHT);

		fprintf(out,
			"<path class=\"grid\" d=\"M%.1f %d V%.0f\"/><text class=\"tick\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%g</text>",
			x, TOP - 4, height - FOOT + 2, x, height - FOOT + 16, at);
	}
}

/* Where a row is drawn, and the value at its right end. */
struct row_place {
	const char *panel;
	double high, y;
};

static void draw_dots(FILE *out, const struct charts *charts, const struct chart *chart,
	const char *vpn, const struct row_place *place)
{
	for (const struct point *point = chart->points; point; point = point->next) {
		if (strcmp(point->vpn, vpn) != 0 || strcmp(point->panel, place->panel) != 0)
			continue;
		fprintf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>",
			LEFT + point->y / place->high * (WIDTH - LEFT - RIGHT),
			place->y + ROW / 2.0);
		html_printf(out, "%s, %s: %.4g %s", vpn_title(charts->results, vpn),
			point->label ? point->label : place->panel, point->y, chart->unit);
		fputs("</title></circle>", out);
	}
}

static void draw_row(FILE *out, const struct charts *charts, const struct chart *chart,
	const char *vpn, const struct row_place *place)
{
	struct group group = group_of(chart, vpn, place->panel);
	double y = place->y, middle = y + ROW / 2.0;
	double scale = (WIDTH - LEFT - RIGHT) / place->high;

	fprintf(out,
		"<g class=\"%s\"><text class=\"name\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
		chart_class(charts->results, vpn), LEFT - 8, middle + 4);
	html_text(out, vpn_title(charts->results, vpn));
	fputs("</text>", out);
	if (!group.count) {
		fprintf(out, "<text class=\"none\" x=\"%d\" y=\"%.1f\">no result</text></g>",
			LEFT + 6, middle + 4);
		return;
	}
	fprintf(out,
		"<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/><path class=\"whisker\" d=\"M%.1f %.1f H%.1f\"/>",
		LEFT, y + 4, fmax(group.mean * scale, 0.5), ROW - 8, LEFT + group.low * scale,
		middle, LEFT + group.high * scale);
	draw_dots(out, charts, chart, vpn, place);
	fprintf(out, "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">",
		LEFT + fmax(group.high, group.mean) * scale + 7, middle + 4);
	html_text(out, number_text(charts->arena, group.mean, chart->decimals));
	fputs("</text></g>", out);
}

/* The value at the right end of a panel. */
static double end_of(
	const struct chart *chart, const char *panel, const char *const vpns[], size_t vpn_count)
{
	double high = 0;

	for (size_t i = 0; i < vpn_count; i++) {
		struct group group = group_of(chart, vpns[i], panel);

		high = fmax(high, group.count ? fmax(group.high, group.mean) : 0);
	}
	return high > 0 ? high : 1;
}

/* Side by side, one scale for all, unless the smallest panel would be lost on it: then NAN. */
static double shared_end(const struct charts *charts, const struct chart *chart)
{
	size_t vpn_count, panel_count;
	const char **vpns = chart_names(charts, chart, false, &vpn_count);
	const char **panels = chart_names(charts, chart, true, &panel_count);
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < panel_count; i++) {
		double end = end_of(chart, panels[i], vpns, vpn_count);

		least = fmin(least, end);
		most = fmax(most, end);
	}
	return most <= SHARED_SPREAD * least ? most : NAN;
}

/* The best first; what has no value comes last. */
static bool is_before(const struct chart *chart, double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a);
	return chart->higher_is_better ? a > b : a < b;
}

/* What a VPN is sorted by: of two trees both of a pair by the first one's value, so that they stay
 * together, or by the second one's where that is all. */
static double rank_of(
	const struct charts *charts, const struct chart *chart, const char *panel, const char *vpn)
{
	const struct report_vpn *self = results_vpn(charts->results, vpn);
	double mean = group_of(chart, vpn, panel).mean;
	double other = self && self->twin ? group_of(chart, self->twin->name, panel).mean : NAN;

	return isnan(mean) || (self && self->is_second && !isnan(other)) ? other : mean;
}

static const char **sorted_names(const struct charts *charts, const struct chart *chart,
	const char *panel, const char *const vpns[], size_t vpn_count)
{
	const char **sorted = arena_alloc(charts->arena, const char *, vpn_count + 1);

	for (size_t i = 0; i < vpn_count; i++) {
		double rank = rank_of(charts, chart, panel, vpns[i]);
		size_t at = i;

		for (; at && is_before(chart, rank, rank_of(charts, chart, panel, sorted[at - 1]));
			at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = vpns[i];
	}
	return sorted;
}

static void draw_panel(FILE *out, const struct charts *charts, const struct chart *chart,
	const char *panel, const char *const vpns[], size_t vpn_count)
{
	double height = TOP + FOOT + (double)vpn_count * ROW, high = shared_end(charts, chart);
	const char **sorted = sorted_names(charts, chart, panel, vpns, vpn_count);

	if (isnan(high))
		high = end_of(chart, panel, vpns, vpn_count);
	fprintf(out,
		"<svg class=\"chart\" viewBox=\"0 0 %d %.0f\" role=\"img\" width=\"%d\" height=\"%.0f\"><title>",
		WIDTH, height, WIDTH, height);
	html_printf(out, "%s, %s", chart->title, panel);
	fprintf(out, "</title><text class=\"panel\" x=\"%d\" y=\"16\">", LEFT);
	html_text(out, panel);
	fputs("</text>", out);
	draw_axis(out, high, height);
	fprintf(out, "<text class=\"tick\" x=\"%d\" y=\"%.0f\">", WIDTH - RIGHT + 8,
		height - FOOT + 16);
	html_text(out, chart->unit);
	fputs("</text>", out);
	for (size_t i = 0; i < vpn_count; i++)
		draw_row(out, charts, chart, sorted[i],
			&(struct row_place){panel, high, TOP + (double)i * ROW});
	fputs("</svg>\n", out);
}

void chart_draw_bars(FILE *out, const struct charts *charts, const struct chart *chart)
{
	size_t vpn_count, panel_count;
	const char **vpns = chart_names(charts, chart, false, &vpn_count);
	const char **panels = chart_names(charts, chart, true, &panel_count);

	for (size_t i = 0; i < panel_count; i++)
		draw_panel(out, charts, chart, panels[i], vpns, vpn_count);
}

static double ratio_to_best(const struct chart *chart, double value, double best)
{
	double ratio = chart->higher_is_better ? value / best : best / value;

	if (!(ratio > 0))
		return value == best ? 1 : 0;
	return fmax(0, 1 + log10(fmin(ratio, 1)) / 2);
}

/* How close to the best of the panel, 0..1, by ratio: the scale people judge speeds by. Percentages
 * are what they are: 13 % must look bad next to any best. */
static double closeness(const struct chart *chart, double value, double best)
{
	double share = fmax(0, fmin(value / 100, 1));

	if (strcmp(chart->unit, "%") == 0)
		return chart->higher_is_better ? share : 1 - share;
	return ratio_to_best(chart, value, best);
}

static double best_of(
	const struct chart *chart, const char *panel, const char *const vpns[], size_t vpn_count)
{
	double best = NAN;

	for (size_t i = 0; i < vpn_count; i++) {
		double mean = group_of(chart, vpns[i], panel).mean;

		best = chart->higher_is_better ? fmax(best, mean) : fmin(best, mean);
	}
	return best;
}

static void draw_heat_cell(
	FILE *out, const char *text, const struct group *group, double close, double x, double y)
{
	if (!group->count) {
		fprintf(out,
			"<rect class=\"cell-none\" x=\"%.0f\" y=\"%.0f\" width=\"84\" height=\"30\"/><text class=\"none\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>",
			x, y, x + 42, y + 19, text);
		return;
	}
	fprintf(out,
		"<rect class=\"cell\" x=\"%.0f\" y=\"%.0f\" width=\"84\" height=\"30\" fill-opacity=\"%.2f\"/><text class=\"%s\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">",
		x, y, 0.08 + 0.84 * close, close > 0.7 ? "on-cell" : "value", x + 42, y + 19);
	html_text(out, text);
	fputs("</text>", out);
}

void chart_draw_heat(FILE *out, const struct charts *charts, const struct chart *chart)
{
	size_t vpn_count, panel_count;
	const char **vpns = chart_names(charts, chart, false, &vpn_count);
	const char **panels = chart_names(charts, chart, true, &panel_count);
	double width = LEFT + 88.0 * (double)panel_count, height = 32 + 34.0 * (double)vpn_count;

	fprintf(out,
		"<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" width=\"%.0f\" height=\"%.0f\"><title>",
		width, height, width, height);
	html_text(out, chart->title);
	fputs("</title>", out);
	for (size_t j = 0; j < panel_count; j++) {
		double x = LEFT + 88.0 * (double)j;
		double best = best_of(chart, panels[j], vpns, vpn_count);

		fprintf(out, "<text class=\"panel\" x=\"%.0f\" y=\"20\" text-anchor=\"middle\">",
			x + 42);
		html_text(out, panels[j]);
		fputs("</text>", out);
		for (size_t i = 0; i < vpn_count; i++) {
			struct group group = group_of(chart, vpns[i], panels[j]);

			draw_heat_cell(out,
				group.count
					? number_text(charts->arena, group.mean, chart->decimals)
					: chart_absence(charts, chart, vpns[i], panels[j]),
				&group, closeness(chart, group.mean, best), x,
				30 + 34.0 * (double)i);
		}
	}
	for (size_t i = 0; i < vpn_count; i++) {
		fprintf(out, "<text class=\"name\" x=\"%d\" y=\"%.0f\" text-anchor=\"end\">",
			LEFT - 8, 49 + 34.0 * (double)i);
		html_text(out, vpn_title(charts->results, vpns[i]));
		fputs("</text>", out);
	}
	fputs("</svg>\n", out);
}
