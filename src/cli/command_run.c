/* SPDX-License-Identifier: MIT */
/* meshbench run: a plan, carried out, with a summary at the end. */
#include "cli/run.h"

#include "cli/cli.h"
#include "cli/cores.h"
#include "cli/missing.h"
#include "cli/places.h"
#include "cli/session.h"

#include "base/file.h"
#include "base/json.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <string.h>

static struct option_table table_of(struct arena *arena, struct run_options *o)
{
	const struct option_row own[] = {
		{"quick", NULL, "run the plan `quick`, which takes a few minutes", OPTION_FLAG,
			&o->quick, NULL, 0, 0},
		{"out", "DIR", "folder of the result tree; default: a new one in results/",
			OPTION_TEXT, &o->out, NULL, 0, 0},
		{"resume", "DIR", "continue the run of this tree with what is missing or failed",
			OPTION_TEXT, &o->resume, NULL, 0, 0},
		{"wait", NULL, "wait until no other program uses this machine", OPTION_FLAG,
			&o->wait, NULL, 0, 0},
		{"virtual", "[=cpu=500mips,memory=2g,kernel=VERSION]",
			"in a machine whose clock counts instructions: same seed, same results",
			OPTION_DETAIL, &o->virtual, NULL, 0, 0},
		{"on", "HOSTS",
			"on the machines of a hosts.yml, which SSH reaches, instead of in a lab; `local`: through a pipe instead of SSH",
			OPTION_TEXT, &o->on, NULL, 0, 0},
		{"place", "FILE", NULL, OPTION_TEXT, &o->place, NULL, 0, 0},
		{"mirror", "FILE", NULL, OPTION_TEXT, &o->mirror, NULL, 0, 0},
		{"block", "N", NULL, OPTION_INTEGER, &o->block, NULL, 1, 1000},
		{"dry-run", NULL, "print every command without running it", OPTION_FLAG,
			&o->dry_run, NULL, 0, 0},
	};
	struct option_row *rows = arena_alloc(arena, struct option_row,
		request_options_most(&o->request) + ARRAY_SIZE(own) + HISTORY_OPTIONS);
	size_t count = request_options(&o->request, rows);

	memcpy(rows + count, own, sizeof(own));
	count += ARRAY_SIZE(own);
	count += history_options(&o->history, rows + count);
	return (struct option_table){.usage = "run [PLAN] [OPTION]...",
		.examples = "meshbench run taste\n"
			    "meshbench run --vpn none,tinc --repeat 8\n"
			    "meshbench run --vpn nebula --profile low:loss=1%\n"
			    "meshbench run --resume results/2026-11-26_215755\n",
		.about =
			"Measures VPNs in a lab on this machine and writes a result tree.\n"
			"Exit status: 0 everything was measured, 1 some cells failed, 2 wrong input, 3 this machine cannot do it.",
		.rows = rows,
		.count = count,
		.arguments_max = 1};
}

/* A driver runs programs here as the user: a tree cannot bring one along, and names alone are ours.
 */
static int check_drivers(const struct run_options *o, const char *const *vpns, struct error *err)
{
	for (; vpns && *vpns; vpns++) {
		if (strchr(*vpns, '/') && !request_names_vpn(&o->request, *vpns))
			return fail(err, ERROR_USAGE,
				"--resume %s: its plan takes a driver from %s, which can run any program as you; if you trust it, add --vpn %s",
				o->resume, *vpns, *vpns);
	}
	return 0;
}

/* The plan of the run that made a tree; what it measured cannot be changed on resuming. */
static int load_resumed(struct arena *arena, struct run_options *o,
	const struct option_result *given, struct work *ret_work, struct error *err)
{
	AUTO(record_closep) struct record *record = NULL;
	json_auto_t *environment = NULL;

	if (given->argument_count || o->quick || o->out || o->virtual || o->on ||
		request_changes_more_than_drivers(&o->request))
		return fail(err, ERROR_USAGE,
			"--resume continues with the plan in %s and cannot be combined with a plan or other options",
			o->resume);
	if (!path_exists(o->resume))
		return fail(err, ERROR_USAGE, "--resume %s: this folder does not exist", o->resume);
	if (places_are_kept(o->resume))
		return places_read(arena, o->resume, &ret_work->plan, err) ||
				       check_drivers(o, ret_work->plan.vpns, err)
			       ? -1
			       : 0;
	if (record_open(o->resume, &record, err))
		return -1;
	environment = record_read_environment(record);
	if (!environment)
		return fail(err, ERROR_USAGE,
			"--resume %s: its environment.json cannot be read, so its plan is not known; start a new run",
			o->resume);
	if (strcmp(json_string_at(environment, "/place/kind", ""), RUN_ON_LOCAL) == 0)
		o->on = RUN_ON_LOCAL;
	if (strcmp(json_string_at(environment, "/place/kind", ""), RUN_ON_SSH) == 0)
		o->on = arena_strdup(
			arena, json_string_at(environment, "/place/hosts_file", "hosts.yml"));
	ret_work->machine_count =
		!o->place && virtual_of_place(arena, environment, ret_work->machines);
	if (plan_from_json(arena, json_object_get(environment, "plan"), workload_settings(arena),
		    &ret_work->plan, err))
		return fail(err, ERROR_USAGE,
			"--resume %s: the plan in its environment.json cannot be carried out: %s; start a new run",
			o->resume, arena_strdup(arena, err->text));
	/* A guest has only what was checked before it booted. */
	return o->place ? 0 : check_drivers(o, ret_work->plan.vpns, err);
}

