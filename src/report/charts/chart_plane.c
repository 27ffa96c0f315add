/* SPDX-License-Identifier: MIT */
/* Scatter charts and lines over time as SVG. */
#include "report/charts/chart.h"

#include "report/output/html.h"

#include <math.h>
#include <string.h>

enum {
	WIDTH = 640,
	HEIGHT = 360,
	LEFT = 62,
	RIGHT = 16,
	TOP = 14,
	BOTTOM = 46,
	SMALL_WIDTH = 232,
	SMALL_HEIGHT = 98
};

struct range {
	double low, high; /* decimal logarithms */
};

static struct range range_of(const struct chart *chart, bool is_x)
{
	struct range range = {INFINITY, -INFINITY};

	for (const struct point *point = chart->points; point; point = point->next) {
		double value = is_x ? point->x : point->y;

		if (!(value > 0) || !(point->x > 0) || !(point->y > 0))
			continue;
		range.low = fmin(range.low, log10(value));
		range.high = fmax(range.high, log10(value));
	}
	if (range.low > range.high)
		return (struct range){0, 1};
	range.low -= 0.08 * (range.high - range.low) + 0.02;
	range.high += 0.08 * (range.high - range.low) + 0.02;
	return range;
}

static double position(struct range range, double value, double from, double to)
{
	return from + (log10(value) - range.low) / (range.high - range.low) * (to - from);
}

/* Lines at 1, 2 and 5 of every power of ten; only 1 when there are many. */
static void draw_log_axis(FILE *out, struct range range, bool is_x)
{
	static const double marks[] = {1, 2, 5};
	size_t most = range.high - range.low > 2.5 ? 1 : 3;

	for (int power = (int)floor(range.low); power <= range.high; power++) {
		for (size_t i = 0; i < most; i++) {
			double value = marks[i] * pow(10, power);
			double x = position(range, value, LEFT, WIDTH - RIGHT);
			double y = position(range, value, HEIGHT - BOTTOM, TOP);

			if (log10(value) < range.low || log10(value) > range.high)
				continue;
			if (is_x)
				fprintf(out,
					"<path class=\"grid\" d=\"M%.1f %d V%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>",
					x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 16, value);
			else
				fprintf(out,
					"<path class=\"grid\" d=\"M%d %.1f H%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>",
					LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, value);
		}
	}
}

/* One shape per panel, so that colour is not the only thing that tells profiles apart. */
static void draw_mark(FILE *out, size_t shape, double x, double y)
{
	switch (shape % 4) {
	case 0:
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"", x, y);
		break;
	case 1:
		fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\"", x - 4, y - 4);
		break;
	case 2:
		fprintf(out, "<path d=\"M%.1f %.1f l5 9 h-10 z\"", x, y - 5);
		break;
	default:
		fprintf(out, "<path d=\"M%.1f %.1f l5.5 5.5 -5.5 5.5 -5.5 -5.5 z\"", x, y - 5.5);
	}
	fputs(" class=\"mark\">", out);
}

static void draw_legend(FILE *out, const struct charts *charts, const struct chart *chart,
	const char *const panels[], size_t panel_count)
{
	size_t vpn_count;
	const char **vpns = chart_names(charts, chart, false, &vpn_count);

	fputs("<p class=\"legend\">", out);
	for (size_t i = 0; i < vpn_count; i++) {
		fprintf(out, "<span class=\"%s\"><b class=\"swatch\"></b>",
			chart_class(charts->results, vpns[i]));
		html_text(out, vpn_title(charts->results, vpns[i]));
		fputs("</span> ", out);
	}
	for (size_t i = 0; i < panel_count; i++) {
		fputs("<span><svg width=\"14\" height=\"14\" aria-hidden=\"true\">", out);
		draw_mark(out, i, 7, 7);
		fputs(i % 4 == 0     ? "</circle></svg>"
			: i % 4 == 1 ? "</rect></svg>"
				     : "</path></svg>",
			out);
		html_text(out, panels[i]);
		fputs("</span> ", out);
	}
	fputs("</p>\n", out);
}

/* Whether no point before it has the same VPN and panel: one name is enough for all of them. */
static bool is_first_of_name(const struct chart *chart, const struct point *point)
{
	const struct point *p = chart->points;

	while (strcmp(p->vpn, point->vpn) != 0 || strcmp(p->panel, point->panel) != 0 ||
		!(p->x > 0) || !(p->y > 0))
		p = p->next;
	return p == point;
}

