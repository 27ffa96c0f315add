/* SPDX-License-Identifier: MIT */
/* meshbench list: the names that can stand on a command line or in a plan. */
#include "cli/cli.h"
#include "cli/load.h"

#include "base/terminal.h"
#include "plan/feature.h"
#include "supply/supply.h"

#include <stdio.h>
#include <string.h>

enum {
	NAME_COLUMNS = 17,
	ROW_COLUMNS = 29,
	LABEL_COLUMNS = 21, /* of a VPN with its variant */
	TITLE_COLUMNS = 24
};

static void print_named(const char *name, const char *title, size_t columns)
{
	printf("%-*s", (int)columns, name);
	terminal_wrap(stdout, title, columns, columns, terminal_width(stdout));
	putchar('\n');
}

static int print_workloads(struct arena *arena, struct error *err)
{
	(void)arena;
	(void)err;
	for (size_t i = 0; workloads[i]; i++)
		print_named(workloads[i]->name, workloads[i]->title, NAME_COLUMNS);
	return 0;
}

/* The versions that can stand behind an '@', those that are installed with a star. */
static const char *versions_of(struct arena *arena, const struct pin *pin)
{
	const char *prefix = install_prefix(arena), *text = "";

	for (size_t i = 0; pin && i < pin->version_count; i++) {
		const char *version = pin->versions[i].version;

		text = arena_printf(arena, "%s  %s%s", text, version,
			installed_bin(arena, prefix, pin->name, version) ? "*" : "");
	}
	return text;
}

static int print_vpns(struct arena *arena, struct error *err)
{
	const char *const *names;
	struct pins pins;

	if (plan_list(arena, "drivers", &names, err) || install_pins(arena, &pins, err))
		return -1;
	for (; *names; names++) {
		const char *versions;
		struct driver driver;

		if (choice_driver(arena, *names, &driver, err))
			return -1;
		versions = versions_of(arena, pins_named(&pins, *names));
		print_named(driver.name,
			arena_printf(arena, "%-*s%s", *versions ? TITLE_COLUMNS : 0, driver.title,
				versions),
			LABEL_COLUMNS);
		for (size_t i = 0; i < driver.variant_count; i++)
			print_named(
				arena_printf(arena, "%s+%s", driver.name, driver.variants[i].name),
				driver.variants[i].what, LABEL_COLUMNS);
	}
	if (terminal_width(stdout))
		terminal_wrap(stdout,
			"\n* installed; NAME@VERSION selects another version than the first, NAME+VARIANT a variant\n",
			0, 0, terminal_width(stdout));
	return 0;
}

static int print_profiles(struct arena *arena, struct error *err)
{
	const char *const *names;

	if (plan_list(arena, "profiles", &names, err))
		return -1;
	for (; *names; names++) {
		struct profile profile;

		if (load_profile(arena, *names, &profile, err))
			return -1;
		print_named(profile.name, profile.title, NAME_COLUMNS);
	}
	return 0;
}

static int print_tunings(struct arena *arena, struct error *err)
{
	const char *const *names;

	if (plan_list(arena, "tunings", &names, err))
		return -1;
	for (; *names; names++) {
		struct tuning tuning;

		if (load_tuning(arena, *names, &tuning, err))
			return -1;
		print_named(tuning.name, tuning.title, NAME_COLUMNS);
	}
	return 0;
}

static int print_topologies(struct arena *arena, struct error *err)
{
	const char *const *names;

	if (plan_list(arena, "topologies", &names, err))
		return -1;
	for (; *names; names++) {
		struct topology topology;
		const char *path;

		if (plan_find(arena, "topologies", *names, &path, err) ||
			topology_load(arena, path, &topology, err))
			return -1;
		print_named(topology.name, topology.title, NAME_COLUMNS);
	}
	return 0;
}

static int print_boards(struct arena *arena, struct error *err)
{
	const char *const *names;

	if (plan_list(arena, "boards", &names, err))
		return -1;
	for (; *names; names++) {
		struct board board;

		if (load_board(arena, *names, &board, err))
			return -1;
		print_named(board.name, board.title, NAME_COLUMNS);
	}
	return 0;
}

static int print_plans(struct arena *arena, struct error *err)
{
	const char *const *names;

	if (plan_list(arena, "plans", &names, err))
		return -1;
	for (; *names; names++) {
		const char *path;
		struct plan plan;

		if (plan_find(arena, "plans", *names, &path, err) ||
			plan_load(arena, path, workload_settings(arena), &plan, err))
			return -1;
		print_named(plan.name, plan.title, NAME_COLUMNS);
	}
	return 0;
}

static int print_features(struct arena *arena, struct error *err)
{
	struct feature_rows rows;

	if (feature_rows_load(arena, plan_feature_rows(arena), &rows, err))
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		print_named(rows.list[i].id, rows.list[i].title, ROW_COLUMNS);
	return 0;
}

static const struct {
	const char *name;
	int (*print)(struct arena *arena, struct error *err);
} lists[] = {{"vpns", print_vpns}, {"workloads", print_workloads}, {"profiles", print_profiles},
	{"tunings", print_tunings}, {"topologies", print_topologies}, {"boards", print_boards},
	{"plans", print_plans}, {"features", print_features}};

static const struct option_table table = {
	.usage = "list vpns|workloads|profiles|tunings|topologies|boards|plans|features",
	.examples = "meshbench list vpns\n",
	.about = "Lists the names that plans and command lines can use, each with its title.",
	.arguments_min = 1,
	.arguments_max = 1};

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result options;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &options, &status))
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (strcmp(options.arguments[0], lists[i].name) == 0)
			return lists[i].print(arena, &err) ? cli_report(&err) : EXIT_MEASURED;
	}
	fail(&err, ERROR_USAGE,
		"cannot list '%s'; use vpns, workloads, profiles, tunings, topologies, boards, plans or features",
		options.arguments[0]);
	return cli_report(&err);
}

const struct command command_list = {"list",
	"list VPNs, workloads, profiles, tunings, topologies, boards, plans and features", run};
