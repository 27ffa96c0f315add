/* SPDX-License-Identifier: MIT */
/* run --virtual: the same command, inside a guest that has the same files. */
#include "cli/virtual.h"

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/voices.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/join.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Workloads that measure something which a guest does not have. */
static const struct {
	const char *name, *reason;
} without[] = {
	{"video", "it encodes 4K video as it is sent, for which one processor does not suffice"},
	{"nix_cache", "it needs the package store of this machine"},
};

static const char *const helpers[] = {"meshbench-reach", "meshbench-watch", "meshbench-ready",
	"meshbench-wire", "meshbench-marker", "meshbench-probe", "meshbench-quic", "meshbench-rate",
	NULL};

static const char *const variables[] = {
	"HOME", "XDG_DATA_HOME", "MESHBENCH_DATA", "MESHBENCH_VPNS", "MESHBENCH_LIBEXEC", NULL};

static const char *why_without(const struct workload *workload)
{
	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (strcmp(workload->name, without[i].name) == 0)
			return without[i].reason;
	return NULL;
}

size_t virtual_leave_out(struct arena *arena, struct runner_plan *plan)
{
	const struct workload **kept =
		arena_alloc(arena, const struct workload *, plan->workload_count);
	size_t left = 0, count = plan->workload_count;

	for (size_t i = 0; i < count; i++) {
		const char *reason = why_without(plan->workloads[i]);

		if (reason)
			fprintf(stderr, "meshbench: %s is left out in virtual time: %s\n",
				plan->workloads[i]->name, reason);
		else
			kept[left++] = plan->workloads[i];
	}
	plan->workloads = kept;
	plan->workload_count = left;
	return count - left;
}

bool virtual_of_place(
	struct arena *arena, const json_t *environment, struct virtual_machine *ret_machine)
{
	const json_t *place = json_object_get(environment, "place");

	if (strcmp(json_string_at(place, "/kind", ""), "virtual") != 0)
		return false;
	*ret_machine = (struct virtual_machine){.mips = (unsigned)json_number_at(place, "/mips", 0),
		.memory_bytes = (uint64_t)json_number_at(place, "/memory_bytes", 0),
		.kernel = arena_strdup(arena, json_string_at(place, "/kernel", "")),
		.patience_s = VIRTUAL_PATIENCE_S};
	return true;
}

/* Strings that grow; NULL-terminated. */
struct words {
	struct arena *arena;
	const char *const *list;
};

static void add_word(struct words *words, const char *word)
{
	words->list = arena_list(words->arena, words->list, (const char *const[]){word, NULL});
}

static const char *joined(struct arena *arena, const char *const *names)
{
	const char *text = "";

	for (; *names; names++)
		text = arena_printf(arena, "%s%s%s", text, *text ? "," : "", *names);
	return text;
}

/* One of ours by its name, one of the user's by its folder. */
static const char *names_of_vpns(struct arena *arena, const struct runner_plan *plan)
{
	const char *ours = arena_printf(arena, "%s/drivers/", plan_data_folder(arena));
	struct words names = {arena, ARENA_LIST(arena, NULL)};

	for (size_t i = 0; i < plan->driver_count; i++)
		add_word(&names, text_starts_with(plan->drivers[i].dir, ours)
					 ? plan->drivers[i].label
					 : plan->drivers[i].dir);
	return joined(arena, names.list);
}

static const char *names_of_workloads(struct arena *arena, const struct runner_plan *plan)
{
	struct words names = {arena, ARENA_LIST(arena, NULL)};

	for (size_t i = 0; i < plan->workload_count; i++)
		add_word(&names, plan->workloads[i]->name);
	return joined(arena, names.list);
}

/* The user's changes of the plan as options; VPNs and workloads are those that are left. */
static void add_changes(struct words *argv, const struct virtual_request *request)
{
	struct arena *arena = argv->arena;

	for (const struct request_change *c = request->request->changes; c->setting; c++) {
		if (strcmp(c->option, "vpn") == 0 || strcmp(c->option, "workload") == 0)
			continue;
		if (c->names)
			add_word(argv,
				arena_printf(arena, "--%s=%s", c->option, joined(arena, c->names)));
		if (c->text)
			add_word(argv, arena_printf(arena, "--%s=%s", c->option, c->text));
	}
	add_word(argv, arena_printf(arena, "--vpn=%s", names_of_vpns(arena, request->plan)));
	add_word(argv,
		arena_printf(arena, "--workload=%s", names_of_workloads(arena, request->plan)));
}

