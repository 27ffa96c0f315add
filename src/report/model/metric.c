/* SPDX-License-Identifier: MIT */
/* What is compared between VPNs, and the single values behind each number. */
#include "report/model/metric.h"

#include <math.h>
#include <string.h>

static double tcp_mbps(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.forward.received_bps / 1e6 : NAN;
}

double tcp_sent_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) ? repetition->tcp.forward.sent_bps / 1e6
							    : NAN;
}

double tcp_path_mtu_bytes(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) && repetition->tcp.path_mtu_bytes > 0
		       ? repetition->tcp.path_mtu_bytes
		       : NAN;
}

static double tcp_reverse_mbps(const struct report_repetition *repetition)
{
	const struct report_flow *reverse = &repetition->tcp.reverse;

	return outcome_is_success(&repetition->tcp.outcome) && reverse->is_there &&
			       !reverse->is_stalled
		       ? reverse->received_bps / 1e6
		       : NAN;
}

static double tcp_retransmit_percent(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.retransmit_percent : NAN;
}

static double tcp_rtt_ms(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) && repetition->tcp.mean_rtt_us > 0
		       ? repetition->tcp.mean_rtt_us / 1e3
		       : NAN;
}

static double pair_mbps(const struct report_pair *pair)
{
	return tcp_is_working(&pair->tcp) ? pair->tcp.forward.received_bps / 1e6 : NAN;
}

static double udp_mbps(const struct report_repetition *repetition)
{
	return udp_is_working(&repetition->udp) ? repetition->udp.forward.received_bps / 1e6 : NAN;
}

static double udp_loss(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.missing_percent : NAN;
}

/* Without an answer there is no round trip, whatever the file says. */
static double ping_ms(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->ping.outcome) &&
			       repetition->ping.metrics[PING_LOSS].min < 100
		       ? repetition->ping.metrics[PING_AVERAGE].average
		       : NAN;
}

static double ping_loss(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->ping.outcome)
		       ? repetition->ping.metrics[PING_LOSS].average
		       : NAN;
}

static double qperf_mbps(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome) &&
			       repetition->qperf.metrics[QPERF_BANDWIDTH].average > 0
		       ? repetition->qperf.metrics[QPERF_BANDWIDTH].average
		       : NAN;
}

static double qperf_cpu(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_CPU].average
		       : NAN;
}

static double cpu_per_gbit(const struct report_repetition *repetition)
{
	return 1000 * qperf_cpu(repetition) / qperf_mbps(repetition);
}

static double daemon_s_per_gb(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.outcome.effort.daemons_s_per_gb
						: NAN;
}

static double busiest_percent(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? 100 * repetition->tcp.outcome.effort.busiest_share
						: NAN;
}

static double one_core_mbps(const struct report_outcome *outcome)
{
	return outcome->effort.one_core_mbps > 0 ? outcome->effort.one_core_mbps : NAN;
}

static double cores_to_spare_mbps(const struct report_outcome *outcome)
{
	return outcome->effort.cores_to_spare_mbps > 0 ? outcome->effort.cores_to_spare_mbps : NAN;
}

static double release_error_us(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.outcome.effort.release_error_us
						: NAN;
}

static double first_byte_ms(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->qperf.outcome)
		       ? repetition->qperf.metrics[QPERF_FIRST_BYTE].average
		       : NAN;
}

static double video_quality(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->video.outcome)
		       ? repetition->video.metrics[VIDEO_QUALITY].average
		       : NAN;
}

static double nix_seconds(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->nix.outcome) ? repetition->nix.mean_s : NAN;
}

static double link_connect(const struct report_link *link)
{
	return contact_vpn_only_s(&link->connect);
}

static double link_reconnect(const struct report_link *link)
{
	return contact_vpn_only_s(&link->reboot);
}

