/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

#include <jansson.h>

/* The comparison files of published trees, by the published formulas, flaws included. */

/* Calls `add` with each file's path below General/comparison/ and its value (borrowed). */
void recompute_all(const struct report_results *results,
	void (*add)(void *context, const char *path, const json_t *value), void *context);

enum comparison {
	COMPARISON_TCP,
	COMPARISON_UDP,
	COMPARISON_PARALLEL,
	COMPARISON_PING,
	COMPARISON_QPERF,
	COMPARISON_VIDEO,
	COMPARISON_NIX,
	COMPARISONS
};

/* "tcp", "parallel_tcp", ...: the word in benchmark_stats.json. */
const char *comparison_word(enum comparison comparison);
/* The result of a run that a comparison reads; NULL for parallel TCP. */
const struct report_outcome *comparison_outcome(
	enum comparison comparison, const struct report_repetition *repetition);
json_t *recompute_summary(struct summary summary);
json_t *recompute_success(json_t *data);

/* Times: timing_comparison, benchmark_stats, time_breakdown, connection timings. */
json_t *recompute_timing(const struct report_results *results, const char *profile);
json_t *recompute_stats(
	const struct report_results *results, const char *profile, json_t *const maps[COMPARISONS]);
json_t *recompute_breakdown(const struct report_results *results, const char *profile);
/* NULL when no host of the profile has such a file. */
json_t *recompute_connection(
	const struct report_results *results, const char *profile, bool after_reboot);

/* All profiles side by side; maps[profile][comparison]. */
struct profile_maps {
	json_t *maps[COMPARISONS];
};
void recompute_cross_profiles(const struct report_results *results, const struct profile_maps *maps,
	void (*add)(void *context, const char *path, const json_t *value), void *context);
