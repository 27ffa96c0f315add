/* SPDX-License-Identifier: MIT */
/* A chart for every figure that results carry themselves. */
#include "report/charts/chart.h"

static void add_condition(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	const struct report_condition *condition, const struct report_metric *metric)
{
	struct report_samples samples = samples_of_metric(charts->arena, condition, metric);

	for (size_t i = 0; i < samples.count; i++) {
		struct point *point = chart_point(charts, chart, vpn->name,
			profile_title(condition->profile), samples.values[i]);

		point->label = samples.list[i].link;
		point->place = results_place(charts->arena, vpn, condition->profile);
	}
}

static void add_chart(const struct report_results *results, struct charts *charts,
	const struct report_metric *metric)
{
	const struct report_workload *workload = &report_workloads[metric->workload];
	struct chart *chart = chart_add(charts, CHART_BARS, metric->key,
		arena_printf(charts->arena, "%s: %s", workload->title, metric->title),
		"Single values of every link or mesh that was measured.");

	chart->workload = workload->word;
	chart->unit = chart->y_title = metric->unit;
	chart->decimals = metric->decimals;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			if (condition)
				add_condition(charts, chart, vpn, condition, metric);
		}
}

void charts_figures(const struct report_results *results, struct charts *charts)
{
	for (size_t i = 0; i < report_metric_count; i++)
		if (report_metrics[i].figure)
			add_chart(results, charts, &report_metrics[i]);
}