static int check_processors(const struct run_options *o, const struct work *work, struct error *err)
{
	if ((o->virtual || o->place || work->machine_count) &&
		cores_refuse(&work->plan, "a guest has one processor for all hosts", err))
		return -1;
	if (work->by_ssh &&
		cores_refuse(&work->plan,
			"a machine that ssh reaches is a host with all its processors", err))
		return -1;
	return cores_check(&work->everything, err);
}

/* A guest has control groups whatever this machine has. */
static int check_board(const struct run_options *o, const struct work *work, struct error *err)
{
	const struct board *board = &work->everything.board;

	if (o->on && !board_is_none(board))
		return fail(err, ERROR_USAGE,
			"board %s limits hosts that meshbench makes on this machine; leave out board (--board) with --on %s",
			board->name, o->on);
	return work->machine_count ? 0 : lab_can_limit(board, err);
}

/* Hosts are those of the machines, and their cables join them. */
static int take_machines(struct arena *arena, const struct run_options *o, struct plan *plan,
	struct run_machines *ret_machines, struct error *err)
{
	bool is_named = o->resume != NULL;

	for (const struct request_change *c = o->request.changes; c->setting; c++)
		is_named = is_named || (c->names && strcmp(c->option, "host") == 0);
	if (run_on_choose(arena, o->on, is_named ? plan->hosts : NULL, ret_machines, err))
		return -1;
	if (!run_on_has_engine(plan->engine))
		return fail(err, ERROR_USAGE,
			"engine %s joins hosts on one machine; use auto, cable, edge or netem with --on %s",
			plan->engine, o->on);
	if (strcmp(plan->engine, "netem") == 0 && inventory_shares(&ret_machines->inventory))
		return fail(err, ERROR_USAGE,
			"engine netem needs cards of the hosts' own, and those of %s are shared with SSH; use auto or edge",
			o->on);
	if (strcmp(plan->topologies[0], "lan") != 0)
		return fail(err, ERROR_USAGE,
			"topology %s has routers, which only a lab on this machine has; leave it out with --on %s",
			plan->topologies[0], o->on);
	plan->hosts = ret_machines->names;
	plan->host_count = ret_machines->count;
	return plan_check(plan, err);
}

static int print_dry_run(const struct runner_plan *plan, struct error *err)
{
	if (cores_print(plan, stdout, err))
		return -1;
	for (size_t i = 0; i < plan->driver_count; i++) {
		printf("== %s\n", plan->drivers[i].title);
		if (vpn_dry_run(&plan->drivers[i], plan->plan->hosts, plan->plan->host_count,
			    stdout, err))
			return -1;
	}
	return 0;
}

static int refuse_combinations(
	const struct run_options *o, const struct option_result *given, struct error *err)
{
	if (o->quick && given->argument_count)
		return fail(err, ERROR_USAGE,
			"--quick selects the plan 'quick'; use either --quick or a plan");
	if (o->on && o->virtual)
		return fail(
			err, ERROR_USAGE, "--on and --virtual cannot be combined; use one of them");
	return 0;
}

/* A line of a history is one tree. */
static int check_history(const struct run_options *o, const struct work *work, struct error *err)
{
	if (o->history.file && (cores_values(&work->plan) > 1 || work->machine_count > 1 ||
				       places_count(&work->plan) > 1))
		return fail(err, ERROR_USAGE,
			"--history takes the figures of one tree, and several topologies, numbers or speeds of processors make one each; use meshbench report TREE --history FILE for each");
	return history_check(&o->history, err);
}

static int leave_out(struct arena *arena, struct work *work, bool is_told, struct error *err)
{
	bool only_found =
		work->plan.vpns && work->plan.vpns[0] && strcmp(work->plan.vpns[0], "found") == 0;
	size_t missing;

	if (work->by_ssh)
		return run_on_prepare(arena, &work->machines_by_ssh, &work->everything, err);
	missing = missing_leave_out(arena, &work->everything, only_found, is_told);
	return (int)(work->machine_count ? missing + virtual_leave_out(arena, &work->everything)
					 : missing);
}

/* What joins machines is not chosen like what joins hosts of this one. */
static int load_for_machines(struct arena *arena, struct work *work, struct error *err)
{
	const char *engine = work->plan.engine;

	work->plan.engine = "auto";
	if (load_everything(arena, &work->plan, &work->everything, err))
		return -1;
	work->plan.engine = engine;
	work->everything.engine = run_on_engine(&work->machines_by_ssh, engine, &work->everything);
	return 0;
}

