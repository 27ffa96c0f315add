/* SPDX-License-Identifier: MIT */
/* The published comparison files about time: how long things took and when hosts were met. */
#include "report/published/recompute.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* The parts of a VPN's time under one profile, in seconds. */
struct parts {
	double installation, stabilization, tests, restarts, waits;
};

static struct parts parts_of(const struct report_vpn *vpn, const struct report_condition *condition)
{
	const struct report_timing *timing =
		condition->timing.is_there ? &condition->timing : &vpn->timing;
	struct parts parts = {
		.installation = timing->installation_s > 0 ? timing->installation_s
							   : vpn->timing.installation_s,
		.stabilization = timing->stabilization_s,
		.tests = condition->tests_s,
		.restarts = condition->restarts_s,
		.waits = condition->waits_s,
	};

	for (const struct report_link *link = condition->links; link; link = link->next) {
		parts.tests += link->tests_s;
		parts.restarts += link->restarts_s;
		parts.waits += link->waits_s;
	}
	return parts;
}

static double benchmarking(const struct parts *parts)
{
	return parts->stabilization + parts->tests + parts->restarts + parts->waits;
}

json_t *recompute_timing(const struct report_results *results, const char *profile)
{
	json_t *map = json_object();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		struct parts parts;
		double total;

		if (!condition)
			continue;
		parts = parts_of(vpn, condition);
		total = parts.installation + benchmarking(&parts);
		if (total <= 0)
			continue;
		json_object_set_new(map, vpn->name,
			recompute_success(json_make("{s:o,s:o,s:o}", "vpn_installation_seconds",
				recompute_summary(summary_one(parts.installation)),
				"benchmarking_seconds",
				recompute_summary(summary_one(benchmarking(&parts))),
				"total_duration_seconds", recompute_summary(summary_one(total)))));
	}
	return map;
}

json_t *recompute_breakdown(const struct report_results *results, const char *profile)
{
	struct parts sum = {0};

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		struct parts parts = condition ? parts_of(vpn, condition) : (struct parts){0};

		sum.installation += parts.installation;
		sum.stabilization += parts.stabilization;
		sum.tests += parts.tests;
		sum.restarts += parts.restarts;
		sum.waits += parts.waits;
	}
	/* The rest is what the parts leave of their own sum: published, and always zero. */
	return json_make("{s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "vpn_installation_seconds",
		sum.installation, "tc_stabilization_seconds", sum.stabilization,
		"test_execution_seconds", sum.tests, "vpn_restart_seconds", sum.restarts,
		"connectivity_wait_seconds", sum.waits, "other_overhead_seconds", 0.0,
		"total_seconds", sum.installation + benchmarking(&sum));
}

/* Parallel TCP stays zero: the published program looks for it where it never lies. */
static void add_durations(json_t *data, struct arena *arena,
	const struct report_condition *condition, enum comparison comparison)
{
	double *durations = arena_alloc(arena, double, condition_links(condition) + 1);
	size_t count = 0;

	for (const struct report_link *link = condition->links; link; link = link->next) {
		const struct report_outcome *outcome =
			comparison_outcome(comparison, link->repetitions);

		if (outcome && outcome_is_there(outcome))
			durations[count++] = outcome->envelope.duration_s;
	}
	json_object_set_new(data,
		arena_printf(arena, "%s_test_duration_seconds", comparison_word(comparison)),
		recompute_summary(summary_by_index(durations, count)));
}

static void add_retries(json_t *data, struct arena *arena, const struct report_condition *condition,
	enum comparison comparison)
{
	json_int_t retries = 0;

	for (const struct report_link *link = condition->links; link; link = link->next) {
		const struct report_outcome *outcome =
			comparison_outcome(comparison, link->repetitions);

		if (outcome && outcome_is_there(outcome) && outcome->envelope.attempts > 1)
			retries += outcome->envelope.attempts - 1;
	}
	json_object_set_new(data, arena_printf(arena, "%s_retries", comparison_word(comparison)),
		json_integer(retries));
}

static void add_counts(json_t *data, const char *vpn, json_t *const maps[COMPARISONS])
{
	json_int_t total = 0, successful = 0;

	for (size_t i = 0; i < COMPARISONS; i++) {
		const json_t *entry = json_object_get(maps[i], vpn);
		const char *status = json_string_value(json_object_get(entry, "status"));

		total += entry != NULL;
		successful += status && strcmp(status, "success") == 0;
	}
	json_object_set_new(data, "total_tests", json_integer(total));
	json_object_set_new(data, "successful_tests", json_integer(successful));
	json_object_set_new(data, "failed_tests", json_integer(total - successful));
	json_object_set_new(data, "success_rate_percent",
		json_real(total ? 100.0 * (double)successful / (double)total : 0));
}

json_t *recompute_stats(
	const struct report_results *results, const char *profile, json_t *const maps[COMPARISONS])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *map = json_object();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		json_t *data;

		if (!condition)
			continue;
		data = json_object();
		for (enum comparison c = 0; c < COMPARISONS; c++)
			add_durations(data, arena, condition, c);
		for (enum comparison c = 0; c < COMPARISONS; c++)
			add_retries(data, arena, condition, c);
		add_counts(data, vpn->name, maps);
		json_object_set_new(map, vpn->name, recompute_success(data));
	}
	return map;
}

/* The first peer that answered over the VPN, in the order of the file. */
static const char *first_contact(const struct report_connect *connect)
{
	const struct report_contact *contact = connect->inside;

	while (contact && !contact->is_success)
		contact = contact->next;
	return contact ? contact->took : NULL;
}

json_t *recompute_connection(
	const struct report_results *results, const char *profile, bool after_reboot)
{
	json_t *map = json_object();
	bool has_data = false;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		json_t *hosts = condition ? json_object() : NULL;

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next) {
			const char *took =
				first_contact(after_reboot ? &link->reboot : &link->connect);

			if (!took)
				continue;
			has_data = true;
			json_object_set_new(hosts, link->folder, json_text(took));
		}
		if (hosts)
			json_object_set_new(map, vpn->name, hosts);
	}
	if (has_data)
		return map;
	json_decref(map);
	return NULL;
}
