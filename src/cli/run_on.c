/* SPDX-License-Identifier: MIT */
/* meshbench run --on hosts.yml: the machines, before anything is measured on them. */
#include "cli/run_on.h"

#include "base/json.h"
#include "vpn/vpn.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int choose_named(struct arena *arena, struct run_machines *machines,
	const char *const *asked, struct error *err)
{
	size_t count = 0;

	while (asked[count])
		count++;
	for (size_t i = 0; i < count; i++) {
		if (!inventory_named(&machines->inventory, asked[i]))
			return fail(err, ERROR_USAGE, "--host %s: %s does not list this host",
				asked[i], machines->inventory.path);
	}
	machines->names = arena_list(arena, asked, NULL);
	machines->count = count;
	return 0;
}

static void choose_all(struct arena *arena, struct run_machines *machines)
{
	const struct inventory *inventory = &machines->inventory;
	const char **names = arena_alloc(arena, const char *, inventory->count + 1);

	for (size_t i = 0; i < inventory->count; i++)
		names[i] = inventory->machines[i].name;
	machines->names = names;
	machines->count = inventory->count;
}

static int check_networks(const struct run_machines *machines, struct error *err)
{
	for (size_t i = 0; i < machines->count; i++) {
		const struct machine *machine =
			inventory_named(&machines->inventory, machines->names[i]);

		if (machine->address && vpn_is_overlay(machine->address))
			return fail(err, ERROR_USAGE,
				"%s: host %s has the address %s, which lies in the network of the VPNs themselves; choose another network",
				machines->inventory.path, machine->name, machine->address);
	}
	return 0;
}

int run_on_choose(struct arena *arena, const char *path, const char *const *asked,
	struct run_machines *ret_machines, struct error *err)
{
	struct run_machines machines = {0};

	if (inventory_load(arena, path, &machines.inventory, err))
		return -1;
	if (asked && choose_named(arena, &machines, asked, err))
		return -1;
	if (!asked)
		choose_all(arena, &machines);
	if (check_networks(&machines, err))
		return -1;
	machines.seen = arena_alloc(arena, struct seen_machine, machines.count);
	*ret_machines = machines;
	return 0;
}

bool run_on_has_engine(const char *name)
{
	enum lab_engine engine;

	return strcmp(name, "auto") == 0 || strcmp(name, "netem") == 0 ||
	       (lab_engine_named(name, &engine) && lab_engine_is_real(engine));
}

/* One way for all of them: a wire takes its time, and profiles are compared with each other. */
enum lab_engine run_on_engine(
	const struct run_machines *machines, const char *name, const struct runner_plan *plan)
{
	enum lab_engine engine;

	if (inventory_shares(&machines->inventory))
		return LAB_ENGINE_EDGE;
	if (strcmp(name, "netem") == 0)
		return LAB_ENGINE_EDGE_NETEM;
	if (lab_engine_named(name, &engine))
		return engine;
	for (size_t i = 0; i < plan->profile_count; i++) {
		if (profile_has_impairment(&plan->profiles[i]))
			return LAB_ENGINE_EDGE;
	}
	return LAB_ENGINE_CABLE;
}

/* Why a workload can only be measured in a lab on one machine; NULL: it can be on others. */
static const char *impossible(const struct workload *workload)
{
	if (workload->why_here)
		return workload->why_here;
	return workload->routers == WORKLOAD_ANY_ROUTERS
		       ? NULL
		       : "it needs routers, which only a lab on this machine has";
}

/* What is installed here is used where all of them have it; else what they have themselves. */
static void choose_programs(
	struct arena *arena, const struct run_machines *machines, struct driver *driver)
{
	size_t i = 0;

	while (driver->bin && i < machines->count && machine_has_build(&machines->seen[i], driver))
		i++;
	if (!driver->bin || i == machines->count)
		return;
	driver->advice = arena_printf(arena,
		"bring what is installed here: meshbench install --on %s --vpn %s",
		machines->inventory.path, driver->label);
	/* A version that was named is not another one that happens to be there. */
	if (strchr(driver->label, '@'))
		driver->absent = arena_printf(arena, "%s is not on %s as it is here; %s",
			driver->label, machines->names[i], driver->advice);
	driver->bin = NULL;
}

