/* Whether this machine has what a driver needs. */
#include "vpn/internal.h"

#include "base/file.h"

#include <string.h>
#include <sys/utsname.h>

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

/* "a|b" is found when one of them is. */
static bool is_need_found(struct arena *arena, const char *need)
{
	char *rest = arena_strdup(arena, need), *one;

	while ((one = strsep(&rest, "|"))) {
		bool is_module = strncmp(one, "module:", strlen("module:")) == 0;

		if (is_module ? has_module(arena, one + strlen("module:"))
			      : path_of_program(arena, one) != NULL)
			return true;
	}
	return false;
}

static const char *add_missing(struct arena *arena, const char *const *needs, const char *missing)
{
	for (size_t i = 0; needs[i]; i++) {
		if (!is_need_found(arena, needs[i]) && !strstr(missing, needs[i]))
			missing = arena_printf(
				arena, "%s%s%s", missing, *missing ? ", " : "", needs[i]);
	}
	return missing;
}

int vpn_is_found(const struct driver *driver, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *missing = add_missing(arena, driver->needs, ""), *packages = "";

	for (size_t i = 0; i < driver->role_count; i++)
		missing = add_missing(arena, driver->roles[i].needs, missing);
	if (!*missing)
		return 0;
	for (size_t i = 0; driver->packages[i]; i++)
		packages = arena_printf(arena, "%s %s", packages, driver->packages[i]);
	if (*packages)
		return fail(err, ERROR_MISSING,
			"%s needs %s, which this machine lacks; install it: apt install%s",
			driver->name, missing, packages);
	return fail(err, ERROR_MISSING,
		"%s needs %s, which is not on PATH; no Debian package is known for it",
		driver->name, missing);
}
