/* SPDX-License-Identifier: MIT */
/* What happens between fork and exec. */
#include "proc/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void give_up(const struct child_setup *setup)
{
	int reason = errno;

	if (write(setup->status_fd, &reason, sizeof(reason)) < 0)
		_exit(126);
	_exit(127);
}

static int enter(int namespace_fd, int kind)
{
	return namespace_fd < 0 ? 0 : setns(namespace_fd, kind);
}

/* The user namespace owns the others; the mount namespace comes last, since then paths mean the
 * host's files. Those who live there may not look into us, who still hold all that our parent knew.
 */
static int enter_place(const struct proc_place *place)
{
	if (!place)
		return 0;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || enter(place->user_fd, CLONE_NEWUSER) < 0 ||
		enter(place->net_fd, CLONE_NEWNET) < 0 || enter(place->uts_fd, CLONE_NEWUTS) < 0 ||
		enter(place->ipc_fd, CLONE_NEWIPC) < 0)
		return -1;
	return enter(place->mount_fd, CLONE_NEWNS);
}

/* As set_processors(): what it starts later is in the same group. */
static int enter_group(const struct proc_place *place)
{
	if (!place || place->group_fd <= STDERR_FILENO)
		return 0;
	return write(place->group_fd, "0", 1) == 1 ? 0 : -1;
}

/* What it starts later has the same. */
static int set_processors(const struct proc_spec *spec)
{
	const cpu_set_t *set = spec->processors;

	if (!set && spec->place)
		set = spec->place->processors;
	return set ? sched_setaffinity(0, sizeof(*set), set) : 0;
}

static int set_all(const char *const *environment)
{
	for (size_t i = 0; environment && environment[i]; i++) {
		if (putenv((char *)environment[i]) != 0) /* NOLINT(concurrency-mt-unsafe) */
			return -1;
	}
	return 0;
}

/* A host has its own; a terminal is known by the name that our environment has for it. */
static int make_environment(const struct proc_spec *spec)
{
	const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): after fork */

	if (spec->place && spec->place->environment) {
		/* NOLINTBEGIN(concurrency-mt-unsafe): we are alone after fork */
		if (clearenv() != 0 || set_all(spec->place->environment) < 0)
			return -1;
		if (spec->on_terminal && term && setenv("TERM", term, 1) < 0)
			return -1;
		/* NOLINTEND(concurrency-mt-unsafe) */
	}
	return set_all(spec->environment);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static int open_gate(int gate_fd)
{
	char go;

	if (gate_fd < 0)
		return 0;
	errno = ECANCELED; /* the gate's other end was closed without a word */
	return read(gate_fd, &go, 1) == 1 ? 0 : -1;
}

/* A group of its own in front of the terminal; without one (a pipe) there is nothing to do. */
static void take_terminal(void)
{
	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN); /* until we are in front, asking for it would stop us */
	tcsetpgrp(STDIN_FILENO, getpgrp());
	signal(SIGTTOU, SIG_DFL);
}

/* On a host, a terminal of ours becomes the pty between; in a session of its own /dev/tty is not
 * ours either. */
static int take_pty(int pty_fd)
{
	setsid();
	if (pty_fd >= 0 && ioctl(pty_fd, TIOCSCTTY, 0) < 0)
		return -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd) && dup2(pty_fd, fd) < 0)
			return -1;
	}
	return 0;
}

static int connect_streams(const struct child_setup *setup)
{
	if (setup->spec->on_terminal && setup->spec->place)
		return take_pty(setup->terminal_fd);
	if (setup->spec->on_terminal) {
		take_terminal();
		return 0;
	}
	setsid();
	if (dup2(setup->input_fd, STDIN_FILENO) < 0 || dup2(setup->out_fd, STDOUT_FILENO) < 0)
		return -1;
	return dup2(setup->errout_fd, STDERR_FILENO);
}

static _Noreturn void child_exec(const struct child_setup *setup)
{
	const struct proc_spec *spec = setup->spec;

	reset_signals();
	if (connect_streams(setup) < 0)
		give_up(setup);
	/* We are its subreaper from now on: what it forks and forgets stays in its tree. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		give_up(setup);
	if (enter_group(spec->place) < 0 || set_processors(spec) < 0 ||
		enter_place(spec->place) < 0)
		give_up(setup);
	/* Also what our parent left open. */
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		give_up(setup);
	if (spec->inherit_fd > STDERR_FILENO && fcntl(spec->inherit_fd, F_SETFD, 0) < 0)
		give_up(setup);
	if (spec->dir ? chdir(spec->dir) < 0 : (spec->place && chdir("/") < 0))
		give_up(setup);
	if (make_environment(spec) < 0)
		give_up(setup);
	if (open_gate(setup->gate_fd) < 0)
		give_up(setup);
	execvp(spec->argv[0], (char *const *)spec->argv);
	give_up(setup);
}

static pid_t contained;

static void pass_on(int number)
{
	kill(contained, number);
}

/* The first process of a PID namespace, with which all others in it end. */
static _Noreturn void contain(const struct child_setup *setup)
{
	int status;
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up(setup);
	contained = fork();
	if (contained == 0)
		child_exec(setup);
	if (contained < 0)
		give_up(setup);
	close_range(STDIN_FILENO, ~0U, 0);
	reset_signals();
	signal(SIGTERM, pass_on);
	do
		pid = wait(&status);
	while (pid != contained && (pid >= 0 || errno == EINTR));
	if (pid != contained)
		_exit(127);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/*
 * In the helper: the child of a process that stepped into a PID namespace lives there. Without the
 * right to make one (EPERM) a contained child is a child like any other.
 */
static _Noreturn void fork_inside(const struct child_setup *setup, int answer_fd)
{
	bool is_contained = setup->spec->contained && unshare(CLONE_NEWPID) == 0;
	long pid = -1;

	if (setup->spec->contained || setns(setup->spec->place->pid_fd, CLONE_NEWPID) == 0)
		pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0 && is_contained)
		contain(setup);
	if (pid == 0)
		child_exec(setup);
	if (pid < 0)
		pid = -errno;
	_exit(write(answer_fd, &pid, sizeof(pid)) == (ssize_t)sizeof(pid) ? 0 : 1);
}

/*
 * Only a child can enter a PID namespace, and an ordinary user who stepped into one cannot step
 * back, so a helper does it and leaves the child to us (CLONE_PARENT).
 */
static pid_t fork_in(const struct child_setup *setup)
{
	AUTO(fd_closep) int reader = -1, writer = -1;
	int ends[2];
	long answer = -EIO;
	pid_t helper;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	reader = ends[0];
	writer = ends[1];
	helper = fork();
	if (helper == 0)
		fork_inside(setup, writer);
	if (helper < 0)
		return -1;
	fd_closep(&writer);
	do
		n = read(reader, &answer, sizeof(answer));
	while (n < 0 && errno == EINTR);
	waitpid(helper, NULL, 0);
	if (answer < 0)
		errno = (int)-answer;
	return answer < 0 ? -1 : (pid_t)answer;
}

pid_t child_fork(const struct child_setup *setup)
{
	const struct proc_place *place = setup->spec->place;
	pid_t pid;

	if (setup->spec->contained || (place && place->pid_fd >= 0))
		return fork_in(setup);
	pid = fork();
	if (pid == 0)
		child_exec(setup);
	return pid;
}
