/* SPDX-License-Identifier: MIT */
/*
 * What decides figures, a hash or a name each. Every cell keeps its own; what decides all of them
 * is kept once more in environment.json, and a tree is not continued with another.
 */
#include "runner/ingredients.h"

#include "runner/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/version.h"
#include "plan/feature.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Of the files whose paths follow as arguments: of what they hold, and not of where they are. */
static const char *const hash_words[] = {
	"sh", "-c", "for file; do sha256sum <\"$file\"; done | sha256sum", "sh", NULL};
/* Of the files of a folder, which is the first argument: also of their names and modes. */
static const char *const hash_folder_words[] = {"sh", "-c",
	"cd -- \"$1\" && shift && for file; do sha256sum -- \"$file\"; test -x \"$file\" && echo x; done | sha256sum",
	"sh", NULL};

/* What decides only the cells of one VPN, one profile, one tuning or one program. */
static const char *const kinds[] = {"driver", "programs of", "profile", "tuning", "tool"};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Names of the files of a folder that decide how a VPN runs, sorted; NULL-terminated. */
static const char *const *list_files(struct arena *arena, const char *dir)
{
	struct dirent **entries = NULL;
	int found = scandir(dir, &entries, NULL, by_name);
	const char **names = arena_alloc(arena, const char *, (found > 0 ? (size_t)found : 0) + 1);
	size_t count = 0;

	for (int i = 0; i < found; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, entries[i]->d_name);
		struct stat info;

		if (entries[i]->d_name[0] != '.' && !feature_is_sheet(entries[i]->d_name) &&
			stat(path, &info) == 0 && S_ISREG(info.st_mode))
			names[count++] = arena_strdup(arena, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return names;
}

static const char *hash_of_files(struct procs *procs, struct arena *arena, const char *const *paths)
{
	const char *const *argv = arena_list(arena, hash_words, paths);
	const char *sum = environment_first_line(arena, procs, argv, NULL, 0);

	return sum ? arena_strndup(arena, sum, strcspn(sum, " ")) : NULL;
}

static const char *hash_of_folder(struct procs *procs, struct arena *arena, const char *dir)
{
	const char *const *argv =
		arena_list(arena, arena_list(arena, hash_folder_words, ARENA_LIST(arena, dir)),
			list_files(arena, dir));
	const char *sum = environment_first_line(arena, procs, argv, NULL, 0);

	return sum ? arena_strndup(arena, sum, strcspn(sum, " ")) : NULL;
}

static const char *hash_of_json(struct procs *procs, struct arena *arena, json_t *value)
{
	json_auto_t *owned = value;
	AUTO(text_freep) char *text = json_dumps(owned, JSON_COMPACT | JSON_SORT_KEYS);

	return text ? environment_sha256(arena, procs, text, strlen(text)) : NULL;
}

static json_t *json_of_tuning(const struct tuning *tuning)
{
	json_t *value = json_make("{s:s?,s:{}}", "congestion", tuning->congestion, "sysctls");

	for (size_t i = 0; i < tuning->count; i++)
		json_object_set_new(json_object_get(value, "sysctls"), tuning->sysctls[i].key,
			json_text(tuning->sysctls[i].value));
	return value;
}

static void put(
	json_t *to, struct arena *arena, const char *kind, const char *name, const char *value)
{
	json_object_set_new(to, arena_printf(arena, "%s %s", kind, name), json_text(value));
}

static void put_tool(json_t *to, struct procs *procs, struct arena *arena, const char *name)
{
	const char *path = path_of_program(arena, name);

	if (path && !json_object_get(to, arena_printf(arena, "tool %s", name)))
		put(to, arena, "tool", name, hash_of_files(procs, arena, ARENA_LIST(arena, path)));
}

/* What workloads measure with. */
static void put_tools(
	json_t *to, struct procs *procs, struct arena *arena, const struct runner_plan *plan)
{
	for (size_t i = 0; i < plan->workload_count; i++) {
		const struct workload *workload = plan->workloads[i];

		for (size_t k = 0; workload->needs[k]; k++) {
			if (workload_wants(workload, plan->plan->options, k))
				put_tool(to, procs, arena, workload->needs[k]);
		}
	}
}

static const char *clock_of(struct arena *arena, const json_t *place)
{
	if (strcmp(json_string_at(place, "/kind", ""), "virtual") != 0)
		return "real";
	return arena_printf(arena, "virtual, %d MIPS, %s", (int)json_number_at(place, "/mips", 0),
		json_string_at(place, "/qemu", ""));
}

/* Of meshbench and its small programs: a version says nothing of a build with changes. */
static const char *hash_of_ourselves(struct procs *procs, struct arena *arena)
{
	const char *const *own = ARENA_LIST(arena, "/proc/self/exe"), *wire, *folder;
	const char *const *names;
	struct error ignored;

	if (helper_find(arena, "meshbench-wire", &wire, &ignored))
		return hash_of_files(procs, arena, own);
	folder = arena_strndup(arena, wire, (size_t)(strrchr(wire, '/') - wire));
	names = list_files(arena, folder);
	for (size_t i = 0; names[i]; i++) {
		if (text_starts_with(names[i], "meshbench-"))
			own = arena_list(arena, own,
				ARENA_LIST(arena, arena_printf(arena, "%s/%s", folder, names[i])));
	}
	return hash_of_files(procs, arena, own);
}

static void put_machine(json_t *to, struct arena *arena, const struct runner_plan *plan)
{
	json_auto_t *machine = environment_machine();
	struct utsname kernel;

	if (uname(&kernel) == 0)
		put(to, arena, "kernel", kernel.machine,
			arena_printf(arena, "%s %s", kernel.release, kernel.version));
	json_object_set_new(to, "processors", json_integer((json_int_t)plan->processors));
	json_object_set_new(to, "processors of a host",
		plan->cpus ? json_integer((json_int_t)plan->cpus) : json_text("all"));
	json_object_set_new(to, "limits of a host",
		json_text(board_is_none(&plan->board) ? "none"
						      : board_text(arena, plan->board.processors,
								plan->board.memory_bytes)));
	json_object_set(to, "processor", json_object_get(machine, "cpu"));
	json_object_set(to, "frequency governor", json_object_get(machine, "frequency_governor"));
	json_object_set(to, "run as root", json_object_get(machine, "is_root"));
}

static void put_driver(
	json_t *to, struct procs *procs, struct arena *arena, const struct driver *driver)
{
	/* Templates and scripts decide as much as driver.yml. */
	put(to, arena, "driver", driver->label, hash_of_folder(procs, arena, driver->dir));
	put(to, arena, "programs of", driver->label,
		hash_of_files(procs, arena, vpn_programs(arena, driver)));
}

json_t *ingredients_of(const struct runner_plan *plan, struct procs *procs, const json_t *place)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *list = json_object();
	const char *own = hash_of_ourselves(procs, arena);

	put_machine(list, arena, plan);
	json_object_set_new(list, "meshbench", json_text(version_text));
	json_object_set_new(list, "build of meshbench", own ? json_text(own) : json_null());
	json_object_set_new(list, "clock", json_text(clock_of(arena, place)));
	for (size_t i = 0; i < plan->driver_count; i++)
		put_driver(list, procs, arena, &plan->drivers[i]);
	for (size_t i = 0; i < plan->profile_count; i++)
		put(list, arena, "profile", plan->profiles[i].name,
			hash_of_json(procs, arena, profile_json(&plan->profiles[i])));
	for (size_t i = 0; i < plan->tuning_count; i++)
		put(list, arena, "tuning", plan->tunings[i].name,
			hash_of_json(procs, arena, json_of_tuning(&plan->tunings[i])));
	put_tools(list, procs, arena, plan);
	return list;
}

