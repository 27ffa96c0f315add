/* SPDX-License-Identifier: MIT */
/* meshbench report, trend, recompute and compare: what was measured says. */
#include "cli/cli.h"
#include "cli/history.h"
#include "cli/places.h"

#include "record/reader.h"
#include "report/report.h"

#include <string.h>

/* A folder with a tree for each topology: what they say together, and where each has its page. */
static int report_on_places(
	struct arena *arena, const struct report_options *o, bool is_plain, struct error *err)
{
	const char *const *trees;
	struct plan plan;

	if (places_read(arena, o->dir, &plan, err))
		return -1;
	trees = places_trees(arena, o->dir, &plan);
	if (!is_plain)
		return fail(err, ERROR_USAGE,
			"%s has a tree for each topology; name one of them, such as %s", o->dir,
			trees[0]);
	puts(report_places(trees, stdout)
			? "\nEach topology has a tree with a page of its own:"
			: "Nothing here says what a VPN does behind routers. Each topology has a tree:");
	for (; *trees; trees++)
		printf(tree_is_there(*trees) ? "meshbench report %s\n"
					     : "%s: nothing was measured there yet\n",
			*trees);
	return 0;
}

static int report(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct report_options o = {0};
	struct history_request history = {0};
	const struct option_row own[] = {
		{"html", "FILE", "file of the page; default: report.html in the tree", OPTION_TEXT,
			&o.html, NULL, 0, 0},
		{"json", NULL, "print all tables as JSON", OPTION_FLAG, &o.json, NULL, 0, 0},
		{"markdown", NULL, "print all tables as Markdown", OPTION_FLAG, &o.markdown, NULL,
			0, 0},
		{"csv", "DIR", "write a CSV file per table", OPTION_TEXT, &o.csv_dir, NULL, 0, 0},
		{"latex", "DIR", "write a LaTeX file per table", OPTION_TEXT, &o.latex_dir, NULL, 0,
			0},
		{"tuned", "DIR", "compare with a tree of the same VPNs on tuned hosts", OPTION_TEXT,
			&o.tuned_dir, NULL, 0, 0},
		{"force", NULL, "replace existing files", OPTION_FLAG, &o.force, NULL, 0, 0},
	};
	struct option_row rows[ARRAY_SIZE(own) + HISTORY_OPTIONS];
	const struct option_table table = {.usage = "report DIR [DIR_B] [OPTION]...",
		.examples = "meshbench report results/2026-11-26_215755\n"
			    "meshbench report DIR --json | jq .verdict.because\n"
			    "meshbench report DIR --csv tables\n"
			    "meshbench report before after --html both.html\n",
		.about =
			"Makes a page, tables and findings from a result tree, ours or a published one; of two trees, a page of both.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 2};
	struct option_result given;
	struct error err = {0};
	int status;

	memcpy(rows, own, sizeof(own));
	history_options(&history, rows + ARRAY_SIZE(own));
	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	if (history_check(&history, &err))
		return cli_report(&err);
	o.dir = given.arguments[0];
	o.second_dir = given.argument_count > 1 ? given.arguments[1] : NULL;
	if (o.second_dir && history.file) {
		fail(&err, ERROR_USAGE, "--history takes the figures of one tree");
		return cli_report(&err);
	}
	/* Scripts read stdout, where nothing but what they asked for may be. */
	if (!o.json && !o.markdown && !o.csv_dir && !o.latex_dir)
		o.verdict = stderr;
	if (!o.second_dir && places_are_kept(o.dir)) {
		bool is_plain = o.verdict && !o.html && !o.tuned_dir && !history.file;

		return report_on_places(arena, &o, is_plain, &err) ? cli_report(&err)
								   : EXIT_MEASURED;
	}
	if (report_run(&o, stdout, &err) ||
		history_add(
			&history, (struct history_run){.trees = ARENA_LIST(arena, o.dir)}, &err))
		return cli_report(&err);
	return EXIT_MEASURED;
}

static int trend(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct trend_options o = {0};
	const struct option_row rows[] = {
		{"html", "FILE", "file of the page; default: HISTORY.html", OPTION_TEXT, &o.html,
			NULL, 0, 0},
		{"json", NULL, "print all figures and changes as JSON", OPTION_FLAG, &o.json, NULL,
			0, 0},
		{"markdown", NULL, "print them as Markdown", OPTION_FLAG, &o.markdown, NULL, 0, 0},
		{"force", NULL, "replace an existing page", OPTION_FLAG, &o.force, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "trend HISTORY [OPTION]...",
		.examples = "meshbench ab ../old ../new --vpn tinc --history history.jsonl\n"
			    "meshbench trend history.jsonl --markdown\n",
		.about =
			"Draws the figures of a history over time, and where they changed. `--history FILE` of run, ab and report adds to one.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 1};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	o.path = given.arguments[0];
	if (!o.json && !o.markdown)
		o.people = stderr;
	return trend_run(&o, stdout, &err) ? cli_report(&err) : EXIT_MEASURED;
}

static int recompute(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct recompute_options o = {0};
	const struct option_row rows[] = {
		{"out", "DIR", "folder to write to; default: General/comparison in the tree",
			OPTION_TEXT, &o.out_dir, NULL, 0, 0},
		{"force", NULL, "replace existing files", OPTION_FLAG, &o.force, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "recompute DIR [OPTION]...",
		.examples = "meshbench recompute DIR --out comparison\n",
		.about =
			"Regenerates the published comparison of a result tree from its raw files.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 1};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	o.dir = given.arguments[0];
	return recompute_run(&o, stdout, &err) ? cli_report(&err) : EXIT_MEASURED;
}

static int compare(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct compare_options o = {0};
	int64_t margin_percent = 5;
	const struct option_row rows[] = {
		{"vpn", "A,B=C", "compare only these; B=C compares B before with C after",
			OPTION_LIST, &o.vpns, NULL, 0, 0},
		{"margin", "PERCENT", "differences below this do not count; default: 5",
			OPTION_INTEGER, &margin_percent, NULL, 0, 1000},
		{"json", NULL, "print JSON", OPTION_FLAG, &o.json, NULL, 0, 0},
	};
	const struct option_table table = {
		.usage = "compare BEFORE AFTER [OPTION]... | BEFORE... [OPTION]... -- AFTER...",
		.examples = "meshbench compare before after\n"
			    "meshbench compare OLD-* -- NEW-*\n"
			    "meshbench compare before after --vpn tinc=tinc@1.1\n",
		.about =
			"Shows what changed between result trees, and how certain that is. Each tree is one run; verdicts need four runs a side.\nExit status: 0 not worse, 1 worse, 2 wrong input.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 1000};
	struct option_result given;
	struct error err = {0};
	bool is_worse = false;
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	o.margin_percent = (double)margin_percent;
	o.before = given.arguments;
	o.after = given.command;
	if (!given.command && given.argument_count == 2) {
		o.before = ARENA_LIST(arena, given.arguments[0]);
		o.after = ARENA_LIST(arena, given.arguments[1]);
	}
	if (!o.after || !o.after[0]) {
		fail(&err, ERROR_USAGE,
			"compare needs trees of both sides: BEFORE AFTER, or BEFORE... -- AFTER...");
		return cli_report(&err);
	}
	if (compare_run(&o, stdout, &is_worse, &err))
		return cli_report(&err);
	return is_worse ? EXIT_SOME_FAILED : EXIT_MEASURED;
}

const struct command command_report = {
	"report", "make a page, tables and findings from a tree", report};
const struct command command_trend = {"trend", "show how figures changed over time", trend};
const struct command command_recompute = {
	"recompute", "regenerate the published comparison of a tree", recompute};
const struct command command_compare = {"compare", "show what changed between runs", compare};