static void draw_name(FILE *out, const char *name, double x, double y)
{
	fprintf(out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", x + 8, y + 4);
	html_text(out, name);
	fputs("</text>", out);
}

static void draw_points(FILE *out, const struct charts *charts, const struct chart *chart,
	const char *const panels[], size_t panel_count)
{
	struct range x_range = range_of(chart, true), y_range = range_of(chart, false);

	for (const struct point *point = chart->points; point; point = point->next) {
		size_t shape = chart_index(panels, panel_count, point->panel);

		if (!(point->x > 0) || !(point->y > 0))
			continue;
		fprintf(out, "<g class=\"%s\">", chart_class(charts->results, point->vpn));
		if (is_first_of_name(chart, point))
			draw_name(out, vpn_title(charts->results, point->vpn),
				position(x_range, point->x, LEFT, WIDTH - RIGHT),
				position(y_range, point->y, HEIGHT - BOTTOM, TOP));
		draw_mark(out, shape, position(x_range, point->x, LEFT, WIDTH - RIGHT),
			position(y_range, point->y, HEIGHT - BOTTOM, TOP));
		fputs("<title>", out);
		html_printf(out, "%s, %s, %s: %.4g / %.4g", vpn_title(charts->results, point->vpn),
			point->panel, point->label ? point->label : "", point->x, point->y);
		fprintf(out, "</title></%s></g>",
			shape % 4 == 0   ? "circle"
			: shape % 4 == 1 ? "rect"
					 : "path");
	}
}

void chart_draw_scatter(FILE *out, const struct charts *charts, const struct chart *chart)
{
	size_t panel_count;
	const char **panels = chart_names(charts, chart, true, &panel_count);

	fprintf(out,
		"<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" width=\"%d\" height=\"%d\"><title>",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	html_text(out, chart->title);
	fputs("</title>", out);
	draw_log_axis(out, range_of(chart, true), true);
	draw_log_axis(out, range_of(chart, false), false);
	draw_points(out, charts, chart, panels, panel_count);
	fprintf(out, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", WIDTH - RIGHT,
		HEIGHT - 10);
	html_text(out, chart->x_title);
	fprintf(out,
		"</text><text class=\"tick\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">",
		(HEIGHT - BOTTOM) / 2);
	html_text(out, chart->y_title);
	fputs("</text></svg>\n", out);
	draw_legend(out, charts, chart, panels, panel_count);
}

static double highest(const struct chart *chart, const char *vpn, const char *panel)
{
	double high = 0;

	for (const struct point *point = chart->points; point; point = point->next) {
		if (strcmp(point->vpn, vpn) != 0 || strcmp(point->panel, panel) != 0)
			continue;
		for (size_t i = 0; i < point->series->count; i++)
			high = fmax(high, point->series->values[i]);
	}
	return high;
}

static void draw_line(FILE *out, const struct charts *charts, const struct chart *chart,
	const struct point *point, double high)
{
	const struct report_series *series = point->series;

	fputs("<polyline class=\"line\" points=\"", out);
	for (size_t i = 0; i < series->count; i++)
		fprintf(out, "%.1f,%.1f ",
			6 + (double)i / (double)(series->count > 1 ? series->count - 1 : 1) *
					(SMALL_WIDTH - 12),
			SMALL_HEIGHT - 6 - series->values[i] / high * (SMALL_HEIGHT - 42));
	fputs("\"><title>", out);
	html_printf(out, "%s, %s, %s (%s)", vpn_title(charts->results, point->vpn), point->panel,
		point->label ? point->label : "", chart->unit);
	fputs("</title></polyline>", out);
}

void chart_draw_lines(FILE *out, const struct charts *charts, const struct chart *chart)
{
	size_t vpn_count, panel_count;
	const char **vpns = chart_names(charts, chart, false, &vpn_count);
	const char **panels = chart_names(charts, chart, true, &panel_count);

	for (size_t i = 0; i < vpn_count * panel_count; i++) {
		const char *vpn = vpns[i / panel_count], *panel = panels[i % panel_count];
		double high = highest(chart, vpn, panel);

		if (high <= 0)
			continue;
		fprintf(out,
			"<svg class=\"chart spark %s\" viewBox=\"0 0 %d %d\" role=\"img\" width=\"%d\" height=\"%d\"><text class=\"name\" x=\"6\" y=\"13\">",
			chart_class(charts->results, vpn), SMALL_WIDTH, SMALL_HEIGHT, SMALL_WIDTH,
			SMALL_HEIGHT);
		html_printf(out, "%s, %s", vpn_title(charts->results, vpn), panel);
		fprintf(out,
			"</text><text class=\"tick\" x=\"%d\" y=\"27\" text-anchor=\"end\">up to %.4g</text><path class=\"grid\" d=\"M6 %d H%d\"/>",
			SMALL_WIDTH - 6, high, SMALL_HEIGHT - 6, SMALL_WIDTH - 6);
		for (const struct point *point = chart->points; point; point = point->next)
			if (strcmp(point->vpn, vpn) == 0 && strcmp(point->panel, panel) == 0)
				draw_line(out, charts, chart, point, high);
		fputs("</svg>\n", out);
	}
}
