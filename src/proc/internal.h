/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "proc/proc.h"

#include <signal.h>
#include <sys/resource.h>

/* Output with a bound: the first half of `limit` and the last half, what lies between dropped. */
struct capture {
	int fd; /* our end of the pipe, -1 when closed */
	char *data;
	size_t used, limit, reserved;
	uint64_t dropped;
};

void capture_init(struct capture *capture, int fd, size_t limit);
void capture_done(struct capture *capture);
/* Reads a block and returns its size; 0 when nothing is there or the stream has ended. */
size_t capture_read(struct capture *capture);
/* The text, NUL-terminated, valid until the next read. */
const char *capture_text(const struct capture *capture);

struct proc {
	struct procs *procs;
	struct proc *next;
	struct arena *arena;
	const char *what, *place, *command, *input;
	pid_t pid;
	int pid_fd, gate_fd, status_fd;
	bool has_ended, on_terminal;
	int status;
	int64_t started_ns, ended_ns;
	struct rusage rusage;
	struct capture out, errout;
};

struct procs {
	struct proc *first;
	size_t count;
	struct secrets *secrets;
	int signal_fd;
	bool is_cancelled;
	sigset_t former_mask;
	proc_observer *observer;
	void *observer_context;
};

/* procs.c: tells the observer how the child stands. */
void procs_tell(struct proc *proc);
/* Serves all children for at most this long, heedless of Ctrl-C. */
void procs_serve(struct procs *procs, int timeout_ms);
/* Takes the status of a child that has ended, and what is left of its output. */
void proc_reap(struct proc *proc);

/* A process and its parent as /proc shows them. */
struct process {
	pid_t pid, parent;
	char state;
};

/* All processes that this /proc shows; the caller frees the array. */
MUST_CHECK int tree_scan(struct process **ret_list, size_t *ret_count, struct error *err);
/* Marks `root` and its descendants in `is_member[count]`; returns how many are alive. */
size_t tree_mark(const struct process *list, size_t count, pid_t root, bool *is_member);
/* Kills every process of the tree; `root` must be a child of ours that nobody has reaped yet. */
void tree_kill(pid_t root);

/* The first `size` - 1 bytes of a file, NUL-terminated, or NULL when it has none; returns `text`.
 */
char *read_small(const char *path, char *text, size_t size);

/* What a child needs between fork and exec. */
struct child_setup {
	const struct proc_spec *spec;
	int input_fd, out_fd, errout_fd;
	int gate_fd;   /* read one byte before exec; -1: go at once */
	int status_fd; /* gets an errno when exec fails; closed by exec */
};
/* Forks a child of ours that enters the place and executes; its pid, or -1 and errno. */
pid_t child_fork(const struct child_setup *setup);
