/* SPDX-License-Identifier: MIT */
/* A history, taken apart into series, and where each of them changed. */
#include "report/trend.h"

#include "stats/change_point.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A point while points are sorted. */
struct entry {
	struct trend_point point;
	size_t order; /* in the file */
};

static int by_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

/* What must be the same for values to be compared over time. */
static int by_identity(const struct trend_point *a, const struct trend_point *b)
{
	const char *const left[] = {a->line->place, a->figure->vpn, a->figure->profile,
		a->figure->impairment, a->figure->key, a->figure->unit, a->figure->tool};
	const char *const right[] = {b->line->place, b->figure->vpn, b->figure->profile,
		b->figure->impairment, b->figure->key, b->figure->unit, b->figure->tool};
	int order = 0;

	for (size_t i = 0; i < ARRAY_SIZE(left) && !order; i++)
		order = by_text(left[i], right[i]);
	return order ? order : a->figure->higher_is_better - b->figure->higher_is_better;
}

static int by_series(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = by_identity(&left->point, &right->point);

	return order ? order : (left->order > right->order) - (left->order < right->order);
}

static int by_first_use(const void *a, const void *b)
{
	const struct trend_series *left = *(struct trend_series *const *)a;
	const struct trend_series *right = *(struct trend_series *const *)b;

	return (left->order > right->order) - (left->order < right->order);
}

static struct entry *entries_of(
	struct arena *arena, const struct history *history, size_t *ret_count)
{
	struct entry *entries;
	size_t count = 0, i = 0;

	for (const struct history_line *l = history->lines; l; l = l->next)
		for (const struct history_figure *f = l->figures; f; f = f->next)
			count++;
	entries = arena_alloc(arena, struct entry, count + 1);
	for (const struct history_line *l = history->lines; l; l = l->next)
		for (const struct history_figure *f = l->figures; f; f = f->next, i++)
			entries[i] = (struct entry){{l, f}, i};
	*ret_count = count;
	return entries;
}

static struct trend_series *series_of(
	struct arena *arena, const struct entry *entries, size_t count)
{
	struct trend_series *series = arena_alloc(arena, struct trend_series, 1);

	series->line = entries[0].point.line;
	series->figure = entries[0].point.figure;
	series->points = arena_alloc(arena, struct trend_point, count);
	series->count = count;
	series->order = entries[0].order;
	for (size_t i = 0; i < count; i++)
		series->points[i] = entries[i].point;
	return series;
}

/* The unmarked values of some points, and which points they are of. */
static size_t values_of(const struct trend_series *series, size_t begin, size_t count,
	double *values, size_t *places)
{
	size_t kept = 0;

	for (size_t i = begin; i < begin + count; i++) {
		if (series->points[i].figure->is_marked)
			continue;
		if (places)
			places[kept] = i;
		values[kept++] = series->points[i].figure->value;
	}
	return kept;
}

static double level_median(
	struct arena *arena, const struct trend_series *series, size_t begin, size_t count)
{
	double *values = arena_alloc(arena, double, count + 1);
	size_t kept = values_of(series, begin, count, values, NULL);

	return kept ? stats_median(values, kept) : NAN;
}

static void divide(struct arena *arena, struct trend_series *series, const size_t *places,
	const struct change_point *points, size_t point_count)
{
	series->levels = arena_alloc(arena, struct trend_level, point_count + 1);
	series->level_count = point_count + 1;
	for (size_t i = 0; i <= point_count; i++) {
		struct trend_level *level = &series->levels[i];
		size_t end = i < point_count ? places[points[i].at] : series->count;

		level->begin = i ? places[points[i - 1].at] : series->examined_from;
		level->count = end - level->begin;
		level->p = i ? points[i - 1].p : NAN;
		level->median = level_median(arena, series, level->begin, level->count);
	}
}

/* Two shortest segments; whether more are needed depends on how clear a change is. */
static bool is_enough(size_t count)
{
	return count >= (size_t)2 * CHANGE_SEGMENT_MIN;
}

static void examine(struct arena *arena, struct trend_series *series, double significance)
{
	size_t newest = series->count - series->examined_from, count, found;
	size_t *places = arena_alloc(arena, size_t, newest + 1);
	double *values = arena_alloc(arena, double, newest + 1);
	struct change_point *points = arena_alloc(arena, struct change_point, newest + 1);

	count = values_of(series, series->examined_from, newest, values, places);
	found = is_enough(count)
			? change_points(values, count,
				  &(struct change_rule){.significance = significance, .seed = 1},
				  points)
			: 0;
	divide(arena, series, places, points, found);
}

/* Which points are looked at, and whether they are enough. */
static void prepare(struct arena *arena, struct trend *trend, struct trend_series *series)
{
	double *values = arena_alloc(arena, double, series->count + 1);

	series->examined_from =
		series->count > TREND_EXAMINED_MAX ? series->count - TREND_EXAMINED_MAX : 0;
	series->is_judged = is_enough(values_of(series, series->examined_from,
		series->count - series->examined_from, values, NULL));
	trend->judged += series->is_judged;
}

static void link_series(
	struct arena *arena, struct trend *trend, const struct entry *entries, size_t count)
{
	struct trend_series **list = arena_alloc(arena, struct trend_series *, count + 1);
	struct trend_series **end = &trend->series;

	for (size_t i = 0; i < count;) {
		size_t first = i++;

		while (i < count && by_identity(&entries[first].point, &entries[i].point) == 0)
			i++;
		trend->places += !first || strcmp(entries[first - 1].point.line->place,
						   entries[first].point.line->place) != 0;
		list[trend->series_count++] = series_of(arena, entries + first, i - first);
	}
	qsort(list, trend->series_count, sizeof(struct trend_series *), by_first_use);
	for (size_t i = 0; i < trend->series_count; i++) {
		prepare(arena, trend, list[i]);
		*end = list[i];
		end = &list[i]->next;
	}
}

struct trend trend_of(struct arena *arena, const struct history *history, double significance)
{
	struct trend trend = {.history = history};
	size_t count;
	struct entry *entries = entries_of(arena, history, &count);

	qsort(entries, count, sizeof(*entries), by_series);
	link_series(arena, &trend, entries, count);
	/* Bonferroni: whatever figures have to do with each other. */
	trend.significance = significance / (double)(trend.judged ? trend.judged : 1);
	for (struct trend_series *series = trend.series; series; series = series->next) {
		examine(arena, series, trend.significance);
		trend.changes += series->level_count - 1;
	}
	return trend;
}

double trend_gain(const struct trend_series *series, const struct trend_level *level)
{
	double before = level == series->levels ? NAN : level[-1].median;
	double change = (level->median - before) / fabs(before);

	if (!isfinite(change))
		return NAN;
	return series->figure->higher_is_better ? change : -change;
}

const char *trend_name_of(struct arena *arena, const struct history_line *line)
{
	enum {
		SHORT = 12
	};

	return line->commit ? arena_strndup(arena, line->commit, SHORT)
			    : arena_printf(arena, "line %zu", line->number);
}
