/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What a project's measurements showed over time: a file of JSON lines, each with the figures of
 * one run, which is only ever added to. Figures are compared over time where they were measured in
 * the same place, and where their profile did the same to packets.
 */
enum {
	HISTORY_SCHEMA = 1
};

struct history_figure {
	struct history_figure *next;
	const char *vpn,
		*version; /* the folder in the tree; what the VPN calls itself, NULL-able */
	const char *profile;
	const char *impairment; /* what the profile did to packets; NULL: the tree did not say */
	const char *key, *title, *unit;
	const char *tool; /* where several can measure it, NULL-able */
	bool higher_is_better;
	double value;
	double low, high; /* an interval of the median over blocks; NAN: of one block */
	double confidence;
	bool is_marked; /* something else may have made it */
};

struct history_line {
	struct history_line *next;
	size_t number;      /* in the file, from 1 */
	const char *commit; /* NULL-able */
	const char *date;   /* "2026-11-28T07:30:00Z" */
	const char *place;  /* which machine, and what it was limited to */
	struct history_figure *figures;
};

struct history_problem {
	struct history_problem *next;
	size_t line;
	const char *why;
};

struct history {
	const char *path;
	struct history_line *lines;
	size_t line_count;
	struct history_problem *problems; /* lines that were left out */
};

/* A line that cannot be read, or has another schema, is a problem, and the others are read. */
struct history history_parse(struct arena *arena, const char *path, const char *text, size_t size);
MUST_CHECK int history_read(
	struct arena *arena, const char *path, struct history *ret_history, struct error *err);

/* Where a run's figures come from, and what they are called. */
struct history_run {
	const char *const *trees; /* folders, NULL-terminated: all of one version */
	const char *commit;       /* NULL-able */
	const char *vpn;          /* only this folder of the trees; NULL: all */
	bool is_version;          /* "Tinc@new" is one of the versions of "Tinc" */
};

/* Adds a line to a file, which is made if there is none. */
MUST_CHECK int history_append(const char *path, const struct history_run *run, struct error *err);
