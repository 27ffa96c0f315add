/* SPDX-License-Identifier: MIT */
/* run --cpus 1,2: what the number of a host's processors does to each VPN. */
#include "cli/cores.h"

#include "cli/columns.h"
#include "lab/cores.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

size_t cores_values(const struct plan *plan)
{
	size_t count = 0;

	while (plan->cpus[count])
		count++;
	return count;
}

struct runner_plan cores_plan(
	struct arena *arena, const struct runner_plan *plan, size_t index, struct plan *ret_plan)
{
	struct runner_plan one = *plan;

	*ret_plan = *plan->plan;
	ret_plan->cpus = ARENA_LIST(arena, plan->plan->cpus[index]);
	one.plan = ret_plan;
	one.cpus = plan_cpus(plan->plan->cpus[index]);
	return one;
}

const char *cores_name(struct arena *arena, const struct plan *plan, size_t index)
{
	return arena_printf(arena, "%scpus", plan->cpus[index]);
}

static int lay(struct arena *arena, const struct runner_plan *plan, size_t index,
	struct lab_cores *ret_cores, struct error *err)
{
	struct lab_cores_wish wish = {.host_count = plan->plan->host_count,
		.per_host = plan_cpus(plan->plan->cpus[index]),
		.has_wire = plan->engine == LAB_ENGINE_WIRE};

	return lab_cores_allowed(&wish.allowed, err) || lab_cores_lay(arena, &wish, ret_cores, err)
		       ? -1
		       : 0;
}

int cores_check(const struct runner_plan *plan, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_cores cores;

	for (size_t i = 0; plan->plan->cpus[i]; i++)
		if (lay(arena, plan, i, &cores, err))
			return -1;
	return 0;
}

int cores_refuse(const struct plan *plan, const char *why, struct error *err)
{
	for (size_t i = 0; plan->cpus[i]; i++)
		if (plan_cpus(plan->cpus[i]))
			return fail(err, ERROR_USAGE, "cpus %s: %s; leave out cpus (--cpus)",
				plan->cpus[i], why);
	return 0;
}

static void print_layout(const json_t *json, FILE *out)
{
	const char *name, *wire = json_string_at(json, "/wire", NULL);
	const json_t *shared = json_object_get(json, "shared");
	json_t *set;

	fprintf(out, "== Processors, %.0f a host:", json_number_at(json, "/per_host", 0));
	json_object_foreach (json_object_get(json, "hosts"), name, set)
		fprintf(out, " %s %s;", name, json_string_value(set));
	if (wire)
		fprintf(out, " the wire %s;", wire);
	fprintf(out, " meshbench %s\n", json_string_at(json, "/instruments", ""));
	for (size_t i = 0; i < json_array_size(shared); i++)
		fprintf(out, "   shared: %s\n", json_string_value(json_array_get(shared, i)));
}

int cores_print(const struct runner_plan *plan, FILE *out, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_cores cores;

	for (size_t i = 0; plan->plan->cpus[i]; i++) {
		json_auto_t *json = NULL;

		if (lay(arena, plan, i, &cores, err))
			return -1;
		json = lab_cores_json(&cores, plan->plan->hosts);
		if (json)
			print_layout(json, out);
	}
	return 0;
}

/* All of the machine's are the most. */
static size_t rank(const char *value)
{
	size_t cpus = plan_cpus(value);

	return cpus ? cpus : SIZE_MAX;
}

void cores_print_tables(
	struct arena *arena, const struct runner_plan *plan, const struct runner_result results[])
{
	size_t count = cores_values(plan->plan);
	struct runner_result *sorted = arena_alloc(arena, struct runner_result, count);
	const char **names = arena_alloc(arena, const char *, count);

	for (size_t i = 0; i < count; i++) {
		size_t place = 0;

		for (size_t k = 0; k < count; k++)
			place += rank(plan->plan->cpus[k]) > rank(plan->plan->cpus[i]);
		names[place] = cores_name(arena, plan->plan, i);
		sorted[place] = results[i];
	}
	columns_print(&(struct columns){.plan = plan,
			      .names = names,
			      .results = sorted,
			      .count = count,
			      .less = "fewer"},
		stdout);
}
