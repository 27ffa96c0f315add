/* SPDX-License-Identifier: MIT */
/* Charts of what goes with what: latency, retransmits, windows, processors, contacts. */
#include "report/charts/chart.h"

#include <math.h>

static void latency(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_BARS, "ping", "Idle round-trip time",
		"Bar: mean over the runs. Line: shortest to longest single round trip.");
	struct chart *heat = chart_add(charts, CHART_HEAT, "ping_heat", "Idle round-trip time",
		"A fuller colour is closer to the best of its column.");
	struct chart *loss = chart_add(charts, CHART_BARS, "ping_loss", "Pings lost",
		"Mean over the runs of each link; a run that lost every packet counts as 100 %.");
	struct point *point;

	chart_metric(results, charts, chart, &report_metrics[METRIC_PING]);
	chart_metric(results, charts, heat, &report_metrics[METRIC_PING]);
	chart_metric(results, charts, loss, &report_metrics[METRIC_PING_LOSS]);
	chart_metric(results, charts,
		chart_add(charts, CHART_BARS, "tcp_rtt", "Round-trip time under TCP load",
			"As TCP itself measured it during its flow. What it is above the idle round-trip time, packets waited in queues."),
		&report_metrics[METRIC_TCP_RTT]);
	point = chart->points;
	for (size_t i = 0; i < results->profile_count; i++) {
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next) {
				for (const struct report_repetition *repetition = l->repetitions;
					repetition && point; repetition = repetition->next) {
					/* Also not what is marked and left out. */
					if (!(report_metrics[METRIC_PING].of_repetition(
						      repetition) == point->y))
						continue;
					point->low = repetition->ping.metrics[PING_MIN].min;
					point->high = repetition->ping.metrics[PING_MAX].max;
					point = point->next;
				}
			}
		}
	}
}

/* A point per link for which both numbers are known. */
static struct chart *scatter(const struct report_results *results, struct charts *charts,
	struct chart *chart, double (*x)(const struct report_repetition *repetition),
	double (*y)(const struct report_repetition *repetition))
{
	chart->workload = "tcp";
	for (size_t i = 0; i < results->profile_count; i++) {
		const char *profile = results->profiles[i];

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_condition *condition = condition_of(vpn, profile);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next) {
				struct point *point;

				if (isnan(x(l->repetitions)) || isnan(y(l->repetitions)))
					continue;
				point = chart_point(charts, chart, vpn->name,
					profile_title(profile), y(l->repetitions));
				point->x = x(l->repetitions);
				point->label = l->folder;
				point->place = results_place(charts->arena, vpn, profile);
			}
		}
	}
	return chart;
}

static double window_kib(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.max_cwnd_bytes / 1024 : NAN;
}

/* iperf3's own processor time at both ends. */
static double processor_s_per_gb(const struct report_repetition *repetition)
{
	const struct report_flow *forward = &repetition->tcp.forward,
				 *reverse = &repetition->tcp.reverse;
	double moved = forward->received_bytes + (reverse->is_there ? reverse->received_bytes : 0);

	if (!tcp_is_working(&repetition->tcp) || !(moved > 0))
		return NAN;
	return (repetition->tcp.host_cpu_percent + repetition->tcp.remote_cpu_percent) / 100 *
	       forward->seconds / (moved / 1e9);
}

static double closure_processor_s(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->nix.outcome)
		       ? repetition->nix.user_s + repetition->nix.system_s
		       : NAN;
}

/* Quantiles over links: what a reader of a tail wants to compare. */
static void tails(const struct report_results *results, struct charts *charts)
{
	static const struct {
		double quantile;
		const char *name;
	} quantiles[] = {{0.5, "median"}, {0.95, "95 %"}, {0.99, "99 %"}};
	struct chart *chart =
		chart_add(charts, CHART_BARS, "ping_tail", "Idle round-trip time: median and tail",
			"Quantiles of the single round trips of each link, without impairment.");

	chart->unit = "ms";
	chart->workload = "ping";
	chart->higher_is_better = false;
	for (size_t q = 0; q < ARRAY_SIZE(quantiles); q++) {
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const char *profile = results_base_profile(results);
			const struct report_condition *condition = condition_of(vpn, profile);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next) {
				const struct report_series *rtt = &l->repetitions->ping.rtt_ms;
				struct point *point;

				if (!rtt->count)
					continue;
				point = chart_point(charts, chart, vpn->name, quantiles[q].name,
					stats_quantile(
						rtt->values, rtt->count, quantiles[q].quantile));
				point->label = l->folder;
				point->place = results_place(charts->arena, vpn, profile);
			}
		}
	}
}

