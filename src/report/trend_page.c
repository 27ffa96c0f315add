/* SPDX-License-Identifier: MIT */
/* A trend as a page: what changed, then every figure over time. */
#include "report/trend.h"

#include "report/charts/chart.h"
#include "report/output/html.h"
#include "report/output/number.h"
#include "report/page/page.h"

#include <math.h>

enum {
	WIDTH = 560,
	HEIGHT = 190,
	LEFT = 58,
	RIGHT = 14,
	TOP = 22,
	BOTTOM = 24,
	TICKS = 4,
	DIGITS = -4
};

struct scale {
	double low, high;
	size_t begin, count; /* of points */
};

static struct scale scale_of(const struct trend_series *series)
{
	struct scale scale = {
		INFINITY, -INFINITY, series->examined_from, series->count - series->examined_from};
	double room;

	for (size_t i = scale.begin; i < series->count; i++) {
		const struct history_figure *f = series->points[i].figure;

		scale.low = fmin(scale.low, fmin(f->value, f->low)); /* NAN does not count */
		scale.high = fmax(scale.high, fmax(f->value, f->high));
	}
	room = scale.high > scale.low ? 0.06 * (scale.high - scale.low)
				      : 0.01 * fabs(scale.high) + 1e-9;
	scale.low -= room;
	scale.high += room;
	return scale;
}

static double x_of(const struct scale *scale, double place)
{
	double step = (double)(WIDTH - LEFT - RIGHT) / (double)scale->count;

	return LEFT + step * (place - (double)scale->begin + 0.5);
}

static double y_of(const struct scale *scale, double value)
{
	double share = (value - scale->low) / (scale->high - scale->low);

	return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
}

static void draw_axis(FILE *out, const struct scale *scale, const struct trend_series *series)
{
	double step = chart_step(scale->high - scale->low, TICKS);
	double first = ceil(scale->low / step);

	for (int i = 0; i < 2 * TICKS && (first + i) * step <= scale->high; i++) {
		double y = y_of(scale, (first + i) * step);

		fprintf(out,
			"<path class=\"grid\" d=\"M%d %.1f H%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>",
			LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, (first + i) * step);
	}
	fprintf(out, "<text class=\"tick\" x=\"%d\" y=\"%d\">", LEFT, HEIGHT - 6);
	html_printf(out, "%.10s", series->points[scale->begin].line->date);
	fprintf(out, "</text><text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
		WIDTH - RIGHT, HEIGHT - 6);
	html_printf(out, "%.10s", series->points[series->count - 1].line->date);
	fputs("</text>", out);
}

static void draw_point(FILE *out, struct arena *arena, const struct scale *scale,
	const struct trend_point *point, size_t i)
{
	const struct history_figure *f = point->figure;
	double x = x_of(scale, (double)i);

	if (isfinite(f->low) && isfinite(f->high))
		fprintf(out, "<path class=\"interval\" d=\"M%.1f %.1f V%.1f\"/>", x,
			y_of(scale, f->low), y_of(scale, f->high));
	fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>",
		f->is_marked ? "dot-marked" : "dot", x, y_of(scale, f->value));
	html_printf(out, "%s, %s: %s %s%s", trend_name_of(arena, point->line), point->line->date,
		number_text(arena, f->value, DIGITS), f->unit, f->is_marked ? ", marked" : "");
	fputs("</title></circle>", out);
}

static const char *class_of(const struct trend_series *series, const struct trend_level *level)
{
	double gain = trend_gain(series, level);

	return isnan(gain) ? "same" : gain < 0 ? "worse" : "better";
}

static void draw_level(FILE *out, struct arena *arena, const struct scale *scale,
	const struct trend_series *series, const struct trend_level *level)
{
	double from = x_of(scale, (double)level->begin - 0.5);
	double to = x_of(scale, (double)(level->begin + level->count) - 0.5);

	if (isnan(level->median))
		return;
	fprintf(out, "<g class=\"%s\"><path class=\"level\" d=\"M%.1f %.1f H%.1f\"/>",
		class_of(series, level), from, y_of(scale, level->median), to);
	if (level != series->levels) {
		bool is_right = from > WIDTH - 110;

		fprintf(out,
			"<path class=\"change\" d=\"M%.1f %d V%d\"/><text class=\"shift\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
			from, TOP - 8, HEIGHT - BOTTOM, from + (is_right ? -4 : 4), TOP - 8,
			is_right ? "end" : "start");
		html_text(out, trend_change_text(arena, series, level));
		fputs("</text>", out);
	}
	fputs("</g>", out);
}