static bool can_run(
	const struct run_machines *machines, const struct driver *driver, struct error *err)
{
	for (size_t i = 0; i < machines->count; i++) {
		const struct machine_needs needs = {&machines->seen[i], driver};
		const struct vpn_place place = {
			machines->seen[i].machine->name, machine_has_need, &needs};

		if (vpn_is_found_at(driver, &place, err))
			return false;
	}
	return true;
}

/* The one program of ours that needs libraries which a machine may not have. */
static int try_quic(struct procs *procs, const struct run_machines *machines,
	const struct workload *workload, struct error *err)
{
	if (strcmp(workload->name, "quic") != 0)
		return 0;
	for (size_t i = 0; i < machines->count; i++) {
		if (far_ssh_try(procs, &machines->seen[i].ssh, &machines->bundle, "meshbench-quic",
			    err))
			return -1;
	}
	return 0;
}

static bool can_measure(struct procs *procs, const struct run_machines *machines,
	const struct workload *workload, const struct setting_value *options, struct error *err)
{
	const char *why_not = impossible(workload);

	if (why_not) {
		fail(err, ERROR_MISSING, "it is not possible on other machines: %s", why_not);
		return false;
	}
	for (size_t i = 0; i < machines->count; i++) {
		for (size_t n = 0; workload->needs[n]; n++) {
			if (!workload_wants(workload, options, n) ||
				machine_has(&machines->seen[i], workload->needs[n]))
				continue;
			fail(err, ERROR_MISSING,
				"program '%s' is not installed on %s: ssh %s apt install %s",
				workload->needs[n], machines->names[i],
				machines->seen[i].machine->ssh, workload->packages[n]);
			return false;
		}
	}
	return try_quic(procs, machines, workload, err) == 0;
}

static int leave_out(struct arena *arena, struct procs *procs, const struct run_machines *machines,
	struct runner_plan *plan)
{
	struct driver *drivers = arena_alloc(arena, struct driver, plan->driver_count);
	const struct workload **list =
		arena_alloc(arena, const struct workload *, plan->workload_count);
	size_t driver_count = 0, workload_count = 0;
	struct error err;
	int missing = 0;

	for (size_t i = 0; i < plan->driver_count; i++) {
		drivers[driver_count] = plan->drivers[i];
		choose_programs(arena, machines, &drivers[driver_count]);
		if (can_run(machines, &drivers[driver_count], &err)) {
			driver_count++;
			continue;
		}
		missing++;
		fprintf(stderr, "meshbench: %s is left out: %s\n", plan->drivers[i].label,
			err.text);
	}
	for (size_t i = 0; i < plan->workload_count; i++) {
		if (can_measure(procs, machines, plan->workloads[i], plan->plan->options, &err)) {
			list[workload_count++] = plan->workloads[i];
			continue;
		}
		missing++;
		fprintf(stderr, "meshbench: %s is left out: %s\n", plan->workloads[i]->name,
			err.text);
	}
	plan->drivers = drivers;
	plan->driver_count = driver_count;
	plan->workloads = list;
	plan->workload_count = workload_count;
	return missing;
}

/* What stands before the card needs more of a machine than the card alone. */
static int check_engine(
	const struct seen_machine *seen, const struct runner_plan *plan, struct error *err)
{
	if (plan->engine == LAB_ENGINE_EDGE)
		return machine_check_edge(seen, err);
	if (plan->engine != LAB_ENGINE_EDGE_NETEM)
		return 0;
	if (machine_check_splitting(seen, err))
		return -1;
	for (size_t i = 0; i < plan->profile_count; i++) {
		if (profile_has_impairment(&plan->profiles[i]))
			return machine_check_netem(seen, err);
	}
	return 0;
}

/* All are seen before one is changed. */
static int reach(struct arena *arena, struct procs *procs, struct run_machines *machines,
	const struct far_question *question, const struct runner_plan *plan, struct error *err)
{
	for (size_t i = 0; i < machines->count; i++) {
		if (machine_see(arena, procs,
			    inventory_named(&machines->inventory, machines->names[i]), question,
			    &machines->seen[i], err) ||
			machine_check(&machines->seen[i], err) ||
			check_engine(&machines->seen[i], plan, err))
			return -1;
	}
	for (size_t i = 0; i < machines->count; i++) {
		if (machine_prepare(procs, &machines->seen[i], &machines->bundle, err))
			return -1;
	}
	return 0;
}

