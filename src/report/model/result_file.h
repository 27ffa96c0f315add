/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/*
 * One stored result as numbers. What lacks the keys that make it a result is listed as a problem
 * of the tree and stays absent.
 */
/* What the failed tool said last; the arena's, NULL when it said nothing. */
const char *result_file_detail(struct arena *arena, const json_t *error);
void result_file_outcome(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome);
void result_file_ping(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_tcp(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_udp(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_qperf(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_video(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_nix(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
void result_file_parallel(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition);
/* Of a workload without a shape of its own. */
void result_file_figures(struct report_results *results, const struct tree_entry *entry,
	struct report_result *ret_result);
void result_file_connect(struct report_results *results, const struct tree_entry *entry,
	struct report_connect *ret_connect);
void result_file_settings(struct report_results *results, const struct tree_entry *entry,
	struct report_settings *ret_settings);
void result_file_timing(const struct tree_entry *entry, struct report_timing *ret_timing);

/* An iperf3 document over TCP; false when it holds no finished test. */
bool result_file_iperf3_tcp(struct arena *arena, const json_t *document, struct report_tcp *tcp);
