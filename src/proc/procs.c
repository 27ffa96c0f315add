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

/* A pipe holds 64 KiB, and a watcher of a large mesh says up to 30 KiB a second. */
static const int64_t QUIET_NS = NS_PER_S;

/* Ctrl-C, kill, a terminal or a reader of our output that went away, Ctrl-\ */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};

void procs_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(ret_set, ends[i]);
}

int procs_new(struct procs **ret_procs, struct error *err)
{
	struct procs *procs = calloc(1, sizeof(*procs));
	sigset_t watched;

	if (!procs)
		return fail_errno(err, "prepare for child processes");
	procs_signals(&watched);
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

	while (read(procs->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			stops_look(procs);
		else if (info.ssi_signo == SIGCONT)
			stops_look_at_us(procs);
		else
			procs->is_cancelled = true;
	}
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

void procs_watch(struct procs *procs, struct procs_source *source)
{
	source->next = procs->first_source;
	procs->first_source = source;
	procs->source_count++;
}

void procs_unwatch(struct procs *procs, struct procs_source *source)
{
	struct procs_source **at = &procs->first_source;

	while (*at != source)
		at = &(*at)->next;
	*at = source->next;
	procs->source_count--;
}

static void serve(struct proc *proc, const struct pollfd *fds)
{
	if (fds[0].revents && proc->out.fd >= 0)
		near_read(proc, &proc->out);
	if (fds[1].revents && proc->errout.fd >= 0)
		near_read(proc, &proc->errout);
	if (fds[2].revents && !proc->has_ended)
		near_reap(proc);
}

/* What is polled, in this order: signals, one more, three of each child, the sources. */
static void list_fds(const struct procs *procs, int extra_fd, struct pollfd *at)
{
	*at++ = (struct pollfd){.fd = procs->signal_fd, .events = POLLIN};
	*at++ = (struct pollfd){.fd = extra_fd, .events = POLLIN};
	for (const struct proc *proc = procs->first; proc; proc = proc->next) {
		*at++ = (struct pollfd){
			.fd = proc->wakes_nobody ? -1 : proc->out.fd, .events = POLLIN};
		*at++ = (struct pollfd){.fd = proc->errout.fd, .events = POLLIN};
		*at++ = (struct pollfd){.fd = proc->pid_fd, .events = POLLIN};
	}
	for (const struct procs_source *from = procs->first_source; from; from = from->next)
		*at++ = (struct pollfd){.fd = from->fd, .events = from->events};
}

static void serve_all(struct procs *procs, const struct pollfd *fds)
{
	const struct pollfd *at = fds + 2;

	for (struct proc *proc = procs->first; proc; proc = proc->next, at += FDS_PER_PROC)
		serve(proc, at);
	for (struct procs_source *to = procs->first_source; to; to = to->next, at++) {
		if (at->revents && to->fd >= 0)
			to->serve(to, at->revents);
	}
	if (fds[0].revents)
		read_signals(procs);
}

/* When those that wake nobody are read again. */
static struct deadline until_quiet(const struct procs *procs, struct deadline deadline)
{
	for (const struct proc *proc = procs->first; proc; proc = proc->next) {
		if (proc->wakes_nobody && proc->out.fd >= 0)
			return deadline_earlier(
				deadline, (struct deadline){procs->quiet_read_ns + QUIET_NS});
	}
	return deadline;
}

/* At a full pipe they would stand still. */
static void read_quiet(struct procs *procs)
{
	int64_t now_ns = clock_now_ns();

	if (now_ns - procs->quiet_read_ns < QUIET_NS)
		return;
	procs->quiet_read_ns = now_ns;
	for (struct proc *proc = procs->first; proc; proc = proc->next) {
		if (proc->wakes_nobody)
			proc_read(proc);
	}
}

static int poll_until(struct pollfd *fds, size_t count, struct deadline deadline)
{
	int64_t left_ns = deadline.at_ns - clock_now_ns();
	struct timespec left = {0};

	if (left_ns > 0)
		left = (struct timespec){left_ns / NS_PER_S, left_ns % NS_PER_S};
	return ppoll(fds, count, &left, NULL);
}

/* Polls the children and `extra_fd` (-1: none) once; true when `extra_fd` is readable. */
static bool poll_with(struct procs *procs, int extra_fd, struct deadline deadline)
{
	size_t size = 2 + FDS_PER_PROC * procs->count + procs->source_count;
	struct pollfd *fds = calloc(size, sizeof(*fds));
	bool extra_is_ready = false;

	if (!fds) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	list_fds(procs, extra_fd, fds);
	if (poll_until(fds, size, until_quiet(procs, deadline)) > 0) {
		serve_all(procs, fds);
		extra_is_ready = fds[1].revents != 0;
	}
	free(fds);
	read_quiet(procs);
	procs->stops.looked_ns = clock_now_ns();
	return extra_is_ready;
}

void procs_serve(struct procs *procs, struct deadline deadline)
{
	poll_with(procs, -1, deadline);
}

bool procs_await_fd(struct procs *procs, int fd, struct deadline deadline)
{
	while (!poll_with(procs, fd, deadline)) {
		if (deadline_has_passed(deadline))
			return false;
	}
	return true;
}

int procs_step(struct procs *procs, struct deadline deadline, struct error *err)
{
	procs_serve(procs, deadline);
	if (procs->is_cancelled)
		return fail(err, ERROR_CANCELLED, "cancelled");
	return 0;
}