const struct report_metric report_metrics[] = {
	[METRIC_TCP] = {"tcp", "TCP, one stream", "Mbit/s", -3, true, .workload = REPORT_TCP,
		.of_repetition = tcp_mbps},
	[METRIC_TCP_REVERSE] = {"tcp_reverse", "TCP, reverse direction", "Mbit/s", -3, true,
		.workload = REPORT_TCP, .of_repetition = tcp_reverse_mbps},
	[METRIC_TCP_RETRANSMIT] = {"tcp_retransmit", "TCP retransmits", "%", -3, false,
		.workload = REPORT_TCP, .of_repetition = tcp_retransmit_percent},
	[METRIC_TCP_RTT] = {"tcp_rtt", "Round-trip time under TCP load", "ms", -3, false,
		.workload = REPORT_TCP, .of_repetition = tcp_rtt_ms},
	[METRIC_PARALLEL] = {"parallel", "TCP on all links at once, per link", "Mbit/s", -3, true,
		.workload = REPORT_PARALLEL, .of_pair = pair_mbps},
	[METRIC_UDP] = {"udp", "UDP flood", "Mbit/s", -3, true, .workload = REPORT_UDP,
		.of_repetition = udp_mbps},
	[METRIC_UDP_LOSS] = {"udp_loss", "Loss of the UDP flood", "%", -3, false,
		.workload = REPORT_UDP, .of_repetition = udp_loss},
	[METRIC_PING] = {"ping", "Idle round-trip time", "ms", 2, false, .workload = REPORT_PING,
		.of_repetition = ping_ms},
	[METRIC_PING_LOSS] = {"ping_loss", "Pings lost", "%", 2, false, .workload = REPORT_PING,
		.of_repetition = ping_loss},
	[METRIC_QPERF] = {"qperf", "QUIC", "Mbit/s", -3, true, .workload = REPORT_QUIC,
		.of_repetition = qperf_mbps},
	[METRIC_QPERF_CPU] = {"qperf_cpu", "Processor use of the QUIC receiver", "%", -3, false,
		.workload = REPORT_QUIC, .of_repetition = qperf_cpu},
	[METRIC_CPU_PER_GBIT] = {"cpu_per_gbit", "Processor use per Gbit/s received over QUIC",
		"% per Gbit/s", -3, false, .workload = REPORT_QUIC, .of_repetition = cpu_per_gbit},
	[METRIC_DAEMON_CPU] = {"daemon_cpu", "Processor time of the VPN per GB over TCP", "s/GB",
		-3, false, .workload = REPORT_TCP, .of_repetition = daemon_s_per_gb},
	[METRIC_BUSIEST] = {"busiest_thread", "Busiest thread of the VPN during TCP", "% of a core",
		-3, false, .workload = REPORT_TCP, .of_repetition = busiest_percent},
	[METRIC_ONE_CORE] = {"one_core", "Throughput with one core at each end, TCP", "Mbit/s", -3,
		true, .workload = REPORT_TCP, .of_outcome = one_core_mbps},
	[METRIC_CORES_TO_SPARE] = {"cores_to_spare", "Throughput with cores to spare, TCP",
		"Mbit/s", -3, true, .workload = REPORT_TCP, .of_outcome = cores_to_spare_mbps},
	[METRIC_ONE_CORE_PARALLEL] = {"one_core_parallel",
		"Throughput with one core at each end, TCP on all links", "Mbit/s", -3, true,
		.workload = REPORT_PARALLEL, .of_outcome = one_core_mbps},
	[METRIC_CORES_TO_SPARE_PARALLEL] = {"cores_to_spare_parallel",
		"Throughput with cores to spare, TCP on all links", "Mbit/s", -3, true,
		.workload = REPORT_PARALLEL, .of_outcome = cores_to_spare_mbps},
	[METRIC_ONE_CORE_QUIC] = {"one_core_quic", "Throughput with one core at each end, QUIC",
		"Mbit/s", -3, true, .workload = REPORT_QUIC, .of_outcome = one_core_mbps},
	[METRIC_CORES_TO_SPARE_QUIC] = {"cores_to_spare_quic",
		"Throughput with cores to spare, QUIC", "Mbit/s", -3, true, .workload = REPORT_QUIC,
		.of_outcome = cores_to_spare_mbps},
	[METRIC_RELEASE_ERROR] = {"release_error", "Release error of the wire during TCP, p99",
		"us", -3, false, .workload = REPORT_TCP, .of_repetition = release_error_us},
	[METRIC_FIRST_BYTE] = {"first_byte", "QUIC, time to the first byte", "ms", -3, false,
		.workload = REPORT_QUIC, .of_repetition = first_byte_ms},
	[METRIC_VIDEO] = {"video", "Video quality", "%", -3, true, .workload = REPORT_VIDEO,
		.of_repetition = video_quality},
	[METRIC_NIX] = {"nix_cache", "Download of a package closure", "s", -3, false,
		.workload = REPORT_NIX_CACHE, .of_repetition = nix_seconds},
	[METRIC_CONNECT] = {"connect", "First contact, the VPN's own part", "s", 2, false,
		.of_link = link_connect},
	[METRIC_RECONNECT] = {"reconnect", "Reconnection after a reboot, the VPN's own part", "s",
		2, false, .of_link = link_reconnect},
	{"http_small_request_p50_ms", "Median time of a request", "ms", -3, false,
		.workload = REPORT_HTTP_SMALL, .figure = "request_p50_ms"},
	{"http_small_request_p99_ms", "99th percentile of a request", "ms", -3, false,
		.workload = REPORT_HTTP_SMALL, .figure = "request_p99_ms"},
	{"http_small_failed_percent", "Failed requests", "%", -3, false,
		.workload = REPORT_HTTP_SMALL, .figure = "failed_percent"},
	{"load_latency_idle_rtt_ms", "Idle round-trip time", "ms", -3, false,
		.workload = REPORT_LOAD_LATENCY, .figure = "idle_rtt_ms"},
	{"load_latency_loaded_rtt_ms", "Round-trip time under load", "ms", -3, false,
		.workload = REPORT_LOAD_LATENCY, .figure = "loaded_rtt_ms"},
	{"load_latency_loaded_rtt_p99_ms", "99th percentile of the round-trip time under load",
		"ms", -3, false, .workload = REPORT_LOAD_LATENCY, .figure = "loaded_rtt_p99_ms"},
	{"load_latency_queue_in_vpn_ms", "Queue inside the VPN under load", "ms", -3, false,
		.workload = REPORT_LOAD_LATENCY, .figure = "queue_in_vpn_ms"},
	{"load_latency_loaded_rpm", "Round trips per minute under load", "RPM", -3, true,
		.workload = REPORT_LOAD_LATENCY, .figure = "loaded_rpm"},
	{"reorder_reordered_percent", "Reordered packets", "%", -3, false,
		.workload = REPORT_REORDER, .figure = "reordered_percent"},
	{"reorder_added_reordered_percent", "Packets that the VPN reordered", "%", -3, false,
		.workload = REPORT_REORDER, .figure = "added_reordered_percent"},
	{"reorder_lost_percent", "Lost packets", "%", -3, false, .workload = REPORT_REORDER,
		.figure = "lost_percent"},
	{"reorder_added_lost_percent", "Packets that the VPN lost", "%", -3, false,
		.workload = REPORT_REORDER, .figure = "added_lost_percent"},
	{"rate_small_packets_per_s", "Highest rate of 64-byte packets", "packets/s", -3, true,
		.workload = REPORT_RATE, .figure = "small_packets_per_s"},
	{"rate_largest_mbps", "Highest rate of packets as large as fit", "Mbit/s", -3, true,
		.workload = REPORT_RATE, .figure = "largest_mbps"},
	{"rate_mtu_bytes", "Path MTU", "bytes", 0, true, .workload = REPORT_RATE,
		.figure = "mtu_bytes"},
	{"rate_overhead_bytes_per_packet", "Overhead per packet", "bytes", -3, false,
		.workload = REPORT_RATE, .figure = "overhead_bytes_per_packet"},
	{"wake_first_answer_ms", "First answer after a silence", "ms", -3, false,
		.workload = REPORT_WAKE, .figure = "first_answer_ms"},
	{"wake_lost_packets", "Packets lost after a silence", "packets", -3, false,
		.workload = REPORT_WAKE, .figure = "lost_packets"},
	{"connect_answered_s", "All pairs answer", "s", -3, false, .workload = REPORT_CONNECT,
		.figure = "answered_s"},
	{"connect_stable_s", "All pairs are stable", "s", -3, false, .workload = REPORT_CONNECT,
		.figure = "stable_s"},
	{"connect_simultaneous_s", "All pairs answer, both sides sending first", "s", -3, false,
		.workload = REPORT_CONNECT, .figure = "simultaneous_s"},
	{"connect_daemons_s", "All daemons are ready", "s", -3, false, .workload = REPORT_CONNECT,
		.figure = "daemons_s"},
	{"restart_all_outage_s", "Outage when all daemons restart", "s", -3, false,
		.workload = REPORT_RESTART, .figure = "all_outage_s"},
	{"restart_one_outage_s", "Outage when one host restarts its daemons", "s", -3, false,
		.workload = REPORT_RESTART, .figure = "one_outage_s"},
	{"restart_called_outage_s", "Outage when the restarted host waits to be called", "s", -3,
		false, .workload = REPORT_RESTART, .figure = "called_outage_s"},
	{"restart_coordinator_back_s", "Recovery once the coordinator is back", "s", -3, false,
		.workload = REPORT_RESTART, .figure = "coordinator_back_s"},
	{"reboot_one_s", "Recovery after a reboot of one host", "s", -3, false,
		.workload = REPORT_REBOOT, .figure = "one_s"},
	{"reboot_one_vpn_s", "The VPN's own share, one host", "s", -3, false,
		.workload = REPORT_REBOOT, .figure = "one_vpn_s"},
	{"reboot_all_s", "Recovery after a reboot of all hosts", "s", -3, false,
		.workload = REPORT_REBOOT, .figure = "all_s"},
	{"reboot_all_vpn_s", "The VPN's own share, all hosts", "s", -3, false,
		.workload = REPORT_REBOOT, .figure = "all_vpn_s"},
	{"idle_cpu_percent", "Processor use", "% of a core", -3, false, .workload = REPORT_IDLE,
		.figure = "cpu_percent"},
	{"idle_peak_rss_mib", "Peak memory", "MiB", -3, false, .workload = REPORT_IDLE,
		.figure = "peak_rss_mib"},
	{"idle_wakeups_per_s", "Wakeups per second", "1/s", -3, false, .workload = REPORT_IDLE,
		.figure = "wakeups_per_s"},
	{"idle_sent_kilobytes_per_hour", "Traffic sent", "kB/h", -3, false, .workload = REPORT_IDLE,
		.figure = "sent_kilobytes_per_hour"},
	{"scale_storm_s", "Half of the hosts join at once", "s", -3, false,
		.workload = REPORT_SCALE, .figure = "storm_s"},
	{"scale_first_cpu_percent", "Processor use of the first host at rest", "% of a core", -3,
		false, .workload = REPORT_SCALE, .figure = "first_cpu_percent"},
	{"scale_join_cpu_exponent", "Processor time of a join against hosts, exponent", "", -3,
		false, .workload = REPORT_SCALE, .figure = "join_cpu_exponent"},
	{"scale_bytes_exponent", "Traffic at rest against hosts, exponent", "", -3, false,
		.workload = REPORT_SCALE, .figure = "bytes_exponent"},
	{"scale_bystander_outage_s", "Silence of other pairs while hosts come and go", "s", -3,
		false, .workload = REPORT_SCALE, .figure = "bystander_outage_s"},
	{"punch_direct_share", "Trials that end with a direct way, of the worst pair", "", 3, true,
		.workload = REPORT_PUNCH, .figure = "direct_share"},
	{"punch_answering_share", "Trials that end with any way, of the worst pair", "", 3, true,
		.workload = REPORT_PUNCH, .figure = "answering_share"},
	{"punch_direct_s", "Time until a way is direct, of the slowest pair", "s", -3, false,
		.workload = REPORT_PUNCH, .figure = "direct_s"},
	{"punch_answered_s", "Time until a pair answers, of the slowest pair", "s", -3, false,
		.workload = REPORT_PUNCH, .figure = "answered_s"},
	{"keepalive_survives_s", "A host is reached where a NAT forgets after", "s", 0, false,
		.workload = REPORT_KEEPALIVE, .figure = "survives_s"},
	{"keepalive_longest_gap_s", "An idle host sends every other one something within", "s", -3,
		false, .workload = REPORT_KEEPALIVE, .figure = "longest_gap_s"},
	{"roam_forgotten_s", "Silence after a router forgot its mappings", "s", -3, false,
		.workload = REPORT_ROAM, .figure = "forgotten_s"},
	{"roam_forgotten_called_s", "The same of a host that waits to be called", "s", -3, false,
		.workload = REPORT_ROAM, .figure = "forgotten_called_s"},
	{"roam_moved_s", "Silence after a router got another address", "s", -3, false,
		.workload = REPORT_ROAM, .figure = "moved_s"},
	{"roam_moved_called_s", "The same of a host that waits to be called", "s", -3, false,
		.workload = REPORT_ROAM, .figure = "moved_called_s"},
	{"roam_uplink_s", "Silence after a change of the uplink", "s", -3, false,
		.workload = REPORT_ROAM, .figure = "uplink_s"},
	{"hostile_crashes", "Kinds of hostile packets that ended a daemon", "", 0, false,
		.workload = REPORT_HOSTILE, .figure = "crashes"},
	{"hostile_accepted", "Hostile packets that were accepted", "", 0, false,
		.workload = REPORT_HOSTILE, .figure = "accepted"},
	{"relay_mbps", "TCP by way of a relay", "Mbit/s", -3, true, .workload = REPORT_RELAY,
		.figure = "relay_mbps"},
	{"relay_direct_mbps", "The same hosts, directly", "Mbit/s", -3, true,
		.workload = REPORT_RELAY, .figure = "direct_mbps"},
	{"relay_rtt_ms", "Round trip by way of a relay", "ms", -3, false, .workload = REPORT_RELAY,
		.figure = "relay_rtt_ms"},
	{"relay_fall_back_s", "Silence after a direct way is blocked", "s", -3, false,
		.workload = REPORT_RELAY, .figure = "fall_back_s"},
	{"relay_direct_again_s", "Direct again after a blocked way is free", "s", -3, false,
		.workload = REPORT_RELAY, .figure = "direct_again_s"},
	{"mtu_whole_bytes", "Largest packet on the narrowest line", "bytes", 0, true,
		.workload = REPORT_MTU, .figure = "narrowest_whole_bytes"},
	{"mtu_black_hole_whole_bytes", "The same, without ICMP", "bytes", 0, true,
		.workload = REPORT_MTU, .figure = "black_hole_whole_bytes"},
	{"mtu_hung_flows", "Flows that hang when their line becomes narrow", "", 0, false,
		.workload = REPORT_MTU, .figure = "hung_flows"},
	{"mtu_silent_s", "Longest silence of the others", "s", -3, false, .workload = REPORT_MTU,
		.figure = "silent_s"},
	{"pathchoice_slow_moved_s", "Until packets leave a slow direct way", "s", -3, false,
		.workload = REPORT_PATHCHOICE, .figure = "slow_moved_s"},
	{"pathchoice_lossy_moved_s", "Until they leave a lossy one", "s", -3, false,
		.workload = REPORT_PATHCHOICE, .figure = "lossy_moved_s"},
	{"pathchoice_moves", "Changes of way meanwhile, at most", "", 0, false,
		.workload = REPORT_PATHCHOICE, .figure = "most_moves"},
	{"pathchoice_slow_rtt_ms", "Round trip in the end of a slow direct way", "ms", -3, false,
		.workload = REPORT_PATHCHOICE, .figure = "slow_rtt_ms"},
};
const size_t report_metric_count = ARRAY_SIZE(report_metrics);

