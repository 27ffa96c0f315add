/* SPDX-License-Identifier: MIT */
/* Rules about the whole tree: its impairment, its repetitions, its order, its files. */
#include "report/findings/rules.h"

#include "report/model/tools.h"

#include "base/json.h"

#include <math.h>
#include <string.h>
#include <time.h>

void rule_effective(struct look *look)
{
	const struct report_results *results = look->findings->results;
	const struct report_condition *base =
		condition_of(results->reference, results_base_profile(results));
	struct report_samples at_rest = samples_of(look->findings->arena, base, METRIC_PING);

	for (size_t i = 0; i < results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(results->reference, results->profiles[i]);
		struct report_samples rtt =
			samples_of(look->findings->arena, condition, METRIC_PING);
		double added = samples_mean(&rtt) - samples_mean(&at_rest);

		if (!condition || !condition->settings.is_there ||
			!(condition->settings.latency_ms > 0) ||
			!(fabs(added / condition->settings.latency_ms - 1) > 0.15))
			continue;
		look_say(look,
			"The impairment that packets met differs from the one requested: delays below zero (delay minus jitter) become zero, which increases the mean delay.");
		look_show(look, NULL,
			"%s: %.1f ms of delay (jitter %.1f ms) stored per round trip, %.2f ms added",
			profile_title(results->profiles[i]), condition->settings.latency_ms,
			condition->settings.jitter_ms, added);
	}
}

void rule_correlation(struct look *look)
{
	const struct report_results *results = look->findings->results;

	for (size_t i = 0; results->reference && i < results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(results->reference, results->profiles[i]);

		if (!condition || !condition->settings.is_there ||
			condition->settings.is_calibrated ||
			condition->settings.correlation_percent <= 0 ||
			condition->settings.reorder_percent <= 0)
			continue;
		look_say(look,
			"Reordering was requested with a correlation. The kernel's correlated random numbers are averages that hardly ever fall below a few percent, so such a rule practically never fires: the reordering in these runs comes from jitter.");
		look_show(look, NULL,
			"%s: reorder %.1f %% with correlation %.0f %% as stored (twice what a port does), jitter %.1f ms",
			profile_title(results->profiles[i]), condition->settings.reorder_percent,
			condition->settings.correlation_percent, condition->settings.jitter_ms);
	}
}

static size_t most_values(const struct findings *findings)
{
	const struct report_results *results = findings->results;
	size_t most = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next) {
			struct report_samples samples =
				samples_of(findings->arena, condition, METRIC_TCP);

			most = samples.count > most ? samples.count : most;
		}
	return most;
}

void rule_repetitions(struct look *look)
{
	size_t most = most_values(look->findings);

	if (most == 0 || permutation_floor(most, most) <= 0.05)
		return;
	look_say(look,
		"This tree cannot show that any difference between two VPNs is more than chance: with %zu values on each side, even the clearest outcome has a probability of %.2f. Its rankings only describe these runs.",
		most, permutation_floor(most, most));
	look_show(look, NULL,
		"%zu values per VPN, profile and workload; 4 would allow p = 0.03, 8 p = 0.0002",
		most);
}

void rule_environment(struct look *look)
{
	const struct tree_problem *problem = look->findings->results->reading.problems;

	if (look->findings->results->environment)
		return;
	while (problem && strcmp(problem->path, "environment.json") != 0)
		problem = problem->next;
	look_say(look,
		"The versions, offloads, congestion control, MTU and sysctls of these runs are unknown, so the runs cannot be repeated exactly.");
	look_show(look, problem ? problem->path : NULL, "environment.json is %s",
		problem ? "damaged" : "missing");
}

/* The earliest and latest start of a VPN's TCP tests; 0 when none is stored. */
static void span_of(const struct report_vpn *vpn, double *ret_first_s, double *ret_last_s)
{
	*ret_first_s = *ret_last_s = 0;
	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next)
		for (const struct report_link *link = condition->links; link; link = link->next) {
			double at_s = link->repetitions->tcp.started_s;

			if (at_s <= 0)
				continue;
			*ret_first_s = *ret_first_s > 0 ? fmin(*ret_first_s, at_s) : at_s;
			*ret_last_s = fmax(*ret_last_s, at_s);
		}
}

/* Whether two spans of time share a moment; those that do were at least interleaved. */
static bool overlap(const struct report_vpn *a, const struct report_vpn *b)
{
	double a_first, a_last, b_first, b_last;

	span_of(a, &a_first, &a_last);
	span_of(b, &b_first, &b_last);
	return a_first <= b_last && b_first <= a_last;
}

static bool was_timed(const struct report_vpn *vpn)
{
	double from_s, to_s;

	span_of(vpn, &from_s, &to_s);
	return from_s > 0;
}

static const char *time_text(struct arena *arena, double at_s)
{
	time_t whole = (time_t)at_s;
	struct tm parts;

	gmtime_r(&whole, &parts);
	return arena_printf(arena, "%04d-%02d-%02d %02d:%02d UTC", parts.tm_year + 1900,
		parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
}

void rule_order(struct look *look)
{
	double first_s = INFINITY, last_s = 0;
	size_t count = 0, pairs = 0, overlapping = 0;
	bool is_long;

	for (const struct report_vpn *vpn = look->findings->results->vpns; vpn; vpn = vpn->next) {
		double from_s, to_s;

		span_of(vpn, &from_s, &to_s);
		if (from_s <= 0)
			continue;
		for (const struct report_vpn *other = vpn->next; other; other = other->next) {
			pairs += was_timed(other);
			overlapping += was_timed(other) && overlap(vpn, other);
		}
		first_s = fmin(first_s, from_s);
		last_s = fmax(last_s, to_s);
		count++;
	}
	/* In turns, all overlap; on different days a few do that were measured on the same one. */
	if (count < 2 || 2 * overlapping > pairs)
		return;
	is_long = last_s - first_s >= 7200;
	look_say(look,
		"The VPNs were measured one after the other over %.0f %s instead of in turns: any change on the hosts during that time looks like a difference between VPNs.",
		(last_s - first_s) / (is_long ? 3600 : 60), is_long ? "hours" : "minutes");
	for (const struct report_vpn *vpn = look->findings->results->vpns; vpn; vpn = vpn->next) {
		double from_s, to_s;

		span_of(vpn, &from_s, &to_s);
		if (from_s > 0)
			look_show(look, NULL, "%s: %s to %s", vpn->title,
				time_text(look->findings->arena, from_s),
				time_text(look->findings->arena, to_s));
	}
}

static void look_at_tools(struct look *look, enum tool_kind kind)
{
	const struct report_results *results = look->findings->results;
	const char *first = results_tool(results, kind);
	bool is_said = false;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
			const char *tool = condition_tool(c, kind);

			if (!tool || strcmp(tool, first) == 0)
				continue;
			if (!is_said)
				look_say(look,
					"%s were measured by %s in a part of this tree and by %s in another. These figures cannot be compared; measure all with the same %s.",
					kind == TOOL_FLOOD ? "UDP floods" : "TCP connections",
					first, tool, tool_option(kind));
			is_said = true;
			look_show(look, NULL, "%s, %s: %s", vpn->name, profile_title(c->profile),
				tool);
		}
	}
}

void rule_tools(struct look *look)
{
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++)
		look_at_tools(look, kind);
}

void rule_damaged(struct look *look)
{

	for (const struct tree_problem *problem = look->findings->results->reading.problems;
		problem; problem = problem->next) {
		look_say(look, "Some files could not be used and do not contribute to any number.");
		look_show(look, problem->path, "%s: %s", problem->path, problem->why);
	}
}
