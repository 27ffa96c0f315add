/* SPDX-License-Identifier: MIT */
/* What decides the figures of a run, as one hash or name each: so a tree is not continued with
 * others. */
#include "runner/internal.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/version.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum {
	FILES_MAX = 256,
	SHELL_WORDS = 4
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The plain files of a folder, in the order of their names. */
static size_t list_files(struct arena *arena, const char *dir, const char *names[])
{
	AUTO(dir_closep) DIR *stream = opendir(dir);
	struct dirent *entry;
	size_t count = 0;

	while (stream && count < FILES_MAX &&
		(entry = readdir(stream))) /* NOLINT(concurrency-mt-unsafe): our own stream */
		if (entry->d_name[0] != '.')
			names[count++] = arena_strdup(arena, entry->d_name);
	qsort(names, count, sizeof(*names), by_name);
	return count;
}

/* Of every file of a driver: templates and scripts decide as much as driver.yml. */
static const char *hash_of_folder(struct procs *procs, struct arena *arena, const char *dir)
{
	const char *names[FILES_MAX], *argv[FILES_MAX + SHELL_WORDS + 1] = {
					      "sh", "-c", "cat -- \"$@\" | sha256sum", "sh"};
	size_t count = list_files(arena, dir, names);
	const char *sum;

	for (size_t i = 0; i < count; i++)
		argv[SHELL_WORDS + i] = arena_printf(arena, "%s/%s", dir, names[i]);
	sum = count ? environment_first_line(arena, procs, argv, NULL, 0) : NULL;
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

json_t *ingredients_of(const struct runner_plan *plan, struct procs *procs)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *list = json_object();
	struct utsname kernel;

	if (uname(&kernel) == 0)
		put(list, arena, "kernel", kernel.machine, kernel.release);
	json_object_set_new(list, "meshbench", json_text(version_text));
	json_object_set_new(list, "processors", json_integer((json_int_t)plan->processors));
	for (size_t i = 0; i < plan->driver_count; i++)
		put(list, arena, "driver", plan->drivers[i].label,
			hash_of_folder(procs, arena, plan->drivers[i].dir));
	for (size_t i = 0; i < plan->profile_count; i++)
		put(list, arena, "profile", plan->profiles[i].name,
			hash_of_json(procs, arena, profile_json(&plan->profiles[i])));
	for (size_t i = 0; i < plan->tuning_count; i++)
		put(list, arena, "tuning", plan->tunings[i].name,
			hash_of_json(procs, arena, json_of_tuning(&plan->tunings[i])));
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

int ingredients_check(const struct runner_plan *plan, struct procs *procs,
	const json_t *environment, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *now = ingredients_of(plan, procs);
	const char *names = changed(arena, json_object_get(environment, "ingredients"), now);

	if (!*names)
		return 0;
	return fail(err, ERROR_USAGE,
		"what decides its figures has changed since it was measured: %s; results of both would mix, so start a new run",
		names);
}
