/* SPDX-License-Identifier: MIT */
/* The published comparison of VPNs under one profile: one file per workload. */
#include "report/published/recompute.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

struct field {
	const char *key;
	struct summary (*value)(const struct report_repetition *repetition);
};

#define FIELD(name, expression)                                                                    \
	static struct summary name(const struct report_repetition *repetition)                     \
	{                                                                                          \
		return expression;                                                                 \
	}

FIELD(tcp_sent, summary_one(repetition->tcp.forward.sent_bps / 1e6))
FIELD(tcp_received, summary_one(repetition->tcp.forward.received_bps / 1e6))
/* The published formulas read an absent counter as 0. */
static double or_zero(double value)
{
	return isnan(value) ? 0 : value;
}
FIELD(tcp_retransmits, summary_one(or_zero(repetition->tcp.forward.retransmits)))
FIELD(tcp_retransmit_percent, summary_one(repetition->tcp.retransmit_percent))
FIELD(tcp_cwnd, summary_one(repetition->tcp.max_cwnd_bytes))
FIELD(tcp_wnd, summary_one(repetition->tcp.max_wnd_bytes))
FIELD(tcp_bytes_sent, summary_one(repetition->tcp.forward.sent_bytes))
FIELD(tcp_bytes_received, summary_one(repetition->tcp.forward.received_bytes))
FIELD(tcp_seconds, summary_one(repetition->tcp.forward.seconds))
FIELD(udp_sent, summary_one(repetition->udp.forward.sent_bps / 1e6))
FIELD(udp_received, summary_one(repetition->udp.forward.received_bps / 1e6))
FIELD(udp_jitter, summary_one(repetition->udp.jitter_ms))
FIELD(udp_lost, summary_one(repetition->udp.lost_percent))
FIELD(udp_bytes_sent, summary_one(repetition->udp.forward.sent_bytes))
FIELD(udp_bytes_received, summary_one(repetition->udp.forward.received_bytes))
FIELD(udp_seconds, summary_one(repetition->udp.forward.seconds))
FIELD(udp_payload, summary_one(repetition->udp.payload_bytes))
FIELD(udp_host_cpu, summary_one(repetition->udp.host_cpu_percent))
FIELD(udp_remote_cpu, summary_one(repetition->udp.remote_cpu_percent))
FIELD(ping_min, repetition->ping.metrics[PING_MIN])
FIELD(ping_average, repetition->ping.metrics[PING_AVERAGE])
FIELD(ping_max, repetition->ping.metrics[PING_MAX])
FIELD(ping_deviation, repetition->ping.metrics[PING_DEVIATION])
FIELD(ping_loss, repetition->ping.metrics[PING_LOSS])
FIELD(qperf_bandwidth, repetition->qperf.metrics[QPERF_BANDWIDTH])
FIELD(qperf_cpu, repetition->qperf.metrics[QPERF_CPU])
FIELD(qperf_first_byte, repetition->qperf.metrics[QPERF_FIRST_BYTE])
FIELD(qperf_connect, repetition->qperf.metrics[QPERF_CONNECT])
FIELD(video_bitrate, repetition->video.metrics[VIDEO_BITRATE])
FIELD(video_fps, repetition->video.metrics[VIDEO_FPS])
FIELD(video_dropped_frames, repetition->video.metrics[VIDEO_DROPPED_FRAMES])
FIELD(video_quality, repetition->video.metrics[VIDEO_QUALITY])
FIELD(video_rtt, repetition->video.metrics[VIDEO_RTT])
FIELD(video_recovered, repetition->video.metrics[VIDEO_RECOVERED])
FIELD(video_dropped, repetition->video.metrics[VIDEO_DROPPED])
FIELD(nix_mean, summary_one(repetition->nix.mean_s))
FIELD(nix_stddev, summary_one(repetition->nix.stddev_s))
FIELD(nix_min, summary_one(repetition->nix.min_s))
FIELD(nix_max, summary_one(repetition->nix.max_s))

static const struct field tcp_fields[] = {
	{"sender_throughput_mbps", tcp_sent},
	{"receiver_throughput_mbps", tcp_received},
	{"retransmits", tcp_retransmits},
	{"retransmit_percent", tcp_retransmit_percent},
	{"max_snd_cwnd_bytes", tcp_cwnd},
	{"max_snd_wnd_bytes", tcp_wnd},
	{"total_bytes_sent", tcp_bytes_sent},
	{"total_bytes_received", tcp_bytes_received},
	{"duration_seconds", tcp_seconds},
	{NULL, NULL},
};