/* Whether a name is one of those of which each cell has some: "driver tinc", not "clock". */
static bool is_of_some_cells(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (text_starts_with(name, kinds[i]) && name[strlen(kinds[i])] == ' ')
			return true;
	}
	return false;
}

static json_t *of_all_cells(const json_t *all)
{
	json_t *list = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)all, name, value) {
		if (!is_of_some_cells(name))
			json_object_set(list, name, value);
	}
	return list;
}

/* What is not there is a null, so that its coming is a change. */
static void take(json_t *to, const json_t *all, const char *kind, const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *key = arena_printf(arena, "%s %s", kind, name);
	json_t *value = json_object_get(all, key);

	json_object_set(to, key, value ? value : json_null());
}

static void add_lines(json_t *uplinks, const struct topology_site *site)
{
	json_array_append_new(uplinks, site->up ? profile_json(site->up) : json_null());
	json_array_append_new(uplinks, site->down ? profile_json(site->down) : json_null());
}

/* With the profiles of its uplinks, which no other ingredient names. */
static json_t *json_of_topology(const struct topology *topology)
{
	json_t *json = topology_json(topology), *uplinks = json_array();

	for (size_t i = 0; i < topology->site_count; i++) {
		const struct topology_site *site = &topology->sites[i];

		add_lines(uplinks, site);
		for (size_t k = 0; k < site->uplink_count; k++)
			add_lines(uplinks, site->uplinks[k].site);
	}
	json_object_set_new(json, "uplinks", uplinks);
	return json;
}