/* Grows by the rule of two, in the arena. */
static void add(struct arena *arena, struct report_samples *samples, struct report_sample sample)
{
	size_t count = samples->count;

	if ((count & (count - 1)) == 0) {
		size_t room = count ? 2 * count : 1;
		struct report_sample *list = arena_alloc(arena, struct report_sample, room);
		double *values = arena_alloc(arena, double, room);

		for (size_t i = 0; i < count; i++) {
			list[i] = samples->list[i];
			values[i] = samples->values[i];
		}
		samples->list = list;
		samples->values = values;
	}
	samples->list[count] = sample;
	samples->values[count] = sample.value;
	samples->count++;
}

static double value_of(
	const struct report_metric *metric, const struct report_repetition *repetition)
{
	const struct report_result *result = &repetition->results[metric->workload];
	const json_t *figure;

	if (metric->of_repetition)
		return metric->of_repetition(repetition);
	if (metric->of_outcome) {
		const struct report_outcome *outcome =
			report_outcome_of(repetition, metric->workload);

		return outcome_is_success(outcome) ? metric->of_outcome(outcome) : NAN;
	}
	figure = json_object_get(result->figures, metric->figure);
	return outcome_is_success(&result->outcome) && json_is_number(figure)
		       ? json_number_value(figure)
		       : NAN;
}

