/* SPDX-License-Identifier: MIT */
/* Charts of what was carried: bars, heatmaps, directions, all links at once, over time. */
#include "report/charts/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct chart *bars(const struct report_results *results, struct charts *charts,
	const char *id, const char *title, const char *about, enum metric_id metric)
{
	struct chart *chart = chart_add(charts, CHART_BARS, id, title, about);

	chart_metric(results, charts, chart, &report_metrics[metric]);
	return chart;
}

static void heat(const struct report_results *results, struct charts *charts, const char *id,
	const char *title, enum metric_id metric)
{
	struct chart *chart = chart_add(charts, CHART_HEAT, id, title,
		strcmp(report_metrics[metric].unit, "%") == 0
			? "A fuller colour is a larger share; white is 0 %."
			: "A fuller colour is closer to the best of its column; white is a hundredth of the best.");

	chart_metric(results, charts, chart, &report_metrics[metric]);
}

/* A point per link with a value from `of_repetition`, in a panel of its own name. */
static void add_panel(const struct report_results *results, struct charts *charts,
	struct chart *chart, const char *panel,
	double (*of_repetition)(const struct report_repetition *repetition))
{
	const char *profile = results_base_profile(results);

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next) {
			for (const struct report_repetition *repetition = link->repetitions;
				repetition; repetition = repetition->next) {
				double value = of_repetition(repetition);
				struct point *point;

				if (isnan(value))
					continue;
				point = chart_point(charts, chart, vpn->name, panel, value);
				point->label = link->folder;
				point->place = results_place(charts->arena, vpn, profile);
			}
		}
	}
}

static double forward_mbps(const struct report_repetition *repetition)
{
	return report_metrics[METRIC_TCP].of_repetition(repetition);
}

static double reverse_mbps(const struct report_repetition *repetition)
{
	return report_metrics[METRIC_TCP_REVERSE].of_repetition(repetition);
}

static void directions(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_BARS, "tcp_directions",
		"TCP in both directions at once, without impairment",
		"Both flows of a link ran at the same time. The published tables use only the first one.");

	chart->unit = "Mbit/s";
	chart->y_title = "received";
	chart->workload = "tcp";
	add_panel(results, charts, chart, "source to target", forward_mbps);
	add_panel(results, charts, chart, "target to source", reverse_mbps);
}

static void add_samples(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	const char *panel, const struct report_samples *samples, const char *place)
{
	for (size_t i = 0; i < samples->count; i++) {
		struct point *point =
			chart_point(charts, chart, vpn->name, panel, samples->values[i]);

		point->label = samples->list[i].link;
		point->place = place;
	}
}

/* One link alone against the same link while all others are busy, and the factor between. */
static void single_against_parallel(const struct report_results *results, struct charts *charts)
{
	const char *profile = results_base_profile(results);
	struct chart *chart = chart_add(charts, CHART_BARS, "parallel",
		"One link alone, and all links at once",
		"When all links are busy, every port carries its own flow and the reverse direction of its neighbour's, so half the line rate is the most that a link can reach.");
	struct chart *factor = chart_add(charts, CHART_BARS, "parallel_scaling",
		"How the total scales with all links",
		"Mean of the links that worked, times the number of links, relative to one link alone.");

	chart->unit = "Mbit/s";
	chart->workload = factor->workload = "parallel";
	factor->decimals = 2;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		struct report_samples single = samples_of(charts->arena, condition, METRIC_TCP);
		struct report_samples all = samples_of(charts->arena, condition, METRIC_PARALLEL);
		const char *place = results_place(charts->arena, vpn, profile);
		double scaling = samples_mean(&all) * (double)condition_links(condition) /
				 samples_mean(&single);

		add_samples(charts, chart, vpn, "one link alone", &single, place);
		add_samples(charts, chart, vpn, "all links at once", &all, place);
		if (!isnan(scaling))
			chart_point(charts, factor, vpn->name, "times one link", scaling)->place =
				place;
	}
}

static void over_time(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_LINES, "tcp_time", "TCP second by second",
		"One line per link, from source to target. A line that ends at zero is a stalled flow.");

	chart->unit = "Mbit/s";
	chart->workload = "tcp";
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			for (const struct report_link *link = condition ? condition->links : NULL;
				link; link = link->next) {
				const struct report_flow *flow = &link->repetitions->tcp.forward;
				struct report_series *mbps;
				struct point *point;

				if (flow->bps.count < 3)
					continue;
				mbps = arena_alloc(charts->arena, struct report_series, 1);
				*mbps = flow->bps;
				mbps->values = arena_alloc(charts->arena, double, mbps->count);
				for (size_t j = 0; j < mbps->count; j++)
					mbps->values[j] = flow->bps.values[j] / 1e6;
				point = chart_point(charts, chart, vpn->name,
					profile_title(results->profiles[i]), NAN);
				point->label = link->folder;
				point->series = mbps;
			}
		}
	}
}