/* Everything that a plan names, which this machine must be able to carry out. */
static int load_names(
	struct arena *arena, const struct run_options *o, struct work *work, struct error *err)
{
	if (work->by_ssh ? load_for_machines(arena, work, err)
			 : load_everything(arena, &work->plan, &work->everything, err))
		return -1;
	return check_processors(o, work, err) || check_board(o, work, err) ? -1 : 0;
}

/* From the command line to a plan. */
static int load_work(struct arena *arena, struct run_options *o, const struct option_result *given,
	struct work *work, struct error *err)
{
	if (o->virtual &&
		virtual_read(arena, o->virtual, work->machines, &work->machine_count, err))
		return -1;
	if (o->resume ? load_resumed(arena, o, given, work, err)
		      : load_plan(arena, &o->request, &work->plan, err))
		return -1;
	work->by_ssh = o->on && strcmp(o->on, RUN_ON_LOCAL) != 0;
	if ((o->on && places_refuse(&work->plan, "leave them out with --on", err)) ||
		((work->machine_count || o->place) &&
			places_refuse(&work->plan, "a guest has one", err)))
		return -1;
	if (work->by_ssh && take_machines(arena, o, &work->plan, &work->machines_by_ssh, err))
		return -1;
	return check_history(o, work, err);
}

static int check_enough(const struct work *work, struct error *err)
{
	if (work->everything.driver_count * work->everything.workload_count > 0)
		return 0;
	return fail(err, ERROR_MISSING,
		"none of the requested VPNs and workloads can run on %s; meshbench doctor says what to install",
		work->by_ssh ? "these machines" : "this machine");
}

/* Each topology is loaded before the first is measured. */
static int load_each(struct arena *arena, const struct run_options *o, const struct work *work,
	struct work works[], bool *ret_some_missing, struct error *err)
{
	size_t count = places_count(&work->plan);
	int missing;

	*ret_some_missing = false;
	if (places_check(&work->plan, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		works[i] = *work;
		if (places_plan(arena, &work->plan, i, &works[i].plan, err) ||
			load_names(arena, o, &works[i], err) ||
			(missing = leave_out(arena, &works[i], i == 0, err)) < 0 ||
			check_enough(&works[i], err))
			return fail_in(err, "topology %s", work->plan.topologies[i]);
		*ret_some_missing = *ret_some_missing || missing;
	}
	return 0;
}

static int print_dry_runs(const struct plan *plan, const struct work works[], struct error *err)
{
	for (size_t i = 0; plan->topologies[i]; i++) {
		printf("== Topology %s\n", plan->topologies[i]);
		if (print_dry_run(&works[i].everything, err))
			return -1;
	}
	return EXIT_MEASURED;
}

static int run_in_places(struct arena *arena, const struct run_options *o, const struct work *work,
	const char *out, struct error *err)
{
	struct work *works = arena_alloc(arena, struct work, places_count(&work->plan));
	bool some_missing;
	int status;

	if (load_each(arena, o, work, works, &some_missing, err))
		return -1;
	if (o->dry_run)
		return print_dry_runs(&work->plan, works, err);
	status = run_places(arena, o, &work->plan, works, out, err);
	return status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : status;
}

static int run_with(struct arena *arena, struct run_options *o, const struct option_result *given,
	struct error *err)
{
	struct work work = {0};
	const char *out;
	int missing;

	if (refuse_combinations(o, given, err))
		return -1;
	o->request.plan = given->arguments[0];
	if (load_work(arena, o, given, &work, err))
		return -1;
	out = o->resume ? o->resume : o->out ? o->out : session_folder(arena);
	if (places_count(&work.plan) > 1)
		return run_in_places(arena, o, &work, out, err);
	if (load_names(arena, o, &work, err))
		return -1;
	if (o->block > work.plan.repeat)
		return fail(err, ERROR_USAGE, "--block %lld: the plan has %lld",
			(long long)o->block, (long long)work.plan.repeat);
	work.everything.block = (size_t)o->block;
	if (o->dry_run)
		return print_dry_run(&work.everything, err);
	missing = leave_out(arena, &work, true, err);
	if (missing < 0 || check_enough(&work, err))
		return -1;
	if (work.machine_count)
		return run_in_guests(arena, &work, o,
			&(struct virtual_request){.machine = work.machines,
				.plan = &work.everything,
				.request = &o->request,
				.resume = o->resume,
				.out = out,
				.blocks_apart = work.plan.repeat > 1},
			missing > 0, err);
	return run_here(arena, o, &work, out, missing > 0, err);
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct run_options o = {.request = request_new(arena)};
	struct option_table table = table_of(arena, &o);
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	status = run_with(arena, &o, &given, &err);
	return status < 0 ? cli_report(&err) : status;
}

const struct command command_run = {"run", "measure VPNs and write a result tree", run};
