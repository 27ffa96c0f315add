/* SPDX-License-Identifier: MIT */
/* Files and folders: read with a bound, written whole or not at all. */
#include "base/file.h"

#include "base/beneath.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIRST_ROOM_BYTES = 4096,
	GROWTH = 4
};

static int read_up_to(int fd, char *data, size_t size, size_t *ret_used)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*ret_used = used;
	return 0;
}

/* Files of /proc say size 0, so the room grows while there is more, up to one byte beyond the
 * bound. */
static int read_all(struct arena *arena, int fd, size_t expected, size_t max_bytes, char **ret_data,
	size_t *ret_used)
{
	size_t room = expected ? expected + 1 : FIRST_ROOM_BYTES, used = 0, n;
	char *data = arena_bytes(arena, room + 1, 1), *larger;

	for (;;) {
		if (read_up_to(fd, data + used, room - used, &n) < 0)
			return -1;
		used += n;
		if (used < room || used > max_bytes)
			break;
		room = room < max_bytes / GROWTH ? room * GROWTH : max_bytes + 1;
		larger = arena_bytes(arena, room + 1, 1);
		memcpy(larger, data, used);
		data = larger;
	}
	*ret_data = data;
	*ret_used = used;
	return 0;
}

int file_read_fd(struct arena *arena, int fd, size_t max_bytes, char **ret_text, size_t *ret_size,
	struct error *err)
{
	struct stat info;
	char *data;
	size_t used;

	if (fstat(fd, &info) < 0)
		return fail_errno(err, "look at it");
	if (S_ISDIR(info.st_mode))
		return fail(err, ERROR_USAGE, "it is a folder");
	if (info.st_size > 0 && (size_t)info.st_size > max_bytes)
		return fail(err, ERROR_USAGE, "%lld bytes are more than the %zu expected",
			(long long)info.st_size, max_bytes);
	if (read_all(arena, fd, (size_t)info.st_size, max_bytes, &data, &used) < 0)
		return fail_errno(err, "read it");
	if (used > max_bytes)
		return fail(err, ERROR_USAGE, "more than the %zu bytes expected", max_bytes);
	data[used] = '\0';
	*ret_text = data;
	if (ret_size)
		*ret_size = used;
	return 0;
}

int file_read(struct arena *arena, const char *path, size_t max_bytes, char **ret_text,
	size_t *ret_size, struct error *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail_errno(err, "read %s", path);
	if (file_read_fd(arena, fd, max_bytes, ret_text, ret_size, err))
		return fail_in(err, "read %s", path);
	return 0;
}

int file_write(const char *path, const void *data, size_t size, mode_t mode, struct error *err)
{
	char temporary[PATH_MAX];
	AUTO(fd_closep) int fd = -1;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return fail(err, ERROR_USAGE, "write %s: the path is too long", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "write %s", path);
	if (fd_write_all(fd, data, size) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
		rename(temporary, path) < 0) {
		fail_errno(err, "write %s", path);
		unlink(temporary);
		return -1;
	}
	return 0;
}

int file_append(const char *path, const void *data, size_t size, struct error *err)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, data, size) < 0)
		return fail_errno(err, "append to %s", path);
	return 0;
}

/* What is there ends within a line. */
static int ends_within_line(int fd, off_t size, bool *ret_is_within)
{
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		return -1;
	*ret_is_within = last != '\n';
	return 0;
}

/* Cuts off again what did not arrive as a whole. */
static int add_whole(int fd, const char *text, size_t size, off_t before)
{
	int reason;

	if (fd_write_all(fd, text, size) == 0 && fsync(fd) == 0)
		return 0;
	reason = errno;
	if (ftruncate(fd, before) < 0)
		return -1;
	errno = reason;
	return -1;
}

int file_append_line(const char *path, const char *line, struct error *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	AUTO(arena_freep) struct arena *arena = arena_new();
	bool is_within;
	struct stat info;
	const char *text;

	if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &info) < 0)
		return fail_errno(err, "append to %s", path);
	if (!S_ISREG(info.st_mode))
		return fail(err, ERROR_USAGE, "append to %s: it is not a file of lines", path);
	if (ends_within_line(fd, info.st_size, &is_within) < 0)
		return fail_errno(err, "append to %s", path);
	text = arena_printf(arena, "%s%s\n", is_within ? "\n" : "", line);
	if (add_whole(fd, text, strlen(text), info.st_size) < 0)
		return fail_errno(err, "append to %s", path);
	return 0;
}

int dir_make(const char *path, mode_t mode, struct error *err)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return fail(err, ERROR_USAGE, "make folder %s: the path is too long", path);
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return fail_errno(err, "make folder %s", part);
		if (i < length)
			part[i] = '/';
	}
	return 0;
}

int tree_remove(const char *path, struct error *err)
{
	AUTO(fd_closep) int folder = -1;
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";

	if (slash && snprintf(parent, sizeof(parent), "%.*s",
			     slash == path ? 1 : (int)(slash - path), path) >= (int)sizeof(parent))
		return fail(err, ERROR_USAGE, "remove %s: the path is too long", path);
	folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "remove %s", path);
	return beneath_remove(&(struct beneath){folder, parent}, slash ? slash + 1 : path, err);
}

bool path_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

const char *path_of_program(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? realpath(name, arena_bytes(arena, PATH_MAX, 1))
					       : NULL;
	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	while (*path) {
		size_t length = strcspn(path, ":");
		const char *candidate = arena_printf(arena, "%.*s/%s", (int)length, path, name);
		struct stat info;

		if (length && stat(candidate, &info) == 0 && S_ISREG(info.st_mode) &&
			access(candidate, X_OK) == 0)
			return candidate;
		path += length + (path[length] == ':');
	}
	return NULL;
}
