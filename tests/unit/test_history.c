/* SPDX-License-Identifier: MIT */
#include "report/history.h"
#include "report/trend.h"

#include "base/fd.h"
#include "base/file.h"

#include "folder.h"
#include "tap.h"

#include <math.h>

/* A line with one figure; `more` goes into the figure. */
static const char *line_of(
	struct arena *arena, const char *commit, const char *place, double value, const char *more)
{
	return arena_printf(arena,
		"{\"schema\":1,\"date\":\"2026-11-28T07:00:00Z\",\"commit\":\"%s\",\"place\":\"%s\",\"figures\":[{\"vpn\":\"Tinc\",\"profile\":\"baseline\",\"key\":\"tcp\",\"title\":\"TCP\",\"unit\":\"Mbit/s\",\"higher_is_better\":true,\"value\":%.17g%s}]}",
		commit, place, value, more);
}

static int write_lines(
	struct arena *arena, const char *path, const char *const *lines, struct error *err)
{
	(void)arena;
	for (; *lines; lines++)
		if (file_append_line(path, *lines, err))
			return -1;
	return 0;
}

/* The path of a file that a test may write, with an arena and an error. */
#define HISTORY(path)                                                                              \
	AUTO(arena_freep) struct arena *arena = arena_new();                                       \
	struct error err = {0};                                                                    \
	TEMPORARY_FOLDER(folder);                                                                  \
	const char *path = arena_printf(arena, "%s/history", folder.path)

TEST(a_bad_line_is_named_and_the_others_are_read)
{
	HISTORY(path);
	struct history history;

	CHECK_OK(write_lines(arena, path,
			 ARENA_LIST(arena, line_of(arena, "one", "here", 1, ""), "{\"schema\":1,",
				 "", "[]", line_of(arena, "two", "here", 2, ""),
				 "{\"schema\":2,\"figures\":[]}",
				 "{\"schema\":1,\"date\":\"\",\"place\":\"\",\"figures\":[{}]}"),
			 &err),
		err);
	CHECK_OK(history_read(arena, path, &history, &err), err);
	CHECK(history.line_count == 2 && history.lines->number == 1);
	CHECK(history.lines->next->number == 5 && !history.lines->next->next);
	CHECK(strcmp(history.lines->next->commit, "two") == 0);

	const struct history_problem *problem = history.problems;

	CHECK(problem->line == 2 && problem->why[0]);
	problem = problem->next;
	CHECK(problem->line == 4 && strstr(problem->why, "no number `schema`"));
	problem = problem->next;
	CHECK(problem->line == 6 && strstr(problem->why, "schema 2 was written by another"));
	problem = problem->next;
	CHECK(problem->line == 7 && strstr(problem->why, "figure 1 has no `vpn`"));
	CHECK(!problem->next);
}

TEST(a_file_that_is_not_there_is_the_users_mistake)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct history history;

	CHECK(history_read(arena, "/nowhere/history", &history, &err) < 0);
	CHECK(err.kind == ERROR_USAGE && strstr(err.text, "/nowhere/history"));
}

/* Values of two places in turn, which change in one of them after ten. */
static int read_two_places(
	struct arena *arena, const char *path, struct history *ret_history, struct error *err)
{
	for (size_t i = 0; i < 20; i++) {
		double noise = (double)(i * 7 % 5) / 10;
		const char *commit = arena_printf(arena, "c%zu", i);

		if (file_append_line(path,
			    line_of(arena, commit, "here", noise + (i < 10 ? 100 : 80), ""), err) ||
			file_append_line(
				path, line_of(arena, commit, "there", 500 + noise, ""), err))
			return -1;
	}
	return history_read(arena, path, ret_history, err);
}

TEST(what_was_measured_in_two_places_is_two_series_and_one_of_them_changes)
{
	HISTORY(path);
	struct history history;
	struct trend trend;

	CHECK_OK(read_two_places(arena, path, &history, &err), err);
	trend = trend_of(arena, &history, 0.05);
	CHECK(trend.series_count == 2 && trend.judged == 2 && trend.places == 2);
	CHECK(trend.changes == 1 && fabs(trend.significance - 0.025) < 1e-12);

	const struct trend_series *here = trend.series, *there = here->next;

	CHECK(strcmp(here->line->place, "here") == 0 && here->level_count == 2);
	CHECK(here->levels[1].begin == 10 && here->levels[1].count == 10);
	CHECK(fabs(here->levels[0].median - 100.2) < 1e-9);
	CHECK(fabs(trend_gain(here, &here->levels[1]) - -20 / 100.2) < 1e-9);
	CHECK(strcmp(trend_name_of(arena, here->points[10].line), "c10") == 0);
	CHECK(there->level_count == 1 && there->count == 20);
	CHECK(strstr(trend_verdict(arena, &trend),
		"TCP of Tinc under baseline is 20 % worse since c10"));
}

TEST(marked_values_are_neither_judged_nor_part_of_a_level)
{
	HISTORY(path);
	struct history history;
	struct trend trend;

	for (size_t i = 0; i < 20; i++)
		CHECK_OK(file_append_line(path,
				 line_of(arena, "c", "here", i < 10 ? 100 : 80,
					 i < 10 ? "" : ",\"marked\":true"),
				 &err),
			err);
	CHECK_OK(history_read(arena, path, &history, &err), err);
	trend = trend_of(arena, &history, 0.05);
	CHECK(trend.changes == 0 && trend.series->count == 20);
	CHECK(trend.series->levels[0].median == 100);
}

TEST(no_text_of_a_history_becomes_markup_or_reaches_the_terminal)
{
	HISTORY(path);
	AUTO(text_freep) char *text = NULL;
	struct history history;
	struct trend trend;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	CHECK_OK(
		file_append_line(path,
			"{\"schema\":1,\"date\":\"<script>\",\"place\":\"<b>\",\"figures\":[{\"vpn\":\"<b>\",\"profile\":\"<b>\",\"key\":\"<b>\",\"unit\":\"<b>\",\"value\":1}]}",
			&err),
		err);
	CHECK_OK(file_append_line(path,
			 line_of(arena, "<script>", "<b>\\u001b[2J|", 1,
				 ",\"version\":\"<i>\",\"tool\":\"<u>\\u001b\""),
			 &err),
		err);
	CHECK_OK(history_read(arena, path, &history, &err), err);
	trend = trend_of(arena, &history, 0.05);
	trend_write_page(out, arena, &trend);
	trend_print_markdown(out, arena, &trend, false);
	fclose(out);
	CHECK(!strchr(strstr(text, "</html>"), '\033')); /* a browser does not obey it */
	*strstr(text, "</html>") = '\0';
	CHECK(!strstr(text, "<script") && !strstr(text, "<b>") && !strstr(text, "<i>"));
	CHECK(!strstr(text, "<u>") && strstr(text, "&lt;script&gt;"));
}
