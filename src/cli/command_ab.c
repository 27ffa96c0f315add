/* SPDX-License-Identifier: MIT */
/* meshbench ab: two versions in turn, until it is known whether the second is worse, or the time is
 * up. */
#include "cli/cli.h"
#include "cli/cores.h"
#include "cli/history.h"
#include "cli/load.h"
#include "cli/pairs.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/quiet.h"
#include "cli/session.h"
#include "cli/verdict.h"

#include "base/file.h"
#include "base/json.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT_FILE "ab.json"

static const double ERROR_PROBABILITY = 0.05;
static const double DEFAULT_MARGIN_PERCENT = 5;
static const double VIRTUAL_MARGIN_PERCENT = 0.5; /* where nothing drifts */
static const double DEFAULT_TIME_S = 540;         /* and a minute for what stands around it */

struct ab_options {
	struct request request;
	struct history_request history;
	const char *vpn, *out, *plan, *json, *bmf, *markdown;
	const char *virtual; /* NULL: in real time */
	double time_s, margin_percent;
	bool wait, accepts_marked;
};

/* What is measured, and what the judge knows of it. */
struct ab {
	struct arena *arena;
	const struct runner_plan *plan;
	struct versions_rule rule;
	double time_s, pair_began_s;
};

/* Those of `run`, but for what OLD, NEW and the time decide here. */
static size_t add_plan_options(struct request *request, struct option_row *rows)
{
	size_t count = request_options(request, rows), kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, "vpn") != 0 && strcmp(rows[i].name, "tuning") != 0)
			rows[kept++] = rows[i];
	}
	return kept;
}

static struct option_table table_of(struct arena *arena, struct ab_options *o)
{
	const struct option_row own[] = {
		{"vpn", "V", "OLD and NEW are folders with programs of this VPN", OPTION_TEXT,
			&o->vpn, NULL, 0, 0},
		{"plan", "PLAN", "what to measure; default: ab, in virtual time gate", OPTION_TEXT,
			&o->plan, NULL, 0, 0},
		{"time", "SECONDS",
			"start no pair of blocks that would end after this time; default: 540",
			OPTION_SECONDS, &o->time_s, NULL, 0, 0},
		{"margin", "PERCENT",
			"differences below this do not count; default: 5, in virtual time 0.5",
			OPTION_PERCENT, &o->margin_percent, NULL, 0, 0},
		{"virtual", "[=cpu=500mips,memory=2g,kernel=VERSION]",
			"in machines whose clocks count instructions, one for each version",
			OPTION_DETAIL, &o->virtual, NULL, 0, 0},
		{"accept-marked", NULL, "use values that were measured while the machine was busy",
			OPTION_FLAG, &o->accepts_marked, NULL, 0, 0},
		{"out", "DIR", "folder of the result tree; default: a new one in results/",
			OPTION_TEXT, &o->out, NULL, 0, 0},
		{"json", "FILE", "write the verdicts as JSON as well", OPTION_TEXT, &o->json, NULL,
			0, 0},
		{"bmf", "FILE", "write NEW's figures in Bencher's metric format", OPTION_TEXT,
			&o->bmf, NULL, 0, 0},
		{"markdown", "FILE",
			"append a summary in Markdown to a file such as $GITHUB_STEP_SUMMARY",
			OPTION_TEXT, &o->markdown, NULL, 0, 0},
		{"wait", NULL, "wait until no other program uses this machine", OPTION_FLAG,
			&o->wait, NULL, 0, 0},
	};
	struct option_row *rows = arena_alloc(arena, struct option_row,
		request_options_most(&o->request) + ARRAY_SIZE(own) + HISTORY_OPTIONS);
	size_t count = ARRAY_SIZE(own);

	memcpy(rows, own, sizeof(own));
	count += history_options(&o->history, rows + count);
	count += add_plan_options(&o->request, rows + count);
	return (struct option_table){.usage = "ab OLD NEW [OPTION]...",
		.examples = "meshbench ab nebula@1.6.1 nebula@1.9.7\n",
		.about =
			"Measures two versions of a VPN in turn until it is known whether NEW is worse.\n"
			"Exit status: 0 not worse, 1 worse, 2 wrong input, 3 this machine cannot do it, 4 cannot tell.",
		.rows = rows,
		.count = count,
		.arguments_min = VERSIONS,
		.arguments_max = VERSIONS};
}

/* "tinc@old": its results have a place of their own even where both versions are the same. */
static void name_side(struct arena *arena, const char *side, struct driver *driver)
{
	driver->label = arena_printf(arena, "%s@%s", driver->label, side);
	driver->folder = arena_printf(arena, "%s@%s", driver->folder, side);
	driver->title = arena_printf(arena, "%s (%s)", driver->title, side);
}

