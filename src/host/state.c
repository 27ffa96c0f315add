/* SPDX-License-Identifier: MIT */
/* What a host keeps on this machine: its /var/lib and /var/log and three files of its /etc. */
#include "host/internal.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool has_step_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2) {
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	}
	return false;
}

int state_path(struct arena *arena, const char *host_path, const char **ret_path, struct error *err)
{
	static const char root[] = "/var/lib/";

	if (strncmp(host_path, root, strlen(root)) != 0 || !host_path[strlen(root)])
		return fail(err, ERROR_USAGE,
			"%s is not below /var/lib, where a host keeps its state", host_path);
	if (has_step_up(host_path))
		return fail(err, ERROR_USAGE, "%s may not contain '..'", host_path);
	*ret_path = arena_printf(arena, "var-lib/%s", host_path + strlen(root));
	return 0;
}

/* New text first and the cut after it, so no reader ever finds the file empty. */
int state_rewrite(
	const struct beneath *state, const char *file, const char *text, struct error *err)
{
	AUTO(fd_closep) int fd = beneath_open(state->fd, file, O_WRONLY | O_CREAT, 0644);
	size_t size = strlen(text);

	if (fd < 0 || pwrite(fd, text, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		return fail_errno(err, "write %s/%s", state->name, file);
	return 0;
}

static int make_file(
	const struct beneath *state, const char *file, const char *text, struct error *err)
{
	AUTO(fd_closep) int fd = beneath_open(state->fd, file, O_PATH, 0);

	return fd >= 0 ? 0 : state_rewrite(state, file, text, err);
}

int state_make(const struct beneath *state, const char *name, struct error *err)
{
	AUTO(fd_closep) int lib = -1, log = -1;
	char line[300];

	if (beneath_dir_make(state, "var-lib", 0755, &lib, err) ||
		beneath_dir_make(state, "var-log", 0755, &log, err))
		return -1;
	snprintf(line, sizeof(line), "%s\n", name);
	/* Without a name server a look-up of an unknown name fails at once instead of waiting. */
	if (make_file(state, "resolv.conf", "", err) || make_file(state, "hostname", line, err))
		return -1;
	return make_file(state, "hosts", "127.0.0.1 localhost\n", err);
}

/* The folder itself is mounted on the host and has to stay. */
static int empty_folder(
	const struct beneath *folder, const char *place, const char *const *kept, struct error *err)
{
	int fd = beneath_open(folder->fd, "", O_RDONLY | O_DIRECTORY, 0);
	AUTO(dir_closep) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fd_closep(&fd);
		return fail_errno(err, "empty %s", folder->name);
	}
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (visible_is_on_the_way(kept, place, entry->d_name))
			continue;
		if (beneath_remove(folder, entry->d_name, err))
			return -1;
	}
	return 0;
}

int state_wipe(const struct beneath *state, const char *const *kept, struct error *err)
{
	AUTO(fd_closep) int lib = -1, log = -1;

	if (beneath_dir_make(state, "var-lib", 0755, &lib, err) ||
		beneath_dir_make(state, "var-log", 0755, &log, err) ||
		empty_folder(&(struct beneath){lib, "/var/lib"}, "/var/lib", kept, err))
		return -1;
	return empty_folder(&(struct beneath){log, "/var/log"}, "/var/log", kept, err);
}
