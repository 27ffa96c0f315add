/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "proc/far.h"

#include <signal.h>

/* Output with a bound: the first half of `limit` and the last half, what lies between dropped. */
struct capture {
	int fd; /* our end of the pipe, -1 when closed or far */
	char *data;
	size_t used, limit, reserved;
	uint64_t dropped;
};

void capture_init(struct capture *capture, int fd, size_t limit);
void capture_done(struct capture *capture);
void capture_add(struct capture *capture, const void *data, size_t size);
/* The text, NUL-terminated, valid until the next read. */
const char *capture_text(const struct capture *capture);

/* How long a child has stood still. */
struct stop {
	int64_t total_ns; /* stops that are over */
	int64_t since_ns; /* of one that lasts, as far as it is not counted yet; 0: it runs */
};

enum {
	STOPS_MOST = 64 /* children whose stops are kept */
};

struct stops {
	struct proc_stop list[STOPS_MOST];
	size_t count;
	int64_t since_ns;  /* stops are counted from here on */
	int64_t looked_ns; /* when this program last was seen to run */
};

struct proc {
	struct procs *procs;
	struct proc *next;
	struct arena *arena;
	const struct proc_ops *ops;
	void *context; /* of a far child's runner */
	const char *what, *place, *command, *input;
	const char *lost; /* why nothing more will be heard of it, or NULL */
	pid_t pid;
	int pid_fd, gate_fd, status_fd; /* -1: far, or not any more */
	bool has_ended, on_terminal, wakes_nobody;
	enum proc_part part;
	uint64_t id;
	struct stop stop;
	struct terminal *terminal; /* between ours and a program on a host, or NULL */
	int64_t started_ns;
	struct proc_end end;
	struct capture out, errout;
	proc_listener *listener;
	void *listener_context;
};

/* start.c: all that is known before it runs; not yet among the others. */
struct proc *proc_new(
	struct procs *procs, const struct proc_spec *spec, const char *place, size_t keep_bytes);
/* Blocks until a child has been executed, or says why it was not. */
MUST_CHECK int proc_await_exec(struct proc *proc, struct error *err);
/* Puts it among the children that are served. */
void proc_join(struct proc *proc);
/* near.c: children of this process. */
extern const struct proc_ops near_ops;

struct procs {
	struct proc *first;
	struct procs_source *first_source;
	size_t count, source_count;
	uint64_t last_id;
	struct stops stops;
	struct secrets *secrets;
	int64_t quiet_read_ns; /* when those that wake nobody were read, or one was started */
	int signal_fd;
	bool is_cancelled;
	sigset_t former_mask;
	proc_observer *observer;
	void *observer_context;
};

/* terminal.c: a pty for a program on a host, served with the children; nothing is made where no
 * stream of ours is a terminal. */
MUST_CHECK int terminal_open(
	struct procs *procs, struct terminal **ret_terminal, struct error *err);
/* The host's end, which the child takes; -1 of NULL. */
int terminal_slave(const struct terminal *terminal);
/* Shows what is left and gives our terminal its modes back; nothing happens to NULL. */
void terminal_close(struct terminal **terminal);

/* stop.c: asks the kernel which children of this process were stopped or go on. */
void stops_look(struct procs *procs);
/* This program goes on; it may have stood still since it was last seen to run. */
void stops_look_at_us(struct procs *procs);
/* A stop, if there is one, is over. */
void stop_ends(struct proc *proc, int64_t now_ns);
/* As proc_far_stopped(). */
void stop_hand_in(struct proc *proc, int64_t total_ns, bool is_stopped);

/* procs.c: those that cancel every wait. */
void procs_signals(sigset_t *ret_set);
/* procs.c: tells the observer how the child stands. */
void procs_tell(struct proc *proc);
/* Takes the status of a child that has ended, and what is left of its output. */
void near_reap(struct proc *proc);
/* Takes what a pipe holds now, a block of it; false when that was nothing. */
bool near_read(struct proc *proc, struct capture *capture);

/* A process and its parent as /proc shows them. */
struct process {
	pid_t pid, parent;
	char state;
};

/* All processes that this /proc shows; the caller frees the array. */
MUST_CHECK int tree_scan(struct process **ret_list, size_t *ret_count, struct error *err);
/* Marks `root` and its descendants in `is_member[count]`; returns how many are alive. */
size_t tree_mark(const struct process *list, size_t count, pid_t root, bool *is_member);
/* As procs_usage() and proc_threads(), of processes that are visible in /proc. */
MUST_CHECK int usage_of_trees(
	const pid_t roots[], size_t count, struct usage ret_usage[], struct error *err);
MUST_CHECK int usage_of_threads(
	pid_t root, struct thread_usage **ret_threads, size_t *ret_count, struct error *err);
/* As proc_identity(), of a process that is visible in /proc. */
struct proc_identity identity_of(pid_t pid, const char *device, struct arena *arena);
/* Kills every process of the tree; `root` must be a child of ours that nobody has reaped yet. */
void tree_kill(pid_t root);

/* The first `size` - 1 bytes of a file, NUL-terminated, or NULL when it has none; returns `text`.
 */
char *read_small(const char *path, char *text, size_t size);

/* What a child needs between fork and exec. */
struct child_setup {
	const struct proc_spec *spec;
	int input_fd, out_fd, errout_fd; /* borrowed */
	int gate_fd;                     /* read one byte before exec; -1: go at once */
	int status_fd;                   /* gets an errno when exec fails; closed by exec */
	int terminal_fd;                 /* in place of a terminal of ours; -1: we have none */
};
/* Forks a child of ours that enters the place and executes; its pid, or -1 and errno. */
pid_t child_fork(const struct child_setup *setup);
