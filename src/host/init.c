/* SPDX-License-Identifier: MIT */
/* The first process of a host: makes the host around itself, reaps orphans and dies with us. */
#include "host/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int raise_loopback(struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return fail_errno(err, "look at the host's loopback");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail_errno(err, "raise the host's loopback");
	return 0;
}

static int make_bare(struct error *err)
{
	if (unshare(CLONE_NEWNET) < 0)
		return fail_errno(err, "make a network namespace");
	return raise_loopback(err);
}

/*
 * A host's processes live in a user namespace below the one that owns its mounts and its PIDs. So
 * the kernel locks every mount (no umount, no remount, no look beneath), and its init, which ends
 * with us, cannot be traced. It is made by a maker, a child of init that leaves it with that; they
 * take turns, with a byte each.
 */
struct maker {
	pid_t pid;
	int fd; /* our end of the socket between them */
};

static int say(int fd, const struct error *err)
{
	return write(fd, err, sizeof(*err)) == (ssize_t)sizeof(*err) ? 0 : -1;
}

/* The other's turn has ended, well or not. */
static int await(int fd, struct error *err)
{
	struct error said = {0};
	ssize_t n;

	do
		n = read(fd, &said, sizeof(said));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(said))
		return fail(err, ERROR_SYSTEM,
			"make the host: the process that makes it ended too early");
	if (said.kind == ERROR_NONE)
		return 0;
	*err = said;
	return -1;
}

/*
 * In a namespace of its own for control groups a program could mount those of this machine, and
 * freeze or limit what runs in them. A kernel without such namespaces lacks the file.
 */
static int forbid_control_groups(struct error *err)
{
	AUTO(fd_closep) int fd = open("/proc/sys/user/max_cgroup_namespaces", O_WRONLY | O_CLOEXEC);

	if ((fd < 0 && errno == ENOENT) || (fd >= 0 && write(fd, "0", 1) == 1))
		return 0;
	return fail_errno(err, "keep the host from namespaces for control groups");
}

static int leave(struct error *err)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) == 0)
		return forbid_control_groups(err);
	fail_errno(err, "make a user namespace for the host");
	err->kind = ERROR_MISSING;
	return fail_in(err,
		"the kernel allows no more of them; allow them (sysctl user.max_user_namespaces=10000)");
}

static int furnish(const char *name, struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return fail_errno(err, "lock the host's mounts");
	if (sethostname(name, strlen(name)) < 0)
		return fail_errno(err, "name the host");
	return raise_loopback(err);
}

static _Noreturn void maker_main(const char *name, int fd)
{
	struct error err = {0}, ignored;

	leave(&err);
	if (say(fd, &err) || err.kind != ERROR_NONE || await(fd, &ignored))
		_exit(1);
	furnish(name, &err);
	if (say(fd, &err) == 0 && await(fd, &ignored))
		_exit(1);
	_exit(0); /* init holds what was made */
}

static int maker_start(struct maker *maker, const char *name, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make the host: a socket to its maker");
	maker->pid = fork();
	if (maker->pid == 0) {
		close(ends[0]);
		maker_main(name, ends[1]);
	}
	close(ends[1]);
	maker->fd = ends[0];
	return maker->pid < 0 ? fail_errno(err, "make the host: fork") : 0;
}

/* The ids of the new namespace are those of ours: files keep their owners. */
static int map_ids(pid_t pid, const char *map, struct error *err)
{
	AUTO(fd_closep) int from = -1, to = -1;
	char path[64], ours[4096], theirs[4096] = "";
	size_t used = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/%s", map);
	from = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map);
	to = open(path, O_WRONLY | O_CLOEXEC);
	n = from < 0 || to < 0 ? -1 : read(from, ours, sizeof(ours) - 1);
	if (n < 0)
		return fail_errno(err, "map the host's users");
	ours[n] = '\0';
	for (char *line, *rest = ours; (line = strsep(&rest, "\n")) && *line;) {
		unsigned long inside = strtoul(line, &line, 10);
		unsigned long count;

		(void)strtoul(line, &line, 10); /* what it is outside of ours */
		count = strtoul(line, NULL, 10);
		used += (size_t)snprintf(theirs + used, sizeof(theirs) - used, "%lu %lu %lu\n",
			inside, inside, count);
	}
	if (write(to, theirs, used) != (ssize_t)used)
		return fail_errno(err, "map the host's users");
	return 0;
}

static int enter(const struct maker *maker, int kinds, struct error *err)
{
	AUTO(fd_closep) int fd = pidfd_open(maker->pid, 0);

	if (fd < 0 || setns(fd, kinds) < 0)
		return fail_errno(err, "enter the host");
	return 0;
}

/* Init's turns: users and network first, since a /sys shows the network of who mounts it. */
static int guide(const struct maker *maker, struct mounts *mounts, struct boot_report *report)
{
	const struct error go_on = {.kind = ERROR_NONE};
	struct error *err = &report->err;

	if (await(maker->fd, err) || map_ids(maker->pid, "uid_map", err) ||
		map_ids(maker->pid, "gid_map", err) || enter(maker, CLONE_NEWNET, err) ||
		mounts_make(mounts, &report->has_sys, err))
		return -1;
	if (say(maker->fd, &go_on))
		return fail_errno(err, "make the host: the process that makes it ended too early");
	if (await(maker->fd, err))
		return -1;
	return enter(maker, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS, err);
}

static int make_host(const struct boot_plan *plan, struct boot_report *report)
{
	struct error *err = &report->err;
	struct maker maker = {-1, -1};
	struct mounts *mounts = NULL;

	if (plan->is_bare)
		return make_bare(err);
	umask(022);
	if (unshare(CLONE_NEWNS) < 0)
		return fail_errno(err, "make a mount namespace for the host");
	if (mounts_hold(plan, &mounts, err) || mounts_make_proc(err) ||
		maker_start(&maker, plan->name, err))
		return -1;
	return guide(&maker, mounts, report);
}

/* What we inherited could keep pipes of others open, among them the one that ends us. */
static void keep_only(int life_fd, int report_fd)
{
	int null_fd = open("/dev/null", O_RDWR);

	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	dup2(null_fd, STDERR_FILENO);
	life_fd = fcntl(life_fd, F_DUPFD, 10);
	report_fd = fcntl(report_fd, F_DUPFD, 11);
	dup2(life_fd, 3);
	dup2(report_fd, 4);
	close_range(5, ~0U, 0);
}

_Noreturn void init_main(const struct boot_plan *plan)
{
	struct boot_report report = {0};
	char byte;

	/* The signal and the pipe say the same; the signal alone could come before we asked for it,
	 * the pipe alone is not read while the kernel works for us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	prctl(PR_SET_NAME, plan->name);
	keep_only(plan->life_fd, plan->report_fd);
	signal(SIGCHLD, SIG_IGN); /* the kernel reaps orphans for a parent that ignores them */
	if (make_host(plan, &report) && report.err.kind == ERROR_NONE)
		report.err.kind = ERROR_SYSTEM;
	if (chdir("/") < 0 || write(4, &report, sizeof(report)) != (ssize_t)sizeof(report))
		_exit(1);
	close_range(4, ~0U, 0); /* what the mounts were held by goes too */
	while (report.err.kind == ERROR_NONE) {
		ssize_t n = read(3, &byte, 1);

		if (n == 0 || (n < 0 && errno != EINTR))
			break;
	}
	_exit(report.err.kind == ERROR_NONE ? 0 : 1);
}