static const char *const *argv_of(
	struct arena *arena, const struct virtual_request *request, const char *program)
{
	struct words argv = {arena, ARENA_LIST(arena, program, "run", "--place", VIRTUAL_PLACE,
					    "--mirror", VIRTUAL_MIRROR)};

	if (request->resume) {
		add_word(&argv, "--resume=" VIRTUAL_TREE);
		return argv.list;
	}
	if (request->request->plan)
		add_word(&argv, request->request->plan);
	add_changes(&argv, request);
	if (request->options)
		argv.list = arena_list(arena, argv.list, request->options);
	add_word(&argv, "--out=" VIRTUAL_TREE);
	return argv.list;
}

static int add_programs(struct words *programs, const struct runner_plan *plan, struct error *err)
{
	struct arena *arena = programs->arena;
	const char *path;

	for (const char *const *name = helpers; *name; name++) {
		if (helper_find(arena, *name, &path, err))
			return -1;
		add_word(programs, path);
	}
	for (size_t i = 0; i < plan->driver_count; i++)
		programs->list =
			arena_list(arena, programs->list, vpn_programs(arena, &plan->drivers[i]));
	for (size_t i = 0; i < plan->workload_count; i++)
		for (size_t k = 0; plan->workloads[i]->needs[k]; k++)
			if (workload_wants(plan->workloads[i], plan->plan->options, k))
				add_word(programs, plan->workloads[i]->needs[k]);
	return 0;
}

/* "./dsl.yml:rate=1gbit" is a file of the user's; "dsl" is one of ours. */
static void add_own_files(struct words *files, const char *here, const char *const *words)
{
	struct arena *arena = files->arena;

	for (; words && *words; words++) {
		const char *path = arena_strndup(arena, *words, strcspn(*words, ":"));

		if (strchr(path, '/'))
			add_word(files,
				path[0] == '/' ? path : arena_printf(arena, "%s/%s", here, path));
	}
}

/* Our data, the user's own files, and the folders of installed VPNs. */
static const char *const *files_of(
	struct arena *arena, const struct virtual_request *request, const char *here)
{
	static const char *const kinds[] = {
		"boards", "drivers", "features", "plans", "profiles", "topologies", "tunings"};
	const struct runner_plan *plan = request->plan;
	struct words files = {arena, ARENA_LIST(arena, NULL)};
	const char *data = plan_data_folder(arena);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		add_word(&files, arena_printf(arena, "%s%s%s/%s", data[0] == '/' ? "" : here,
					 data[0] == '/' ? "" : "/", data, kinds[i]));
	add_own_files(&files, here, ARENA_LIST(arena, request->request->plan));
	add_own_files(&files, here, plan->plan->vpns);
	add_own_files(&files, here, plan->plan->profiles);
	add_own_files(&files, here, plan->plan->tunings);
	add_own_files(&files, here, plan->plan->topologies);
	add_own_files(&files, here, ARENA_LIST(arena, plan->plan->board));
	for (size_t i = 0; i < plan->driver_count; i++)
		if (plan->drivers[i].bin)
			add_word(&files, arena_strndup(arena, plan->drivers[i].bin,
						 strlen(plan->drivers[i].bin) - strlen("/bin")));
	return files.list;
}

