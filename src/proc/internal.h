#pragma once

#include "proc/proc.h"

/* Output with a bound: the first half of `limit` and the last half, what lies between dropped. */
struct capture {
	int fd; /* our end of the pipe, -1 when closed */
	char *data;
	size_t used, limit, reserved;
	uint64_t dropped;
};

void capture_init(struct capture *capture, int fd, size_t limit);
void capture_done(struct capture *capture);
/* Reads what is there; closes at the end of the stream. */
void capture_read(struct capture *capture);
/* The text, NUL-terminated, valid until the next read. */
const char *capture_text(const struct capture *capture);

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

/* What a child needs between fork and exec. */
struct child_setup {
	const struct proc_spec *spec;
	int input_fd, out_fd, errout_fd;
	int gate_fd;   /* read one byte before exec; -1: go at once */
	int status_fd; /* gets an errno when exec fails; closed by exec */
};
/* Forks a child of ours that enters the place and executes; its pid, or -1 and errno. */
pid_t child_fork(const struct child_setup *setup);
