/* SPDX-License-Identifier: MIT */
/* Whether this machine has what a driver needs. */
#include "vpn/internal.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	MAX_LIST_BYTES = 8 * 1024 * 1024
};

static bool is_module_listed(
	struct arena *arena, const char *release, const char *list, const char *module)
{
	const char *path = arena_printf(arena, "/lib/modules/%s/%s", release, list);
	struct error ignored;
	char *text;

	if (file_read(arena, path, MAX_LIST_BYTES, &text, NULL, &ignored))
		return false;
	return strstr(text, arena_printf(arena, "/%s.ko", module)) != NULL;
}

/* Loaded, built in, or there to be loaded when it is first asked for. */
static bool has_module(struct arena *arena, const char *module)
{
	struct utsname machine;

	if (path_exists(arena_printf(arena, "/sys/module/%s", module)))
		return true;
	return uname(&machine) == 0 &&
	       (is_module_listed(arena, machine.release, "modules.builtin", module) ||
		       is_module_listed(arena, machine.release, "modules.dep", module));
}

const char *program_of_driver(struct arena *arena, const struct driver *driver, const char *name)
{
	if (driver->bin) {
		const char *path = arena_printf(arena, "%s/%s", driver->bin, name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return path_of_program(arena, name);
}

const char *const *environment_of_driver(struct arena *arena, const struct driver *driver)
{
	const char *path = getenv("PATH"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */
	const char **list;

	if (!driver->bin)
		return NULL;
	list = arena_alloc(arena, const char *, 2);
	list[0] = arena_printf(arena, "PATH=%s:%s", driver->bin, path ? path : "/usr/bin:/bin");
	return list;
}

static bool is_module(const char *need)
{
	return text_starts_with(need, "module:");
}

static bool is_here(struct arena *arena, const struct driver *driver, const char *need)
{
	return is_module(need) ? has_module(arena, need + strlen("module:"))
			       : program_of_driver(arena, driver, need) != NULL;
}

/* "a|b" is found when one of them is; that one, or NULL. A NULL place is this machine. */
static const char *find_need(struct arena *arena, const struct driver *driver,
	const struct vpn_place *place, const char *need)
{
	char *rest = arena_strdup(arena, need), *one;

	while ((one = strsep(&rest, "|"))) {
		if (place ? place->has(place->context, one) : is_here(arena, driver, one))
			return one;
	}
	return NULL;
}

static size_t split_needs(
	struct arena *arena, const char *const *needs, const char **list, size_t count)
{
	for (size_t i = 0; needs[i]; i++) {
		char *rest = arena_strdup(arena, needs[i]), *one;

		for (; (one = strsep(&rest, "|")); count++) {
			if (list)
				list[count] = one;
		}
	}
	return count;
}

bool vpn_is_overlay(const char *address)
{
	return text_starts_with(address, OVERLAY_NETWORK_START);
}

const char *const *vpn_needs(struct arena *arena, const struct driver *driver)
{
	const char **list = NULL;

	for (int is_second = 0; is_second < 2; is_second++) {
		size_t count = split_needs(arena, driver->needs, list, 0);

		for (size_t i = 0; i < driver->role_count; i++)
			count = split_needs(arena, driver->roles[i].needs, list, count);
		if (!list)
			list = arena_alloc(arena, const char *, count + 1);
	}
	return list;
}

/* Appends to `paths`, or only counts where that is NULL. */
static size_t list_programs(struct arena *arena, const struct driver *driver,
	const char *const *needs, const char **paths)
{
	size_t count = 0;

	for (size_t i = 0; needs[i]; i++) {
		char *rest = arena_strdup(arena, needs[i]), *one;

		while ((one = strsep(&rest, "|"))) {
			const char *path =
				is_module(one) ? NULL : program_of_driver(arena, driver, one);

			if (path && paths)
				paths[count] = path;
			count += path != NULL;
		}
	}
	return count;
}

const char *const *vpn_programs(struct arena *arena, const struct driver *driver)
{
	size_t room = 1 + list_programs(arena, driver, driver->needs, NULL), used = 0;
	const char **paths;

	for (size_t i = 0; i < driver->role_count; i++)
		room += list_programs(arena, driver, driver->roles[i].needs, NULL);
	paths = arena_alloc(arena, const char *, room);
	used += list_programs(arena, driver, driver->needs, paths);
	for (size_t i = 0; i < driver->role_count; i++)
		used += list_programs(arena, driver, driver->roles[i].needs, paths + used);
	paths[used] = NULL;
	return paths;
}

static const char *add_missing(struct arena *arena, const struct driver *driver,
	const struct vpn_place *place, const char *const *needs, const char *missing)
{
	for (size_t i = 0; needs[i]; i++) {
		if (!find_need(arena, driver, place, needs[i]) && !strstr(missing, needs[i]))
			missing = arena_printf(
				arena, "%s%s%s", missing, *missing ? ", " : "", needs[i]);
	}
	return missing;
}

static const char *advice_of(struct arena *arena, const struct driver *driver)
{
	const char *packages = "";

	for (size_t i = 0; driver->packages[i]; i++)
		packages = arena_printf(arena, "%s %s", packages, driver->packages[i]);
	if (driver->advice)
		return arena_printf(arena, "%s%s%s", driver->advice,
			driver->packages_have_it ? ", or apt install" : "",
			driver->packages_have_it ? packages : "");
	if (*packages)
		return arena_printf(arena, "install it: apt install%s", packages);
	return "install it in PATH; no Debian package is known";
}

int vpn_is_found_at(const struct driver *driver, const struct vpn_place *place, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *missing;

	if (driver->absent)
		return fail(err, ERROR_MISSING, "%s", driver->absent);
	missing = add_missing(arena, driver, place, driver->needs, "");
	for (size_t i = 0; i < driver->role_count; i++)
		missing = add_missing(arena, driver, place, driver->roles[i].needs, missing);
	if (!*missing)
		return 0;
	return fail(err, ERROR_MISSING, "%s needs %s, which %s lacks; %s", driver->label, missing,
		place ? place->name : "this machine", advice_of(arena, driver));
}

int vpn_is_found(const struct driver *driver, struct error *err)
{
	return vpn_is_found_at(driver, NULL, err);
}

const char *vpn_datapath(struct arena *arena, const struct driver *driver)
{
	for (size_t i = 0; driver->needs[i]; i++) {
		const char *found = is_module(driver->needs[i])
					    ? find_need(arena, driver, NULL, driver->needs[i])
					    : NULL;

		if (found)
			return is_module(found) ? "kernel"
						: arena_printf(arena, "userspace (%s)", found);
	}
	return driver->datapath ? driver->datapath : "unknown";
}
