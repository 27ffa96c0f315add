/* SPDX-License-Identifier: MIT */
#pragma once

#include "proc/proc.h"

/*
 * Far children: they run elsewhere, and a runner of theirs, such as a connection to another
 * machine, does what is asked of them and hands in what happens to them. For all others they are
 * children like any other.
 */
struct proc_ops {
	/* How long before a common start it must be asked for: the way there and some. */
	int64_t (*lead_ns)(const struct proc *proc);
	/* Lets a held child run at this time of CLOCK_MONOTONIC here; returns before or then. */
	int (*release)(struct proc *proc, int64_t at_ns, struct error *err);
	/* Returns when a released child has been executed, or why it was not. */
	int (*confirm)(struct proc *proc, struct error *err);
	void (*signal)(struct proc *proc, int number);
	/* Kills the whole tree; its end has been handed in when this returns. */
	void (*kill)(struct proc *proc);
	/* As procs_usage(), of children with these operations. */
	int (*usage)(const struct proc *const list[], size_t count, struct usage ret_usage[],
		struct error *err);
	int (*threads)(const struct proc *proc, struct thread_usage **ret_threads,
		size_t *ret_count, struct error *err);
	struct proc_identity (*identity)(
		const struct proc *proc, const char *device, struct arena *arena);
	/* It is about to be freed: nothing may be handed in any more. */
	void (*forget)(struct proc *proc);
};

/* How a child ended. Times are of CLOCK_MONOTONIC here. */
struct proc_end {
	int status; /* of wait(2) */
	int64_t ended_ns;
	double cpu_s;
	uint64_t peak_rss_bytes;
};

/*
 * A child of a runner, before it runs. Of the spec are used: what, argv, input and keep_bytes;
 * `place` is the name of where it runs. `ops` and `context` are borrowed. The caller owns it.
 */
struct proc *proc_far_new(struct procs *procs, const struct proc_spec *spec, const char *place,
	const struct proc_ops *ops, void *context);
void *proc_far_context(const struct proc *proc);
/* It runs or, when held, is ready to. `pid` is 0 unless it can be seen on this machine. */
void proc_far_started(struct proc *proc, pid_t pid, int64_t started_ns);
/* A held child has been executed. */
void proc_far_released(struct proc *proc, int64_t started_ns);
void proc_far_output(struct proc *proc, enum proc_stream stream, const void *data, size_t size);
/* For how long it has stood still since it began, without a stop that lasts; and does one last now.
 */
void proc_far_stopped(struct proc *proc, int64_t total_ns, bool is_stopped);
/* At most once. What it has left behind may write on. */
void proc_far_ended(struct proc *proc, const struct proc_end *end);
/* Its runner cannot say any more how it ended, and why: "the connection to lom ended". */
void proc_far_lost(struct proc *proc, const char *why);
