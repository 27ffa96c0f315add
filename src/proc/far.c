/* SPDX-License-Identifier: MIT */
/* Far children: what their runners hand in. */
#include "proc/internal.h"

#include "base/arena.h"

#include <assert.h>
#include <signal.h>

struct proc *proc_far_new(struct procs *procs, const struct proc_spec *spec, const char *place,
	const struct proc_ops *ops, void *context)
{
	struct proc *proc = proc_new(procs, spec, place, spec->keep_bytes);

	proc->ops = ops;
	proc->context = context;
	proc_join(proc);
	return proc;
}

void *proc_far_context(const struct proc *proc)
{
	return proc->context;
}

void proc_far_started(struct proc *proc, pid_t pid, int64_t started_ns)
{
	proc->pid = pid;
	proc->started_ns = started_ns;
	procs_tell(proc);
}

void proc_far_released(struct proc *proc, int64_t started_ns)
{
	proc->started_ns = started_ns;
}

void proc_far_output(struct proc *proc, enum proc_stream stream, const void *data, size_t size)
{
	capture_add(stream == PROC_OUT ? &proc->out : &proc->errout, data, size);
}

void proc_far_stopped(struct proc *proc, int64_t total_ns, bool is_stopped)
{
	stop_hand_in(proc, total_ns, is_stopped);
}

void proc_far_ended(struct proc *proc, const struct proc_end *end)
{
	assert(!proc->has_ended);
	stop_ends(proc, end->ended_ns);
	proc->end = *end;
	proc->has_ended = true;
	procs_tell(proc);
}

void proc_far_lost(struct proc *proc, const char *why)
{
	proc->lost = arena_strdup(proc->arena, why);
	proc_far_ended(proc, &(struct proc_end){.status = SIGKILL, .ended_ns = clock_now_ns()});
}