static const struct field udp_fields[] = {
	{"sender_throughput_mbps", udp_sent},
	{"receiver_throughput_mbps", udp_received},
	{"jitter_ms", udp_jitter},
	{"lost_percent", udp_lost},
	{"total_bytes_sent", udp_bytes_sent},
	{"total_bytes_received", udp_bytes_received},
	{"duration_seconds", udp_seconds},
	{"blksize_bytes", udp_payload},
	{"host_cpu_percent", udp_host_cpu},
	{"remote_cpu_percent", udp_remote_cpu},
	{NULL, NULL},
};

static const struct field ping_fields[] = {
	{"rtt_min_ms", ping_min},
	{"rtt_avg_ms", ping_average},
	{"rtt_max_ms", ping_max},
	{"rtt_mdev_ms", ping_deviation},
	{"packet_loss_percent", ping_loss},
	{NULL, NULL},
};

static const struct field qperf_fields[] = {
	{"total_bandwidth_mbps", qperf_bandwidth},
	{"cpu_usage_percent", qperf_cpu},
	{"ttfb_ms", qperf_first_byte},
	{"conn_time_ms", qperf_connect},
	{NULL, NULL},
};

static const struct field video_fields[] = {
	{"bitrate_kbps", video_bitrate},
	{"fps", video_fps},
	{"dropped_frames", video_dropped_frames},
	{"quality", video_quality},
	{"rtt_ms", video_rtt},
	{"packets_recovered", video_recovered},
	{"packets_dropped", video_dropped},
	{NULL, NULL},
};

static const struct field nix_fields[] = {
	{"mean_seconds", nix_mean},
	{"stddev_seconds", nix_stddev},
	{"min_seconds", nix_min},
	{"max_seconds", nix_max},
	{NULL, NULL},
};

static const struct {
	const char *file, *word;
	const struct field *fields;
} comparisons[COMPARISONS] = {
	[COMPARISON_TCP] = {"tcp_iperf3.json", "tcp", tcp_fields},
	[COMPARISON_UDP] = {"udp_iperf3.json", "udp", udp_fields},
	[COMPARISON_PARALLEL] = {"parallel_tcp_iperf3.json", "parallel_tcp", NULL},
	[COMPARISON_PING] = {"ping.json", "ping", ping_fields},
	[COMPARISON_QPERF] = {"qperf.json", "qperf", qperf_fields},
	[COMPARISON_VIDEO] = {"video_streaming.json", "video", video_fields},
	[COMPARISON_NIX] = {"nix_cache.json", "nix_cache", nix_fields},
};

const char *comparison_word(enum comparison comparison)
{
	return comparisons[comparison].word;
}

const struct report_outcome *comparison_outcome(
	enum comparison comparison, const struct report_repetition *repetition)
{
	switch (comparison) {
	case COMPARISON_TCP:
		return &repetition->tcp.outcome;
	case COMPARISON_UDP:
		return &repetition->udp.outcome;
	case COMPARISON_PING:
		return &repetition->ping.outcome;
	case COMPARISON_QPERF:
		return &repetition->qperf.outcome;
	case COMPARISON_VIDEO:
		return &repetition->video.outcome;
	case COMPARISON_NIX:
		return &repetition->nix.outcome;
	case COMPARISON_PARALLEL:
	case COMPARISONS:
		break;
	}
	return NULL;
}

json_t *recompute_summary(struct summary summary)
{
	return json_make("{s:f,s:f,s:f,s:{s:f,s:f,s:f}}", "min", summary.min, "average",
		summary.average, "max", summary.max, "percentiles", "p25", summary.p25, "p50",
		summary.p50, "p75", summary.p75);
}

json_t *recompute_success(json_t *data)
{
	return json_make("{s:s,s:o}", "status", "success", "data", data);
}

static json_t *error_json(const struct report_outcome *outcome, const char *machine)
{
	const char *type = outcome->envelope.error_type;

	return json_make("{s:s,s:s*,s:O*,s:s}", "status", "error", "error_type", type, "error",
		outcome->error, "machine", machine);
}

/* Smallest, largest and means over the hosts that succeeded, field by field. */
static json_t *merged_fields(struct arena *arena, const struct report_condition *condition,
	enum comparison comparison, size_t successes)
{
	struct summary *parts = arena_alloc(arena, struct summary, successes);
	json_t *data = json_object();

	for (const struct field *field = comparisons[comparison].fields; field->key; field++) {
		size_t count = 0;

		for (const struct report_link *link = condition->links; link; link = link->next)
			if (outcome_is_success(comparison_outcome(comparison, link->repetitions)))
				parts[count++] = field->value(link->repetitions);
		json_object_set_new(
			data, field->key, recompute_summary(summary_merge(parts, count)));
	}
	return data;
}

static json_t *links_entry(
	struct arena *arena, const struct report_condition *condition, enum comparison comparison)
{
	const struct report_link *failed = NULL;
	size_t successes = 0;

