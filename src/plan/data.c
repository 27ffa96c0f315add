/* SPDX-License-Identifier: MIT */
/* Where our data files lie: drivers, profiles and plans. */
#include "plan/plan.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/near.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef MESHBENCH_SOURCE_DATA
#define MESHBENCH_SOURCE_DATA ""
#endif
#ifndef MESHBENCH_INSTALLED_DATA
#define MESHBENCH_INSTALLED_DATA "/usr/share/meshbench"
#endif

enum {
	MAX_NAMES = 1024
};

/* A source tree that is still there is used before what was installed, so that edits count. */
const char *plan_data_folder(struct arena *arena)
{
	const char *chosen =
		getenv("MESHBENCH_DATA"); /* NOLINT(concurrency-mt-unsafe): no setenv */
	const char *source = MESHBENCH_SOURCE_DATA;

	if (chosen && *chosen)
		return chosen;
	if (*source && path_exists(arena_printf(arena, "%s/drivers", source)))
		return source;
	return MESHBENCH_INSTALLED_DATA;
}

const char *plan_pins(struct arena *arena)
{
	return arena_printf(arena, "%s/drivers/pins.yml", plan_data_folder(arena));
}

const char *plan_feature_rows(struct arena *arena)
{
	return arena_printf(arena, "%s/features/rows.yml", plan_data_folder(arena));
}

static bool is_folder_kind(const char *kind)
{
	return strcmp(kind, "drivers") == 0;
}

static bool ends_in_yml(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".yml") == 0;
}

/* "nebula" of "nebula/driver.yml" or "quick" of "quick.yml"; NULL for what is neither. */
static const char *name_of_entry(
	struct arena *arena, const char *folder, const char *kind, const char *entry)
{
	if (entry[0] == '.')
		return NULL;
	if (is_folder_kind(kind))
		return path_exists(arena_printf(arena, "%s/%s/driver.yml", folder, entry))
			       ? arena_strdup(arena, entry)
			       : NULL;
	return ends_in_yml(entry) ? arena_strndup(arena, entry, strlen(entry) - 4) : NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int plan_list(
	struct arena *arena, const char *kind, const char *const **ret_names, struct error *err)
{
	const char *folder = arena_printf(arena, "%s/%s", plan_data_folder(arena), kind);
	AUTO(dir_closep) DIR *dir = opendir(folder);
	const char **names = arena_alloc(arena, const char *, MAX_NAMES + 1);
	struct dirent *entry;
	size_t count = 0;

	if (!dir) {
		fail_errno(err,
			"read the %s in %s (set MESHBENCH_DATA to the folder that has them)", kind,
			folder);
		err->kind = ERROR_USAGE;
		return -1;
	}
	while (count < MAX_NAMES &&
		(entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		const char *name = name_of_entry(arena, folder, kind, entry->d_name);

		if (name)
			names[count++] = name;
	}
	qsort(names, count, sizeof(*names), by_text);
	*ret_names = names;
	return 0;
}

static const char *nth_name(const void *context, size_t index)
{
	const char *const *names = context;

	return names[index];
}

/* "headscale+derp" of "headscale-derp": a VPN and a variant of it, joined as names of VPNs are not.
 */
static const char *variant_meant(
	struct arena *arena, const char *kind, const char *name, const char *const names[])
{
	for (size_t i = 0; is_folder_kind(kind) && names[i]; i++) {
		size_t length = strlen(names[i]);
		AUTO(dir_closep) DIR *dir = NULL;
		struct dirent *entry;

		if (strncmp(name, names[i], length) != 0 || name[length] != '-')
			continue;
		dir = opendir(
			arena_printf(arena, "%s/%s/%s", plan_data_folder(arena), kind, names[i]));
		while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own */
			const char *plus = strchr(entry->d_name, '+');

			if (plus && strcmp(plus + 1, name + length + 1) == 0)
				return arena_printf(arena, "%s+%s", names[i], name + length + 1);
		}
	}
	return NULL;
}

static int refuse_name(struct arena *arena, const char *kind, const char *name, struct error *err)
{
	const char *const *names;
	const char *known = "", *meant;

	if (plan_list(arena, kind, &names, err))
		return -1;
	for (size_t i = 0; names[i]; i++)
		known = arena_printf(arena, "%s%s%s", known, i ? " " : "", names[i]);
	meant = variant_meant(arena, kind, name, names);
	if (!meant)
		meant = near_name(name, nth_name, names);
	return fail(err, ERROR_USAGE, "'%s' is not among the %s%s%s%s; available: %s", name, kind,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "",
		*known ? known : "none");
}

int plan_find(struct arena *arena, const char *kind, const char *name, const char **ret_path,
	struct error *err)
{
	const char *path;

	if (strchr(name, '/') || ends_in_yml(name)) {
		*ret_path = arena_strdup(arena, name);
		return 0;
	}
	path = arena_printf(arena, "%s/%s/%s%s", plan_data_folder(arena), kind, name,
		is_folder_kind(kind) ? "" : ".yml");
	if (name[0] == '\0' || name[0] == '.' || !path_exists(path))
		return refuse_name(arena, kind, name, err);
	*ret_path = path;
	return 0;
}
