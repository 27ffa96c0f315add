/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/history.h"

#include <stdio.h>

/* What each figure of a history did over time, and where it changed. */
enum {
	TREND_EXAMINED_MAX =
		200 /* values of a series: the newest, of which changes are looked for */
};

struct trend_point {
	const struct history_line *line;
	const struct history_figure *figure;
};

/* Values between two changes. */
struct trend_level {
	size_t begin, count; /* of the series' points */
	double median;       /* of unmarked ones */
	double p;            /* of the change that it begins with; NAN: it is the first */
};

/* One figure of one VPN under one profile, in one place. */
struct trend_series {
	struct trend_series *next;
	const struct history_line *line;     /* the first with it */
	const struct history_figure *figure; /* likewise: its names hold for all */
	struct trend_point *points;
	size_t count;
	struct trend_level *levels; /* those of points that are examined; at least one */
	size_t level_count;
	size_t examined_from;
	size_t order;   /* of its first point in the file */
	bool is_judged; /* there are values enough for a change to show */
};

struct trend {
	const struct history *history;
	struct trend_series *series; /* in the order in which the file names them */
	size_t series_count, judged;
	size_t places;       /* different ones, with figures */
	size_t changes;      /* of all series */
	double significance; /* of one series, so that all together have what was asked for */
};

/* `significance`: the chance that anything of a history without changes is said to have changed. */
struct trend trend_of(struct arena *arena, const struct history *history, double significance);
/* Negative: worse by so much, as a share of the level before; NAN: that is 0. */
double trend_gain(const struct trend_series *series, const struct trend_level *level);

/* In words, for all forms: */
const char *trend_verdict(struct arena *arena, const struct trend *trend);
const char *trend_summary(struct arena *arena, const struct trend *trend);
const char *trend_method(void);
const char *trend_title_of(struct arena *arena, const struct trend_series *series);
const char *trend_change_text(
	struct arena *arena, const struct trend_series *series, const struct trend_level *level);
/* "" of one block */
const char *trend_interval_text(struct arena *arena, const struct history_figure *figure);
/* "a1b2c3d", "line 4" */
const char *trend_name_of(struct arena *arena, const struct history_line *line);
/* From 1, in the order of the file. */
size_t trend_place_of(const struct trend *trend, const struct trend_series *series);

/* What changed, then every figure; in short, without figures. */
void trend_print_markdown(FILE *out, struct arena *arena, const struct trend *trend, bool is_short);
void trend_print_json(FILE *out, const struct trend *trend);
/* One HTML file that needs nothing else, not even a script. */
void trend_write_page(FILE *out, struct arena *arena, const struct trend *trend);
