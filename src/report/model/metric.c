/* What is compared between VPNs, and the single values behind each number. */
#include "report/model/metric.h"

#include <math.h>
#include <string.h>

static double tcp_mbps(const struct run *run)
{
	return tcp_is_working(&run->tcp) ? run->tcp.forward.received_bps / 1e6 : NAN;
}

static double tcp_reverse_mbps(const struct run *run)
{
	const struct flow *reverse = &run->tcp.reverse;

	return outcome_is_success(&run->tcp.outcome) && reverse->is_there && !reverse->is_stalled
		       ? reverse->received_bps / 1e6
		       : NAN;
}

static double tcp_retransmit_percent(const struct run *run)
{
	return tcp_is_working(&run->tcp) ? run->tcp.retransmit_percent : NAN;
}

static double tcp_rtt_ms(const struct run *run)
{
	return tcp_is_working(&run->tcp) && run->tcp.mean_rtt_us > 0 ? run->tcp.mean_rtt_us / 1e3
								     : NAN;
}

static double pair_mbps(const struct pair_result *pair)
{
	return tcp_is_working(&pair->tcp) ? pair->tcp.forward.received_bps / 1e6 : NAN;
}

static double udp_mbps(const struct run *run)
{
	return outcome_is_success(&run->udp.outcome) && run->udp.forward.received_bytes > 0
		       ? run->udp.forward.received_bps / 1e6
		       : NAN;
}

static double udp_loss(const struct run *run)
{
	return outcome_is_success(&run->udp.outcome) ? run->udp.lost_percent : NAN;
}

/* Without an answer there is no round trip, whatever the file says. */
static double ping_ms(const struct run *run)
{
	return outcome_is_success(&run->ping.outcome) && run->ping.metrics[PING_LOSS].min < 100
		       ? run->ping.metrics[PING_AVERAGE].average
		       : NAN;
}

static double ping_loss(const struct run *run)
{
	return outcome_is_success(&run->ping.outcome) ? run->ping.metrics[PING_LOSS].average : NAN;
}

static double qperf_mbps(const struct run *run)
{
	return outcome_is_success(&run->qperf.outcome) &&
			       run->qperf.metrics[QPERF_BANDWIDTH].average > 0
		       ? run->qperf.metrics[QPERF_BANDWIDTH].average
		       : NAN;
}

static double qperf_cpu(const struct run *run)
{
	return outcome_is_success(&run->qperf.outcome) ? run->qperf.metrics[QPERF_CPU].average
						       : NAN;
}

static double cpu_per_gbit(const struct run *run)
{
	return 1000 * qperf_cpu(run) / qperf_mbps(run);
}

static double daemon_s_per_gb(const struct run *run)
{
	return tcp_is_working(&run->tcp) ? run->tcp.outcome.effort.daemons_s_per_gb : NAN;
}

static double busiest_percent(const struct run *run)
{
	return tcp_is_working(&run->tcp) ? 100 * run->tcp.outcome.effort.busiest_share : NAN;
}

static double release_error_us(const struct run *run)
{
	return tcp_is_working(&run->tcp) ? run->tcp.outcome.effort.release_error_us : NAN;
}

static double first_byte_ms(const struct run *run)
{
	return outcome_is_success(&run->qperf.outcome)
		       ? run->qperf.metrics[QPERF_FIRST_BYTE].average
		       : NAN;
}

static double video_quality(const struct run *run)
{
	return outcome_is_success(&run->video.outcome) ? run->video.metrics[VIDEO_QUALITY].average
						       : NAN;
}

static double nix_seconds(const struct run *run)
{
	return outcome_is_success(&run->nix.outcome) ? run->nix.mean_s : NAN;
}

/* Checked on the VPN itself, the VPN's part cannot be told from the start of the hosts. */
static double own_part_s(const struct connect_result *connect)
{
	return connect->checks_on_vpn ? NAN : contact_vpn_only_s(connect);
}

static double link_connect(const struct link *link)
{
	return own_part_s(&link->connect);
}

