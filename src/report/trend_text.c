/* SPDX-License-Identifier: MIT */
/* A trend as Markdown, which terminals show as well, and as JSON. */
#include "report/trend.h"

#include "report/output/escape.h"
#include "report/output/json.h"
#include "report/output/number.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	DIGITS = -4 /* significant */
};

const char *trend_change_text(
	struct arena *arena, const struct trend_series *series, const struct trend_level *level)
{
	double percent = 100 * trend_gain(series, level);

	if (isnan(percent))
		return "from 0";
	return arena_printf(arena, "%.2g %% %s", fabs(percent), percent < 0 ? "worse" : "better");
}

const char *trend_title_of(struct arena *arena, const struct trend_series *series)
{
	const struct history_figure *figure = series->figure;
	const char *unit = figure->unit[0] ? arena_printf(arena, ", %s", figure->unit) : "";
	const char *tool = figure->tool ? arena_printf(arena, " (%s)", figure->tool) : "";

	return arena_printf(arena, "%s%s%s", figure->title, tool, unit);
}

const char *trend_summary(struct arena *arena, const struct trend *trend)
{
	const struct history_line *first = trend->history->lines, *last = first;
	const char *places =
		trend->places > 1 ? arena_printf(arena, " in %zu places", trend->places) : "";

	while (last->next)
		last = last->next;
	return arena_printf(arena,
		"%zu runs from %.10s to %.10s%s: %zu figures, of which %zu have values enough to show a change.",
		trend->history->line_count, first->date, last->date, places, trend->series_count,
		trend->judged);
}

const char *trend_verdict(struct arena *arena, const struct trend *trend)
{
	const struct trend_series *newest = NULL;
	const struct trend_level *level = NULL;
	size_t at = 0;

	for (const struct trend_series *s = trend->series; s; s = s->next) {
		const struct trend_level *last = &s->levels[s->level_count - 1];
		size_t line = s->points[last->begin].line->number;

		if (s->level_count < 2 || line <= at)
			continue;
		newest = s;
		level = last;
		at = line;
	}
	if (!newest)
		return trend->judged ? "Nothing changed." : "There are too few values yet.";
	return arena_printf(arena, "%zu change%s; the newest: %s of %s under %s is %s since %s.",
		trend->changes, trend->changes == 1 ? "" : "s", newest->figure->title,
		newest->figure->vpn, newest->figure->profile,
		trend_change_text(arena, newest, level),
		trend_name_of(arena, newest->points[level->begin].line));
}

const char *trend_method(void)
{
	return "Changes are those of E-divisive means (Matteson and James 2014), tested by permutations. The chance that anything here is said to have changed although nothing did is at most 5 %, if runs could as well have come in any other order; a machine that drifts breaks that. Marked values are shown and not used.";
}

size_t trend_place_of(const struct trend *trend, const struct trend_series *series)
{
	size_t number = 0;

	for (const struct trend_series *s = trend->series; s; s = s->next) {
		const struct trend_series *first = trend->series;

		while (first != s && strcmp(first->line->place, s->line->place) != 0)
			first = first->next;
		number += first == s;
		if (strcmp(s->line->place, series->line->place) == 0)
			return number;
	}
	return number;
}

static void print_cell(FILE *out, const char *text)
{
	fputs(" | ", out);
	escape_markdown(out, text);
}

static void print_names(FILE *out, struct arena *arena, const struct trend *trend,
	const struct trend_series *series)
{
	fputs("| ", out);
	escape_markdown(out, series->figure->vpn);
	print_cell(out, series->figure->profile);
	print_cell(out, trend_title_of(arena, series));
	if (trend->places > 1)
		fprintf(out, " | %zu", trend_place_of(trend, series));
}

static void print_heading(FILE *out, const struct trend *trend, const char *rest, const char *rule)
{
	fprintf(out, "| VPN | Profile | What%s | %s |\n|---|---|---%s|%s|\n",
		trend->places > 1 ? " | Place" : "", rest, trend->places > 1 ? "|--:" : "", rule);
}

static void print_changes(FILE *out, struct arena *arena, const struct trend *trend)
{
	print_heading(out, trend, "Since | Before | After | Change | p", "---|--:|--:|---|--:");
	for (const struct trend_series *s = trend->series; s; s = s->next) {
		for (size_t i = 1; i < s->level_count; i++) {
			const struct trend_level *level = &s->levels[i];
			const struct history_line *line = s->points[level->begin].line;

			print_names(out, arena, trend, s);
			print_cell(out, arena_printf(arena, "%s (%.10s)",
						trend_name_of(arena, line), line->date));
			print_cell(out, number_text(arena, level[-1].median, DIGITS));
			print_cell(out, number_text(arena, level->median, DIGITS));
			print_cell(out, trend_change_text(arena, s, level));
			fprintf(out, " | %.2g |\n", level->p);
		}
	}
	fputc('\n', out);
}

