/* SPDX-License-Identifier: MIT */
/* Near children: those of this process, known by their pidfd and their pipes. */
#include "proc/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool near_read(struct proc *proc, struct capture *capture)
{
	char block[16384];
	size_t tail = capture->limit - capture->limit / 2;
	size_t want = sizeof(block) < tail ? sizeof(block) : tail;
	ssize_t n = read(capture->fd, block, want);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		fd_closep(&capture->fd);
		return false;
	}
	if (proc->listener)
		proc->listener(proc->listener_context,
			capture == &proc->out ? PROC_OUT : PROC_ERROUT, block, (size_t)n);
	else
		capture_add(capture, block, (size_t)n);
	return true;
}

/* Reads what is there; a flooding grandchild may write for ever, so there is an end to it. */
static void drain(struct proc *proc, struct capture *capture)
{
	for (int i = 0; i < 1024 && capture->fd >= 0; i++) {
		if (!near_read(proc, capture))
			return;
	}
}

void proc_read(struct proc *proc)
{
	drain(proc, &proc->out);
}

/* It is gone, but its group still stands in front of the terminal. */
static void retake_terminal(void)
{
	void (*former)(int) = signal(SIGTTOU, SIG_IGN);

	tcsetpgrp(STDIN_FILENO, getpgrp());
	signal(SIGTTOU, former);
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Takes the status; the output may still be open in a grandchild, so only what is there is read. */
void near_reap(struct proc *proc)
{
	struct rusage used;
	int status;

	if (wait4(proc->pid, &status, 0, &used) != proc->pid)
		return;
	stop_ends(proc, clock_now_ns());
	proc->has_ended = true;
	proc->end = (struct proc_end){.status = status,
		.ended_ns = clock_now_ns(),
		.cpu_s = seconds(&used.ru_utime) + seconds(&used.ru_stime),
		.peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024};
	fd_closep(&proc->pid_fd);
	fd_closep(&proc->gate_fd);
	drain(proc, &proc->out);
	drain(proc, &proc->errout);
	if (proc->on_terminal && !proc->place)
		retake_terminal();
	terminal_close(&proc->terminal);
	procs_tell(proc);
}

static int64_t near_lead_ns(const struct proc *proc)
{
	(void)proc;
	return 0;
}

static int near_release(struct proc *proc, int64_t at_ns, struct error *err)
{
	procs_await_fd(proc->procs, -1, (struct deadline){at_ns});
	proc->started_ns = clock_now_ns();
	if (write(proc->gate_fd, "g", 1) != 1)
		return fail_errno(err, "%s: let it run", proc->what);
	return 0;
}

static int near_confirm(struct proc *proc, struct error *err)
{
	fd_closep(&proc->gate_fd);
	return proc_await_exec(proc, err);
}

static void near_signal(struct proc *proc, int number)
{
	kill(proc->pid, number);
}

static void near_kill(struct proc *proc)
{
	tree_kill(proc->pid);
	near_reap(proc);
}

static int near_usage(
	const struct proc *const list[], size_t count, struct usage ret_usage[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	pid_t *roots = arena_alloc(arena, pid_t, count);

	for (size_t i = 0; i < count; i++)
		roots[i] = list[i]->pid;
	return usage_of_trees(roots, count, ret_usage, err);
}

static int near_threads(const struct proc *proc, struct thread_usage **ret_threads,
	size_t *ret_count, struct error *err)
{
	return usage_of_threads(proc->pid, ret_threads, ret_count, err);
}

static struct proc_identity near_identity(
	const struct proc *proc, const char *device, struct arena *arena)
{
	return identity_of(proc->pid, device, arena);
}

static void near_forget(struct proc *proc)
{
	terminal_close(&proc->terminal);
	fd_closep(&proc->pid_fd);
	fd_closep(&proc->gate_fd);
	fd_closep(&proc->status_fd);
}

const struct proc_ops near_ops = {
	.lead_ns = near_lead_ns,
	.release = near_release,
	.confirm = near_confirm,
	.signal = near_signal,
	.kill = near_kill,
	.usage = near_usage,
	.threads = near_threads,
	.identity = near_identity,
	.forget = near_forget,
};