static double link_reconnect(const struct link *link)
{
	return own_part_s(&link->reboot);
}

#define OUTCOME(workload)                                                                          \
	static const struct outcome *workload##_outcome(const struct run *run)                     \
	{                                                                                          \
		return &run->workload.outcome;                                                     \
	}

OUTCOME(tcp)
OUTCOME(udp)
OUTCOME(ping)
OUTCOME(qperf)
OUTCOME(video)
OUTCOME(nix)

const struct metric report_metrics[METRICS] = {
	[METRIC_TCP] = {"tcp", "TCP, one stream", "Mbit/s", -3, true, .of_run = tcp_mbps,
		.outcome = tcp_outcome},
	[METRIC_TCP_REVERSE] = {"tcp_reverse", "TCP, the other direction", "Mbit/s", -3, true,
		.of_run = tcp_reverse_mbps, .outcome = tcp_outcome},
	[METRIC_TCP_RETRANSMIT] = {"tcp_retransmit", "TCP segments sent again", "%", -3, false,
		.of_run = tcp_retransmit_percent, .outcome = tcp_outcome},
	[METRIC_TCP_RTT] = {"tcp_rtt", "Round trip under TCP load", "ms", -3, false,
		.of_run = tcp_rtt_ms, .outcome = tcp_outcome},
	[METRIC_PARALLEL] = {"parallel", "TCP on all links at once, per link", "Mbit/s", -3, true,
		.of_pair = pair_mbps},
	[METRIC_UDP] = {"udp", "UDP as fast as it goes", "Mbit/s", -3, true, .of_run = udp_mbps,
		.outcome = udp_outcome},
	[METRIC_UDP_LOSS] = {"udp_loss", "UDP datagrams lost in the flood", "%", -3, false,
		.of_run = udp_loss, .outcome = udp_outcome},
	[METRIC_PING] = {"ping", "Round trip, idle", "ms", 2, false, .of_run = ping_ms,
		.outcome = ping_outcome},
	[METRIC_PING_LOSS] = {"ping_loss", "Pings lost", "%", 2, false, .of_run = ping_loss,
		.outcome = ping_outcome},
	[METRIC_QPERF] = {"qperf", "QUIC", "Mbit/s", -3, true, .of_run = qperf_mbps,
		.outcome = qperf_outcome},
	[METRIC_QPERF_CPU] = {"qperf_cpu", "Processor use of the QUIC receiver", "%", -3, false,
		.of_run = qperf_cpu, .outcome = qperf_outcome},
	[METRIC_CPU_PER_GBIT] = {"cpu_per_gbit", "Processor use per Gbit/s received over QUIC",
		"% per Gbit/s", -3, false, .of_run = cpu_per_gbit, .outcome = qperf_outcome},
	[METRIC_DAEMON_CPU] = {"daemon_cpu", "Processor time of the VPN per GB over TCP", "s/GB",
		-3, false, .of_run = daemon_s_per_gb, .outcome = tcp_outcome},
	[METRIC_BUSIEST] = {"busiest_thread", "Busiest thread of the VPN during TCP", "% of a core",
		-3, false, .of_run = busiest_percent, .outcome = tcp_outcome},
	[METRIC_RELEASE_ERROR] = {"release_error", "Release error of the wire during TCP, p99",
		"us", -3, false, .of_run = release_error_us, .outcome = tcp_outcome},
	[METRIC_FIRST_BYTE] = {"first_byte", "QUIC, time to the first byte", "ms", -3, false,
		.of_run = first_byte_ms, .outcome = qperf_outcome},
	[METRIC_VIDEO] = {"video", "Video quality", "%", -3, true, .of_run = video_quality,
		.outcome = video_outcome},
	[METRIC_NIX] = {"nix_cache", "Download of a package closure", "s", -3, false,
		.of_run = nix_seconds, .outcome = nix_outcome},
	[METRIC_CONNECT] = {"connect", "First contact, the VPN's own part", "s", 2, false,
		.of_link = link_connect},
	[METRIC_RECONNECT] = {"reconnect", "Contact after a reboot, the VPN's own part", "s", 2,
		false, .of_link = link_reconnect},
};

