/* Which folders of this machine stay in sight on a host whose own /run, /tmp, ... cover them. */
#include "host/internal.h"

#include "base/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const covered_places[] = {"/run", "/tmp", "/var/lib", "/var/log", NULL};

/* Strictly below, so that a whole covered place is never brought back. */
static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/' &&
	       path[length + 1] != '\0';
}

static bool is_covered(const char *path)
{
	for (size_t i = 0; covered_places[i]; i++) {
		if (is_below(path, covered_places[i]))
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

const char *const *visible_select(struct arena *arena, const char *const *candidates)
{
	size_t count = 0, covered = 0, kept = 0;
	const char **list;

	while (candidates[count])
		count++;
	list = arena_alloc(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *path = without_final_slash(arena, candidates[i]);

		if (is_covered(path) && !strstr(path, "/.."))
			list[covered++] = path;
	}
	/* Sorted, a folder stands before all that lies in it. */
	qsort(list, covered, sizeof(*list), by_text);
	for (size_t i = 0; i < covered; i++) {
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

/* The folder of our program, and the one above: in a build, helpers lie in a room beside ours. */
static void add_own(struct candidates *to)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	for (size_t i = 0; length > 0 && i < 2; i++) {
		char *slash;

		path[length] = '\0';
		slash = strrchr(path, '/');
		if (!slash || slash == path)
			return;
		*slash = '\0';
		length = slash - path;
		add(to, arena_strdup(to->arena, path));
	}
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