static int load_side(struct arena *arena, const char *vpn, const char *words,
	struct driver *ret_driver, struct error *err)
{
	if (choice_driver(arena, vpn ? vpn : words, ret_driver, err))
		return -1;
	if (!vpn)
		return 0;
	ret_driver->bin = realpath(words, arena_alloc(arena, char, 4096));
	if (ret_driver->bin)
		return 0;
	return fail(err, ERROR_USAGE,
		"cannot find the folder '%s': with --vpn %s, OLD and NEW are folders with its programs",
		words, vpn);
}

static int load_versions(struct arena *arena, const struct ab_options *o, const char *const *words,
	struct driver *drivers, struct error *err)
{
	static const char *const sides[VERSIONS] = {"old", "new"};

	for (size_t i = 0; i < VERSIONS; i++) {
		if (load_side(arena, o->vpn, words[i], &drivers[i], err))
			return -1;
	}
	if (strcmp(drivers[VERSIONS_OLD].folder, drivers[VERSIONS_NEW].folder) == 0) {
		for (size_t i = 0; i < VERSIONS; i++)
			name_side(arena, sides[i], &drivers[i]);
	}
	for (size_t i = 0; i < VERSIONS; i++) {
		if (vpn_is_found(&drivers[i], err))
			return -1;
	}
	return 0;
}

/* What the plan says, with two drivers in place of its own. */
static int load_ab(struct arena *arena, struct ab_options *o, const char *const *words,
	struct plan *plan, struct runner_plan *ret_plan, struct error *err)
{
	struct driver *drivers = arena_alloc(arena, struct driver, VERSIONS);
	const char **names = arena_alloc(arena, const char *, VERSIONS + 1);

	o->request.plan = o->plan ? o->plan : o->virtual ? "gate" : "ab";
	if (load_versions(arena, o, words, drivers, err) ||
		load_plan(arena, &o->request, plan, err))
		return -1;
	if (places_refuse(plan, "ab compares in one", err))
		return -1;
	names[0] = "none"; /* any that is there: it is replaced */
	plan->vpns = names;
	if (load_everything(arena, plan, ret_plan, err))
		return -1;
	for (size_t i = 0; i < VERSIONS; i++)
		names[i] = drivers[i].label;
	ret_plan->drivers = drivers;
	ret_plan->driver_count = VERSIONS;
	ret_plan->alternates = true;
	if (o->virtual && cores_refuse(plan, "a guest has one processor for all hosts", err))
		return -1;
	if (cores_values(plan) != 1)
		return fail(err, ERROR_USAGE,
			"%zu numbers of processors are given; ab compares with one (--cpus)",
			cores_values(plan));
	if (cores_check(ret_plan, err) || (!o->virtual && lab_can_limit(&ret_plan->board, err)))
		return -1;
	if (ret_plan->tuning_count != 1)
		return fail(err, ERROR_USAGE, "plan '%s' has several tunings; ab takes one",
			o->request.plan);
	return 0;
}

/* Only after there and back: one block alone favours the first or the second. */
static bool judge(void *context, const struct runner_result *so_far)
{
	struct ab *ab = context;
	struct versions versions = versions_judge(ab->arena, ab->plan, so_far, &ab->rule);
	double pair_s = so_far->total_s - ab->pair_began_s;

	if (versions.blocks % 2)
		return false;
	ab->pair_began_s = so_far->total_s;
	return versions.is_known || so_far->total_s + pair_s > ab->time_s;
}

static int write_markdown(
	const struct ab *ab, const struct versions *versions, const char *path, struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int failed;

	if (!memory)
		return fail_errno(err, "write %s", path);
	verdict_print_markdown(versions, ab->plan, &ab->rule, memory);
	fclose(memory);
	failed = file_append(path, text, size, err);
	free(text);
	return failed;
}

/* What other programs read. */
static int write_files(const struct ab *ab, const struct versions *versions,
	const struct ab_options *o, const json_t *json, struct error *err)
{
	json_auto_t *bmf = versions_bmf(versions);

	if ((o->json && json_write(o->json, json, err)) ||
		(o->bmf && json_write(o->bmf, bmf, err)) ||
		(o->markdown && write_markdown(ab, versions, o->markdown, err)))
		return -1;
	return 0;
}

static int write_all(const struct ab *ab, const struct versions *versions,
	const struct ab_options *o, struct record *record, struct error *err)
{
	json_auto_t *json = versions_json(versions, ab->plan, &ab->rule);

	return record_write_general(record, VERDICT_FILE, json, err) ||
			       write_files(ab, versions, o, json, err)
		       ? -1
		       : 0;
}

static int status_of(enum sequential_verdict verdict)
{
	switch (verdict) {
	case SEQUENTIAL_WORSE:
		return EXIT_SOME_FAILED;
	case SEQUENTIAL_CANNOT_TELL:
		return EXIT_CANNOT_TELL;
	default:
		return EXIT_MEASURED;
	}
}

