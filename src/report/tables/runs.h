/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

#include "base/arena.h"

#include <jansson.h>

/* Runs of a workload of the mesh under one condition, for tables with a row for all of them. */

/* All in `list` of the workload's results, owned; NULL when there is none that succeeded. */
json_t *runs_of(const struct report_condition *condition, enum report_workload_id workload,
	const char *list);
/* NAN unless every run has a number: what does not end has no median. */
double runs_median(struct arena *arena, const json_t *runs, const char *key);
/* What each run says, each word once: "direct, relayed"; "" when none says anything. */
typedef const char *run_word(const json_t *run, const char *key);
const char *runs_words(struct arena *arena, const json_t *runs, run_word *word_of, const char *key);
/* The same, or NULL when none does. */
const char *runs_words_or_none(
	struct arena *arena, const json_t *runs, run_word *word_of, const char *key);
/* Whether their way became direct before anything was done to it: "direct, never direct". */
const char *runs_start(struct arena *arena, const json_t *runs);
/* The string of this key; "" without one. */
const char *run_string(const json_t *run, const char *key);
