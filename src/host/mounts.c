/* SPDX-License-Identifier: MIT */
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

enum {
	STATE_TREES = 5
};

static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
	"/dev/urandom", "/dev/tty", "/dev/net/tun"};

/* The state's trees, then the devices, then what is kept. */
struct mounts {
	const char *const *covered;
	struct tree *trees;
	size_t count;
};

static int hold(struct tree *tree, const char *from, struct error *err)
{
	tree->fd = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree->fd < 0)
		return fail_errno(err, "hold %s for the host", from);
	return 0;
}

/* Below a covered place the way to it is gone and is made again. */
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

static int restrict_tree(struct tree *tree, unsigned flags, struct error *err)
{
	struct mount_attr attributes = {.attr_set = flags};

	if (mount_setattr(tree->fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
		    sizeof(attributes)) < 0)
		return fail_errno(err, "restrict the host's %s", tree->path);
	return 0;
}

static int hold_state(struct tree trees[STATE_TREES], const char *state_dir, struct error *err)
{
	static const char *const folders[][2] = {{"var-lib", "/var/lib"}, {"var-log", "/var/log"}};
	char from[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(from, sizeof(from), "%s/%s", state_dir, folders[i][0]);
		if (hold_folder(&trees[i], from, folders[i][1], err) ||
			restrict_tree(&trees[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err))
			return -1;
	}
	if (hold_file(&trees[2], state_dir, "hosts", err) ||
		hold_file(&trees[3], state_dir, "hostname", err))
		return -1;
	return hold_file(&trees[4], state_dir, "resolv.conf", err);
}

/* What this machine lacks, the host lacks. */
static int hold_devices(struct tree *trees, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		trees[i].is_file = true;
		if (path_exists(devices[i]) && hold_folder(&trees[i], devices[i], devices[i], err))
			return -1;
	}
	return 0;
}

static int hold_kept(struct tree *tree, const char *path, struct error *err)
{
	if (hold_folder(tree, path, path, err))
		return -1;
	return restrict_tree(tree, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, err);
}

/* Of all that is not covered later: read-only, and no program there gains privileges. */
static int restrict_machine(struct error *err)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};

	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
		return fail_errno(err, "make this machine's files read-only for the host");
	return 0;
}

int mounts_hold(const struct boot_plan *plan, struct mounts **ret_mounts, struct error *err)
{
	size_t others = STATE_TREES + ARRAY_SIZE(devices), count = others;
	static struct mounts one; /* an init makes one host */
	struct mounts *mounts = &one;

	while (plan->kept[count - others])
		count++;
	mounts->trees = calloc(count, sizeof(*mounts->trees)); /* freed by the end of our init */
	if (!mounts->trees)
		return fail_errno(err, "mount the host's files");
	mounts->covered = plan->covered;
	mounts->count = count;
	if (hold_state(mounts->trees, plan->state_dir, err) ||
		hold_devices(mounts->trees + STATE_TREES, err))
		return -1;
	for (size_t i = others; i < count; i++) {
		if (hold_kept(&mounts->trees[i], plan->kept[i - others], err))
			return -1;
	}
	*ret_mounts = mounts;
	return restrict_machine(err);
}

static int mount_temporary(const char *path, const char *options, struct error *err)
{
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return fail_errno(err, "mount a fresh %s for the host", path);
	return 0;
}

int mounts_make_proc(struct error *err)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	fail_errno(err, "mount a /proc of its own for the host");
	err->kind = ERROR_MISSING;
	return fail_in(err,
		"if this is a container, start it without masked paths (podman: --security-opt unmask=ALL)");
}

/* The state's trees cover two places themselves; links lead to what is covered anyway. */
static int cover(const char *const *places, struct error *err)
{
	for (size_t i = 0; places[i]; i++) {
		const char *place = places[i];
		bool is_state = strcmp(place, "/var/lib") == 0 || strcmp(place, "/var/log") == 0;
		bool is_for_all = strcmp(place, "/tmp") == 0 || strcmp(place, "/var/tmp") == 0;
		struct stat info;

		if (is_state || lstat(place, &info) < 0 || !S_ISDIR(info.st_mode))
			continue;
		if (mount_temporary(place, is_for_all ? "mode=1777" : "mode=755", err))
			return -1;
	}
	return 0;
}

static int make_devices(struct error *err)
{
	static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"},
		{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}};

	if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755") < 0 ||
		mkdir("/dev/pts", 0755) < 0 || mkdir("/dev/shm", 0755) < 0 ||
		mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			"newinstance,ptmxmode=0666,mode=620") < 0)
		return fail_errno(err, "make the host's /dev");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (symlink(links[i][0], links[i][1]) < 0)
			return fail_errno(err, "make the host's %s", links[i][1]);
	}
	return mount_temporary("/dev/shm", "mode=1777", err);
}

/* Mounts `from` over a path of /proc that may not exist. */
static int cover_proc(const char *from, const char *path, unsigned flags, struct error *err)
{
	struct tree tree = {.fd = -1};

	if (!path_exists(path))
		return 0;
	if (hold_folder(&tree, from, path, err) || restrict_tree(&tree, flags, err))
		return -1;
	return put(&tree, err);
}

/* What a host could change or read of the whole machine; systemd's ProtectKernelTunables. */
static int restrict_proc(struct error *err)
{
	static const char *const read_only[] = {"/proc/sys", "/proc/acpi", "/proc/asound",
		"/proc/bus", "/proc/driver", "/proc/fs", "/proc/irq", "/proc/latency_stats",
		"/proc/mtrr", "/proc/scsi", "/proc/sysrq-trigger", "/proc/timer_list"};
	static const char *const empty[] = {"/proc/kcore", "/proc/kmsg", "/proc/keys"};
	struct tree net = {.fd = -1};

	if (hold_folder(&net, "/proc/sys/net", "/proc/sys/net", err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (cover_proc(read_only[i], read_only[i], MOUNT_ATTR_RDONLY, err))
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		if (cover_proc("/dev/null", empty[i], MOUNT_ATTR_RDONLY, err))
			return -1;
	}
	return put(&net, err);
}

int mounts_make(struct mounts *mounts, bool *ret_has_sys, struct error *err)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;

	*ret_has_sys = mount("sysfs", "/sys", "sysfs", flags, NULL) == 0;
	if (cover(mounts->covered, err) || make_devices(err))
		return -1;
	for (size_t i = 0; i < mounts->count; i++) {
		if (put(&mounts->trees[i], err))
			return -1;
	}
	return restrict_proc(err);
}
