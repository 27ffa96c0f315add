/* SPDX-License-Identifier: MIT */
/* meshbench check: verifies the user's files without running anything. */
#include "cli/cli.h"
#include "cli/load.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/board.h"
#include "plan/driver.h"
#include "plan/feature.h"
#include "plan/inventory.h"
#include "plan/pins.h"
#include "plan/plan.h"
#include "plan/profile.h"
#include "plan/topology.h"
#include "plan/tuning.h"
#include "workload/workload.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Far more than any of these files needs; their loaders have bounds of their own. */
enum {
	FILE_MAX_BYTES = 1024 * 1024
};

static bool is_dir(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int check_rows(struct arena *arena, const char *path, struct error *err)
{
	struct feature_rows rows;

	if (feature_rows_load(arena, path, &rows, err))
		return -1;
	printf("%s: the %zu rows of the feature matrix are valid\n", path, rows.count);
	return 0;
}

static void print_sheet(const struct feature_rows *rows, const struct feature_sheet *sheet)
{
	size_t known = 0, unknown = 0, same = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct feature_cell *cell = sheet->cells[i];

		known += cell && cell->is;
		unknown += cell && !cell->is;
		same += sheet->is_same[i];
	}
	printf("%s: valid; read in %s: %zu of %zu rows answered, %zu unknown", sheet->path,
		sheet->read, known, rows->count, unknown);
	if (same)
		printf(", %zu with the lines of features.yml", same);
	putchar('\n');
}

/* All files of a driver's folder: that of another version means nothing without the first. */
static int check_features(struct arena *arena, const char *dir, struct error *err)
{
	struct feature_rows rows;
	struct feature_vpn vpn;

	if (feature_rows_load(arena, plan_feature_rows(arena), &rows, err) ||
		feature_vpn_load(arena, &rows, dir, &vpn, err))
		return -1;
	for (size_t i = 0; i < vpn.sheet_count; i++)
		print_sheet(&rows, &vpn.sheets[i]);
	return 0;
}

static int check_variants(
	struct arena *arena, const char *dir, const struct driver *driver, struct error *err)
{
	for (size_t i = 0; i < driver->variant_count; i++) {
		struct driver variant;

		if (driver_load_variant(arena, dir, driver->variants[i].name, &variant, err))
			return fail_in(err, "variant %s", driver->variants[i].name);
	}
	return 0;
}

static int check_driver(struct arena *arena, const char *dir, struct error *err)
{
	struct driver driver;

	if (driver_load(arena, dir, &driver, err) || load_check_folder(dir, driver.folder, err) ||
		check_variants(arena, dir, &driver, err) || check_features(arena, dir, err))
		return -1;
	for (size_t i = 0; driver.warnings && driver.warnings[i]; i++)
		fprintf(stderr, "%s\n", driver.warnings[i]);
	printf("%s: driver %s is valid\n", dir, driver.name);
	return 0;
}

static int check_pins(struct arena *arena, const char *path, struct error *err)
{
	struct pins pins;

	if (pins_load(arena, path, &pins, err))
		return -1;
	printf("%s: the pins of %zu VPNs are valid\n", path, pins.count);
	return 0;
}

static bool has_key(const char *text, struct arena *arena, const char *key)
{
	return text_starts_with(text, key) || strstr(text, arena_printf(arena, "\n%s", key));
}

static int check_plan(struct arena *arena, const char *path, struct error *err)
{
	struct plan plan;

	if (plan_load(arena, path, workload_settings(arena), &plan, err))
		return -1;
	printf("%s: plan %s is valid\n", path, plan.name);
	return 0;
}

static int check_inventory(struct arena *arena, const char *path, struct error *err)
{
	struct inventory inventory;

	if (inventory_load(arena, path, &inventory, err))
		return -1;
	printf("%s: the %zu machines are valid\n", path, inventory.count);
	return 0;
}

static int check_tuning(struct arena *arena, const char *path, struct error *err)
{
	struct tuning tuning;

	if (tuning_load(arena, path, &tuning, err))
		return -1;
	printf("%s: tuning %s is valid\n", path, tuning.name);
	return 0;
}

static int check_topology(struct arena *arena, const char *path, struct error *err)
{
	const struct topology *topology; /* with its profiles, which the file only names */
	struct topology loaded;

	if (topology_load(arena, path, &loaded, err) || load_topology(arena, path, &topology, err))
		return -1;
	printf("%s: topology %s is valid\n", path, loaded.name);
	return 0;
}

static int check_board(struct arena *arena, const char *path, struct error *err)
{
	struct board board;

	if (board_load(arena, path, &board, err))
		return -1;
	printf("%s: board %s is valid\n", path, board.name);
	return 0;
}

