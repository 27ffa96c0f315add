/* SPDX-License-Identifier: MIT */
/* What was measured, on which machine, how long, how busy it was, and how sure the order is. */
#include "report/findings/verdict.h"

#include "base/json.h"

#include <stdlib.h>

enum {
	NAMED_MAX = 6 /* of a list; of longer ones the first and how many more */
};

/* A list for readers, grown name by name. */
struct names {
	struct arena *arena;
	const char *text;
	size_t count;
	const char *last;
};

/* The last one waits for its "and". */
static void add_name(struct names *names, const char *name)
{
	if (names->count++ >= NAMED_MAX)
		return;
	if (names->last)
		names->text = arena_printf(names->arena, "%s%s%s", names->text ? names->text : "",
			names->text ? ", " : "", names->last);
	names->last = name;
}

static const char *names_text(const struct names *names)
{
	if (names->count > NAMED_MAX)
		return arena_printf(names->arena, "%s, %s and %zu more", names->text, names->last,
			names->count - NAMED_MAX);
	if (names->text)
		return arena_printf(names->arena, "%s and %s", names->text, names->last);
	return names->last ? names->last : "nothing";
}

/* What the results of a tree add up to. */
struct totals {
	bool has[REPORT_WORKLOADS];
	size_t results, marked;
	double seconds;
};

static void add_result(void *context, const struct report_place *place)
{
	struct totals *totals = context;
	const struct envelope *envelope = &place->outcome->envelope;

	totals->has[place->workload - report_workloads] = true;
	totals->results++;
	totals->marked += envelope->marks != NULL;
	totals->seconds += envelope->duration_s + envelope->restart_s + envelope->wait_s;
}

static struct totals totals_of(const struct report_results *results)
{
	struct totals totals = {0};

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			condition_each_result(condition, add_result, &totals);
	return totals;
}

const char *title_of(const struct report_results *results)
{
	struct totals totals = totals_of(results);
	struct names vpns = {.arena = results->arena}, workloads = vpns, profiles = vpns;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		if (!vpn->is_reference)
			add_name(&vpns, vpn->title);
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		if (totals.has[i])
			add_name(&workloads, report_workloads[i].heading);
	for (size_t i = 0; i < results->profile_count; i++)
		add_name(&profiles, profile_title(results->profiles[i]));
	if (!vpns.count)
		add_name(&vpns, "The bare link");
	else if (results->reference)
		add_name(&vpns, "the bare link");
	return arena_printf(results->arena, "%s: %s under %s", names_text(&vpns),
		names_text(&workloads), names_text(&profiles));
}

static const char *machine_of(const struct report_results *results)
{
	const json_t *machine = json_object_get(results->environment, "machine");
	const json_t *machines = json_at(results->hardware, "/machines");
	const char *clock = results_clock(results);

	if (clock)
		return arena_printf(results->arena, "Measured in %s", clock);
	if (results_hosts(results))
		return arena_printf(results->arena, "Measured on %s", results_hosts(results));
	if (machine)
		return arena_printf(results->arena, "Measured on %.0f x %s, %.0f GiB, Linux %s",
			json_number_at(machine, "/cores", 0),
			json_string_at(machine, "/cpu", "a processor of unknown kind"),
			strtod(json_string_at(machine, "/memory", "0"), NULL) / (1 << 20),
			json_string_at(machine, "/kernel", "?"));
	if (json_array_size(machines))
		return arena_printf(results->arena, "Measured on %zu machines (%s)",
			json_array_size(machines),
			json_string_at(json_array_get(machines, 0), "/cpu/model_name",
				"a processor of unknown kind"));
	return "The machine is unknown";
}

/* "; a host has 1 processor (shared: hosts with one another)", or "" where none was pinned. */
static const char *processors_of(const struct report_results *results)
{
	const json_t *cores = json_at(results->environment, "/lab/processors");
	const json_t *shared = json_object_get(cores, "shared");
	double count = json_number_at(cores, "/per_host", 0);
	const char *text = "";

	if (!(count > 0))
		return "";
	for (size_t i = 0; i < json_array_size(shared); i++) {
		const char *pair = json_string_value(json_array_get(shared, i));

		text = arena_printf(
			results->arena, "%s%s%s", text, *text ? ", " : "", pair ? pair : "?");
	}
	return arena_printf(results->arena, "; a host has %.0f processor%s%s%s%s", count,
		count > 1 ? "s" : "", *text ? " (shared: " : "", text, *text ? ")" : "");
}

static const char *duration_text(struct arena *arena, double seconds)
{
	if (seconds < 60)
		return arena_printf(arena, "%.0f s", seconds);
	if (seconds < 3600)
		return arena_printf(arena, "%.0f min", seconds / 60);
	return arena_printf(arena, "%.1f h", seconds / 3600);
}

static const char *busy_text(const struct report_results *results, const struct totals *totals)
{
	if (!results->environment)
		return "what else ran is unknown";
	if (!totals->marked)
		return "nothing else disturbed them";
	return arena_printf(results->arena, "%zu of them disturbed (*)", totals->marked);
}

static const char *certainty_text(const struct report_results *results,
	const struct answer *answers, const struct situation *situations)
{
	size_t compared = 0, tested = 0;

	for (const struct answer *answer = answers; answer; answer = answer->next) {
		compared += answer->rank_count > 1;
		tested += answer->is_tested;
	}
	if (!compared && situations)
		return "grades are of what was seen, and no test says that VPNs differ";
	if (!compared)
		return "nothing is compared";
	if (!tested)
		return "with too few repetitions for a test, the order may be chance";
	return arena_printf(
		results->arena, "%zu of %zu orders are tested at 5 %%", tested, compared);
}

const char *circumstances_of(const struct report_results *results, const struct answer *answers,
	const struct situation *situations)
{
	struct totals totals = totals_of(results);
	const char *limits = results_limits(results), *topology = results_topology(results);

	return arena_printf(results->arena, "%s%s%s%s%s%s: %zu result%s in %s, %s; %s.",
		machine_of(results), processors_of(results),
		limits ? "; every host limited as " : "", limits ? limits : "",
		topology ? "; topology " : "", topology ? topology : "", totals.results,
		totals.results == 1 ? "" : "s", duration_text(results->arena, totals.seconds),
		busy_text(results, &totals), certainty_text(results, answers, situations));
}