/* Grows by the rule of two, in the arena. */
static void add(struct arena *arena, struct samples *samples, struct sample sample)
{
	size_t count = samples->count;

	if ((count & (count - 1)) == 0) {
		size_t room = count ? 2 * count : 1;
		struct sample *list = arena_alloc(arena, struct sample, room);
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

static void add_runs(struct arena *arena, const struct link *link, const struct metric *metric,
	struct samples *samples)
{
	for (const struct run *run = link->runs; run; run = run->next) {
		double value = metric->of_run(run);

		samples->planned++;
		if (!isnan(value))
			add(arena, samples,
				(struct sample){value, link->folder, run->repetition,
					metric->outcome(run)->path});
	}
}

static void add_pairs(struct arena *arena, const struct cell *cell, const struct metric *metric,
	struct samples *samples)
{
	for (const struct parallel_result *parallel = cell->parallel; parallel;
		parallel = parallel->next) {
		samples->planned += cell_links(cell);
		for (const struct pair_result *pair = parallel->pairs; pair; pair = pair->next) {
			double value = metric->of_pair(pair);

			if (!isnan(value))
				add(arena, samples,
					(struct sample){value,
						arena_printf(arena, "%s > %s", pair->source,
							pair->target),
						parallel->repetition, parallel->outcome.path});
		}
	}
}

static bool was_measured(const struct cell *cell, const struct metric *metric)
{
	for (const struct link *link = cell->links; link; link = link->next) {
		if (metric->of_link && (link->connect.is_there || link->reboot.is_there))
			return true;
		for (const struct run *run = link->runs; metric->outcome && run; run = run->next)
			if (outcome_is_there(metric->outcome(run)))
				return true;
	}
	return metric->of_pair && cell->parallel;
}

struct samples samples_of(struct arena *arena, const struct cell *cell, enum metric_id id)
{
	const struct metric *metric = &report_metrics[id];
	struct samples samples = {0};

	if (!cell || !was_measured(cell, metric))
		return samples;
	if (metric->of_pair)
		add_pairs(arena, cell, metric, &samples);
	for (const struct link *link = cell->links; link; link = link->next) {
		if (metric->of_run)
			add_runs(arena, link, metric, &samples);
		if (metric->of_link) {
			double value = metric->of_link(link);

			samples.planned++;
			if (!isnan(value))
				add(arena, &samples,
					(struct sample){value, link->folder, 0,
						id == METRIC_CONNECT ? link->connect.path
								     : link->reboot.path});
		}
	}
	return samples;
}

double samples_mean(const struct samples *samples)
{
	return samples->count ? stats_mean(samples->values, samples->count) : NAN;
}

double printed_mean(
	const struct cell *cell, double (*of_run)(const struct run *run), size_t *ret_count)
{
	double sum = 0;
	size_t count = 0;

	for (const struct link *link = cell ? cell->links : NULL; link; link = link->next) {
		double value = of_run(link->runs);

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
static double slowest(const struct contact *contacts)
{
	double slowest_s = NAN;

	for (const struct contact *contact = contacts; contact; contact = contact->next)
		if (contact->is_success)
			slowest_s = fmax(slowest_s, contact->took_s);
	return slowest_s;
}

double contact_outside_s(const struct connect_result *connect)
{
	return connect->is_there ? slowest(connect->outside) : NAN;
}

double contact_first_s(const struct connect_result *connect)
{
	const struct contact *contact = connect->is_there ? connect->inside : NULL;

	while (contact && !contact->is_success)
		contact = contact->next;
	return contact ? contact->took_s : NAN;
}

double contact_vpn_only_s(const struct connect_result *connect)
{
	double outside = contact_outside_s(connect);

	return connect->is_there ? slowest(connect->inside) - (isnan(outside) ? 0 : outside) : NAN;
}
