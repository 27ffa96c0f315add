/* SPDX-License-Identifier: MIT */
/* Reads a history, which anybody may have edited. */
#include "report/history.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	HISTORY_BYTES_MAX = 64 << 20
};

/* Strings of a line; a text that must be there. */
static bool take_text(
	struct arena *arena, const json_t *value, const char *key, const char **ret_text)
{
	const char *text = json_string_value(json_object_get(value, key));

	*ret_text = text ? arena_strdup(arena, text) : NULL;
	return text != NULL;
}

static double take_number(const json_t *value, const char *key)
{
	const json_t *number = json_object_get(value, key);

	return json_is_number(number) ? json_number_value(number) : NAN;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* NULL when something is missing without which it means nothing. */
static struct history_figure *figure_of(
	struct arena *arena, const json_t *value, const json_t *profiles)
{
	struct history_figure *figure = arena_alloc(arena, struct history_figure, 1);

	if (!take_text(arena, value, "vpn", &figure->vpn) ||
		!take_text(arena, value, "profile", &figure->profile) ||
		!take_text(arena, value, "key", &figure->key))
		return NULL;
	(void)take_text(arena, value, "version", &figure->version);
	(void)take_text(arena, profiles, figure->profile, &figure->impairment);
	(void)take_text(arena, value, "tool", &figure->tool);
	(void)take_text(arena, value, "title", &figure->title);
	(void)take_text(arena, value, "unit", &figure->unit);
	figure->title = figure->title ? figure->title : figure->key;
	figure->unit = or_empty(figure->unit);
	figure->higher_is_better = json_is_true(json_object_get(value, "higher_is_better"));
	figure->is_marked = json_is_true(json_object_get(value, "marked"));
	figure->value = take_number(value, "value");
	figure->low = take_number(value, "low");
	figure->high = take_number(value, "high");
	figure->confidence = take_number(value, "confidence");
	return isnan(figure->value) ? NULL : figure;
}

/* NULL, or why the line cannot be used. */
static const char *read_figures(
	struct arena *arena, const json_t *line, struct history_figure **ret_figures)
{
	const json_t *list = json_object_get(line, "figures");
	const json_t *profiles = json_object_get(line, "profiles");
	struct history_figure **end = ret_figures;
	const json_t *value;
	size_t i;

	if (!json_is_array(list))
		return "it has no list `figures`";
	json_array_foreach (list, i, value) {
		*end = figure_of(arena, value, profiles);
		if (!*end)
			return arena_printf(arena,
				"figure %zu has no `vpn`, `profile`, `key` or `value`", i + 1);
		end = &(*end)->next;
	}
	return NULL;
}

static const char *read_line(
	struct arena *arena, const json_t *value, struct history_line *ret_line)
{
	const json_t *schema = json_object_get(value, "schema");

	if (!json_is_integer(schema))
		return "it has no number `schema`, so it is not a line of a history";
	if (json_integer_value(schema) != HISTORY_SCHEMA)
		return arena_printf(arena,
			"schema %lld was written by another version of meshbench; this one reads schema %d",
			(long long)json_integer_value(schema), HISTORY_SCHEMA);
	if (!take_text(arena, value, "date", &ret_line->date) ||
		!take_text(arena, value, "place", &ret_line->place))
		return "it has no `date` or no `place`";
	(void)take_text(arena, value, "commit", &ret_line->commit);
	return read_figures(arena, value, &ret_line->figures);
}

struct reading {
	struct arena *arena;
	struct history *history;
	struct history_line **lines_end;
	struct history_problem **problems_end;
};

static void add_problem(struct reading *reading, size_t number, const char *why)
{
	struct history_problem *problem = arena_alloc(reading->arena, struct history_problem, 1);

	*problem = (struct history_problem){.line = number, .why = why};
	*reading->problems_end = problem;
	reading->problems_end = &problem->next;
}

static void add_line(struct reading *reading, size_t number, const char *text, size_t size)
{
	struct history_line *line = arena_alloc(reading->arena, struct history_line, 1);
	json_auto_t *value = NULL;
	struct error why = {0};
	const char *problem;

	line->number = number;
	if (json_parse(text, size, "the line", &value, &why))
		problem = arena_strdup(reading->arena, why.text);
	else
		problem = read_line(reading->arena, value, line);
	if (problem) {
		add_problem(reading, number, problem);
		return;
	}
	*reading->lines_end = line;
	reading->lines_end = &line->next;
	reading->history->line_count++;
}

static bool is_blank(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r", text[i]) || !text[i])
			return false;
	return true;
}

struct history history_parse(struct arena *arena, const char *path, const char *text, size_t size)
{
	struct history history = {.path = path};
	struct reading reading = {.arena = arena,
		.history = &history,
		.lines_end = &history.lines,
		.problems_end = &history.problems};
	size_t number = 0;

	for (const char *at = text, *end = text + size; at < end;) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((feed ? feed : end) - at);

		number++;
		if (!is_blank(at, length))
			add_line(&reading, number, at, length);
		at += length + (feed != NULL);
	}
	return history;
}

int history_read(
	struct arena *arena, const char *path, struct history *ret_history, struct error *err)
{
	char *text;
	size_t size;

	if (file_read(arena, path, HISTORY_BYTES_MAX, &text, &size, err)) {
		err->kind = ERROR_USAGE; /* as all files that the user names */
		return -1;
	}
	*ret_history = history_parse(arena, path, text, size);
	return 0;
}
