/* meshbench report, recompute and compare: what result trees say. */
#include "cli/cli.h"

#include "report/report.h"

static int report(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct report_options o = {0};
	const struct option_row rows[] = {
		{"html", "FILE", "the page; default: report.html in the tree", OPTION_TEXT, &o.html,
			NULL, 0, 0},
		{"json", NULL, "all tables on stdout as JSON", OPTION_FLAG, &o.json, NULL, 0, 0},
		{"markdown", NULL, "all tables on stdout as Markdown", OPTION_FLAG, &o.markdown,
			NULL, 0, 0},
		{"csv", "DIR", "a CSV file per table", OPTION_TEXT, &o.csv_dir, NULL, 0, 0},
		{"latex", "DIR", "a LaTeX file per table", OPTION_TEXT, &o.latex_dir, NULL, 0, 0},
		{"tuned", "DIR", "a tree of the same VPNs on tuned hosts, to compare with",
			OPTION_TEXT, &o.tuned_dir, NULL, 0, 0},
		{"force", NULL, "replace files that are there", OPTION_FLAG, &o.force, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "report DIR [OPTION]...",
		.about = "Turns a result tree, ours or a published one, into a page, tables and "
			 "findings.",
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
	return report_run(&o, stdout, &err) ? cli_report(&err) : EXIT_MEASURED;
}

static int recompute(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct recompute_options o = {0};
	const struct option_row rows[] = {
		{"out", "DIR", "where to; default: General/comparison in the tree", OPTION_TEXT,
			&o.out_dir, NULL, 0, 0},
		{"force", NULL, "replace files that are there", OPTION_FLAG, &o.force, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "recompute DIR [OPTION]...",
		.about = "Writes General/comparison of a result tree anew from its raw files.",
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
	const struct option_row rows[] = {
		{"json", NULL, "as JSON", OPTION_FLAG, &o.json, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "compare BEFORE AFTER [OPTION]...",
		.about = "Says what changed between two result trees, and how sure that is.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 2,
		.arguments_max = 2};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	o.before = given.arguments[0];
	o.after = given.arguments[1];
	return compare_run(&o, stdout, &err) ? cli_report(&err) : EXIT_MEASURED;
}

const struct command command_report = {"report", "a page, tables and findings from a tree", report};
const struct command command_recompute = {
	"recompute", "the published comparison of a tree, anew", recompute};
const struct command command_compare = {"compare", "what changed between two trees", compare};
