/* SPDX-License-Identifier: MIT */
/* Which folders of this machine stay in sight on a host whose own /run, /tmp, ... cover them. */
#include "host/internal.h"

#include "base/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What programs keep for themselves, what is a user's own, and a service that acts as root. */
static const char *const places[] = {"/run", "/tmp", "/var/tmp", "/var/lib", "/var/log", "/home",
	"/root", "/nix/var/nix/daemon-socket", NULL};

/* Strictly below, so that a whole covered place is never brought back. */
static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/' &&
	       path[length + 1] != '\0';
}

static bool is_covered(const char *path, const char *const *covered)
{
	for (size_t i = 0; covered[i]; i++) {
		if (is_below(path, covered[i]))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *without_final_slash(struct arena *arena, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return arena_strndup(arena, path, length);
}

static bool is_in_one_of(const char *path, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(path, list[i]) == 0 || is_below(path, list[i]))
			return true;
	}
	return false;
}

const char *const *visible_select(
	struct arena *arena, const char *const *candidates, const char *const *covered)
{
	size_t count = 0, found = 0, kept = 0;
	const char **list;

	while (candidates[count])
		count++;
	list = arena_alloc(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *path = without_final_slash(arena, candidates[i]);

		if (is_covered(path, covered) && !strstr(path, "/.."))
			list[found++] = path;
	}
	/* Sorted, a folder stands before all that lies in it. */
	qsort(list, found, sizeof(*list), by_text);
	for (size_t i = 0; i < found; i++) {
		if (!is_in_one_of(list[i], list, kept))
			list[kept++] = list[i];
	}
	list[kept] = NULL;
	return list;
}

bool visible_is_on_the_way(const char *const *kept, const char *place, const char *name)
{
	size_t place_length = strlen(place), name_length = strlen(name);

	for (size_t i = 0; kept && kept[i]; i++) {
		const char *rest = kept[i] + place_length + 1;

		if (is_below(kept[i], place) && strncmp(rest, name, name_length) == 0 &&
			(rest[name_length] == '/' || rest[name_length] == '\0'))
			return true;
	}
	return false;
}

struct candidates {
	struct arena *arena;
	const char **list;
	size_t count, reserved;
};

static void add_one(struct candidates *to, const char *path)
{
	if (to->count + 1 == to->reserved || !to->reserved) {
		const char **more = arena_alloc(to->arena, const char *, 2 * to->reserved + 16);

		for (size_t i = 0; i < to->count; i++)
			more[i] = to->list[i];
		to->list = more;
		to->reserved = 2 * to->reserved + 16;
	}
	to->list[to->count++] = path;
}

/* As it is written and where it leads: either may be covered. */
static void add(struct candidates *to, const char *path)
{
	char *target;

	if (path[0] != '/' || access(path, F_OK) < 0)
		return;
	add_one(to, path);
	target = arena_bytes(to->arena, PATH_MAX, 1);
	if (realpath(path, target) && strcmp(path, target) != 0)
		add_one(to, target);
}

static void add_all_of(struct candidates *to, const char *colon_list)
{
	for (const char *at = colon_list; at && *at;) {
		size_t length = strcspn(at, ":");

		add(to, arena_strndup(to->arena, at, length));
		at += length + (at[length] == ':');
	}
}

/* The folder of our program; in a build, helpers lie in one next to it. */
static void add_own(struct candidates *to)
{
	static const char *const folders[] = {"", "/../programs"};
	char own[PATH_MAX] = "", *slash;
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	slash = length > 0 ? strrchr(own, '/') : NULL;
	if (!slash || slash == own)
		return;
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char target[PATH_MAX];

		if (realpath(arena_printf(to->arena, "%s%s", own, folders[i]), target))
			add(to, arena_strdup(to->arena, target));
	}
	add(to, MESHBENCH_LIBEXECDIR);
}

const char *const *visible_candidates(struct arena *arena, const char *const *more)
{
	struct candidates found = {.arena = arena};

	for (size_t i = 0; more && more[i]; i++)
		add(&found, more[i]);
	add_all_of(&found, getenv("PATH"));              /* NOLINT(concurrency-mt-unsafe) */
	add_all_of(&found, getenv("MESHBENCH_LIBEXEC")); /* NOLINT(concurrency-mt-unsafe) */
	add_own(&found);
	add_one(&found, NULL);
	return found.list;
}

/* A home that holds one of the other places, such as "/", cannot be covered. */
static bool is_coverable(const char *home)
{
	if (home[0] != '/' || !home[1])
		return false;
	for (size_t i = 0; places[i]; i++) {
		if (is_below(places[i], home) || strcmp(places[i], home) == 0 ||
			is_below(home, places[i]))
			return false;
	}
	return true;
}

const char *const *covered_places(struct arena *arena)
{
	const char *home = getenv("HOME"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */
	char *target = arena_bytes(arena, PATH_MAX, 1);
	const char **list = arena_alloc(arena, const char *, ARRAY_SIZE(places) + 1);
	size_t count = 0;

	for (; places[count]; count++)
		list[count] = places[count];
	if (home && realpath(home, target) && is_coverable(target))
		list[count++] = target;
	list[count] = NULL;
	return list;
}
