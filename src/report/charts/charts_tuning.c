/* SPDX-License-Identifier: MIT */
/* Charts of the same VPNs on stock and on tuned hosts. */
#include "report/charts/chart.h"

/* One profile under one tuning. */
struct side {
	const struct report_results *results;
	const char *profile, *panel; /* "low, reorder-only" */
};

static void add_points(struct charts *charts, struct chart *speed, const struct report_vpn *vpn,
	const struct side *side)
{
	struct report_samples samples =
		samples_of(charts->arena, condition_of(vpn, side->profile), METRIC_TCP);

	for (size_t i = 0; i < samples.count; i++)
		chart_point(charts, speed, vpn->name, side->panel, samples.values[i])->label =
			samples.list[i].link;
}

static void add_gap(struct charts *charts, struct chart *gap, const struct report_vpn *vpn,
	const struct side *side)
{
	struct report_samples here =
		samples_of(charts->arena, condition_of(vpn, side->profile), METRIC_TCP);
	struct report_samples there = samples_of(
		charts->arena, condition_of(side->results->reference, side->profile), METRIC_TCP);

	if (here.count && there.count && !vpn->is_reference)
		chart_point(charts, gap, vpn->name, side->panel,
			100 * samples_mean(&here) / samples_mean(&there));
}

static void add_side(struct charts *charts, struct chart *speed, struct chart *gap,
	const char *name, const struct side *side)
{
	const struct report_vpn *vpn = results_vpn(side->results, name);

	if (!vpn || !condition_of(vpn, side->profile))
		return;
	add_points(charts, speed, vpn, side);
	add_gap(charts, gap, vpn, side);
}

void charts_tuning(const struct report_results *results, const struct report_tuned *tuned,
	struct charts *charts)
{
	const struct report_tuned stock = {tuned, "stock", NULL};
	struct chart *speed, *gap;

	if (!tuned)
		return;
	speed = chart_add(charts, CHART_BARS, "tuning", "TCP on stock and tuned hosts",
		"Received throughput of links whose flow worked.");
	gap = chart_add(charts, CHART_BARS, "tuning_gap",
		"VPNs relative to the bare link, stock and tuned",
		"Percentage of the bare link under the same profile and tuning. Above 100 % the VPN beats the bare link; if tuning removes this advantage, its cause was the hosts' TCP and not the VPN.");
	speed->unit = "Mbit/s";
	gap->unit = "%";
	speed->workload = gap->workload = "tcp";
	for (size_t i = 0; i < results->profile_count; i++) {
		for (const struct report_tuned *one = &stock; one; one = one->next) {
			const struct side side = {one->results ? one->results : results,
				results->profiles[i],
				arena_printf(charts->arena, "%s, %s",
					profile_title(results->profiles[i]), one->name)};

			for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
				add_side(charts, speed, gap, vpn->name, &side);
		}
	}
}
