/* SPDX-License-Identifier: MIT */
/* meshbench run: a plan, carried out, with a summary at the end. */
#include "cli/cli.h"
#include "cli/cores.h"
#include "cli/history.h"
#include "cli/load.h"
#include "cli/progress.h"
#include "cli/quiet.h"
#include "cli/run_on.h"
#include "cli/session.h"
#include "cli/speeds.h"
#include "cli/summary.h"
#include "cli/virtual.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"
#include "vpn/vpn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	PLACE_BYTES_MAX = 65536
};

/* The --on other than a file, and its kind of place in environment.json. */
#define LOCAL "local"

struct run_options {
	struct request request;
	struct history_request history;
	const char *out, *resume;
	const char *virtual; /* NULL: in real time */
	const char *place;   /* what a guest is; NULL: this is none */
	const char *mirror;  /* where a guest sends its files */
	const char *on;      /* NULL: hosts of this program */
	int64_t block;       /* the only one of the plan, from 1; 0: all */
	bool quick, dry_run, wait;
};

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

/* Leaves out what this machine lacks, saying what to install; counts what was left out. */
static size_t leave_out_missing(struct arena *arena, struct runner_plan *plan, bool is_quiet)
{
	struct driver *drivers = arena_alloc(arena, struct driver, plan->driver_count);
	const struct workload **found =
		arena_alloc(arena, const struct workload *, plan->workload_count);
	size_t drivers_left = 0, workloads_left = 0, missing = 0;
	struct error err;

	for (size_t i = 0; i < plan->driver_count; i++) {
		if (vpn_is_found(&plan->drivers[i], &err) == 0) {
			drivers[drivers_left++] = plan->drivers[i];
			continue;
		}
		missing += !is_quiet;
		if (!is_quiet)
			fprintf(stderr, "meshbench: %s is left out: %s\n", plan->drivers[i].label,
				err.text);
	}
	for (size_t i = 0; i < plan->workload_count; i++) {
		const struct workload *workload = plan->workloads[i];
		int n = workload_missing(workload, plan->plan->options, arena);

		if (n < 0) {
			found[workloads_left++] = workload;
			continue;
		}
		missing++;
		fprintf(stderr,
			"meshbench: %s is left out: program '%s' is not installed: apt install %s\n",
			workload->name, workload->needs[n], workload->packages[n]);
	}
	plan->drivers = drivers;
	plan->driver_count = drivers_left;
	plan->workloads = found;
	plan->workload_count = workloads_left;
	return missing;
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

static int print_estimate(struct arena *arena, const struct runner_plan *plan, const char *out)
{
	long long repetitions = plan->block ? 1 : (long long)plan->plan->repeat;
	char text[32];

	progress_duration(text, runner_schedule_s(plan, arena));
	return fprintf(stderr,
		"meshbench: %zu VPNs x %zu profiles x %zu tunings x %lld repetitions, %zu hosts, about %s, into %s\n",
		plan->driver_count, plan->profile_count, plan->tuning_count, repetitions,
		plan->plan->host_count, text, out);
}

/* A page that cannot be made takes nothing from what was measured. */
static void print_report(const char *dir)
{
	struct error err;

	fputs("Report:  ", stdout);
	fflush(stdout);
	if (report_run(&(struct report_options){.dir = dir, .force = true, .verdict = stdout},
		    stdout, &err))
		fprintf(stderr, "meshbench: %s\n", err.text);
	fflush(stdout); /* what is said on stderr after this comes after it */
}

/* Where the results are, and a report of them; NULL when somebody removed them meanwhile. */
static const char *print_results(const struct record *record, struct arena *arena, const char *out,
	const struct runner_result *result)
{
	const char *place = record_place(record, arena);

	if (!place)
		return NULL;
	if (strcmp(place, out) != 0)
		fprintf(stderr, "meshbench: %s was moved to %s while meshbench ran\n", out, place);
	printf("Results: %s\n", place);
	if (result->count)
		print_report(place);
	return place;
}

/* Of a run that was carried out to its end. */
static int add_to_history(
	struct arena *arena, const struct run_options *o, const char *dir, struct error *err)
{
	return history_add(&o->history, (struct history_run){.trees = ARENA_LIST(arena, dir)}, err);
}

static void print_hint(const char *out)
{
	fprintf(stderr,
		"meshbench: everything measured is kept; continue with: meshbench run --resume %s\n",
		out);
}

static int read_place(const char *path, json_t **ret_place, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *text;
	size_t size;

	return file_read(arena, path, PLACE_BYTES_MAX, &text, &size, err) ||
			       json_parse(text, size, path, ret_place, err)
		       ? -1
		       : 0;
}

/* What a tree is measured with. */
struct work {
	struct plan plan;
	struct runner_plan everything; /* of the plan, loaded */
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	size_t machine_count; /* 0: in real time */
	struct run_machines machines_by_ssh;
	bool by_ssh;
};

/* What became of one tree. */
struct measured {
	struct runner_result result;
	bool was_broken_off; /* what was not measured yet never will be */
};

static int open_mirror(const char *path, int *ret_fd, struct error *err)
{
	*ret_fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open %s", path) : 0;
}

static int measure(struct arena *arena, const struct work *work, const char *out,
	const struct run_options *o, struct measured *ret_measured, struct error *err)
{
	const struct runner_plan *plan = &work->everything;
	const struct run_machines *machines = work->by_ssh ? &work->machines_by_ssh : NULL;
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(record_closep) struct record *record = NULL;
	AUTO(fd_closep) int mirror = -1;
	json_auto_t *place = NULL;
	struct progress_display display = progress_display_new();
	struct runner_result result = {0};
	int ended;

	if (o->on)
		place = machines ? run_on_place(arena, machines)
				 : json_make("{s:s}", "kind", LOCAL);
	if ((o->place && read_place(o->place, &place, err)) ||
		(o->mirror && open_mirror(o->mirror, &mirror, err)) ||
		session_open(plan, out, &procs, &record, err))
		return -1;
	record_mirror(record, mirror);
	print_estimate(arena, plan, out);
	if (quiet_look(procs, o->wait, err))
		return -1;
	ended = runner_run(plan,
		&(struct runner_means){.procs = procs,
			.record = record,
			.place = place,
			.hosts_are_far = o->on != NULL,
			.machines = machines ? run_on_machines(arena, machines) : NULL,
			.may_continue = o->resume != NULL,
			.arena = arena,
			.listener = progress_listen,
			.listener_context = &display},
		&result, err);
	progress_display_end(&display);
	*ret_measured = (struct measured){result, ended != 0};
	if (result.count)
		summary_print(plan, &result, stdout);
	if (!o->place)
		out = print_results(record, arena, out, &result);
	if (!out)
		return fail(err, ERROR_SYSTEM,
			"the folder of the results was removed while meshbench ran; they are lost");
	if (ended) {
		int status = cli_report(err);

		if (!o->place)
			print_hint(out);
		return status;
	}
	if (result.count && add_to_history(arena, o, out, err))
		return -1;
	return summary_has_failures(&result) ? EXIT_SOME_FAILED : EXIT_MEASURED;
}

static void tell_rest(struct arena *arena, const struct plan *plan, size_t first)
{
	for (size_t i = first; plan->cpus[i]; i++)
		fprintf(stderr, "meshbench: nothing was measured for %s\n",
			cores_name(arena, plan, i));
}

/* A tree for each number of processors, until one is broken off. */
static int measure_each(struct arena *arena, const struct work *work, const char *out,
	const struct run_options *o, struct error *err)
{
	const struct runner_plan *plan = &work->everything;
	struct runner_result *results =
		arena_alloc(arena, struct runner_result, cores_values(plan->plan));
	int worst = EXIT_MEASURED;

	if (dir_make(out, 0755, err))
		return -1;
	for (size_t i = 0; plan->plan->cpus[i]; i++) {
		const char *name = cores_name(arena, plan->plan, i);
		struct measured measured;
		struct plan words;
		struct work one = *work;
		int status;

		one.everything = cores_plan(arena, plan, i, &words);
		printf("%s== %s\n", i ? "\n" : "", name);
		fflush(stdout);
		status = measure(
			arena, &one, arena_printf(arena, "%s/%s", out, name), o, &measured, err);
		if (status < 0)
			return -1;
		if (measured.was_broken_off) {
			tell_rest(arena, plan->plan, i + 1);
			return status;
		}
		worst = status > worst ? status : worst;
		results[i] = measured.result;
	}
	cores_print_tables(arena, plan, results);
	printf("Results: %s\n", out);
	return worst;
}

static int measure_here(struct arena *arena, const struct work *work, const char *out,
	const struct run_options *o, bool some_missing, struct error *err)
{
	struct measured measured;
	int status = cores_values(&work->plan) > 1 ? measure_each(arena, work, out, o, err)
						   : measure(arena, work, out, o, &measured, err);

	return status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : status;
}

/* Of all guests; one that is alone prints its own. */
static int print_summary(
	struct arena *arena, const struct virtual_request *request, struct error *err)
{
	struct runner_result result;

	if (virtual_result(arena, request, &result, err))
		return -1;
	if (result.count)
		summary_print(request->plan, &result, stdout);
	return 0;
}

static int measure_virtually(struct arena *arena, const struct run_options *o,
	struct virtual_request *request, bool some_missing, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	const struct virtual_end *end = &request->end;

	if ((!request->resume && virtual_make_fresh(request->out, err)) ||
		virtual_open(&procs, err) || virtual_measure(procs, arena, request, 1, err))
		return -1;
	if (end->failure.kind != ERROR_NONE && !request->was_broken_off) {
		*err = end->failure;
		return -1;
	}
	if (!request->was_broken_off && end->status != EXIT_MEASURED &&
		end->status != EXIT_SOME_FAILED)
		return end->status;
	if (end->failure.kind != ERROR_NONE)
		fprintf(stderr, "meshbench: %s\n", end->failure.text);
	if (request->blocks_apart && print_summary(arena, request, err))
		return -1;
	printf("Results: %s\n", request->out);
	print_report(request->out);
	if (end->was_interrupted || request->was_broken_off)
		print_hint(request->out);
	if (request->was_broken_off)
		return EXIT_SOME_FAILED;
	if (!end->was_interrupted && add_to_history(arena, o, request->out, err))
		return -1;
	return end->status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : end->status;
}

static int measure_in_guests(struct arena *arena, const struct work *work,
	const struct run_options *o, struct virtual_request *request, bool some_missing,
	struct error *err)
{
	int status;

	if (work->machine_count == 1)
		return measure_virtually(arena, o, request, some_missing, err);
	if (speeds_measure(arena, work->machines, work->machine_count, request, &status, err))
		return -1;
	return status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : status;
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
	if (record_open(o->resume, &record, err))
		return -1;
	environment = record_read_environment(record);
	if (!environment)
		return fail(err, ERROR_USAGE,
			"--resume %s: its environment.json cannot be read, so its plan is not known; start a new run",
			o->resume);
	if (strcmp(json_string_at(environment, "/place/kind", ""), LOCAL) == 0)
		o->on = LOCAL;
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
	if (strcmp(plan->engine, "auto") != 0)
		return fail(err, ERROR_USAGE,
			"engine %s joins hosts on one machine; leave it to 'auto' with --on %s",
			plan->engine, o->on);
	if (strcmp(plan->topology, "lan") != 0)
		return fail(err, ERROR_USAGE,
			"topology %s has routers, which only a lab on this machine has; leave it out with --on %s",
			plan->topology, o->on);
	plan->hosts = ret_machines->names;
	plan->host_count = ret_machines->count;
	return plan_check(plan, err);
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
	if (o->history.file && (cores_values(&work->plan) > 1 || work->machine_count > 1))
		return fail(err, ERROR_USAGE,
			"--history takes the figures of one tree, and several numbers or speeds of processors make one each; use meshbench report TREE --history FILE for each");
	return history_check(&o->history, err);
}

static int leave_out(struct arena *arena, struct work *work, struct error *err)
{
	bool only_found =
		work->plan.vpns && work->plan.vpns[0] && strcmp(work->plan.vpns[0], "found") == 0;
	size_t missing;

	if (work->by_ssh)
		return run_on_prepare(arena, &work->machines_by_ssh, &work->everything, err);
	missing = leave_out_missing(arena, &work->everything, only_found);
	return (int)(work->machine_count ? missing + virtual_leave_out(arena, &work->everything)
					 : missing);
}

/* From the command line to a plan that is loaded whole. */
static int load_work(struct arena *arena, struct run_options *o, const struct option_result *given,
	struct work *work, struct error *err)
{
	if (o->virtual &&
		virtual_read(arena, o->virtual, work->machines, &work->machine_count, err))
		return -1;
	if (o->resume ? load_resumed(arena, o, given, work, err)
		      : load_plan(arena, &o->request, &work->plan, err))
		return -1;
	work->by_ssh = o->on && strcmp(o->on, LOCAL) != 0;
	if (work->by_ssh && take_machines(arena, o, &work->plan, &work->machines_by_ssh, err))
		return -1;
	if (load_everything(arena, &work->plan, &work->everything, err))
		return -1;
	if (work->by_ssh)
		work->everything.engine = LAB_ENGINE_CABLE;
	return 0;
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
	if (load_work(arena, o, given, &work, err) || check_processors(o, &work, err) ||
		check_board(o, &work, err) || check_history(o, &work, err))
		return -1;
	if (o->block > work.plan.repeat)
		return fail(err, ERROR_USAGE, "--block %lld: the plan has %lld",
			(long long)o->block, (long long)work.plan.repeat);
	work.everything.block = (size_t)o->block;
	if (o->dry_run)
		return print_dry_run(&work.everything, err);
	missing = leave_out(arena, &work, err);
	if (missing < 0)
		return -1;
	if (work.everything.driver_count * work.everything.workload_count == 0)
		return fail(err, ERROR_MISSING,
			"none of the requested VPNs and workloads can run on %s; meshbench doctor says what to install",
			work.by_ssh ? "these machines" : "this machine");
	out = o->resume ? o->resume : o->out ? o->out : session_folder(arena);
	if (work.machine_count)
		return measure_in_guests(arena, &work, o,
			&(struct virtual_request){.machine = work.machines,
				.plan = &work.everything,
				.request = &o->request,
				.resume = o->resume,
				.out = out,
				.blocks_apart = work.plan.repeat > 1},
			missing > 0, err);
	return measure_here(arena, &work, out, o, missing > 0, err);
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