/* Only NEW: what OLD is was measured when it was new. */
static int add_tree(
	const struct ab *ab, const struct ab_options *o, const char *out, struct error *err)
{
	return history_add(&o->history,
		(struct history_run){.trees = ARENA_LIST(ab->arena, out),
			.vpn = ab->plan->drivers[VERSIONS_NEW].folder,
			.is_version = true},
		err);
}

/* The same of the pairs of guests, each of which made a tree of its version. */
static int add_pairs(
	const struct ab *ab, const struct ab_options *o, const char *out, struct error *err)
{
	const char *const *trees = ARENA_LIST(ab->arena, NULL);

	for (size_t pair = 1;; pair++) {
		const char *tree = pairs_tree(ab->arena, out, VERSIONS_NEW, pair);

		if (!path_exists(tree))
			break;
		trees = arena_list(ab->arena, trees, ARENA_LIST(ab->arena, tree));
	}
	return history_add(
		&o->history, (struct history_run){.trees = trees, .is_version = true}, err);
}

static int measure(struct ab *ab, const struct ab_options *o, const char *out, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(record_closep) struct record *record = NULL;
	struct progress_display display = progress_display_new();
	struct runner_result result = {0};
	struct versions versions;
	struct error ignored;
	int ended;

	if (session_open(ab->plan, out, &procs, &record, err) || quiet_look(procs, o->wait, err))
		return -1;
	ended = runner_run(ab->plan,
		&(struct runner_means){.procs = procs,
			.record = record,
			.arena = ab->arena,
			.listener = progress_listen,
			.listener_context = &display,
			.judge = judge,
			.judge_context = ab},
		&result, err);
	progress_display_end(&display);
	if (ended && result.count == 0) /* as where the folder holds another run, which stays */
		return -1;
	versions = versions_judge(ab->arena, ab->plan, &result, &ab->rule);
	verdict_print(&versions, ab->plan, &ab->rule, stdout);
	printf("Results: %s\n", out);
	if (write_all(ab, &versions, o, record, ended ? &ignored : err) || ended ||
		add_tree(ab, o, out, err))
		return -1;
	return status_of(versions.verdict);
}

static int measure_virtually(struct ab *ab, const struct ab_options *o, const char *const *words,
	const char *out, struct error *err)
{
	json_auto_t *json = NULL;
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	struct versions versions;
	size_t speeds;
	bool was_ended;

	if (virtual_read(ab->arena, o->virtual, machines, &speeds, err))
		return -1;
	if (speeds > 1)
		return fail(
			err, ERROR_USAGE, "--virtual: ab compares at one speed of the processor");
	if (pairs_measure(ab->arena,
		    &(struct pairs_request){.machine = machines,
			    .plan = ab->plan,
			    .words = words,
			    .vpn = o->vpn,
			    .request = &o->request,
			    .rule = &ab->rule,
			    .time_s = ab->time_s,
			    .out = out},
		    &versions, &was_ended, err))
		return -1;
	verdict_print(&versions, ab->plan, &ab->rule, stdout);
	printf("Results: %s\n", out);
	json = versions_json(&versions, ab->plan, &ab->rule);
	if (json_write(arena_printf(ab->arena, "%s/" VERDICT_FILE, out), json, err) ||
		write_files(ab, &versions, o, json, err) ||
		(!was_ended && add_pairs(ab, o, out, err)))
		return -1;
	return was_ended && !versions.is_known ? EXIT_CANNOT_TELL : status_of(versions.verdict);
}

/* The user's margin, else one that suits the clock. */
static double margin_of(const struct ab_options *o)
{
	if (o->margin_percent > 0)
		return o->margin_percent;
	return o->virtual ? VIRTUAL_MARGIN_PERCENT : DEFAULT_MARGIN_PERCENT;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct ab_options o = {.request = request_new(arena), .time_s = DEFAULT_TIME_S};
	struct option_table table = table_of(arena, &o);
	struct runner_plan everything;
	struct option_result given;
	struct plan plan = {0};
	struct error err = {0};
	struct ab ab = {.arena = arena, .plan = &everything};
	const char *out;
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	if (history_check(&o.history, &err) ||
		load_ab(arena, &o, given.arguments, &plan, &everything, &err))
		return cli_report(&err);
	ab.time_s = o.time_s;
	ab.rule = (struct versions_rule){.error = ERROR_PROBABILITY,
		.margin = log1p(margin_of(&o) / 100),
		.accepts_marked = o.accepts_marked};
	out = o.out ? o.out : session_folder(arena);
	status = o.virtual ? measure_virtually(&ab, &o, given.arguments, out, &err)
			   : measure(&ab, &o, out, &err);
	if (status >= 0)
		return status;
	status = cli_report(&err);
	return status == EXIT_SOME_FAILED ? EXIT_CANNOT_TELL
					  : status; /* 1 says that NEW is worse */
}

const struct command command_ab = {
	"ab", "measure two versions in turn until it is known whether the second is worse", run};
