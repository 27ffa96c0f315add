/* SPDX-License-Identifier: MIT */
/* Children that somebody stopped, and for how long. */
#include "proc/internal.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* Its entry; NULL: there are too many. */
static struct proc_stop *entry_of(struct stops *stops, uint64_t id)
{
	for (size_t i = 0; i < stops->count; i++) {
		if (stops->list[i].id == id)
			return &stops->list[i];
	}
	if (stops->count == STOPS_MOST)
		return NULL;
	stops->list[stops->count] = (struct proc_stop){.id = id};
	return &stops->list[stops->count++];
}

/* What lies before the count began does not belong to it. */
static void count_between(struct proc *proc, int64_t from_ns, int64_t to_ns)
{
	struct stops *stops = &proc->procs->stops;
	struct proc_stop *entry;

	if (from_ns < stops->since_ns)
		from_ns = stops->since_ns;
	if (to_ns <= from_ns || !(entry = entry_of(stops, proc->id)))
		return;
	snprintf(entry->what, sizeof(entry->what), "%s", proc->what);
	snprintf(entry->place, sizeof(entry->place), "%s", proc->place ? proc->place : "");
	entry->part = proc->part;
	entry->ns += to_ns - from_ns;
}

/* Counts what has passed of a stop that goes on. */
static void count_until(struct proc *proc, int64_t now_ns)
{
	count_between(proc, proc->stop.since_ns, now_ns);
	proc->stop.total_ns += now_ns - proc->stop.since_ns;
	proc->stop.since_ns = now_ns;
}

void stop_ends(struct proc *proc, int64_t now_ns)
{
	if (!proc->stop.since_ns)
		return;
	count_until(proc, now_ns);
	proc->stop.since_ns = 0;
}

static void note(struct proc *proc, int what, int64_t now_ns)
{
	/* Stopped and continued since we looked: then it was for that long at most. */
	if (!proc->stop.since_ns)
		proc->stop.since_ns = what == CLD_STOPPED ? now_ns : proc->procs->stops.looked_ns;
	if (what == CLD_CONTINUED)
		stop_ends(proc, now_ns);
}

void stops_look(struct procs *procs)
{
	int64_t now_ns = clock_now_ns();

	for (struct proc *proc = procs->first; proc; proc = proc->next) {
		siginfo_t info = {0};

		while (proc->ops == &near_ops && !proc->has_ended &&
			waitid(P_PID, (id_t)proc->pid, &info, WSTOPPED | WCONTINUED | WNOHANG) ==
				0 &&
			info.si_pid) {
			note(proc, info.si_code, now_ns);
			info.si_pid = 0;
		}
	}
}

void stops_look_at_us(struct procs *procs)
{
	int64_t ns = clock_now_ns() - procs->stops.looked_ns;
	struct proc_stop *entry = entry_of(&procs->stops, 0);

	if (!entry)
		return;
	snprintf(entry->what, sizeof(entry->what), "meshbench");
	entry->is_ours = true;
	entry->ns += ns;
}

void stop_hand_in(struct proc *proc, int64_t total_ns, bool is_stopped)
{
	int64_t now_ns = clock_now_ns(), more_ns = total_ns - proc->stop.total_ns;

	count_between(proc, now_ns - more_ns, now_ns);
	proc->stop.total_ns = total_ns;
	proc->stop.since_ns = is_stopped ? now_ns : 0;
}

int64_t proc_stopped_ns(const struct proc *proc, bool *ret_is_stopped)
{
	*ret_is_stopped = proc->stop.since_ns != 0;
	return proc->stop.total_ns;
}

void procs_count_stops(struct procs *procs)
{
	sigset_t watched;
	int64_t now_ns = clock_now_ns();

	procs_signals(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGCONT);
	if (signalfd(procs->signal_fd, &watched, 0) == procs->signal_fd)
		pthread_sigmask(SIG_BLOCK, &watched, NULL);
	stops_look(procs);
	procs->stops = (struct stops){.since_ns = now_ns, .looked_ns = now_ns};
}

const struct proc_stop *procs_stops(struct procs *procs, size_t *ret_count)
{
	int64_t now_ns = clock_now_ns();

	stops_look(procs);
	for (struct proc *proc = procs->first; proc; proc = proc->next) {
		if (proc->stop.since_ns)
			count_until(proc, now_ns);
	}
	*ret_count = procs->stops.count;
	return procs->stops.list;
}