const char *trend_interval_text(struct arena *arena, const struct history_figure *figure)
{
	if (!isfinite(figure->low) || !isfinite(figure->high))
		return "";
	return arena_printf(arena, "%s to %s", number_text(arena, figure->low, DIGITS),
		number_text(arena, figure->high, DIGITS));
}

static void print_figures(FILE *out, struct arena *arena, const struct trend *trend)
{
	print_heading(out, trend, "Values | Newest | Interval | Level", "--:|--:|---|--:");
	for (const struct trend_series *s = trend->series; s; s = s->next) {
		const struct history_figure *newest = s->points[s->count - 1].figure;

		print_names(out, arena, trend, s);
		fprintf(out, " | %zu | %s%s", s->count, number_text(arena, newest->value, DIGITS),
			newest->is_marked ? "*" : "");
		print_cell(out, trend_interval_text(arena, newest));
		fprintf(out, " | %s |\n",
			number_text(arena, s->levels[s->level_count - 1].median, DIGITS));
	}
	fputc('\n', out);
}

static void print_places(FILE *out, const struct trend *trend)
{
	size_t shown = 0;

	for (const struct trend_series *s = trend->series; s && trend->places > 1; s = s->next) {
		if (trend_place_of(trend, s) <= shown)
			continue;
		fprintf(out, "Place %zu: ", ++shown);
		escape_markdown(out, s->line->place);
		fputs("\n\n", out);
	}
}

void trend_print_markdown(FILE *out, struct arena *arena, const struct trend *trend, bool is_short)
{
	fputs("# ", out);
	escape_markdown(out, trend_verdict(arena, trend));
	fputs("\n\n", out);
	escape_markdown(out, trend_summary(arena, trend));
	fputs("\n\n", out);
	if (trend->changes)
		print_changes(out, arena, trend);
	if (!is_short)
		print_figures(out, arena, trend);
	print_places(out, trend);
	fprintf(out, "%s\n", trend_method());
	for (const struct history_problem *p = trend->history->problems; p; p = p->next) {
		fputs("\nSkipped: ", out);
		escape_markdown(out, trend->history->path);
		fprintf(out, ":%zu: ", p->line);
		escape_markdown(out, p->why);
		fputc('\n', out);
	}
}

static json_t *level_json(const struct trend_series *series, const struct trend_level *level)
{
	const struct history_line *line = series->points[level->begin].line;

	return json_make("{s:s?,s:s,s:I,s:I,s:o,s:o,s:o}", "commit", line->commit, "date",
		line->date, "line", (json_int_t)line->number, "values", (json_int_t)level->count,
		"median", json_finite(level->median), "p", json_finite(level->p), "gain_percent",
		json_finite(100 * trend_gain(series, level)));
}

static json_t *series_json(const struct trend_series *series)
{
	const struct history_figure *f = series->figure;
	json_t *levels = json_array(), *values = json_array();

	for (size_t i = 0; i < series->level_count; i++)
		json_array_append_new(levels, level_json(series, &series->levels[i]));
	for (size_t i = 0; i < series->count; i++)
		json_array_append_new(values, json_finite(series->points[i].figure->value));
	return json_make("{s:s,s:s,s:s,s:s,s:s,s:s?,s:s,s:b,s:b,s:o,s:o}", "vpn", f->vpn, "profile",
		f->profile, "key", f->key, "title", f->title, "unit", f->unit, "tool", f->tool,
		"place", series->line->place, "higher_is_better", f->higher_is_better, "judged",
		series->is_judged, "levels", levels, "values", values);
}

void trend_print_json(FILE *out, const struct trend *trend)
{
	json_t *list = json_array(), *problems = json_array();
	json_auto_t *value = json_make("{s:I,s:I,s:f,s:o,s:o}", "runs",
		(json_int_t)trend->history->line_count, "changes", (json_int_t)trend->changes,
		"significance_of_each", trend->significance, "problems", problems, "figures", list);

	for (const struct trend_series *series = trend->series; series; series = series->next)
		json_array_append_new(list, series_json(series));
	for (const struct history_problem *p = trend->history->problems; p; p = p->next)
		json_array_append_new(problems,
			json_make("{s:I,s:s}", "line", (json_int_t)p->line, "why", p->why));
	print_json(out, value, 0);
	fputc('\n', out);
}
