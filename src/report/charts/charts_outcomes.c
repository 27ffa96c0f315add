/* SPDX-License-Identifier: MIT */
/* Charts of how measurements ended, and of what their time went to. */
#include "report/charts/chart.h"

static void add_success(struct charts *charts, struct chart *chart, const struct report_vpn *vpn,
	enum report_workload_id workload)
{
	struct success all = {0};

	for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
		struct success one = success_of(charts->arena, c, workload);

		all.worked += one.worked;
		all.planned += one.planned;
	}
	if (all.planned)
		chart_point(charts, chart, vpn->name, report_workloads[workload].heading,
			100 * (double)all.worked / (double)all.planned);
}

static void success(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_HEAT, "success",
		"Success rate, over all profiles",
		"Links that worked, of all that were tried. A stalled flow counts as a failure. A fuller colour is a larger share; white is 0 %.");

	chart->unit = "%";
	chart->workload = "success";
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
			add_success(charts, chart, vpn, (enum report_workload_id)i);
}

/* What the time of all results of a VPN went to, in minutes. */
static void durations(const struct report_results *results, struct charts *charts)
{
	struct chart *chart = chart_add(charts, CHART_BARS, "durations",
		"What the time was spent on, per VPN",
		"Minutes of all profiles together. Restarts are those of the VPN between measurements; waits are for a mesh that answers again.");

	chart->unit = "min";
	chart->decimals = -2;
	chart->higher_is_better = false;
	chart->workload = "durations";
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		double tests_s = 0, restarts_s = 0, waits_s = 0;

		for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
			tests_s += c->tests_s;
			restarts_s += c->restarts_s;
			waits_s += c->waits_s;
			for (const struct report_link *l = c->links; l; l = l->next) {
				tests_s += l->tests_s;
				restarts_s += l->restarts_s;
				waits_s += l->waits_s;
			}
		}
		chart_point(charts, chart, vpn->name, "measuring", tests_s / 60);
		chart_point(charts, chart, vpn->name, "restarting the VPN", restarts_s / 60);
		chart_point(charts, chart, vpn->name, "waiting for the mesh", waits_s / 60);
	}
}

void charts_outcomes(const struct report_results *results, struct charts *charts)
{
	success(results, charts);
	durations(results, charts);
}
