/* The file systems of a host, made in its new mount namespace before anything runs in it. */
#include "host/internal.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Something of this machine that is held before it is covered and put in place after. */
struct tree {
	int fd;
	char path[PATH_MAX]; /* where it goes; empty: nowhere */
	bool is_file;
};

static int hold(struct tree *tree, const char *from, struct error *err)
{
	tree->fd = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree->fd < 0)
		return fail_errno(err, "hold %s for the host", from);
	return 0;
}

/* Below a covered place the way to it is gone and is made anew. */
static int make_way(const struct tree *tree, struct error *err)
{
	char folder[PATH_MAX];
	AUTO(fd_closep) int fd = -1;

	if (path_exists(tree->path))
		return 0;
	memcpy(folder, tree->path, sizeof(folder));
	if (tree->is_file)
		*strrchr(folder, '/') = '\0';
	if (*folder && dir_make(folder, 0755, err))
		return -1;
	if (!tree->is_file)
		return 0;
	fd = open(tree->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? fail_errno(err, "make %s on the host", tree->path) : 0;
}

static int put(struct tree *tree, struct error *err)
{
	if (!*tree->path)
		return 0;
	if (make_way(tree, err))
		return -1;
	if (move_mount(tree->fd, "", AT_FDCWD, tree->path,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return fail_errno(err, "mount the host's %s", tree->path);
	return 0;
}

/* Files of /etc: mounted over what the path leads to, which may be a link; absent ones stay so. */
static int hold_file(struct tree *tree, const char *state_dir, const char *name, struct error *err)
{
	char from[PATH_MAX], target[64];

	snprintf(target, sizeof(target), "/etc/%s", name);
	if (!realpath(target, tree->path)) {
		*tree->path = '\0';
		return 0;
	}
	tree->is_file = true;
	snprintf(from, sizeof(from), "%s/%s", state_dir, name);
	return hold(tree, from, err);
}

static int hold_folder(struct tree *tree, const char *from, const char *to, struct error *err)
{
	if (snprintf(tree->path, sizeof(tree->path), "%s", to) >= (int)sizeof(tree->path))
		return fail(err, ERROR_USAGE, "the path %s is too long", to);
	return hold(tree, from, err);
}

static int hold_state(struct tree trees[5], const char *state_dir, struct error *err)
{
	char lib[PATH_MAX], log[PATH_MAX];

	snprintf(lib, sizeof(lib), "%s/var-lib", state_dir);
	snprintf(log, sizeof(log), "%s/var-log", state_dir);
	if (hold_folder(&trees[0], lib, "/var/lib", err) ||
		hold_folder(&trees[1], log, "/var/log", err))
		return -1;
	if (hold_file(&trees[2], state_dir, "hosts", err) ||
		hold_file(&trees[3], state_dir, "hostname", err))
		return -1;
	return hold_file(&trees[4], state_dir, "resolv.conf", err);
}

static int mount_temporary(const char *path, const char *options, struct error *err)
{
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return fail_errno(err, "mount a fresh %s for the host", path);
	return 0;
}

/* These show the network and the PIDs of whoever mounts them, so the host needs its own. */
static int mount_kernel_files(bool *ret_has_sys, struct error *err)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("proc", "/proc", "proc", flags, NULL) < 0) {
		fail_errno(err, "mount a /proc of its own for the host");
		err->kind = ERROR_MISSING;
		return fail_in(err, "if this is a container, start it without masked paths "
				    "(podman: --security-opt unmask=ALL)");
	}
	*ret_has_sys = mount("sysfs", "/sys", "sysfs", flags, NULL) == 0;
	return 0;
}

static int cover(struct error *err)
{
	if (mount_temporary("/run", "mode=755", err) || mount_temporary("/tmp", "mode=1777", err))
		return -1;
	return path_exists("/dev/shm") ? mount_temporary("/dev/shm", "mode=1777", err) : 0;
}

int mounts_make(
	const char *state_dir, const char *const *kept, bool *ret_has_sys, struct error *err)
{
	enum {
		STATE_TREES = 5
	};
	size_t count = STATE_TREES;
	struct tree *trees;

	for (size_t i = 0; kept[i]; i++)
		count++;
	trees = calloc(count, sizeof(*trees)); /* freed by the exit or with our init */
	if (!trees)
		return fail_errno(err, "mount the host's files");
	if (hold_state(trees, state_dir, err))
		return -1;
	for (size_t i = STATE_TREES; i < count; i++) {
		const char *path = kept[i - STATE_TREES];

		if (hold_folder(&trees[i], path, path, err))
			return -1;
	}
	if (mount_kernel_files(ret_has_sys, err) || cover(err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (put(&trees[i], err))
			return -1;
	}
	return 0;
}

int mounts_protect(const char *folder, struct error *err)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	struct tree tree = {.fd = -1};

	if (hold_folder(&tree, folder, folder, err))
		return -1;
	if (mount_setattr(
		    tree.fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
		return fail_errno(err, "make %s read-only for the host", folder);
	return put(&tree, err);
}
