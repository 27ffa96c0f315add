/* A chart for every figure of a workload that has no charts of its own. */
#include "report/charts/chart.h"

#include "report/model/figures.h"

static void add_condition(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	const struct report_condition *condition, const struct figures_workload *workload,
	const char *key)
{
	struct figure_values values = figure_values_of(charts->arena, condition, workload, key);

	for (size_t i = 0; i < values.count; i++) {
		struct point *point = chart_point(charts, chart, vpn->name,
			profile_title(condition->profile), values.values[i]);

		point->label = values.labels[i];
		point->place = results_place(charts->arena, vpn, condition->profile);
	}
}

static void add_chart(const struct report_results *results, struct charts *charts,
	const struct figures_workload *workload, const struct figure_name *name)
{
	const char *id = arena_printf(charts->arena, "%s_%s", workload->id, name->key);
	struct chart *chart = chart_add(charts, CHART_BARS, id,
		arena_printf(charts->arena, "%s: %s", workload->title, name->title),
		"Single values of every link or mesh that was measured.");

	chart->workload = workload->id;
	chart->unit = chart->y_title = name->unit;
	chart->decimals = -3;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			if (condition)
				add_condition(charts, chart, vpn, condition, workload, name->key);
		}
}

void charts_others(const struct report_results *results, struct charts *charts)
{
	struct figures_workload workloads[FIGURES_WORKLOADS_MAX];
	size_t count = figures_workloads(results, workloads);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < workloads[i].name_count; k++)
			add_chart(results, charts, &workloads[i], &workloads[i].names[k]);
}
