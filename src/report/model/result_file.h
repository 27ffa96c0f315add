#pragma once

#include "report/model/results.h"

/*
 * One stored result as numbers. What lacks the keys that make it a result is listed as a problem
 * of the tree and stays absent.
 */
void result_file_outcome(
	struct results *results, const struct tree_entry *entry, struct outcome *outcome);
void result_file_ping(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_tcp(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_udp(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_qperf(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_video(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_nix(struct results *results, const struct tree_entry *entry, struct run *run);
void result_file_parallel(
	struct results *results, const struct tree_entry *entry, struct cell *cell);
void result_file_connect(struct results *results, const struct tree_entry *entry,
	struct connect_result *ret_connect);
void result_file_settings(const struct tree_entry *entry, struct settings *ret_settings);
void result_file_timing(const struct tree_entry *entry, struct timing *ret_timing);

/* An iperf3 document over TCP; false when it holds no finished test. */
bool result_file_iperf3_tcp(struct arena *arena, const json_t *document, struct tcp_result *tcp);
/* Numbers of an array, at most `most`; what is no number ends it. */
struct series series_of(struct arena *arena, const json_t *array, size_t most);