/* A flow that stood still is a success of the tool alone. */
static bool has_worked(const struct report_repetition *repetition, enum report_workload_id workload)
{
	if (workload == REPORT_TCP)
		return tcp_is_working(&repetition->tcp) && !repetition->tcp.reverse.is_stalled;
	if (workload == REPORT_UDP)
		return udp_is_working(&repetition->udp);
	return outcome_is_success(report_outcome_of(repetition, workload));
}

/* `link` is NULL for what was measured on all links at once or on the whole mesh. */
static void add_repetitions(struct arena *arena, const struct report_link *link,
	const struct report_repetition *repetition, const struct report_metric *metric,
	struct report_samples *samples)
{
	for (; repetition; repetition = repetition->next) {
		const struct report_outcome *outcome =
			report_outcome_of(repetition, metric->workload);
		double value = value_of(metric, repetition);

		/* The whole mesh has a repetition for every workload's own count of them. */
		samples->planned += link || outcome_is_there(outcome);
		samples->worked += has_worked(repetition, metric->workload);
		if (!isnan(value))
			add(arena, samples,
				(struct report_sample){value, link ? link->folder : "",
					repetition->number, outcome->path,
					outcome->envelope.marks != NULL});
	}
}

static void add_pairs(struct arena *arena, const struct report_condition *condition,
	const struct report_metric *metric, struct report_samples *samples)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		if (!outcome_is_there(&whole->parallel.outcome))
			continue;
		samples->planned += condition_links(condition);
		for (const struct report_pair *pair = whole->parallel.pairs; pair;
			pair = pair->next) {
			double value = metric->of_pair(pair);

			if (!isnan(value))
				add(arena, samples,
					(struct report_sample){value,
						arena_printf(arena, "%s > %s", pair->source,
							pair->target),
						whole->number, whole->parallel.outcome.path,
						whole->parallel.outcome.envelope.marks != NULL});
		}
	}
}

