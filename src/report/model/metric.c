/* What is compared between VPNs, and the single values behind each number. */
#include "report/model/metric.h"

#include <math.h>
#include <string.h>

static double tcp_mbps(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.forward.received_bps / 1e6 : NAN;
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
	return outcome_is_success(&repetition->udp.outcome) &&
			       repetition->udp.forward.received_bytes > 0
		       ? repetition->udp.forward.received_bps / 1e6
		       : NAN;
}

static double udp_loss(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.lost_percent : NAN;
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

/* Checked on the VPN itself, the VPN's part cannot be told from the start of the hosts. */
static double own_part_s(const struct report_connect *connect)
{
	return connect->checks_on_vpn ? NAN : contact_vpn_only_s(connect);
}

static double link_connect(const struct report_link *link)
{
	return own_part_s(&link->connect);
}

static double link_reconnect(const struct report_link *link)
{
	return own_part_s(&link->reboot);
}

#define OUTCOME(workload)                                                                          \
	static const struct report_outcome *workload##_outcome(                                    \
		const struct report_repetition *repetition)                                        \
	{                                                                                          \
		return &repetition->workload.outcome;                                              \
	}

OUTCOME(tcp)
OUTCOME(udp)
OUTCOME(ping)
OUTCOME(qperf)
OUTCOME(video)
OUTCOME(nix)

const struct report_metric report_metrics[METRICS] = {
	[METRIC_TCP] = {"tcp", "TCP, one stream", "Mbit/s", -3, true, .of_repetition = tcp_mbps,
		.outcome = tcp_outcome},
	[METRIC_TCP_REVERSE] = {"tcp_reverse", "TCP, the other direction", "Mbit/s", -3, true,
		.of_repetition = tcp_reverse_mbps, .outcome = tcp_outcome},
	[METRIC_TCP_RETRANSMIT] = {"tcp_retransmit", "TCP segments sent again", "%", -3, false,
		.of_repetition = tcp_retransmit_percent, .outcome = tcp_outcome},
	[METRIC_TCP_RTT] = {"tcp_rtt", "Round trip under TCP load", "ms", -3, false,
		.of_repetition = tcp_rtt_ms, .outcome = tcp_outcome},
	[METRIC_PARALLEL] = {"parallel", "TCP on all links at once, per link", "Mbit/s", -3, true,
		.of_pair = pair_mbps},
	[METRIC_UDP] = {"udp", "UDP as fast as it goes", "Mbit/s", -3, true,
		.of_repetition = udp_mbps, .outcome = udp_outcome},
	[METRIC_UDP_LOSS] = {"udp_loss", "UDP datagrams lost in the flood", "%", -3, false,
		.of_repetition = udp_loss, .outcome = udp_outcome},
	[METRIC_PING] = {"ping", "Round trip, idle", "ms", 2, false, .of_repetition = ping_ms,
		.outcome = ping_outcome},
	[METRIC_PING_LOSS] = {"ping_loss", "Pings lost", "%", 2, false, .of_repetition = ping_loss,
		.outcome = ping_outcome},
	[METRIC_QPERF] = {"qperf", "QUIC", "Mbit/s", -3, true, .of_repetition = qperf_mbps,
		.outcome = qperf_outcome},
	[METRIC_QPERF_CPU] = {"qperf_cpu", "Processor use of the QUIC receiver", "%", -3, false,
		.of_repetition = qperf_cpu, .outcome = qperf_outcome},
	[METRIC_CPU_PER_GBIT] = {"cpu_per_gbit", "Processor use per Gbit/s received over QUIC",
		"% per Gbit/s", -3, false, .of_repetition = cpu_per_gbit, .outcome = qperf_outcome},
	[METRIC_DAEMON_CPU] = {"daemon_cpu", "Processor time of the VPN per GB over TCP", "s/GB",
		-3, false, .of_repetition = daemon_s_per_gb, .outcome = tcp_outcome},
	[METRIC_BUSIEST] = {"busiest_thread", "Busiest thread of the VPN during TCP", "% of a core",
		-3, false, .of_repetition = busiest_percent, .outcome = tcp_outcome},
	[METRIC_RELEASE_ERROR] = {"release_error", "Release error of the wire during TCP, p99",
		"us", -3, false, .of_repetition = release_error_us, .outcome = tcp_outcome},
	[METRIC_FIRST_BYTE] = {"first_byte", "QUIC, time to the first byte", "ms", -3, false,
		.of_repetition = first_byte_ms, .outcome = qperf_outcome},
	[METRIC_VIDEO] = {"video", "Video quality", "%", -3, true, .of_repetition = video_quality,
		.outcome = video_outcome},
	[METRIC_NIX] = {"nix_cache", "Download of a package closure", "s", -3, false,
		.of_repetition = nix_seconds, .outcome = nix_outcome},
	[METRIC_CONNECT] = {"connect", "First contact, the VPN's own part", "s", 2, false,
		.of_link = link_connect},
	[METRIC_RECONNECT] = {"reconnect", "Contact after a reboot, the VPN's own part", "s", 2,
		false, .of_link = link_reconnect},
};

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

