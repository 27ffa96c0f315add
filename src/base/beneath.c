/* SPDX-License-Identifier: MIT */
/* Files in folders that others can change: opened beneath them, and links are not followed. */
#include "base/beneath.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	MOST_LEVELS = 64 /* that removing holds open at a time */
};

int beneath_open(int folder, const char *path, int flags, mode_t mode)
{
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	long fd;

	do
		fd = syscall(SYS_openat2, folder, *path ? path : ".", &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN); /* something was renamed while it was looked up */
	return (int)fd;
}

static int refused(
	const char *attempt, const struct beneath *root, const char *path, struct error *err)
{
	const char *slash = *root->name && *path ? "/" : "";

	fail_errno(err, "%s %s%s%s", attempt, root->name, slash, path);
	if (err->sys_errno == ELOOP || err->sys_errno == ENOTDIR)
		return fail(err, ERROR_SYSTEM,
			"%s %s%s%s: something on the way is not a folder, and links are not followed",
			attempt, root->name, slash, path);
	if (err->sys_errno == EXDEV)
		return fail(err, ERROR_SYSTEM, "%s %s%s%s: the path leads out of its folder",
			attempt, root->name, slash, path);
	return -1;
}

/* One component; what is there and is not a folder is refused when it is opened. */
static int step_into(int folder, const char *name, mode_t mode)
{
	if (mkdirat(folder, name, mode) < 0 && errno != EEXIST)
		return -1;
	return beneath_open(folder, name, O_PATH | O_DIRECTORY, 0);
}

int beneath_dir_make(
	const struct beneath *root, const char *path, mode_t mode, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int folder = beneath_open(root->fd, "", O_PATH | O_DIRECTORY, 0);
	char parts[PATH_MAX], *rest = parts, *name;

	if (snprintf(parts, sizeof(parts), "%s", path) >= (int)sizeof(parts))
		return fail(err, ERROR_USAGE, "make folder %s: the path is too long", path);
	while (folder >= 0 && (name = strsep(&rest, "/"))) {
		int next;

		if (!*name || strcmp(name, ".") == 0)
			continue;
		next = step_into(folder, name, mode);
		fd_closep(&folder);
		folder = next;
	}
	if (folder < 0)
		return refused("make the folder", root, path, err);
	*ret_fd = fd_take(&folder);
	return 0;
}

