/* SPDX-License-Identifier: MIT */
/* The prefix: where it is, what stands in it, and who may work there. */
#include "supply/supply.h"

#include "base/fd.h"
#include "base/file.h"
#include "plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *absolute(struct arena *arena, const char *path)
{
	char *here;
	const char *joined;

	if (path[0] == '/')
		return path;
	here = getcwd(NULL, 0);
	joined = here ? arena_printf(arena, "%s/%s", here, path) : NULL;
	free(here);
	return joined;
}

const char *install_prefix(struct arena *arena)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): nothing sets them */
	const char *chosen = getenv("MESHBENCH_VPNS"), *data = getenv("XDG_DATA_HOME"),
		   *home = getenv("HOME");
	/* NOLINTEND(concurrency-mt-unsafe) */

	if (chosen && *chosen)
		return absolute(arena, chosen);
	if (data && data[0] == '/')
		return arena_printf(arena, "%s/meshbench/vpns", data);
	if (home && home[0] == '/')
		return arena_printf(arena, "%s/.local/share/meshbench/vpns", home);
	return NULL;
}

int install_pins(struct arena *arena, struct pins *ret_pins, struct error *err)
{
	const char *path = plan_pins(arena);

	if (!path_exists(path)) {
		*ret_pins = (struct pins){0};
		return 0;
	}
	return pins_load(arena, path, ret_pins, err);
}

const char *installed_bin(
	struct arena *arena, const char *prefix, const char *name, const char *version)
{
	const char *folder;

	if (!prefix)
		return NULL;
	folder = arena_printf(arena, "%s/%s/%s", prefix, name, version);
	if (!path_exists(arena_printf(arena, "%s/installed.json", folder)))
		return NULL;
	return arena_printf(arena, "%s/bin", folder);
}

int install_lock(const char *prefix, int *ret_fd, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(fd_closep) int fd = -1;

	if (dir_make(prefix, 0755, err))
		return -1;
	fd = open(arena_printf(arena, "%s/.lock", prefix), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_errno(err, "install into %s", prefix);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return fail(err, ERROR_SYSTEM,
			"another meshbench install is using %s; wait until it has finished",
			prefix);
	*ret_fd = fd_take(&fd);
	return 0;
}