static void add_repetitions(struct arena *arena, const struct report_link *link,
	const struct report_metric *metric, struct report_samples *samples)
{
	for (const struct report_repetition *repetition = link->repetitions; repetition;
		repetition = repetition->next) {
		double value = metric->of_repetition(repetition);

		samples->planned++;
		if (!isnan(value))
			add(arena, samples,
				(struct report_sample){value, link->folder, repetition->number,
					metric->outcome(repetition)->path});
	}
}

static void add_pairs(struct arena *arena, const struct report_condition *condition,
	const struct report_metric *metric, struct report_samples *samples)
{
	for (const struct report_parallel *parallel = condition->parallel; parallel;
		parallel = parallel->next) {
		samples->planned += condition_links(condition);
		for (const struct report_pair *pair = parallel->pairs; pair; pair = pair->next) {
			double value = metric->of_pair(pair);

			if (!isnan(value))
				add(arena, samples,
					(struct report_sample){value,
						arena_printf(arena, "%s > %s", pair->source,
							pair->target),
						parallel->repetition, parallel->outcome.path});
		}
	}
}

static bool was_measured(
	const struct report_condition *condition, const struct report_metric *metric)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		if (metric->of_link && (link->connect.is_there || link->reboot.is_there))
			return true;
		for (const struct report_repetition *repetition = link->repetitions;
			metric->outcome && repetition; repetition = repetition->next)
			if (outcome_is_there(metric->outcome(repetition)))
				return true;
	}
	return metric->of_pair && condition->parallel;
}

struct report_samples samples_of(
	struct arena *arena, const struct report_condition *condition, enum metric_id id)
{
	const struct report_metric *metric = &report_metrics[id];
	struct report_samples samples = {0};

	if (!condition || !was_measured(condition, metric))
		return samples;
	if (metric->of_pair)
		add_pairs(arena, condition, metric, &samples);
	for (const struct report_link *link = condition->links; link; link = link->next) {
		if (metric->of_repetition)
			add_repetitions(arena, link, metric, &samples);
		if (metric->of_link) {
			double value = metric->of_link(link);

			samples.planned++;
			if (!isnan(value))
				add(arena, &samples,
					(struct report_sample){value, link->folder, 0,
						id == METRIC_CONNECT ? link->connect.path
								     : link->reboot.path});
		}
	}
	return samples;
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

/* The longest wait of those who answered; NAN when nobody did. */
static double slowest(const struct report_contact *contacts)
{
	double slowest_s = NAN;

	for (const struct report_contact *contact = contacts; contact; contact = contact->next)
		if (contact->is_success)
			slowest_s = fmax(slowest_s, contact->took_s);
	return slowest_s;
}

double contact_outside_s(const struct report_connect *connect)
{
	return connect->is_there ? slowest(connect->outside) : NAN;
}

double contact_first_s(const struct report_connect *connect)
{
	const struct report_contact *contact = connect->is_there ? connect->inside : NULL;

	while (contact && !contact->is_success)
		contact = contact->next;
	return contact ? contact->took_s : NAN;
}

double contact_vpn_only_s(const struct report_connect *connect)
{
	double outside = contact_outside_s(connect);

	return connect->is_there ? slowest(connect->inside) - (isnan(outside) ? 0 : outside) : NAN;
}
