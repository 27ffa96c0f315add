/* SPDX-License-Identifier: MIT */
/* meshbench shell: a lab to look around in. */
#include "cli/cli.h"
#include "cli/load.h"

#include "base/fd.h"
#include "base/near.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shell_options {
	const char *vpn, *profile, *topology, *engine;
};

/* Routers have no processes, so there is nothing that a shell could be. */
static int refuse_router(const struct topology *topology, const char *name, struct error *err)
{
	for (size_t i = 0; topology && i < topology->site_count; i++) {
		const struct topology_site *site = &topology->sites[i];

		if (strcmp(site->name, name) == 0)
			return fail(err, ERROR_USAGE,
				"'%s' is a router of topology %s, which is a part of the wire; its hosts are %s%s",
				name, topology->name, site->host_count ? site->hosts[0] : "none",
				site->host_count > 1 ? ", ..." : "");
	}
	return 0;
}

static const char *nth_host(const void *context, size_t index)
{
	const struct plan *plan = context;

	return index < plan->host_count ? plan->hosts[index] : NULL;
}

static int find_host(struct arena *arena, const struct plan *plan, const struct topology *topology,
	const char *name, size_t *ret_host, struct error *err)
{
	for (size_t i = 0; i < plan->host_count; i++) {
		if (strcmp(plan->hosts[i], name) == 0) {
			*ret_host = i;
			return 0;
		}
	}
	if (refuse_router(topology, name, err))
		return -1;
	return fail(err, ERROR_USAGE, "unknown host '%s'%s; the lab has %s, %s%s", name,
		near_hint(arena, name, nth_host, plan), plan->hosts[0], plan->hosts[1],
		plan->host_count > 2 ? ", ..." : "");
}

/* The shell of the user on the host, on this terminal; its exit status is not ours to judge. */
static int run_shell(struct host *host, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	const char *shell = getenv("SHELL"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */

	if (host_start(host,
		    &(struct proc_spec){.what = "shell",
			    .argv = (const char *const[]){shell && *shell ? shell : "/bin/sh",
				    NULL},
			    .on_terminal = true},
		    &proc, err))
		return -1;
	return proc_wait(proc, deadline_in(INT64_MAX), err);
}

static int open_lab(
	struct arena *arena, const struct shell_options *o, const char *name, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(lab_downp) struct lab *lab = NULL;
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	const struct topology *topology;
	const struct request request = {0};
	struct profile profile;
	struct driver driver;
	enum lab_engine engine;
	struct plan plan;
	size_t host = 0;

	if (load_plan(arena, &request, &plan, err) ||
		load_topology(
			arena, o->topology ? o->topology : plan.topologies[0], &topology, err) ||
		load_hosts(arena, topology, &plan, err) ||
		find_host(arena, &plan, topology, name, &host, err) ||
		load_profile(arena, o->profile ? o->profile : "baseline", &profile, err) ||
		load_engine_of(topology, o->engine ? o->engine : plan.engine,
			profile_has_impairment(&profile), &engine, err) ||
		choice_driver(arena, o->vpn ? o->vpn : "none", &driver, err) ||
		vpn_is_found(&driver, err) || namespace_enter(err) || procs_new(&procs, err) ||
		lab_can_carry(procs, engine, &profile, err))
		return -1;
	if (lab_up(procs,
		    &(struct lab_spec){.names = plan.hosts,
			    .count = plan.host_count,
			    .engine = engine,
			    .profile = &profile,
			    .topology = topology,
			    .state_dir = NAMESPACE_MEMORY "/hosts",
			    .congestion = plan.congestion,
			    .visible = (const char *const[]){driver.bin, NULL}},
		    &lab, err) ||
		vpn_up(lab, &driver, NAMESPACE_MEMORY "/controller", &vpn, err))
		return -1;
	fprintf(stderr,
		"meshbench: %s, %s, profile %s; the other hosts answer as NAME and NAME.vpn\n",
		name, driver.title, profile.name);
	return run_shell(lab_host(lab, host), err);
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct shell_options o = {0};
	const struct option_row rows[] = {
		{"vpn", "NAME", "VPN that connects the hosts; default: none", OPTION_TEXT, &o.vpn,
			NULL, 0, 0},
		{"profile", "NAME", "profile of the network; default: baseline", OPTION_TEXT,
			&o.profile, NULL, 0, 0},
		{"topology", "NAME", "where the hosts are; default: lan", OPTION_TEXT, &o.topology,
			NULL, 0, 0},
		{"engine", "NAME", "what connects the hosts", OPTION_TEXT, &o.engine, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "shell HOST [OPTION]...",
		.examples = "meshbench shell yuki --vpn nebula\n",
		.about =
			"Brings up a lab and opens a shell on one of its hosts. The lab ends with the shell.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 1};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	if (open_lab(arena, &o, given.arguments[0], &err))
		return cli_report(&err);
	return EXIT_MEASURED;
}

const struct command command_shell = {"shell", "open a shell on a host of a lab", run};
