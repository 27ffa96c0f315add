/* SPDX-License-Identifier: MIT */
/* Hosts made of namespaces of this machine, held by an init that ends with us. */
#include "host/internal.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct namespace_host {
	struct host host; /* first, so that a struct host * is also one of us */
	struct arena *arena;
	const char *state_dir;
	const char *const *covered, *const *kept;
	struct beneath state; /* the same, opened; -1 if bare */
	bool is_bare, has_sys;
	pid_t init;
	int init_fd;   /* pidfd */
	int life_fd;   /* the init ends when this closes */
	int report_fd; /* until it has booted */
	struct proc_place place;
	cpu_set_t processors; /* what the place points to, if hosts are pinned */
};

static struct namespace_host *of(struct host *host)
{
	return (struct namespace_host *)host;
}

static int64_t patience_ns(void)
{
	return 30 * NS_PER_S; /* for the kernel, which needs milliseconds unless it is overloaded */
}

/* Starts the init, which boots by itself; boot_end() waits for it. */
static int boot_begin(struct namespace_host *self, struct error *err)
{
	AUTO(fd_closep) int life_read = -1, report_write = -1;
	int life[2], report[2];

	if (pipe2(life, O_CLOEXEC) < 0)
		return fail_errno(err, "boot host %s", self->host.name);
	life_read = life[0];
	self->life_fd = life[1];
	if (pipe2(report, O_CLOEXEC) < 0)
		return fail_errno(err, "boot host %s", self->host.name);
	self->report_fd = report[0];
	report_write = report[1];
	/* The C library's fork cannot ask for a namespace, and an ordinary user who made one by
	 * unshare could not step back out of it. */
	self->init = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (self->init == 0)
		init_main(&(struct boot_plan){.name = self->host.name,
			.state_dir = self->state_dir,
			.covered = self->covered,
			.kept = self->kept,
			.is_bare = self->is_bare,
			.life_fd = life_read,
			.report_fd = report_write});
	if (self->init > 0)
		self->init_fd = pidfd_open(self->init, 0);
	if (self->init < 0 || self->init_fd < 0)
		return fail_errno(err, "boot host %s: fork", self->host.name);
	return 0;
}

static int open_namespace(pid_t pid, const char *kind, int *ret_fd, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open namespace %s", path) : 0;
}

static int open_place(struct namespace_host *self, struct error *err)
{
	struct proc_place *place = &self->place;

	if (open_namespace(self->init, "pid", &place->pid_fd, err) ||
		open_namespace(self->init, "net", &place->net_fd, err))
		return -1;
	if (self->is_bare)
		return 0;
	if (open_namespace(self->init, "uts", &place->uts_fd, err) ||
		open_namespace(self->init, "ipc", &place->ipc_fd, err) ||
		open_namespace(self->init, "mnt", &place->mount_fd, err))
		return -1;
	place->user_fd = ioctl(place->net_fd, NS_GET_USERNS);
	return place->user_fd < 0 ? fail_errno(err, "open the host's user namespace") : 0;
}

