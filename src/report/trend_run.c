/* SPDX-License-Identifier: MIT */
/* The command trend: reads a history, and shows what changed. */
#include "report/report.h"
#include "report/trend.h"

#include "report/output/files.h"

#include "base/fd.h"

#include <stdlib.h>

static const double SIGNIFICANCE = 0.05;

static void add_page(
	struct outputs *outputs, struct arena *arena, const struct trend *trend, const char *html)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		abort();
	trend_write_page(stream, arena, trend);
	fclose(stream);
	outputs_add(outputs, html, text);
}

/* A history without a figure has nothing to show, and says why as far as it is known. */
static int check(const struct trend *trend, struct error *err)
{
	const struct history *history = trend->history;

	if (trend->series_count)
		return 0;
	if (history->problems)
		return fail(err, ERROR_USAGE, "%s:%zu: %s; no other line has figures",
			history->path, history->problems->line, history->problems->why);
	return fail(err, ERROR_USAGE, "%s has no figures", history->path);
}

int trend_run(const struct trend_options *options, FILE *out, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(outputs_freep) struct outputs *outputs = outputs_new();
	const char *html = options->html;
	struct history history;
	struct trend trend;

	if (history_read(arena, options->path, &history, err))
		return -1;
	trend = trend_of(arena, &history, SIGNIFICANCE);
	if (check(&trend, err))
		return -1;
	if (!html && !options->json && !options->markdown)
		html = arena_printf(arena, "%s.html", options->path);
	if (html)
		add_page(outputs, arena, &trend, html);
	if (outputs_write(outputs, options->force, NULL, err))
		return -1;
	if (options->json)
		trend_print_json(out, &trend);
	if (options->markdown)
		trend_print_markdown(out, arena, &trend, false);
	if (html && !options->json && !options->markdown)
		fprintf(out, "%s\n", html);
	if (options->people) {
		fflush(out); /* the path comes before it on a terminal */
		fputc('\n', options->people);
		trend_print_markdown(options->people, arena, &trend, true);
	}
	return 0;
}
