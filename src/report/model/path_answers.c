/* SPDX-License-Identifier: MIT */
/* Rows of the feature matrix that narrow lines, IPv6 outside and hosts that come back answer. */
#include "report/model/ways.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	COMMON_MTU = 1400, /* of a path, as the row asks */
	DROPPED_MTU = 1300
};

/* The largest packet that an overlay device takes; NAN: nobody knows. */
static double device_mtu(const struct report_condition *condition)
{
	json_t *hosts = json_object_get(condition->vpn_facts, "mtu"), *mtu;
	double most = NAN;
	const char *host;

	json_object_foreach (hosts, host, mtu)
		most = fmax(most, json_is_number(mtu) ? json_number_value(mtu) : NAN);
	return most;
}

static void add_common_path(
	struct arena *arena, const json_t *step, double full_bytes, json_t *answers)
{
	double whole_bytes = json_number_at(step, "/whole_bytes", NAN);

	if (json_number_at(step, "/outer_mtu_bytes", 0) != COMMON_MTU || isnan(full_bytes) ||
		isnan(whole_bytes))
		return;
	ways_answer(answers, "mtu", "conservative_mtu", whole_bytes >= full_bytes ? "yes" : "no",
		arena_printf(arena,
			"over a line of %d bytes %.0f arrive in one piece, of %.0f that the device takes",
			COMMON_MTU, whole_bytes, full_bytes));
}

/* A line without ICMP, below what the row asks. */
static void add_black_hole(struct arena *arena, const json_t *step, json_t *answers)
{
	const char *tcp = json_string_at(step, "/tcp", "");
	double line_bytes = json_number_at(step, "/outer_mtu_bytes", NAN);
	bool is_carried = strcmp(tcp, "carried") == 0;

	if (!(line_bytes <= DROPPED_MTU) || json_is_true(json_object_get(step, "icmp")) ||
		(!is_carried && strcmp(tcp, "hung") != 0))
		return;
	ways_answer(answers, "mtu", "path_mtu_discovery", is_carried ? "yes" : "no",
		arena_printf(arena,
			"a TCP flow %s when its line took %.0f bytes and said nothing of it",
			is_carried ? "went on" : "hung", line_bytes));
}

static void add_lines(
	struct arena *arena, const struct report_condition *condition, json_t *answers)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *mtu = &whole->results[REPORT_MTU];
		const json_t *step;
		size_t i;

		if (!outcome_is_success(&mtu->outcome))
			continue;
		json_array_foreach (json_object_get(mtu->data, "steps"), i, step) {
			add_common_path(arena, step, device_mtu(condition), answers);
			add_black_hole(arena, step, answers);
		}
	}
}

/* Over no other family does anything come to such a host. What fails may be the driver's fault. */
static void add_ipv6(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition, json_t *answers)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		if (!results_has_ipv6_alone(results, link->host))
			continue;
		for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
			if (outcome_is_success(&r->ping.outcome) || tcp_is_working(&r->tcp))
				ways_answer(answers,
					outcome_is_success(&r->ping.outcome) ? "ping" : "tcp",
					"underlay_ipv6", "yes",
					arena_printf(arena,
						"%s has IPv6 alone outside, and data came through",
						link->host));
		}
	}
}

/* All pairs answer again at their addresses after a restart, and after a move. */
static void add_identity(const struct report_condition *condition, json_t *answers)
{
	bool is_restarted = false, is_moved = false;

	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *restart = &whole->results[REPORT_RESTART];
		const struct report_result *roam = &whole->results[REPORT_ROAM];
		size_t moves = json_array_size(json_at(roam->data, "/moved/runs"));

		is_restarted |= outcome_is_success(&restart->outcome) &&
				json_array_size(json_at(restart->data, "/one_host/runs")) > 0;
		is_moved |= outcome_is_success(&roam->outcome) && moves > 0 &&
			    json_number_at(roam->data, "/moved/returned", 0) >= (double)moves;
	}
	if (is_restarted && is_moved)
		ways_answer(answers, "restart", "stable_identity", "yes",
			"hosts answered at the same addresses after a restart and after a change of the address outside");
}

json_t *path_answers(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition)
{
	json_t *answers = json_array();

	add_lines(arena, condition, answers);
	add_ipv6(arena, results, condition, answers);
	add_identity(condition, answers);
	return answers;
}