	for (const struct report_link *link = condition->links; link; link = link->next) {
		const struct report_outcome *outcome =
			comparison_outcome(comparison, link->repetitions);

		successes += outcome_is_success(outcome);
		if (!failed && outcome->envelope.status == ENVELOPE_ERROR)
			failed = link;
	}
	if (successes)
		return recompute_success(merged_fields(arena, condition, comparison, successes));
	return failed ? error_json(
				comparison_outcome(comparison, failed->repetitions), failed->folder)
		      : NULL;
}

/* Sums over the pairs that worked, with the first one's segment size and duration. */
static json_t *pairs_data(const struct report_pair *pairs)
{
	double sent = 0, received = 0, retransmits = 0, cwnd = 0, wnd = 0;
	double bytes_sent = 0, bytes_received = 0, percent = 0;
	const struct report_tcp *first = NULL;
	json_t *data = json_object();

	for (const struct report_pair *pair = pairs; pair; pair = pair->next) {
		const struct report_flow *flow = &pair->tcp.forward;

		if (pair->error)
			continue;
		first = first ? first : &pair->tcp;
		sent += flow->sent_bps / 1e6;
		received += flow->received_bps / 1e6;
		retransmits += or_zero(flow->retransmits);
		bytes_sent += flow->sent_bytes;
		bytes_received += flow->received_bytes;
		cwnd = fmax(cwnd, pair->tcp.max_cwnd_bytes);
		wnd = fmax(wnd, pair->tcp.max_wnd_bytes);
	}
	if (first && bytes_sent > 0)
		percent = 100 * retransmits / (bytes_sent / first->mss_bytes);
#define SET(key, value) json_object_set_new(data, key, recompute_summary(summary_one(value)))
	SET("sender_throughput_mbps", sent);
	SET("receiver_throughput_mbps", received);
	SET("total_retransmits", retransmits);
	SET("retransmit_percent", percent);
	SET("max_snd_cwnd_bytes", cwnd);
	SET("max_snd_wnd_bytes", wnd);
	SET("total_bytes_sent", bytes_sent);
	SET("total_bytes_received", bytes_received);
	SET("duration_seconds", first ? first->forward.seconds : 0);
#undef SET
	return data;
}

static json_t *pairs_entry(const struct report_parallel *parallel)
{
	if (!parallel)
		return NULL;
	if (parallel->outcome.envelope.status == ENVELOPE_ERROR)
		return error_json(&parallel->outcome, "all");
	for (const struct report_pair *pair = parallel->pairs; pair; pair = pair->next)
		if (!pair->error)
			return recompute_success(pairs_data(parallel->pairs));
	return NULL;
}

static json_t *recompute_map(
	const struct report_results *results, enum comparison comparison, const char *profile)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *map = json_object();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		json_t *entry = NULL;

		if (condition && comparison == COMPARISON_PARALLEL)
			entry = pairs_entry(condition_parallel(condition));
		else if (condition)
			entry = links_entry(arena, condition, comparison);
		if (entry)
			json_object_set_new(map, vpn->name, entry);
	}
	return map;
}

static void recompute_profile(const struct report_results *results, const char *profile,
	struct profile_maps *maps,
	void (*add)(void *context, const char *path, const json_t *value), void *context)
{
	json_t *others[] = {recompute_timing(results, profile),
		recompute_stats(results, profile, maps->maps),
		recompute_breakdown(results, profile),
		recompute_connection(results, profile, false),
		recompute_connection(results, profile, true)};
	static const char *const names[] = {"timing_comparison", "benchmark_stats",
		"time_breakdown", "connection_timings", "reboot_connection_timings"};

	for (size_t i = 0; i < COMPARISONS; i++) {
		json_auto_t *value = recompute_success(json_incref(maps->maps[i]));

		add(context, arena_printf(results->arena, "%s/%s", profile, comparisons[i].file),
			value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		json_auto_t *value = others[i] ? recompute_success(others[i]) : NULL;

		if (value)
			add(context, arena_printf(results->arena, "%s/%s.json", profile, names[i]),
				value);
	}
}

void recompute_all(const struct report_results *results,
	void (*add)(void *context, const char *path, const json_t *value), void *context)
{
	struct profile_maps *maps =
		arena_alloc(results->arena, struct profile_maps, results->profile_count);

	for (size_t i = 0; i < results->profile_count; i++) {
		for (enum comparison c = 0; c < COMPARISONS; c++)
			maps[i].maps[c] = recompute_map(results, c, results->profiles[i]);
		recompute_profile(results, results->profiles[i], &maps[i], add, context);
	}
	recompute_cross_profiles(results, maps, add, context);
	for (size_t i = 0; i < results->profile_count; i++)
		for (enum comparison c = 0; c < COMPARISONS; c++)
			json_decref(maps[i].maps[c]);
}