static const char *const *environment_of(struct arena *arena)
{
	struct words environment = {
		arena, ARENA_LIST(arena, "LC_ALL=C",
			       "PATH=" VIRTUAL_PROGRAMS
			       ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")};

	for (const char *const *name = variables; *name; name++) {
		const char *value = getenv(*name); /* NOLINT(concurrency-mt-unsafe) */

		if (value)
			add_word(&environment, arena_printf(arena, "%s=%s", *name, value));
	}
	return environment.list;
}

/* What the kernel must have for an engine; what VPNs want of it, they may have themselves. */
static const char *const *modules_of(struct arena *arena, const struct runner_plan *plan)
{
	switch (plan->engine) {
	case LAB_ENGINE_NETEM:
		return ARENA_LIST(arena, "veth", "tun", "bridge", "sch_tbf", "sch_netem");
	case LAB_ENGINE_BRIDGE:
		return ARENA_LIST(arena, "veth", "tun", "bridge", "sch_tbf");
	default:
		return ARENA_LIST(arena, "veth", "tun");
	}
}

/* What all guests of a request have in common. */
static int make_job(struct procs *procs, struct arena *arena, const struct virtual_request *request,
	struct virtual_job *ret_job, struct error *err)
{
	struct virtual_job job = {.machine = *request->machine,
		.seed = (uint64_t)request->plan->plan->seed,
		.environment = environment_of(arena),
		.programs_dir = request->programs,
		.out = request->out};
	struct words programs = {arena, ARENA_LIST(arena, NULL)};
	char *program = realpath("/proc/self/exe", arena_bytes(arena, PATH_MAX, 1));
	char *here = getcwd(arena_bytes(arena, PATH_MAX, 1), PATH_MAX);

	job.machine.modules = modules_of(arena, request->plan);
	if (request->resume)
		job.tree = realpath(request->resume, arena_bytes(arena, PATH_MAX, 1));
	if (!program || !here || (request->resume && !job.tree))
		return fail_errno(err, "find this program, its folder and its results");
	add_word(&programs, program);
	if (helper_find(arena, "meshbench-guest", &job.init, err) ||
		add_programs(&programs, request->plan, err) ||
		virtual_find(procs, arena, &job.machine, &job.parts, err))
		return -1;
	job.programs = programs.list;
	job.files = files_of(arena, request, here);
	job.argv = argv_of(arena, request, program);
	job.dir = here;
	*ret_job = job;
	return 0;
}

int virtual_make_fresh(const char *out, struct error *err)
{
	AUTO(record_closep) struct record *record = NULL;

	return record_open(out, &record, err) || runner_check_fresh(record, err) ? -1 : 0;
}

int virtual_open(struct procs **ret_procs, struct error *err)
{
	return namespace_enter(err) || procs_new(ret_procs, err) ? -1 : 0;
}

/* Why a run did not reach its end; false when it did, or the user ended it. */
static bool was_broken_off(const struct virtual_end *end, struct error *ret_why)
{
	if (end->was_interrupted)
		return false;
	*ret_why = end->failure;
	if (end->failure.kind == ERROR_NONE && end->status != EXIT_MEASURED &&
		end->status != EXIT_SOME_FAILED)
		fail(ret_why, ERROR_HOST, "the run in the guest broke off: %s", end->words);
	return ret_why->kind != ERROR_NONE;
}

/* Without an environment nothing was begun that could be resumed. */
static int keep_what_there_is(
	struct virtual_request *request, const struct error *why, struct error *err)
{
	AUTO(record_closep) struct record *record = NULL;
	json_auto_t *environment = NULL;

	if (record_open(request->out, &record, err))
		return -1;
	environment = record_read_environment(record);
	if (!environment)
		return 0;
	request->was_broken_off = true;
	return runner_blame_missing(request->plan, record, why, err);
}

static size_t count_guests(const struct virtual_request *request)
{
	return request->blocks_apart ? (size_t)request->plan->plan->repeat : 1;
}

/* "1000 MIPS, repetition 2"; NULL: a guest that is alone. */
static const char *name_guest(
	struct arena *arena, const struct virtual_request *request, size_t block)
{
	const char *name = request->name;

	if (!request->blocks_apart)
		return name;
	return arena_printf(arena, "%s%srepetition %zu", name ? name : "", name ? ", " : "", block);
}

/* Each block draws other random numbers, as if the next seed had been asked for. */
static void take_block(struct arena *arena, size_t block, struct virtual_job *job)
{
	job->seed += block - 1;
	job->join = record_join;
	job->argv = arena_list(
		arena, job->argv, ARENA_LIST(arena, arena_printf(arena, "--block=%zu", block)));
}

static void print_blocks(struct arena *arena, const struct virtual_request *request)
{
	struct runner_plan plan = *request->plan;
	size_t at_once =
		plan.processors < count_guests(request) ? plan.processors : count_guests(request);
	char text[32];

	plan.block = 1;
	progress_duration(text, runner_schedule_s(&plan, arena));
	fprintf(stderr,
		"meshbench: %zu repetitions, each in a guest of its own that takes about %s of virtual time, %zu side by side\n",
		count_guests(request), text, at_once);
}

static void print_begin(
	struct arena *arena, const struct virtual_request *request, const struct virtual_job *job)
{
	fprintf(stderr,
		"meshbench: %s%sin virtual time, one processor of %u million instructions a second, Linux %s\n",
		request->name ? request->name : "", request->name ? " " : "", job->machine.mips,
		job->parts.kernel);
	if (request->blocks_apart)
		print_blocks(arena, request);
}

/* All guests of all requests, those of a request one behind the other. */
struct guests {
	struct virtual_job *jobs;
	size_t count;
	struct voices *voices;
};

static int add_guests(struct procs *procs, struct arena *arena,
	const struct virtual_request *request, struct guests *guests, struct error *err)
{
	struct virtual_job common = {0};

	if (make_job(procs, arena, request, &common, err))
		return -1;
	print_begin(arena, request, &common);
	for (size_t block = 1; block <= count_guests(request); block++) {
		size_t number = guests->count++;
		struct virtual_job *job = &guests->jobs[number];

		*job = common;
		job->scratch = arena_printf(arena, "%s/guest%zu", NAMESPACE_MEMORY, number);
		if (request->blocks_apart)
			take_block(arena, block, job);
		voices_hear(guests->voices, number, name_guest(arena, request, block), job);
		if (dir_make(job->scratch, 0700, err))
			return -1;
	}
	return 0;
}

static bool is_worse(const struct virtual_end *end, const struct virtual_end *than)
{
	bool has_failed = end->failure.kind != ERROR_NONE;

	if (has_failed != (than->failure.kind != ERROR_NONE))
		return has_failed;
	return !has_failed && end->status > than->status;
}

/* How a request ended: as the first of its guests that ended worst. */
static struct virtual_end end_of(
	const struct virtual_request *request, const struct virtual_job jobs[])
{
	struct virtual_end end = jobs[0].end;
	size_t worst = 0;
	bool was_interrupted = end.was_interrupted, was_left_out = end.was_left_out;

	for (size_t i = 1; i < count_guests(request); i++) {
		was_interrupted |= jobs[i].end.was_interrupted;
		was_left_out |= jobs[i].end.was_left_out;
		if (is_worse(&jobs[i].end, &end)) {
			end = jobs[i].end;
			worst = i;
		}
	}
	end.was_interrupted = was_interrupted;
	if (was_left_out && end.status == EXIT_MEASURED)
		end.status = EXIT_SOME_FAILED;
	if (request->blocks_apart && end.failure.kind != ERROR_NONE)
		fail_in(&end.failure, "repetition %zu", worst + 1);
	return end;
}

static int take_end(
	struct virtual_request *request, const struct virtual_job jobs[], struct error *err)
{
	struct error why;

	request->end = end_of(request, jobs);
	for (size_t i = 0; i < count_guests(request); i++)
		if (tree_remove(jobs[i].scratch, err))
			return -1;
	return was_broken_off(&request->end, &why) ? keep_what_there_is(request, &why, err) : 0;
}

int virtual_measure(struct procs *procs, struct arena *arena, struct virtual_request requests[],
	size_t count, struct error *err)
{
	struct guests guests = {0};
	size_t total = 0, first = 0;
	int result;

	for (size_t i = 0; i < count; i++)
		total += count_guests(&requests[i]);
	guests.jobs = arena_alloc(arena, struct virtual_job, total);
	guests.voices = voices_new(arena, total);
	for (size_t i = 0; i < count; i++)
		if (add_guests(procs, arena, &requests[i], &guests, err))
			return -1;
	result = virtual_run(procs, guests.jobs, total, requests[0].plan->processors, err);
	voices_end(guests.voices);
	if (result)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_end(&requests[i], &guests.jobs[first], err))
			return -1;
		first += count_guests(&requests[i]);
	}
	return 0;
}

int virtual_result(struct arena *arena, const struct virtual_request *request,
	struct runner_result *ret_result, struct error *err)
{
	AUTO(record_closep) struct record *record = NULL;

	if (record_open(request->out, &record, err))
		return -1;
	*ret_result = runner_read(request->plan, record, arena);
	return 0;
}
