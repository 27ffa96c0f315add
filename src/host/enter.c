/* SPDX-License-Identifier: MIT */
/* Where our program itself lives: as an ordinary user in a user namespace where it is root. */
#include "host/host.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static int write_once(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);

	return fd >= 0 && write(fd, text, size) == (ssize_t)size ? 0 : -1;
}

/* Without this the kernel gives no group map to an ordinary user; old kernels lack the file. */
static int give_up_groups(void)
{
	return write_once("/proc/self/setgroups", "deny") < 0 && errno != ENOENT ? -1 : 0;
}

static int forbidden(struct error *err)
{
	fail_errno(err, "make a user namespace");
	err->kind = ERROR_MISSING;
	return fail_in(err,
		"this system does not allow ordinary users to create isolated hosts; allow it (sysctl user.max_user_namespaces=10000, kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0) or run as root");
}

static int enter_user_namespace(struct error *err)
{
	char uid_map[64], gid_map[64];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1\n", geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1\n", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || give_up_groups() < 0 ||
		write_once("/proc/self/uid_map", uid_map) < 0 ||
		write_once("/proc/self/gid_map", gid_map) < 0)
		return forbidden(err);
	return 0;
}

/* The user's keys come with the session, and hosts would inherit them; some kernels have none. */
static void leave_keys(void)
{
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

/* On a folder that every kernel has for a file system to be mounted there, and few use. */
static int mount_memory(struct error *err)
{
	if (mount("meshbench", NAMESPACE_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700") < 0)
		return fail_errno(err, "mount a folder in memory for the hosts' state");
	return 0;
}

int namespace_enter(struct error *err)
{
	static bool has_entered;

	if (has_entered)
		return 0;
	/* Root of a container may lack the right to do it directly; then it does as others do. */
	if ((geteuid() != 0 || unshare(CLONE_NEWNS) < 0) && enter_user_namespace(err))
		return -1;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return forbidden(err);
	if (mount_memory(err))
		return -1;
	leave_keys();
	has_entered = true;
	return 0;
}
