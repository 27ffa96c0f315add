/* SPDX-License-Identifier: MIT */
/* Small programs of ours that run on hosts: where they lie. */
#include "host/host.h"

#include "base/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *own_folder(struct arena *arena)
{
	char path[PATH_MAX] = "";
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash = length > 0 ? strrchr(path, '/') : NULL;

	if (!slash)
		return "/";
	*slash = '\0';
	return arena_strdup(arena, path);
}

int helper_find(struct arena *arena, const char *name, const char **ret_path, struct error *err)
{
	const char *given = getenv("MESHBENCH_LIBEXEC"); /* NOLINT(concurrency-mt-unsafe) */
	const char *own = own_folder(arena);
	const char *const candidates[] = {
		given ? arena_printf(arena, "%s/%s", given, name) : "",
		arena_printf(arena, "%s/%s", own, name),
		arena_printf(arena, "%s/../programs/%s", own, name), /* where meshbench was built */
		arena_printf(arena, "%s/%s", MESHBENCH_LIBEXECDIR, name),
	};

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		if (*candidates[i] && access(candidates[i], X_OK) == 0) {
			*ret_path = realpath(candidates[i], arena_bytes(arena, PATH_MAX, 1));
			return *ret_path ? 0 : fail_errno(err, "find %s", candidates[i]);
		}
	}
	return fail(err, ERROR_MISSING,
		"program %s is neither in %s nor in %s: install meshbench or set MESHBENCH_LIBEXEC",
		name, own, MESHBENCH_LIBEXECDIR);
}