static void add_dropped(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	const char *profile, const struct report_link *link)
{
	for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
		const struct summary *dropped = &r->video.metrics[VIDEO_DROPPED];
		struct point *point;

		if (!outcome_is_success(&r->video.outcome) || isnan(dropped->average) ||
			video_has_wrapped(&r->video))
			continue;
		point = chart_point(
			charts, chart, vpn->name, profile_title(profile), dropped->average);
		point->low = dropped->min;
		point->high = dropped->max;
		point->label = link->folder;
		point->place = results_place(charts->arena, vpn, profile);
	}
}

/* A bar alone would hide that packets are lost in bursts. */
static void dropped_packets(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_BARS, "video_dropped",
		"Video packets dropped",
		"Packets that were not recovered, per report of the receiver. Dot: mean of a link. Line: fewest to most in one report. Links whose counter wrapped are left out; a finding names them.");

	chart->unit = "packets";
	chart->workload = "video";
	chart->higher_is_better = false;
	for (size_t i = 0; i < results->profile_count; i++) {
		const char *profile = results->profiles[i];

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_condition *condition = condition_of(vpn, profile);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next)
				add_dropped(charts, chart, vpn, profile, l);
		}
	}
}

static int from_most(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* What every second of a link's repetitions lost, the worst first. */
static struct report_series losses_of(struct arena *arena, const struct report_link *link)
{
	struct report_series losses = {.step_s = 1};
	size_t room = 0;

	for (const struct report_repetition *r = link->repetitions; r; r = r->next)
		room += r->video.lost_packets.count;
	losses.values = arena_alloc(arena, double, room + 1);
	for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
		for (size_t i = 0; i < r->video.lost_packets.count; i++)
			losses.values[losses.count++] = r->video.lost_packets.values[i];
	}
	qsort(losses.values, losses.count, sizeof(*losses.values), from_most);
	return losses;
}

static void add_losses(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	const char *profile, const struct report_link *link)
{
	struct report_series *losses = arena_alloc(charts->arena, struct report_series, 1);
	struct point *point;

	*losses = losses_of(charts->arena, link);
	if (losses->count < 3 || losses->values[0] <= 0)
		return;
	point = chart_point(charts, chart, vpn->name, profile_title(profile), NAN);
	point->label = link->folder;
	point->place = results_place(charts->arena, vpn, profile);
	point->series = losses;
}

/* One mean may be a packet now and then, or a second without a picture. */
static void losses_by_second(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_LINES, "video_losses",
		"Video packets lost in a second, worst second first",
		"One line per link: how many seconds lost at least so many packets for good. A line that falls at once is a burst, one that falls slowly a loss all the time. Links without a loss are left out.");

	chart->unit = "packets";
	chart->workload = "video";
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next)
				add_losses(charts, chart, vpn, results->profiles[i], l);
		}
	}
}

void charts_throughput(const struct report_results *results, struct charts *charts)
{
	bars(results, charts, "tcp", "TCP, one stream",
		"Received throughput per link. Bar: mean. Line: lowest to highest. Dots: single links. Stalled flows are omitted and listed below.",
		METRIC_TCP);
	heat(results, charts, "tcp_heat", "TCP, one stream, by profile", METRIC_TCP);
	directions(results, charts);
	single_against_parallel(results, charts);
	bars(results, charts, "parallel_profiles", "TCP on all links at once, per link",
		"Only links that worked. The published totals add up these links as well, however many there are.",
		METRIC_PARALLEL);
	over_time(results, charts);
	heat(results, charts, "udp_heat", "UDP flood", METRIC_UDP);
	bars(results, charts, "udp_loss", "Loss of the UDP flood",
		"Of all that was sent, the share that did not arrive.", METRIC_UDP_LOSS);
	bars(results, charts, "qperf", "QUIC", "One connection per core, from target to source.",
		METRIC_QPERF);
	heat(results, charts, "nix_heat", "Download of a package closure", METRIC_NIX);
	bars(results, charts, "nix_cache", "Download of a package closure",
		"Shorter is better. A missing bar means that the download failed or exceeded its time limit.",
		METRIC_NIX);
	heat(results, charts, "video_heat", "Video quality", METRIC_VIDEO);
	bars(results, charts, "video", "Video quality",
		"Percentage of packets that arrived in time.", METRIC_VIDEO);
	dropped_packets(results, charts);
	losses_by_second(results, charts);
}

struct charts *charts_of(const struct report_results *results, const struct report_tuned *tuned)
{
	struct charts *charts = arena_alloc(results->arena, struct charts, 1);

	charts->arena = results->arena;
	charts->results = results;
	charts->end = &charts->first;
	charts_throughput(results, charts);
	charts_relations(results, charts);
	charts_outcomes(results, charts);
	charts_punch(results, charts);
	charts_figures(results, charts);
	charts_tuning(results, tuned, charts);
	return charts;
}
