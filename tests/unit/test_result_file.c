/* SPDX-License-Identifier: MIT */
#include "report/model/result_file.h"

#include "base/json.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <string.h>

/* An iperf3 document whose forward flow moved these bytes, interval by interval. */
static json_t *document(const double *bytes, size_t count, double received)
{
	json_t *intervals = json_array();
	json_t *sum = json_pack("{s:f,s:f,s:f,s:i}", "bits_per_second", received * 8 / 30, "bytes",
		received, "seconds", 30.0, "retransmits", 7);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			intervals, json_pack("{s:{s:f}}", "sum", "bits_per_second", bytes[i] * 8));
	return json_pack("{s:o,s:{s:O,s:o}}", "intervals", intervals, "end", "sum_sent", sum,
		"sum_received", sum);
}

static bool is_stalled(struct arena *arena, const double *bytes, size_t count, double received)
{
	json_auto_t *value = document(bytes, count, received);
	struct report_tcp tcp = {0};

	return result_file_iperf3_tcp(arena, value, &tcp) && tcp.forward.is_stalled;
}

TEST(a_flow_stalled_when_nothing_arrived_or_its_second_half_is_silent)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	static const double steady[] = {9, 9, 9, 9, 9, 9}, stops[] = {9, 9, 9, 0, 0, 0};
	static const double pauses[] = {9, 0, 0, 0, 0, 9}, late[] = {9, 9, 9, 9, 0, 0};

	CHECK(!is_stalled(arena, steady, 6, 54));
	CHECK(is_stalled(arena, stops, 6, 27));
	CHECK(!is_stalled(arena, pauses, 6, 18));
	CHECK(!is_stalled(arena, late, 6, 36));
	CHECK(!is_stalled(arena, stops + 2, 3, 9)); /* two seconds: a retransmission timeout */
	CHECK(is_stalled(arena, steady, 6, 0));
	CHECK(!is_stalled(arena, NULL, 0, 54));
}

TEST(retransmits_are_a_share_of_segments_with_the_published_default_size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *value = document(NULL, 0, 1448 * 700.0);
	struct report_tcp tcp = {0};

	CHECK(result_file_iperf3_tcp(arena, value, &tcp));
	CHECK(tcp.mss_bytes == 1448 && fabs(tcp.retransmit_percent - 1) < 1e-12);
	CHECK(!tcp.reverse.is_there && !tcp.reverse.is_stalled);
}

static struct tree_entry entry_of(json_t *value, const char *file)
{
	return (struct tree_entry){.vpn = "V",
		.profile = "baseline",
		.host = "0_a",
		.file = file,
		.path = "V/baseline/0_a/x.json",
		.envelope.status = ENVELOPE_SUCCESS,
		.value = value,
		.data = json_object_get(value, "data")};
}

TEST(a_success_without_its_numbers_is_a_problem_and_no_result)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_auto_t *value = json_pack("{s:s,s:{s:s}}", "status", "success", "data", "end", "none");
	struct tree_entry entry = entry_of(value, "tcp_iperf3.json");
	struct report_repetition repetition = {0};

	result_file_tcp(results, &entry, &repetition);
	CHECK(!outcome_is_there(&repetition.tcp.outcome) && results->reading.problems);
	result_file_ping(results, &entry, &repetition);
	CHECK(!outcome_is_there(&repetition.ping.outcome) && results->reading.problems->next);
}

TEST(of_flows_one_after_the_other_the_weaker_direction_is_the_capacity)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_auto_t *value = json_pack("{s:s, s:{s:[{s:f,s:f},{s:f,s:n}]}}", "status", "error",
		"meta", "capacity", "one_core_mbps", 900.0, "cores_to_spare_mbps", 1500.0,
		"one_core_mbps", 700.0, "cores_to_spare_mbps");
	struct tree_entry entry = entry_of(value, "udp_iperf3.json");
	struct report_outcome outcome = {0};

	result_file_outcome(results, &entry, &outcome);
	CHECK(outcome.effort.one_core_mbps == 700);
	CHECK(outcome.effort.cores_to_spare_mbps == 1500);
}

TEST(contacts_are_timed_and_the_asked_name_is_kept)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_auto_t *value = json_pack("{s:{s:{s:s,s:s}},s:{s:{s:s,s:s},s:{s:s,s:s}}}",
		"public_results", "v4.b", "time_took", "0:00:07.059918", "status", "success",
		"vpn_results", "vpn.b", "time_took", "0:01:08.5", "status", "failed", "vpn.c",
		"time_took", "1 day, 0:00:09", "status", "success");
	struct tree_entry entry = {.path = "x", .value = value, .data = value};
	struct report_connect connect = {0};

	result_file_connect(results, &entry, &connect);
	CHECK(connect.is_there && !connect.checks_on_vpn);
	CHECK(connect.outside->took_s == 7.059918 && connect.inside->took_s == 68.5);
	CHECK(!connect.inside->is_success && connect.inside->next->took_s == 86409);
}

TEST(links_that_worked_are_kept_when_others_failed)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_auto_t *value = json_pack("{s:s,s:{s:[{s:s,s:s,s:o},{s:s,s:s,s:s,s:s}]}}", "status",
		"error", "data", "pairs", "source", "a", "target", "b", "result",
		document(NULL, 0, 100), "source", "b", "target", "c", "error", "gone", "error_type",
		"X");
	struct tree_entry entry = entry_of(value, "parallel_tcp_iperf3.json");
	struct report_repetition whole = {0};
	const struct report_pair *pairs;

	entry.envelope.status = ENVELOPE_ERROR;
	result_file_parallel(results, &entry, &whole);
	pairs = whole.parallel.pairs;
	CHECK(pairs && !pairs->error && pairs->next->error);
	CHECK(tcp_is_working(&pairs->tcp));
	CHECK(!tcp_is_working(&pairs->next->tcp));
}