static void add_contacts(struct arena *arena, const struct report_condition *condition,
	const struct report_metric *metric, struct report_samples *samples)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		const struct report_connect *connect =
			metric == &report_metrics[METRIC_CONNECT] ? &link->connect : &link->reboot;
		double value = metric->of_link(link), below_s = contact_below_s(connect);

		samples->planned++;
		if (!isnan(value))
			add(arena, samples,
				(struct report_sample){
					value, link->folder, 0, connect->path, false});
		else if (!isnan(below_s)) {
			samples->below_count++;
			samples->below = fmax(samples->below, below_s);
		}
	}
}

static bool is_there(const struct report_repetition *repetition, enum report_workload_id workload)
{
	while (repetition && !outcome_is_there(report_outcome_of(repetition, workload)))
		repetition = repetition->next;
	return repetition != NULL;
}

static bool was_measured(
	const struct report_condition *condition, const struct report_metric *metric)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		if (metric->of_link ? link->connect.is_there || link->reboot.is_there
				    : is_there(link->repetitions, metric->workload))
			return true;
	}
	return !metric->of_link && is_there(condition->whole, metric->workload);
}

/* What a busy machine made stands for a VPN only where nothing else does. */
static void leave_out_marked(struct report_samples *samples)
{
	size_t kept = 0;

	for (size_t i = 0; i < samples->count; i++)
		samples->marked += samples->list[i].is_marked;
	samples->is_marked = samples->marked > 0 && samples->marked == samples->count;
	if (samples->is_marked || !samples->marked)
		return;
	for (size_t i = 0; i < samples->count; i++) {
		if (samples->list[i].is_marked)
			continue;
		samples->list[kept] = samples->list[i];
		samples->values[kept++] = samples->values[i];
	}
	samples->count = kept;
}

