/* What a host keeps on this machine: its /var/lib and /var/log and three files of its /etc. */
#include "host/internal.h"

#include "base/fd.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

int state_path(struct arena *arena, const char *state_dir, const char *host_path,
	const char **ret_path, struct error *err)
{
	static const char root[] = "/var/lib/";

	if (strncmp(host_path, root, strlen(root)) != 0 || !host_path[strlen(root)])
		return fail(err, ERROR_USAGE,
			"%s is not below /var/lib, where a host keeps its state", host_path);
	if (has_step_up(host_path))
		return fail(err, ERROR_USAGE, "%s may not contain '..'", host_path);
	*ret_path = arena_printf(arena, "%s/var-lib/%s", state_dir, host_path + strlen(root));
	return 0;
}

/* New text first and the cut after it, so no reader ever finds the file empty. */
int state_rewrite(const char *state_dir, const char *file, const char *text, struct error *err)
{
	char path[PATH_MAX];
	AUTO(fd_closep) int fd = -1;
	size_t size = strlen(text);

	snprintf(path, sizeof(path), "%s/%s", state_dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || pwrite(fd, text, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		return fail_errno(err, "write %s", path);
	return 0;
}

static int make_file(const char *state_dir, const char *file, const char *text, struct error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", state_dir, file);
	return path_exists(path) ? 0 : state_rewrite(state_dir, file, text, err);
}

int state_make(const char *state_dir, const char *name, struct error *err)
{
	char path[PATH_MAX], line[300];

	for (size_t i = 0; i < 2; i++) {
		int length =
			snprintf(path, sizeof(path), "%s/%s", state_dir, i ? "var-log" : "var-lib");

		if (length >= (int)sizeof(path))
			return fail(err, ERROR_USAGE, "the path %s is too long", state_dir);
		if (dir_make(path, 0755, err))
			return -1;
	}
	snprintf(line, sizeof(line), "%s\n", name);
	/* Without a name server a look-up of an unknown name fails at once instead of waiting. */
	if (make_file(state_dir, "resolv.conf", "", err) ||
		make_file(state_dir, "hostname", line, err))
		return -1;
	return make_file(state_dir, "hosts", "127.0.0.1 localhost\n", err);
}

/* The folder itself is mounted on the host and has to stay. */
static int empty_folder(
	const char *path, const char *place, const char *const *kept, struct error *err)
{
	AUTO(dir_closep) DIR *dir = opendir(path);
	struct dirent *entry;
	char inner[PATH_MAX];

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "empty %s", path);
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (visible_is_on_the_way(kept, place, entry->d_name))
			continue;
		snprintf(inner, sizeof(inner), "%.3800s/%s", path, entry->d_name);
		if (tree_remove(inner, err))
			return -1;
	}
	return 0;
}

int state_wipe(const char *state_dir, const char *const *kept, struct error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/var-lib", state_dir);
	if (empty_folder(path, "/var/lib", kept, err))
		return -1;
	snprintf(path, sizeof(path), "%s/var-log", state_dir);
	return empty_folder(path, "/var/log", kept, err);
}
