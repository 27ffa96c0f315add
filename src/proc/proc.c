/* SPDX-License-Identifier: MIT */
/* One child: waiting for it, stopping it, and what is known of it. */
#include "proc/internal.h"

#include "base/arena.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void unlink_proc(struct proc *proc)
{
	struct proc **at = &proc->procs->first;

	while (*at != proc)
		at = &(*at)->next;
	*at = proc->next;
	proc->procs->count--;
}

void proc_kill(struct proc *proc)
{
	if (proc->has_ended)
		return;
	proc->ops->kill(proc);
}

void proc_free(struct proc *proc)
{
	if (!proc)
		return;
	proc_kill(proc);
	unlink_proc(proc);
	proc->ops->forget(proc);
	capture_done(&proc->out);
	capture_done(&proc->errout);
	arena_free(proc->arena);
}

void proc_freep(struct proc **proc)
{
	proc_free(*proc);
	*proc = NULL;
}

static int timed_out(struct proc *proc, struct error *err)
{
	double after_s = (double)(clock_now_ns() - proc->started_ns) / 1e9;

	return fail(err, ERROR_TIMEOUT, "%s%s%s: did not end within %.1f s: %s", proc->what,
		proc->place ? " on " : "", proc->place ? proc->place : "", after_s, proc->command);
}

int proc_wait(struct proc *proc, struct deadline deadline, struct error *err)
{
	while (!proc->has_ended) {
		if (deadline_has_passed(deadline)) {
			proc_kill(proc);
			return timed_out(proc, err);
		}
		if (procs_step(proc->procs, deadline, err))
			return fail_in(err, "%s", proc->what);
	}
	return 0;
}

/* What it said last, on stderr or else stdout. */
static const char *last_line(struct proc *proc)
{
	const struct capture *capture = proc->errout.used ? &proc->errout : &proc->out;
	char *text = arena_strndup(proc->arena, capture_text(capture), capture->used);
	char *words;

	secrets_mask(proc->procs->secrets, text);
	words = proc_last_words(text);
	return *words ? words : "it printed nothing";
}

const char *proc_obituary(struct proc *proc)
{
	const char *where = proc->place ? proc->place : "this machine";

	if (proc->lost)
		return arena_printf(
			proc->arena, "%s on %s was lost: %s", proc->what, where, proc->lost);
	if (WIFSIGNALED(proc->end.status))
		return arena_printf(proc->arena, "%s on %s was ended by signal %d (%s): %s",
			proc->what, where, WTERMSIG(proc->end.status),
			sigdescr_np(WTERMSIG(proc->end.status)), last_line(proc));
	return arena_printf(proc->arena, "%s on %s exited with %d: %s", proc->what, where,
		WEXITSTATUS(proc->end.status), last_line(proc));
}

int proc_wait_success(struct proc *proc, struct deadline deadline, struct error *err)
{
	if (proc_wait(proc, deadline, err))
		return -1;
	if (proc->end.status != 0)
		return fail(err, ERROR_TOOL, "%s", proc_obituary(proc));
	return 0;
}

int proc_wait_output(
	struct proc *proc, const char *text, struct deadline deadline, struct error *err)
{
	while (!strstr(capture_text(&proc->out), text)) {
		if (proc->has_ended)
			return fail(err, ERROR_CRASHED, "%s", proc_obituary(proc));
		if (deadline_has_passed(deadline))
			return fail(
				err, ERROR_TIMEOUT, "%s: it never printed '%s'", proc->what, text);
		if (procs_step(proc->procs, deadline, err))
			return fail_in(err, "%s", proc->what);
	}
	return 0;
}

int proc_run(struct procs *procs, const struct proc_spec *spec, struct deadline deadline,
	struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;

	if (proc_start(procs, spec, &proc, err))
		return -1;
	return proc_wait_success(proc, deadline, err);
}

void proc_signal(struct proc *proc, int number)
{
	if (!proc->has_ended)
		proc->ops->signal(proc, number);
}

/* Waits without heeding Ctrl-C: stopping is what Ctrl-C asked for. */
void procs_end(struct proc *const list[], size_t count, int64_t grace_ns)
{
	struct deadline deadline = deadline_in(grace_ns);

	for (size_t i = 0; i < count; i++)
		proc_signal(list[i], SIGTERM);
	for (size_t i = 0; i < count; i++) {
		while (!list[i]->has_ended && !deadline_has_passed(deadline))
			procs_serve(list[i]->procs, deadline);
	}
	for (size_t i = 0; i < count; i++) {
		if (!list[i]->has_ended)
			proc_kill(list[i]);
	}
}

void proc_stop(struct proc *proc, int64_t grace_ns)
{
	procs_end(&proc, 1, grace_ns);
}

struct proc_result proc_result(const struct proc *proc)
{
	const int status = proc->end.status;

	return (struct proc_result){.has_ended = proc->has_ended,
		.exit_code = proc->has_ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.signal = proc->has_ended && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.started_ns = proc->started_ns,
		.ended_ns = proc->end.ended_ns,
		.cpu_s = proc->end.cpu_s,
		.peak_rss_bytes = proc->end.peak_rss_bytes,
		.out = capture_text(&proc->out),
		.errout = capture_text(&proc->errout),
		.out_size = proc->out.used,
		.errout_size = proc->errout.used,
		.dropped_bytes = proc->out.dropped + proc->errout.dropped};
}

pid_t proc_pid(const struct proc *proc)
{
	return proc->pid;
}