struct report_samples samples_of_metric(struct arena *arena,
	const struct report_condition *condition, const struct report_metric *metric)
{
	struct report_samples samples = {0};

	if (!condition || !was_measured(condition, metric))
		return samples;
	if (metric->of_pair)
		add_pairs(arena, condition, metric, &samples);
	else if (metric->of_link)
		add_contacts(arena, condition, metric, &samples);
	else if (!report_workloads[metric->workload].is_of_links)
		add_repetitions(arena, NULL, condition->whole, metric, &samples);
	else
		for (const struct report_link *link = condition->links; link; link = link->next)
			add_repetitions(arena, link, link->repetitions, metric, &samples);
	leave_out_marked(&samples);
	return samples;
}

struct report_samples samples_of(
	struct arena *arena, const struct report_condition *condition, enum metric_id id)
{
	return samples_of_metric(arena, condition, &report_metrics[id]);
}

size_t samples_measured(const struct report_samples *samples)
{
	return samples->count + samples->below_count + (samples->is_marked ? 0 : samples->marked);
}

double *samples_blocks(struct arena *arena, const struct report_samples *samples, size_t *ret_count)
{
	double *blocks = arena_alloc(arena, double, samples->count + 1);
	double *links = arena_alloc(arena, double, samples->count + 1);
	size_t last = 0, count = 0;

	for (size_t i = 0; i < samples->count; i++)
		last = samples->list[i].repetition > last ? samples->list[i].repetition : last;
	for (size_t r = 0; r <= last && samples->count; r++) {
		size_t n = 0;

		for (size_t i = 0; i < samples->count; i++)
			if (samples->list[i].repetition == r)
				links[n++] = samples->list[i].value;
		if (n)
			blocks[count++] = stats_median(links, n);
	}
	*ret_count = count;
	return blocks;
}

double samples_median(const struct report_samples *samples)
{
	return samples->count ? stats_median(samples->values, samples->count) : NAN;
}

double samples_mean(const struct report_samples *samples)
{
	return samples->count ? stats_mean(samples->values, samples->count) : NAN;
}

double printed_mean(const struct report_condition *condition,
	double (*of_repetition)(const struct report_repetition *repetition), size_t *ret_count)
{
	double sum = 0;
	size_t count = 0;

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		double value = of_repetition(link->repetitions);

		if (isnan(value))
			continue;
		sum += value;
		count++;
	}
	if (ret_count)
		*ret_count = count;
	return count ? sum / (double)count : NAN;
}

/* A workload worked where its first metric has a value; NULL for one without metrics. */
static const struct report_metric *first_metric(enum report_workload_id workload)
{
	for (size_t i = 0; i < report_metric_count; i++)
		if (!report_metrics[i].of_link && report_metrics[i].workload == workload)
			return &report_metrics[i];
	return NULL;
}

struct success success_of(struct arena *arena, const struct report_condition *condition,
	enum report_workload_id workload)
{
	struct report_samples samples = samples_of_metric(arena, condition, first_metric(workload));

	return (struct success){samples_measured(&samples), samples.planned};
}
