/* SPDX-License-Identifier: MIT */
/* What was brought to another machine lies in other folders there. */
#include "far/internal.h"

#include "base/text.h"

#include <string.h>

static const char *moved(struct arena *arena, const char *path, const char *here, const char *there,
	const char *next)
{
	size_t length = here ? strlen(here) : 0;

	if (!here || strncmp(path, here, length) != 0 || !text_starts_with(path + length, next))
		return NULL;
	return arena_printf(arena, "%s%s", there, path + length);
}

const char *far_path_there(const struct far_host *self, struct arena *arena, const char *path)
{
	const char *there =
		moved(arena, path, self->programs_here, self->programs_there, "/meshbench-");

	if (!there)
		there = moved(arena, path, self->vpns_here, self->vpns_there, "/");
	return there ? there : path;
}

const char *const *far_paths_there(
	const struct far_host *self, struct arena *arena, const char *const *paths)
{
	const char **there;
	size_t count = 0;

	while (paths && paths[count])
		count++;
	if (!count)
		return paths;
	there = arena_alloc(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		there[i] = far_path_there(self, arena, paths[i]);
	return there;
}