static void draw(FILE *out, struct arena *arena, const struct trend_series *series)
{
	struct scale scale = scale_of(series);

	fprintf(out,
		"<svg class=\"chart\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	html_printf(out, "%zu values of %s over time", series->count, series->figure->title);
	fputs("\">", out);
	draw_axis(out, &scale, series);
	for (size_t i = 0; i < series->level_count; i++)
		draw_level(out, arena, &scale, series, &series->levels[i]);
	fputs("<g class=\"c0\">", out);
	for (size_t i = scale.begin; i < series->count; i++)
		draw_point(out, arena, &scale, &series->points[i], i);
	fputs("</g></svg>\n", out);
}

static void write_values(FILE *out, struct arena *arena, const struct trend_series *series)
{
	fputs("<details><summary>Values</summary><div class=\"scroll\"><table><thead><tr><th>Run</th><th>Date</th><th>Version</th><th class=\"n\">Value</th><th>Interval</th></tr></thead><tbody>\n",
		out);
	for (size_t i = series->examined_from; i < series->count; i++) {
		const struct trend_point *point = &series->points[i];

		fputs("<tr><td>", out);
		html_text(out, trend_name_of(arena, point->line));
		fputs("</td><td>", out);
		html_text(out, point->line->date);
		fputs("</td><td>", out);
		html_text(out, point->figure->version ? point->figure->version : "");
		fprintf(out, "</td><td class=\"n\">%s%s</td><td>%s</td></tr>\n",
			number_text(arena, point->figure->value, DIGITS),
			point->figure->is_marked ? "*" : "",
			trend_interval_text(arena, point->figure));
	}
	fputs("</tbody></table></div></details>", out);
}

static void write_figure(FILE *out, struct arena *arena, const struct trend *trend,
	const struct trend_series *series)
{
	fprintf(out, "<figure class=\"half\" id=\"series-%zu\"><figcaption><h3>", series->order);
	html_text(out, trend_title_of(arena, series));
	fputs("</h3><p>", out);
	html_printf(out, "%s, %s; %s is better", series->figure->vpn, series->figure->profile,
		series->figure->higher_is_better ? "more" : "less");
	if (trend->places > 1)
		fprintf(out, "; place %zu", trend_place_of(trend, series));
	fputs(series->is_judged ? "" : "; too few values to show a change", out);
	if (series->examined_from)
		fprintf(out, "; the newest %d of %zu values", TREND_EXAMINED_MAX, series->count);
	fputs("</p></figcaption>\n", out);
	draw(out, arena, series);
	write_values(out, arena, series);
	fputs("</figure>\n", out);
}

static void write_change(FILE *out, struct arena *arena, const struct trend *trend,
	const struct trend_series *series, const struct trend_level *level)
{
	const struct history_line *line = series->points[level->begin].line;

	fputs("<tr><td>", out);
	html_text(out, series->figure->vpn);
	fputs("</td><td>", out);
	html_text(out, series->figure->profile);
	fprintf(out, "</td><td><a href=\"#series-%zu\">", series->order);
	html_text(out, trend_title_of(arena, series));
	fputs("</a></td>", out);
	if (trend->places > 1)
		fprintf(out, "<td class=\"n\">%zu</td>", trend_place_of(trend, series));
	fputs("<td>", out);
	html_printf(out, "%s (%.10s)", trend_name_of(arena, line), line->date);
	fprintf(out,
		"</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"%s\">%s</td><td class=\"n\">%.2g</td></tr>\n",
		number_text(arena, level[-1].median, DIGITS),
		number_text(arena, level->median, DIGITS), class_of(series, level),
		trend_change_text(arena, series, level), level->p);
}

static void write_changes(FILE *out, struct arena *arena, const struct trend *trend)
{
	fprintf(out,
		"<section id=\"changes\"><h2>Changes</h2><div class=\"scroll\"><table><thead><tr><th>VPN</th><th>Profile</th><th>What</th>%s<th>Since</th><th class=\"n\">Before</th><th class=\"n\">After</th><th>Change</th><th class=\"n\">p</th></tr></thead><tbody>\n",
		trend->places > 1 ? "<th class=\"n\">Place</th>" : "");
	for (const struct trend_series *s = trend->series; s; s = s->next)
		for (size_t i = 1; i < s->level_count; i++)
			write_change(out, arena, trend, s, &s->levels[i]);
	fputs("</tbody></table></div></section>\n", out);
}

static void write_places(FILE *out, const struct trend *trend)
{
	size_t shown = 0;

	fputs("<h3>Places</h3><ol>", out);
	for (const struct trend_series *s = trend->series; s; s = s->next) {
		if (trend_place_of(trend, s) <= shown)
			continue;
		shown++;
		fputs("<li>", out);
		html_text(out, s->line->place);
		fputs("</li>", out);
	}
	fputs("</ol>", out);
}

static void write_problems(FILE *out, const struct trend *trend)
{
	if (!trend->history->problems)
		return;
	fputs("<h3>Lines that could not be used</h3><ul>", out);
	for (const struct history_problem *p = trend->history->problems; p; p = p->next) {
		fputs("<li>", out);
		html_printf(out, "line %zu: %s", p->line, p->why);
		fputs("</li>", out);
	}
	fputs("</ul>", out);
}

static void write_head(FILE *out, struct arena *arena, const struct trend *trend)
{
	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"generator\" content=\"meshbench\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
	      "href=\"data:,\">\n<title>Over time - meshbench</title>\n<style>\n",
		out);
	fputs(page_style, out);
	fprintf(out,
		"</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n<header><div class=\"bar-top\"><p class=\"brand\">meshbench</p><nav aria-label=\"Parts of the page\">%s<a href=\"#charts\">Figures</a><a href=\"#about\">About</a></nav></div></header>\n<main id=\"main\">\n<section id=\"verdict\"><h1>",
		trend->changes ? "<a href=\"#changes\">Changes</a>" : "");
	html_text(out, trend_verdict(arena, trend));
	fputs("</h1>\n<p class=\"lead\">", out);
	html_text(out, trend_summary(arena, trend));
	fputs("</p></section>\n", out);
}

void trend_write_page(FILE *out, struct arena *arena, const struct trend *trend)
{
	write_head(out, arena, trend);
	if (trend->changes)
		write_changes(out, arena, trend);
	fputs("<section id=\"charts\"><h2>Figures</h2>\n", out);
	for (const struct trend_series *s = trend->series; s; s = s->next)
		write_figure(out, arena, trend, s);
	fputs("</section>\n<section id=\"about\"><h2>About this page</h2><p>", out);
	html_text(out, trend_method());
	fputs(" A dot is a run, a line through it the interval of its median over blocks, and a long line the level between two changes.</p>",
		out);
	write_places(out, trend);
	write_problems(out, trend);
	fputs("</section>\n</main>\n</body>\n</html>\n", out);
}
