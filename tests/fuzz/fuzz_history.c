/* SPDX-License-Identifier: MIT */
/* A history that anybody may have edited: what is read of it can be shown, and adds up. */
#include "report/trend.h"

#include "base/fd.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t points_of(const struct trend *trend)
{
	size_t points = 0;

	for (const struct trend_series *series = trend->series; series; series = series->next) {
		const struct trend_level *last = &series->levels[series->level_count - 1];

		assert(series->count > 0 && last->begin + last->count == series->count);
		points += series->count;
	}
	return points;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct history history = history_parse(arena, "history", (const char *)data, size);
	struct trend trend = trend_of(arena, &history, 0.05);
	AUTO(text_freep) char *text = NULL;
	size_t length, figures = 0;
	FILE *out;

	for (const struct history_line *l = history.lines; l; l = l->next)
		for (const struct history_figure *f = l->figures; f; f = f->next)
			figures++;
	assert(points_of(&trend) == figures);
	if (!trend.series)
		return 0;
	out = open_memstream(&text, &length);
	assert(out);
	trend_write_page(out, arena, &trend);
	trend_print_markdown(out, arena, &trend, false);
	trend_print_json(out, &trend);
	fclose(out);
	assert(length > 0);
	return 0;
}