static int check_profile(struct arena *arena, const char *path, struct error *err)
{
	struct profile profile;

	if (profile_load(arena, path, &profile, err) ||
		load_check_folder(path, profile.folder, err))
		return -1;
	for (size_t i = 0; profile.warnings && profile.warnings[i]; i++)
		fprintf(stderr, "%s\n", profile.warnings[i]);
	printf("%s: profile %s is valid\n", path, profile.name);
	return 0;
}

/*
 * A file says by its folder or its keys what it is: plans list workloads, tunings sysctls,
 * topologies sites, boards memory or processors, and machines stand in a mapping of hosts.
 */
static int check_file(struct arena *arena, const char *path, struct error *err)
{
	char *text;

	if (file_read(arena, path, FILE_MAX_BYTES, &text, NULL, err))
		return -1;
	if (has_key(text, arena, "workloads:"))
		return check_plan(arena, path, err);
	if (has_key(text, arena, "hosts:\n"))
		return check_inventory(arena, path, err);
	if (has_key(text, arena, "memory:") || has_key(text, arena, "processors:") ||
		strstr(path, "boards/"))
		return check_board(arena, path, err);
	if (has_key(text, arena, "sites:") || has_key(text, arena, "public:") ||
		strstr(path, "topologies/"))
		return check_topology(arena, path, err);
	if (has_key(text, arena, "sysctls:") || has_key(text, arena, "congestion:") ||
		strstr(path, "tunings/"))
		return check_tuning(arena, path, err);
	return check_profile(arena, path, err);
}

static int check_any(struct arena *arena, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dir = slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";

	if (strcmp(name, "driver.yml") == 0)
		return check_driver(arena, dir, err);
	if (feature_is_sheet(name))
		return check_features(arena, dir, err);
	if (strcmp(name, "rows.yml") == 0)
		return check_rows(arena, path, err);
	if (strcmp(name, "hosts.yml") == 0)
		return check_inventory(arena, path, err);
	if (strcmp(name, "pins.yml") == 0)
		return check_pins(arena, path, err);
	return is_dir(path) ? check_driver(arena, path, err) : check_file(arena, path, err);
}

static bool is_ours(struct arena *arena, const char *folder, const char *name)
{
	const char *dot = strrchr(name, '.');

	if (name[0] == '.')
		return false;
	return (dot && strcmp(dot, ".yml") == 0) ||
	       path_exists(arena_printf(arena, "%s/%s/driver.yml", folder, name));
}

/* A folder of drivers, profiles, tunings, topologies, boards or plans stands for all of them. */
static int check_folder(struct arena *arena, const char *path, struct error *err)
{
	AUTO(dir_closep) DIR *dir = opendir(path);
	struct dirent *entry;
	int failed = 0, found = 0;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own stream */
		const char *inner = arena_printf(arena, "%s/%s", path, entry->d_name);

		if (!is_ours(arena, path, entry->d_name))
			continue;
		found++;
		if (check_any(arena, inner, err)) {
			fprintf(stderr, "%s\n", err->text);
			failed++;
		}
	}
	if (!found)
		return fail(err, ERROR_USAGE,
			"%s: this folder does not contain a driver, profile, tuning, topology, board or plan",
			path);
	return failed ? fail(err, ERROR_USAGE, "%s: %d of %d files have errors", path, failed,
				found)
		      : 0;
}

static const struct option_table table = {.usage = "check FILE...",
	.examples = "meshbench check plans/quick.yml\n"
		    "meshbench check drivers\n",
	.about =
		"Verifies drivers (a folder, its driver.yml or features.yml), profiles, tunings, topologies, boards, plans, hosts.yml, pins.yml, rows.yml and folders of these without running anything.",
	.arguments_min = 1,
	.arguments_max = SIZE_MAX};

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result options;
	struct error err = {0};
	int status = EXIT_MEASURED;

	if (!cli_take_options(&table, arena, argc, argv, &options, &status))
		return status;
	for (size_t i = 0; i < options.argument_count; i++) {
		const char *path = options.arguments[i];
		bool is_folder =
			is_dir(path) && !path_exists(arena_printf(arena, "%s/driver.yml", path));

		if (is_folder ? check_folder(arena, path, &err) : check_any(arena, path, &err)) {
			fprintf(stderr, "%s\n",
				err.text); /* file:line:column stands first, for editors */
			status = EXIT_WRONG_INPUT;
		}
	}
	return status;
}

const struct command command_check = {"check",
	"verify drivers, profiles, tunings, topologies, boards, plans, pins.yml and features", run};