static void planes(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_SCATTER, "latency_throughput",
		"Latency and throughput", "Up and to the left is better.");

	chart->x_title = "idle round-trip time, ms";
	chart->y_title = "TCP received, Mbit/s";
	scatter(results, charts, chart, report_metrics[METRIC_PING].of_repetition,
		report_metrics[METRIC_TCP].of_repetition);
	chart = chart_add(charts, CHART_SCATTER, "download_throughput",
		"Download time and throughput",
		"Up and to the left is better. A download is many short requests, which one stream of TCP does not show.");
	chart->x_title = "download of a package closure, s";
	chart->y_title = "TCP received, Mbit/s";
	scatter(results, charts, chart, report_metrics[METRIC_NIX].of_repetition,
		report_metrics[METRIC_TCP].of_repetition);
	chart = chart_add(charts, CHART_SCATTER, "retransmits_throughput",
		"Retransmits and throughput",
		"Under the same profile, fewer retransmits mean that fewer losses hit the flow.");
	chart->x_title = "sent again, %";
	chart->y_title = "TCP received, Mbit/s";
	scatter(results, charts, chart, report_metrics[METRIC_TCP_RETRANSMIT].of_repetition,
		report_metrics[METRIC_TCP].of_repetition);
	chart = chart_add(charts, CHART_SCATTER, "retransmits_window",
		"Retransmits and the largest window",
		"A flow that keeps losing never opens its window.");
	chart->x_title = "sent again, %";
	chart->y_title = "largest congestion window, KiB";
	scatter(results, charts, chart, report_metrics[METRIC_TCP_RETRANSMIT].of_repetition,
		window_kib);
	chart = chart_add(charts, CHART_SCATTER, "load_latency",
		"Round-trip time, idle and under TCP load",
		"Far above the diagonal, packets wait in a queue that the load keeps full.");
	chart->x_title = "at rest, ms";
	chart->y_title = "under TCP load, ms";
	scatter(results, charts, chart, report_metrics[METRIC_PING].of_repetition,
		report_metrics[METRIC_TCP_RTT].of_repetition);
}

static void add_repetitions(const struct report_results *results, struct charts *charts,
	struct chart *chart, const char *panel,
	double (*of_repetition)(const struct report_repetition *repetition))
{
	const char *profile = results_base_profile(results);

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next) {
			struct point *point;

			if (isnan(of_repetition(link->repetitions)))
				continue;
			point = chart_point(
				charts, chart, vpn->name, panel, of_repetition(link->repetitions));
			point->label = link->folder;
			point->place = results_place(charts->arena, vpn, profile);
		}
	}
}

static void processors(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_BARS, "processor",
		"Processor time of the measuring programs, without impairment",
		"iperf3 at both ends and nix at the client, without the VPN's own processes.");

	chart->unit = "s";
	chart->higher_is_better = false;
	chart->workload = "processor";
	add_repetitions(results, charts, chart, "iperf3, per GB over TCP", processor_s_per_gb);
	add_repetitions(results, charts, chart, "nix, per closure", closure_processor_s);
	chart = chart_add(charts, CHART_BARS, "daemon_cpu", "Processor time of the VPN per GB",
		"All processes of the VPN on all hosts, with one TCP flow in each direction.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_DAEMON_CPU]);
	chart = chart_add(charts, CHART_BARS, "busiest_thread", "Busiest thread of the VPN",
		"A thread that uses 100 % of a core limits its VPN.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_BUSIEST]);
	chart = chart_add(charts, CHART_BARS, "cores_to_spare",
		"Throughput of a VPN with cores to spare",
		"Payload of TCP per processor time of the busiest thread of the VPN, at the weaker end; for programs in Go an upper bound.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_CORES_TO_SPARE]);
	chart = chart_add(charts, CHART_BARS, "one_core",
		"Throughput of a VPN with one core at each end",
		"Payload of TCP per processor time of all threads of the VPN, at the weaker end.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_ONE_CORE]);
	chart = chart_add(charts, CHART_BARS, "release_error", "Release error of the wire, p99",
		"How late the emulated wire released packets during TCP. Values far above the others come from a busy machine.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_RELEASE_ERROR]);
	chart = chart_add(charts, CHART_BARS, "qperf_cpu", "Processor use of the QUIC receiver",
		"Of the whole machine, with one connection per core.");
	chart_metric(results, charts, chart, &report_metrics[METRIC_QPERF_CPU]);
}

static void add_contacts(const struct report_results *results, struct charts *charts,
	struct chart *chart, bool after_reboot, bool is_own_part)
{
	const char *profile = results_contact_profile(results);

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next) {
			const struct report_connect *connect =
				after_reboot ? &link->reboot : &link->connect;
			double value = is_own_part ? contact_vpn_only_s(connect)
						   : contact_first_s(connect);
			struct point *point;

			if (isnan(value))
				continue;
			point = chart_point(charts, chart, vpn->name,
				is_own_part ? "the VPN's own part" : "as published", value);
			point->label = link->host;
			point->place = results_place(charts->arena, vpn, profile);
		}
	}
}

static void contacts(const struct report_results *results, struct charts *charts)
{
	struct chart *reboot = chart_add(charts, CHART_BARS, "reboot",
		"Reconnection after a reboot, per host",
		"The published time includes the boot of all other hosts. The VPN's own part is missing where the check used the VPN's address first, or the VPN answered before the check could tell.");
	struct chart *first = chart_add(charts, CHART_BARS, "connect", "First contact, per host",
		"Seconds from the start of the check on each host.");

	reboot->unit = first->unit = "s";
	reboot->higher_is_better = first->higher_is_better = false;
	reboot->workload = "reboot";
	first->workload = "connect";
	reboot->decimals = first->decimals = 2;
	add_contacts(results, charts, reboot, true, false);
	add_contacts(results, charts, reboot, true, true);
	add_contacts(results, charts, first, false, false);
	add_contacts(results, charts, first, false, true);
}

void charts_relations(const struct report_results *results, struct charts *charts)
{
	struct chart *again;

	latency(results, charts);
	tails(results, charts);
	planes(results, charts);
	again = chart_add(charts, CHART_BARS, "retransmits", "TCP retransmits",
		"Percentage of the segments sent, which makes fast and slow links comparable.");
	chart_metric(results, charts, again, &report_metrics[METRIC_TCP_RETRANSMIT]);
	processors(results, charts);
	contacts(results, charts);
}
