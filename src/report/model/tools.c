/* SPDX-License-Identifier: MIT */
/* Which tool measured, where there are several. */
#include "report/model/tools.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *title, *option;
} kinds[] = {[TOOL_FLOOD] = {"UDP floods", "--udp-tool"}, [TOOL_TCP] = {"TCP", "--tcp-clients"}};

const char *tool_title(enum tool_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(kinds));
	return kinds[kind].title;
}

const char *tool_option(enum tool_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(kinds));
	return kinds[kind].option;
}

bool tool_measures(enum tool_kind kind, enum report_workload_id workload)
{
	if (kind == TOOL_FLOOD)
		return workload == REPORT_UDP;
	return workload == REPORT_TCP || workload == REPORT_PARALLEL;
}

static const char *flood_tool(const struct report_udp *udp)
{
	if (!udp->tool)
		return NULL;
	return strcmp(udp->tool, "meshbench") == 0 ? "meshbench-probe" : udp->tool;
}

static const char *tcp_tool(const struct report_tcp *tcp)
{
	if (!tcp->clients)
		return NULL;
	return tcp->clients > 1 ? "two clients of iperf3" : "one client of iperf3";
}

static const char *tool_of_parallel(const struct report_repetition *whole)
{
	for (; whole; whole = whole->next)
		for (const struct report_pair *pair = whole->parallel.pairs; pair;
			pair = pair->next)
			if (tcp_tool(&pair->tcp))
				return tcp_tool(&pair->tcp);
	return NULL;
}

const char *condition_tool(const struct report_condition *condition, enum tool_kind kind)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
			const char *tool =
				kind == TOOL_FLOOD ? flood_tool(&r->udp) : tcp_tool(&r->tcp);

			if (tool)
				return tool;
		}
	}
	return kind == TOOL_TCP ? tool_of_parallel(condition->whole) : NULL;
}

const char *results_tool(const struct report_results *results, enum tool_kind kind)
{
	const char *tool = NULL;

	for (const struct report_vpn *vpn = results->vpns; vpn && !tool; vpn = vpn->next)
		for (const struct report_condition *c = vpn->conditions; c && !tool; c = c->next)
			tool = condition_tool(c, kind);
	return tool;
}