static int boot_end(struct namespace_host *self, struct error *err)
{
	struct boot_report report = {0};
	ssize_t n;

	do
		n = read(self->report_fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	fd_closep(&self->report_fd);
	if (n != (ssize_t)sizeof(report))
		return fail(err, ERROR_CRASHED,
			"boot host %s: its init ended without an error message", self->host.name);
	if (report.err.kind != ERROR_NONE) {
		*err = report.err;
		return fail_in(err, "boot host %s", self->host.name);
	}
	self->has_sys = report.has_sys;
	return open_place(self, err);
}

/*
 * The kernel ends a PID namespace only when all in it were reaped, also those that are children of
 * ours, so these are served meanwhile.
 */
static void halt(struct namespace_host *self)
{
	if (self->init_fd >= 0) {
		pidfd_send_signal(self->init_fd, SIGKILL, NULL, 0);
		procs_await_fd(self->host.procs, self->init_fd, deadline_in(patience_ns()));
	}
	if (self->init > 0)
		waitpid(self->init, NULL, 0);
	self->init = -1;
	fd_closep(&self->init_fd);
	fd_closep(&self->life_fd);
	fd_closep(&self->report_fd);
	fd_closep(&self->place.pid_fd);
	fd_closep(&self->place.net_fd);
	fd_closep(&self->place.uts_fd);
	fd_closep(&self->place.ipc_fd);
	fd_closep(&self->place.user_fd);
	fd_closep(&self->place.mount_fd);
}

static int start(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err)
{
	struct proc_spec placed = *spec;

	placed.place = &of(host)->place;
	return proc_start(host->procs, &placed, ret_proc, err);
}

static int write_file(struct host *host, const char *path, const void *data, size_t size,
	mode_t mode, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *here;

	if (state_path(arena, path, &here, err))
		return -1;
	return beneath_write(&of(host)->state, here, data, size, mode, err);
}

static int remove_file(struct host *host, const char *path, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *here;

	if (state_path(arena, path, &here, err))
		return -1;
	return beneath_remove(&of(host)->state, here, err);
}

static int set_names(struct host *host, const char *hosts_file, struct error *err)
{
	return state_rewrite(&of(host)->state, "hosts", hosts_file, err);
}

static int check(struct host *host, struct error *err)
{
	const struct namespace_host *self = of(host);
	siginfo_t end = {.si_pid = 0};

	if (self->init <= 0 ||
		waitid(P_PID, (id_t)self->init, &end, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		end.si_pid == 0)
		return 0;
	return fail(err, ERROR_HOST,
		"host %s ended with all that ran on it: its first process %s %d", host->name,
		end.si_code == CLD_EXITED ? "exited with" : "was ended by signal", end.si_status);
}

static int reboot_host(struct host *host, struct error *err)
{
	struct namespace_host *self = of(host);

	halt(self);
	if (boot_begin(self, err))
		return -1;
	if (boot_end(self, err)) {
		halt(self); /* it never was, so it has not ended */
		return -1;
	}
	return 0;
}

static int wipe(struct host *host, struct error *err)
{
	return state_wipe(&of(host)->state, of(host)->kept, err);
}

static int network(const struct host *host, int *ret_fd, struct error *err)
{
	int fd = fcntl(namespace_host_place(host)->net_fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return fail_errno(err, "hold its namespace");
	*ret_fd = fd;
	return 0;
}

static pid_t pid(const struct host *host)
{
	return ((const struct namespace_host *)host)->init;
}

static const char *shortcoming(const struct host *host)
{
	const struct namespace_host *self = (const struct namespace_host *)host;

	if (self->is_bare || self->has_sys)
		return NULL;
	return "the kernel refused a /sys of its own, so /sys/class/net shows this machine's devices";
}

static void free_host(struct host *host)
{
	struct namespace_host *self = of(host);

	halt(self);
	fd_closep(&self->state.fd);
	arena_free(self->arena);
}

static const struct host_ops namespace_ops = {
	.start = start,
	.write = write_file,
	.remove = remove_file,
	.set_names = set_names,
	.check = check,
	.reboot = reboot_host,
	.wipe = wipe,
	.network = network,
	.pid = pid,
	.shortcoming = shortcoming,
	.free = free_host,
};

/* What its programs find in their environment: nothing of ours but where programs lie. */
static const char *const *environment_of(struct arena *arena)
{
	const char *path = getenv("PATH"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */
	const char **list = arena_alloc(arena, const char *, 4);

	list[0] = arena_printf(arena, "PATH=%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	list[1] = path_exists("/root") ? "HOME=/root" : "HOME=/tmp";
	list[2] = "LC_ALL=C";
	return list;
}

/* The state folder as an absolute path, because hosts and helpers run elsewhere. */
static int prepare(
	struct namespace_host *self, const struct namespace_host_spec *spec, struct error *err)
{
	char *absolute = arena_bytes(self->arena, PATH_MAX, 1);

	if (spec->is_bare)
		return 0;
	if (dir_make(spec->state_dir, 0755, err))
		return -1;
	if (!realpath(spec->state_dir, absolute))
		return fail_errno(err, "find %s", spec->state_dir);
	self->state_dir = absolute;
	self->state =
		(struct beneath){open(absolute, O_PATH | O_DIRECTORY | O_CLOEXEC), self->state_dir};
	if (self->state.fd < 0)
		return fail_errno(err, "open %s", absolute);
	if (state_make(&self->state, spec->name, err))
		return -1;
	self->covered = covered_places(self->arena);
	self->kept = visible_select(
		self->arena, visible_candidates(self->arena, spec->visible), self->covered);
	self->place.environment = environment_of(self->arena);
	return 0;
}

static int begin(struct procs *procs, const struct namespace_host_spec *spec,
	struct host **ret_host, struct error *err)
{
	struct arena *arena = arena_new();
	struct namespace_host *self = arena_alloc(arena, struct namespace_host, 1);

	*self = (struct namespace_host){.arena = arena,
		.is_bare = spec->is_bare,
		.init = -1,
		.init_fd = -1,
		.life_fd = -1,
		.report_fd = -1,
		.state = {-1, NULL},
		.place = {.name = arena_strdup(arena, spec->name),
			.pid_fd = -1,
			.user_fd = -1,
			.net_fd = -1,
			.uts_fd = -1,
			.ipc_fd = -1,
			.mount_fd = -1,
			.group_fd = spec->group_fd}};
	self->host = (struct host){&namespace_ops, self->place.name, procs};
	if (spec->processors) {
		self->processors = *spec->processors;
		self->place.processors = &self->processors;
	}
	if (prepare(self, spec, err) || boot_begin(self, err)) {
		free_host(&self->host);
		return fail_in(err, "host %s", spec->name);
	}
	*ret_host = &self->host;
	return 0;
}

int namespace_hosts_new(struct procs *procs, const struct namespace_host_spec specs[], size_t count,
	struct host *ret_hosts[], struct error *err)
{
	size_t begun = 0, booted = 0;

	while (begun < count && begin(procs, &specs[begun], &ret_hosts[begun], err) == 0)
		begun++;
	while (begun == count && booted < count && boot_end(of(ret_hosts[booted]), err) == 0)
		booted++;
	if (booted == count)
		return 0;
	for (size_t i = 0; i < begun; i++) {
		host_free(ret_hosts[i]);
		ret_hosts[i] = NULL;
	}
	return -1;
}

int namespace_host_new(struct procs *procs, const struct namespace_host_spec *spec,
	struct host **ret_host, struct error *err)
{
	return namespace_hosts_new(procs, spec, 1, ret_host, err);
}

const struct proc_place *namespace_host_place(const struct host *host)
{
	return &((const struct namespace_host *)host)->place;
}
