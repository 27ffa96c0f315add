/* SPDX-License-Identifier: MIT */
/* meshbench run, once everything is loaded: trees, and what is said of them. */
#include "cli/run.h"

#include "cli/cli.h"
#include "cli/cores.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/quiet.h"
#include "cli/session.h"
#include "cli/speeds.h"
#include "cli/summary.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	PLACE_BYTES_MAX = 65536
};

/* A factor of one says nothing. */
static const char *times(struct arena *arena, size_t count, const char *what)
{
	return count > 1 ? arena_printf(arena, " x %zu %s", count, what) : "";
}

static int print_estimate(struct arena *arena, const struct runner_plan *plan, const char *out)
{
	size_t repetitions = plan->block ? 1 : (size_t)plan->plan->repeat;
	char text[32];

	progress_duration(text, runner_schedule_s(plan, arena));
	return fprintf(stderr, "meshbench: %zu VPN%s%s%s%s, %zu hosts, about %s, into %s\n",
		plan->driver_count, plan->driver_count == 1 ? "" : "s",
		times(arena, plan->profile_count, "profiles"),
		times(arena, plan->tuning_count, "tunings"),
		times(arena, repetitions, "repetitions"), plan->plan->host_count, text, out);
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
				 : json_make("{s:s}", "kind", RUN_ON_LOCAL);
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
			.bring = machines ? run_on_bring : NULL,
			.bring_context = &(struct run_bringing){machines, procs},
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
	const struct run_options *o, struct measured *ret_measured, struct error *err)
{
	const struct runner_plan *plan = &work->everything;
	struct runner_result *results =
		arena_alloc(arena, struct runner_result, cores_values(plan->plan));
	int worst = EXIT_MEASURED;

	if (dir_make(out, 0755, err))
		return -1;
	for (size_t i = 0; plan->plan->cpus[i]; i++) {
		const char *name = cores_name(arena, plan->plan, i);
		struct plan words;
		struct work one = *work;
		int status;

		one.everything = cores_plan(arena, plan, i, &words);
		printf("%s== %s\n", i ? "\n" : "", name);
		fflush(stdout);
		status = measure(
			arena, &one, arena_printf(arena, "%s/%s", out, name), o, ret_measured, err);
		if (status < 0)
			return -1;
		if (ret_measured->was_broken_off) {
			tell_rest(arena, plan->plan, i + 1);
			return status;
		}
		worst = status > worst ? status : worst;
		results[i] = ret_measured->result;
	}
	cores_print_tables(arena, plan, results);
	printf("Results: %s\n", out);
	return worst;
}

static int measure_here(struct arena *arena, const struct work *work, const char *out,
	const struct run_options *o, struct measured *ret_measured, struct error *err)
{
	return cores_values(&work->plan) > 1 ? measure_each(arena, work, out, o, ret_measured, err)
					     : measure(arena, work, out, o, ret_measured, err);
}

int run_here(struct arena *arena, const struct run_options *o, const struct work *work,
	const char *out, bool some_missing, struct error *err)
{
	struct measured measured = {0};
	int status = measure_here(arena, work, out, o, &measured, err);

	return status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : status;
}

static void print_whole_estimate(struct arena *arena, const struct work works[], size_t count)
{
	double seconds = 0;
	char text[32];

	for (size_t i = 0; i < count; i++)
		seconds += runner_schedule_s(&works[i].everything, arena);
	progress_duration(text, seconds);
	fprintf(stderr, "meshbench: %zu topologies, about %s in all\n", count, text);
}

static void tell_places_left(const struct plan *plan, size_t first, const char *out)
{
	for (size_t i = first; plan->topologies[i]; i++)
		fprintf(stderr, "meshbench: nothing was measured in topology %s\n",
			plan->topologies[i]);
	fprintf(stderr, "meshbench: continue in every topology with: meshbench run --resume %s\n",
		out);
}

static int measure_place(struct arena *arena, const struct run_options *o, const struct work *work,
	const char *tree, struct measured *ret_measured, struct error *err)
{
	int status;

	printf("== Topology %s\n", work->plan.topologies[0]);
	fflush(stdout);
	status = measure_here(arena, work, tree, o, ret_measured, err);
	return status < 0 ? fail_in(err, "topology %s", work->plan.topologies[0]) : status;
}

int run_places(struct arena *arena, const struct run_options *o, const struct plan *plan,
	const struct work works[], const char *out, struct error *err)
{
	const char *const *trees = places_trees(arena, out, plan);
	int worst = EXIT_MEASURED;

	print_whole_estimate(arena, works, places_count(plan));
	if (!o->resume && places_keep(out, plan, err))
		return -1;
	for (size_t i = 0; plan->topologies[i]; i++) {
		struct measured measured = {0};
		int status;

		if (i)
			putchar('\n');
		status = measure_place(arena, o, &works[i], trees[i], &measured, err);
		if (status < 0)
			return -1;
		if (measured.was_broken_off) {
			tell_places_left(plan, i + 1, out);
			return status;
		}
		worst = status > worst ? status : worst;
	}
	putchar('\n');
	if (report_places(trees, stdout))
		putchar('\n');
	printf("Results: %s\n", out);
	return worst;
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

int run_in_guests(struct arena *arena, const struct work *work, const struct run_options *o,
	struct virtual_request *request, bool some_missing, struct error *err)
{
	int status;

	if (work->machine_count == 1)
		return measure_virtually(arena, o, request, some_missing, err);
	if (speeds_measure(arena, work->machines, work->machine_count, request, &status, err))
		return -1;
	return status == EXIT_MEASURED && some_missing ? EXIT_SOME_FAILED : status;
}