static void put_settings(json_t *to, const struct runner_plan *plan, const struct runner_cell *cell)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct workload *workload = cell->workload;
	const struct plan *p = plan->plan;
	const char *hosts = "";

	for (size_t i = 0; i < p->host_count; i++)
		hosts = arena_printf(arena, "%s%s%s", hosts, i ? "," : "", p->hosts[i]);
	put(to, arena, "setting", "hosts", hosts);
	put(to, arena, "setting", "engine", lab_engine_name(plan->engine));
	if (plan->topology)
		json_object_set_new(to, "setting topology", json_of_topology(plan->topology));
	put(to, arena, "setting", "congestion", p->congestion);
	json_object_set_new(to, "setting seed", json_integer((json_int_t)p->seed));
	json_object_set_new(
		to, "setting seconds", json_real(runner_case(plan, workload, cell->link).seconds));
	for (size_t i = 0; workload->settings && workload->settings[i]; i++)
		put(to, arena, "setting", workload->settings[i]->name,
			setting_text(p->options, workload->settings[i]));
}

json_t *ingredients_of_cell(const json_t *all, const struct runner_plan *plan,
	const struct runner_visit *visit, const struct runner_cell *cell)
{
	const struct workload *workload = cell->workload;
	json_t *list = of_all_cells(all);

	take(list, all, "driver", visit->driver->label);
	take(list, all, "programs of", visit->driver->label);
	take(list, all, "profile", visit->profile->name);
	take(list, all, "tuning", visit->tuning->name);
	for (size_t i = 0; workload->needs[i]; i++) {
		if (workload_wants(workload, plan->plan->options, i))
			take(list, all, "tool", workload->needs[i]);
	}
	put_settings(list, plan, cell);
	return list;
}

json_t *ingredients_of_profile(const json_t *all, const struct profile *profile)
{
	json_t *list = json_object();

	take(list, all, "profile", profile->name);
	return list;
}

const char *ingredients_changed(struct arena *arena, const json_t *before, const json_t *now)
{
	json_auto_t *both = json_is_object(before) ? json_copy((json_t *)before) : json_object();
	const char *names = "", *name;
	json_t *value;

	json_object_update_missing(both, (json_t *)now);
	json_object_foreach (both, name, value) {
		const json_t *is = json_object_get(now, name), *was = json_object_get(before, name);

		if (!is || !was || !json_equal(is, was))
			names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", name);
	}
	return names;
}

int ingredients_check(const json_t *all, const json_t *environment, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *before = of_all_cells(json_object_get(environment, "ingredients"));
	json_auto_t *now = of_all_cells(all);
	const char *names = ingredients_changed(arena, before, now);

	if (!*names)
		return 0;
	return fail(err, ERROR_USAGE,
		"what decides all its figures has changed since it was measured: %s; start a new run, because results of both would mix",
		names);
}