/* Splits at the last '/'; both parts lie in `text`. */
static int split(
	const char *path, char text[PATH_MAX], const char **ret_folder, const char **ret_name)
{
	char *slash;

	if (snprintf(text, PATH_MAX, "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	slash = strrchr(text, '/');
	*ret_folder = slash ? text : "";
	*ret_name = slash ? slash + 1 : text;
	if (slash)
		*slash = '\0';
	return 0;
}

static int write_whole(int folder, const char *name, const void *data, size_t size, mode_t mode)
{
	char temporary[NAME_MAX + 1];
	AUTO(fd_closep) int fd = -1;

	snprintf(temporary, sizeof(temporary), ".%.200s.part", name);
	if (unlinkat(folder, temporary, 0) < 0 && errno != ENOENT)
		return -1;
	fd = beneath_open(folder, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	if (fd_write_all(fd, data, size) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
		renameat(folder, temporary, folder, name) < 0) {
		int reason = errno;

		unlinkat(folder, temporary, 0);
		errno = reason;
		return -1;
	}
	return 0;
}

int beneath_write(const struct beneath *root, const char *path, const void *data, size_t size,
	mode_t mode, struct error *err)
{
	AUTO(fd_closep) int folder = -1;
	const char *parent, *name;
	char text[PATH_MAX];

	if (split(path, text, &parent, &name) < 0)
		return refused("write", root, path, err);
	if (beneath_dir_make(root, parent, 0700, &folder, err))
		return fail_in(err, "write %s", name);
	if (write_whole(folder, name, data, size, mode) < 0)
		return refused("write", root, path, err);
	return 0;
}

int beneath_open_file(const struct beneath *root, const char *path, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = beneath_open(root->fd, path, O_RDONLY | O_NONBLOCK, 0);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return refused("read", root, path, err);
	if (!S_ISREG(info.st_mode))
		return fail(err, ERROR_USAGE, "read %s/%s: it is not a file", root->name, path);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* What is being removed: its folder, and what could not be. */
struct removal {
	int top;
	unsigned hoisted;
	char culprit[NAME_MAX + 1];
};

static int remove_entry(struct removal *removal, int folder, const char *name, unsigned level);

/* Removes all in it; takes the descriptor. */
static int remove_entries(struct removal *removal, int fd, unsigned level)
{
	AUTO(dir_closep) DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		close(fd);
		return -1;
	}
	(void)!fchmod(dirfd(dir), 0700); /* a daemon may leave a folder that nobody can write */
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (remove_entry(removal, dirfd(dir), entry->d_name, level) < 0)
			return -1;
	}
	return 0;
}

/* Even its owner may not list it; the mode is changed by descriptor, since a name may be a link. */
static int open_to_empty(int folder, const char *name)
{
	AUTO(fd_closep) int handle = -1;
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[64];

	if (fd >= 0 || errno != EACCES)
		return fd;
	handle = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	if (handle < 0 || chmod(path, 0700) < 0)
		return -1;
	return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What lies too deep is moved to the top, so that no depth needs more descriptors than there are.
 */
static int hoist(struct removal *removal, int folder, const char *name)
{
	char moved[32];
	int status;

	do {
		snprintf(moved, sizeof(moved), ".removed-%u", removal->hoisted++);
		status = renameat2(folder, name, removal->top, moved, RENAME_NOREPLACE);
	} while (status < 0 && errno == EEXIST);
	return status;
}

/* Passes are repeated until one has moved nothing to the top. */
static int empty_top(struct removal *removal, int fd)
{
	unsigned before;

	removal->top = fd;
	do {
		int pass = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		before = removal->hoisted;
		if (pass < 0 || remove_entries(removal, pass, 1) < 0)
			return -1;
	} while (removal->hoisted > before);
	return 0;
}

static int empty_folder(struct removal *removal, int fd, unsigned level)
{
	AUTO(fd_closep) int top = -1;

	if (level > 0)
		return remove_entries(removal, fd, level + 1);
	top = fd;
	return empty_top(removal, top);
}

/* The innermost is named. */
static int blame(struct removal *removal, const char *name)
{
	if (!*removal->culprit)
		snprintf(removal->culprit, sizeof(removal->culprit), "%s", name);
	return -1;
}

static int remove_entry(struct removal *removal, int folder, const char *name, unsigned level)
{
	int fd, reason;

	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	reason = errno;
	if (reason != EISDIR && reason != EPERM)
		return blame(removal, name);
	if (level == MOST_LEVELS)
		return hoist(removal, folder, name) < 0 ? blame(removal, name) : 0;
	fd = open_to_empty(folder, name);
	if (fd < 0) {
		errno = errno == ENOTDIR ? reason : errno;
		return blame(removal, name);
	}
	if (empty_folder(removal, fd, level) < 0 || unlinkat(folder, name, AT_REMOVEDIR) < 0)
		return blame(removal, name);
	return 0;
}

int beneath_remove(const struct beneath *root, const char *path, struct error *err)
{
	struct removal removal = {.top = -1};
	AUTO(fd_closep) int folder = -1;
	const char *parent, *name;
	char text[PATH_MAX];

	if (split(path, text, &parent, &name) < 0)
		return refused("remove", root, path, err);
	folder = beneath_open(root->fd, parent, O_PATH | O_DIRECTORY, 0);
	if (folder < 0)
		return errno == ENOENT ? 0 : refused("remove", root, path, err);
	if (remove_entry(&removal, folder, name, 0) == 0)
		return 0;
	refused("remove", root, path, err);
	if (err->sys_errno == EPERM)
		return fail(err, ERROR_SYSTEM,
			"remove %s/%s: '%s' in it may not be changed; if it is immutable, run chattr -R -i on it",
			root->name, path, removal.culprit);
	return -1;
}
