/* SPDX-License-Identifier: MIT */
/* A chart for every figure that results carry themselves. */
#include "report/charts/chart.h"

static void add_chart(const struct report_results *results, struct charts *charts,
	const struct report_metric *metric)
{
	const struct report_workload *workload = &report_workloads[metric->workload];
	struct chart *chart = chart_add(charts, CHART_BARS, metric->key,
		arena_printf(charts->arena, "%s: %s", workload->title, metric->title),
		"Single values of every link or mesh that was measured.");

	chart_metric(results, charts, chart, metric);
}

void charts_figures(const struct report_results *results, struct charts *charts)
{
	for (size_t i = 0; i < report_metric_count; i++)
		if (report_metrics[i].figure)
			add_chart(results, charts, &report_metrics[i]);
}