/* Of the smallest machine, since each is a source and a target. */
static size_t least_processors(const struct run_machines *machines)
{
	size_t least = 0;

	for (size_t i = 0; i < machines->count; i++) {
		const char *text = far_look_fact(&machines->seen[i].look, "cores");
		size_t cores = text ? strtoul(text, NULL, 10) : 0;

		if (cores && (!least || cores < least))
			least = cores;
	}
	return least ? least : 1;
}

int run_on_prepare(struct arena *arena, struct run_machines *machines, struct runner_plan *plan,
	struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct far_question question = {.bundle = &machines->bundle};

	question.programs = machines_wanted(
		arena, plan->drivers, plan->driver_count, plan->workloads, plan->workload_count);
	if (procs_new(&procs, err) || far_bundle_make(arena, procs, &machines->bundle, err) ||
		reach(arena, procs, machines, &question, plan, err))
		return -1;
	plan->processors = least_processors(machines);
	return leave_out(arena, procs, machines, plan);
}

int run_on_bring(void *context, struct arena *arena, const char *folder, const char *digest,
	const char **ret_there, struct error *err)
{
	const struct run_bringing *bringing = context;
	const struct run_machines *machines = bringing->machines;
	const struct far_folder artefact = {.here = folder,
		.there = arena_printf(arena, FAR_ARTEFACTS "%s", strrchr(folder, '/')),
		.digest = digest};

	for (size_t i = 0; i < machines->count; i++) {
		if (far_ssh_bring(bringing->procs, &machines->seen[i].ssh, &artefact, err))
			return -1;
	}
	*ret_there = artefact.there;
	return 0;
}

const struct lab_machine *run_on_machines(struct arena *arena, const struct run_machines *machines)
{
	struct lab_machine *list = arena_alloc(arena, struct lab_machine, machines->count);

	for (size_t i = 0; i < machines->count; i++)
		list[i] = machine_on_cable(arena, &machines->seen[i], machines->seen,
			machines->count, &machines->bundle);
	return list;
}

/* A whole number as such, so that machines here and there are written in the same way. */
static json_t *fact_json(const char *value)
{
	char *rest;
	long long number = strtoll(value, &rest, 10);

	return *rest || rest == value ? json_text(value) : json_integer(number);
}

/* What it said of itself, and the programs that are there. */
static void add_facts(const struct far_look *look, json_t *machine)
{
	json_t *programs = json_array();

	for (size_t i = 0; i < look->fact_count; i++)
		json_object_set_new(machine, look->facts[i].name, fact_json(look->facts[i].value));
	for (size_t i = 0; i < look->program_count; i++) {
		const struct far_program *program = &look->programs[i];

		if (program->path)
			json_array_append_new(programs,
				json_make("{s:s, s:s, s:s?}", "name", program->name, "path",
					program->path, "sha256", program->sha256));
	}
	json_object_set_new(machine, "programs", programs);
}

json_t *run_on_place(struct arena *arena, const struct run_machines *machines)
{
	const char *path = realpath(machines->inventory.path, arena_bytes(arena, PATH_MAX, 1));
	json_t *list = json_array();

	for (size_t i = 0; i < machines->count; i++) {
		const struct seen_machine *seen = &machines->seen[i];

		json_t *machine = json_make("{s:s, s:s, s:s?, s:s?, s:s, s:s?, s:s}", "host",
			machines->names[i], "kernel", seen->look.kernel, "architecture",
			seen->look.architecture, "systemd", seen->look.systemd, "nic",
			seen->machine->device, "nic_driver", seen->look.card, "address",
			machine_address(arena, seen));

		add_facts(&seen->look, machine);
		json_array_append_new(list, machine);
	}
	return json_make(
		"{s:s, s:s?, s:o}", "kind", RUN_ON_SSH, "hosts_file", path, "machines", list);
}
