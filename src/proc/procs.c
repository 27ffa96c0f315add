/* SPDX-License-Identifier: MIT */
/* All children of this program: they are served together, and their ends are seen, in one place. */
#include "proc/internal.h"

#include "base/arena.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FDS_PER_PROC = 3
};

/* Ctrl-C, kill, a terminal or a reader of our output that went away, Ctrl-\ */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};

int procs_new(struct procs **ret_procs, struct error *err)
{
	struct procs *procs = calloc(1, sizeof(*procs));
	sigset_t watched;

	if (!procs)
		return fail_errno(err, "prepare for child processes");
	sigemptyset(&watched);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&watched, ends[i]);
	pthread_sigmask(SIG_BLOCK, &watched, &procs->former_mask);
	procs->signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (procs->signal_fd < 0) {
		fail_errno(err, "prepare for child processes");
		free(procs);
		return -1;
	}
	procs->secrets = secrets_new();
	*ret_procs = procs;
	return 0;
}

static void read_signals(struct procs *procs)
{
	struct signalfd_siginfo info;

	while (read(procs->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		procs->is_cancelled = true;
}

void procs_free(struct procs *procs)
{
	if (!procs)
		return;
	while (procs->first)
		proc_free(procs->first);
	read_signals(procs); /* or one that came meanwhile would end us where it is set free */
	secrets_free(procs->secrets);
	fd_closep(&procs->signal_fd);
	pthread_sigmask(SIG_SETMASK, &procs->former_mask, NULL);
	free(procs);
}

void procs_freep(struct procs **procs)
{
	procs_free(*procs);
	*procs = NULL;
}

void procs_observe(struct procs *procs, proc_observer *observer, void *context)
{
	procs->observer = observer;
	procs->observer_context = context;
}

struct secrets *procs_secrets(struct procs *procs)
{
	return procs->secrets;
}

bool procs_is_cancelled(const struct procs *procs)
{
	return procs->is_cancelled;
}

void procs_cancel(struct procs *procs)
{
	procs->is_cancelled = true;
}

void procs_uncancel(struct procs *procs)
{
	procs->is_cancelled = false;
}

void procs_tell(struct proc *proc)
{
	struct proc_result result = proc_result(proc);

	if (proc->procs->observer)
		proc->procs->observer(
			proc->procs->observer_context, &(struct proc_event){.what = proc->what,
							       .place = proc->place,
							       .command = proc->command,
							       .input = proc->input,
							       .is_end = proc->has_ended,
							       .pid = proc->pid,
							       .result = &result});
}

/* Reads what is there; a flooding grandchild may write for ever, so there is an end to it. */
static void drain(struct capture *capture)
{
	for (int i = 0; i < 1024 && capture->fd >= 0; i++) {
		if (capture_read(capture) == 0)
			return;
	}
}

/* The shell is gone, but its group still stands in front of the terminal. */
static void retake_terminal(void)
{
	void (*former)(int) = signal(SIGTTOU, SIG_IGN);

	tcsetpgrp(STDIN_FILENO, getpgrp());
	signal(SIGTTOU, former);
}

/* Takes the status; the output may still be open in a grandchild, so only what is there is read. */
void proc_reap(struct proc *proc)
{
	if (wait4(proc->pid, &proc->status, 0, &proc->rusage) != proc->pid)
		return;
	proc->has_ended = true;
	proc->ended_ns = clock_now_ns();
	fd_closep(&proc->pid_fd);
	fd_closep(&proc->gate_fd);
	drain(&proc->out);
	drain(&proc->errout);
	if (proc->on_terminal)
		retake_terminal();
	procs_tell(proc);
}

static void serve(struct proc *proc, const struct pollfd *fds)
{
	if (fds[0].revents && proc->out.fd >= 0)
		capture_read(&proc->out);
	if (fds[1].revents && proc->errout.fd >= 0)
		capture_read(&proc->errout);
	if (fds[2].revents && !proc->has_ended)
		proc_reap(proc);
}

/* Polls the children and `extra_fd` (-1: none) once; true when `extra_fd` is readable. */
static bool poll_with(struct procs *procs, int extra_fd, int timeout_ms)
{
	size_t size = 2 + FDS_PER_PROC * procs->count, used = 2;
	struct pollfd *fds = calloc(size, sizeof(*fds));
	struct proc *proc;
	bool extra_is_ready;
	int ready;

	if (!fds) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	fds[0] = (struct pollfd){.fd = procs->signal_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
	for (proc = procs->first; proc; proc = proc->next, used += FDS_PER_PROC) {
		fds[used] = (struct pollfd){.fd = proc->out.fd, .events = POLLIN};
		fds[used + 1] = (struct pollfd){.fd = proc->errout.fd, .events = POLLIN};
		fds[used + 2] = (struct pollfd){.fd = proc->pid_fd, .events = POLLIN};
	}
	ready = poll(fds, size, timeout_ms);
	used = 2;
	for (proc = procs->first; ready > 0 && proc; proc = proc->next, used += FDS_PER_PROC)
		serve(proc, fds + used);
	if (ready > 0 && fds[0].revents)
		read_signals(procs);
	extra_is_ready = ready > 0 && fds[1].revents;
	free(fds);
	return extra_is_ready;
}

void procs_serve(struct procs *procs, int timeout_ms)
{
	poll_with(procs, -1, timeout_ms);
}

bool procs_await_fd(struct procs *procs, int fd, struct deadline deadline)
{
	while (!poll_with(procs, fd, deadline_poll_ms(deadline))) {
		if (deadline_has_passed(deadline))
			return false;
	}
	return true;
}

int procs_step(struct procs *procs, struct deadline deadline, struct error *err)
{
	procs_serve(procs, deadline_poll_ms(deadline));
	if (procs->is_cancelled)
		return fail(err, ERROR_CANCELLED, "cancelled");
	return 0;
}
