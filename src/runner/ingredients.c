/* SPDX-License-Identifier: MIT */
/* What decides the figures of a run, a hash or a name each: a tree is not continued with others. */
#include "runner/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/version.h"
#include "plan/feature.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Of the files whose paths follow as arguments, one behind the other. */
static const char *const hash_words[] = {"sh", "-c", "cat -- \"$@\" | sha256sum", "sh", NULL};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Paths of the files of a folder that decide how a VPN runs, by name; NULL-terminated. */
static const char *const *list_files(struct arena *arena, const char *dir)
{
	struct dirent **entries = NULL;
	int found = scandir(dir, &entries, NULL, by_name);
	const char **paths = arena_alloc(arena, const char *, (found > 0 ? (size_t)found : 0) + 1);
	size_t count = 0;

	for (int i = 0; i < found; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, entries[i]->d_name);
		struct stat info;

		if (entries[i]->d_name[0] != '.' && !feature_is_sheet(entries[i]->d_name) &&
			stat(path, &info) == 0 && S_ISREG(info.st_mode))
			paths[count++] = path;
		free(entries[i]);
	}
	free(entries);
	return paths;
}

static const char *hash_of_files(struct procs *procs, struct arena *arena, const char *const *paths)
{
	const char *const *argv = arena_list(arena, hash_words, paths);
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

json_t *ingredients_of(const struct runner_plan *plan, struct procs *procs, const json_t *place)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *list = json_object();
	struct utsname kernel;

	if (uname(&kernel) == 0)
		put(list, arena, "kernel", kernel.machine, kernel.release);
	json_object_set_new(list, "meshbench", json_text(version_text));
	json_object_set_new(list, "clock", json_text(clock_of(arena, place)));
	json_object_set_new(list, "processors", json_integer((json_int_t)plan->processors));
	/* Templates and scripts decide as much as driver.yml. */
	for (size_t i = 0; i < plan->driver_count; i++)
		put(list, arena, "driver", plan->drivers[i].label,
			hash_of_files(procs, arena, list_files(arena, plan->drivers[i].dir)));
	for (size_t i = 0; i < plan->driver_count; i++)
		put(list, arena, "programs of", plan->drivers[i].label,
			hash_of_files(procs, arena, vpn_programs(arena, &plan->drivers[i])));
	for (size_t i = 0; i < plan->profile_count; i++)
		put(list, arena, "profile", plan->profiles[i].name,
			hash_of_json(procs, arena, profile_json(&plan->profiles[i])));
	for (size_t i = 0; i < plan->tuning_count; i++)
		put(list, arena, "tuning", plan->tunings[i].name,
			hash_of_json(procs, arena, json_of_tuning(&plan->tunings[i])));
	put_tools(list, procs, arena, plan);
	return list;
}

/* Values that both have and that differ, by name; the arena's, "" when there are none. */
static const char *changed(struct arena *arena, const json_t *before, const json_t *now)
{
	const char *names = "", *name;
	json_t *value;

	json_object_foreach ((json_t *)before, name, value) {
		const json_t *other = json_object_get(now, name);

		if (other && !json_equal(value, other))
			names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", name);
	}
	return names;
}

int ingredients_check(const struct runner_plan *plan, struct procs *procs, const json_t *place,
	const json_t *environment, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *now = ingredients_of(plan, procs, place);
	const char *names = changed(arena, json_object_get(environment, "ingredients"), now);

	if (!*names)
		return 0;
	return fail(err, ERROR_USAGE,
		"what decides its figures has changed since it was measured: %s; results of both would mix, so start a new run",
		names);
}
