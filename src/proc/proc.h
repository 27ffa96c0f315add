/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Child processes. One `struct procs` owns all children of the program. Code that waits for
 * anything waits in procs_step() or above it, and there every child's output is read and every end
 * is seen, so no daemon blocks on a full pipe and Ctrl-C is noticed wherever we are.
 * Single-threaded.
 */
struct procs;
struct proc;

enum proc_stream {
	PROC_OUT,
	PROC_ERROUT
};
/* Takes what a child writes instead of keeping it; `data` is borrowed. */
typedef void proc_listener(void *context, enum proc_stream stream, const void *data, size_t size);

/* Namespaces that a child enters before it runs; -1 stays. Descriptors are borrowed. */
struct proc_place {
	const char *name; /* for messages and the log: the host's name */
	int pid_fd, user_fd, net_fd, uts_fd, ipc_fd, mount_fd;
	const char *const *environment; /* instead of ours; NULL-terminated, or NULL: ours */
	const cpu_set_t *processors;    /* that it may use, or NULL: ours */
	int group_fd; /* above 2: cgroup.procs of the control group that limits it */
};

/* Whose it is, for those who ask who stood still. */
enum proc_part {
	PROC_INSTRUMENT, /* measures, or helps to */
	PROC_SUBJECT,    /* belongs to what is measured */
	PROC_WIRE        /* notices on its own that it stood still */
};

struct proc_spec {
	const char *what;               /* for messages: "start nebula" */
	const char *const *argv;        /* NULL-terminated; argv[0] is looked up on PATH */
	const char *const *environment; /* NULL-terminated NAME=value, added to the place's or to
					   ours; or NULL */
	const char *dir;                /* working directory inside the place, or NULL */
	const struct proc_place *place; /* NULL: where we are */
	const cpu_set_t *processors;    /* that it may use; NULL: those of its place */
	const void *input;              /* stdin; NULL: /dev/null */
	size_t input_size;
	size_t keep_bytes; /* of each output: the first and last half of it; 0: 64 KiB */
	bool merge;        /* stderr goes to stdout, in order */
	enum proc_part part;
	int inherit_fd; /* above 2: stays open in the child, under the same number */
	int talk_fd;    /* above 2: its stdin and stdout, for one that we talk to; borrowed */
	proc_listener *listener; /* or NULL: what it writes is kept */
	void *listener_context;
	bool contained; /* all that it starts ends with it, and with us: in a PID namespace of its
			   own, where we may make one. A signal that ends it is exit code 128
			   and more then. Not for what is held or in a place */
	bool held;      /* ready to run, but waits for procs_release() */
	bool wakes_nobody; /* its stdout waits in its pipe for proc_read(), for its end, and for a
			      second at most while anybody waits */
	bool on_terminal;  /* our stdin, stdout and stderr, and our terminal while it runs; in a
			      place, a pty lies between */
};

/* What is known of a child; texts are valid until proc_free() or the next output. */
struct proc_result {
	bool has_ended;
	int exit_code;      /* -1 when a signal ended it */
	int signal;         /* 0 when it exited */
	int64_t started_ns; /* CLOCK_MONOTONIC, just before exec */
	int64_t ended_ns;
	double cpu_s;             /* user + system, with all descendants that were waited for */
	uint64_t peak_rss_bytes;  /* of the largest single process among them */
	const char *out, *errout; /* NUL-terminated; see dropped_bytes */
	size_t out_size, errout_size;
	uint64_t dropped_bytes; /* output beyond keep_bytes */
};

/* Called at every start and every end; texts have secrets masked and are borrowed. */
struct proc_event {
	const char *what, *place, *command;
	const char *input; /* what it reads from stdin when that is text, or NULL */
	bool is_end;
	pid_t pid;
	const struct proc_result *result;
};
typedef void proc_observer(void *context, const struct proc_event *event);

/* Also takes SIGINT, SIGTERM, SIGHUP, SIGPIPE and SIGQUIT over: they cancel every wait until
 * procs_uncancel(). */
MUST_CHECK int procs_new(struct procs **ret_procs, struct error *err);
/* Kills whatever still runs. The cleanup form is for AUTO(). */
void procs_free(struct procs *procs);
void procs_freep(struct procs **procs);
void procs_observe(struct procs *procs, proc_observer *observer, void *context);
/* The values masked in errors, events and proc_log_text(); owned by `procs`. */
struct secrets *procs_secrets(struct procs *procs);
bool procs_is_cancelled(const struct procs *procs);
void procs_cancel(struct procs *procs);
void procs_uncancel(struct procs *procs);

/*
 * Serves the children until one writes or ends, or the deadline passes; 0 in all three cases.
 * Fails with ERROR_CANCELLED after a signal.
 */
MUST_CHECK int procs_step(struct procs *procs, struct deadline deadline, struct error *err);

/* The same, heedless of Ctrl-C: for waits that are themselves part of ending. */
void procs_serve(struct procs *procs, struct deadline deadline);

/*
 * Serves the children until `fd` is readable; false when the deadline passed before. Heedless of
 * Ctrl-C, too.
 */
bool procs_await_fd(struct procs *procs, int fd, struct deadline deadline);

/* Something else that is served whenever anybody waits, such as a connection. The caller owns it.
 */
struct procs_source {
	int fd;       /* -1: not now */
	short events; /* of poll(2) */
	/* Called when it is ready; adds and takes away no source, and frees no child. */
	void (*serve)(struct procs_source *source, short ready);
	struct procs_source *next;
};
void procs_watch(struct procs *procs, struct procs_source *source);
void procs_unwatch(struct procs *procs, struct procs_source *source);

/* Returns when the program has been executed, or why not (ERROR_MISSING: no such program). */
MUST_CHECK int proc_start(struct procs *procs, const struct proc_spec *spec, struct proc **ret_proc,
	struct error *err);
/*
 * Lets held children run, all within microseconds of one time, and reports the first that could
 * not. Far ones (proc/far.h) run when their own clock shows that time.
 */
MUST_CHECK int procs_release(struct proc *const list[], size_t count, struct error *err);
/* The halves of it for one child: to run at this time of CLOCK_MONOTONIC, and has it been executed.
 */
MUST_CHECK int proc_release(struct proc *proc, int64_t at_ns, struct error *err);
MUST_CHECK int proc_confirm(struct proc *proc, struct error *err);
/* Kills the tree if it still runs. */
void proc_free(struct proc *proc);
void proc_freep(struct proc **proc);

/* 0 once ended, whatever its status. At the deadline the whole tree is killed: ERROR_TIMEOUT. */
MUST_CHECK int proc_wait(struct proc *proc, struct deadline deadline, struct error *err);
/* As proc_wait, then a status other than 0 is ERROR_TOOL with its last words. */
MUST_CHECK int proc_wait_success(struct proc *proc, struct deadline deadline, struct error *err);
/* 0 once stdout contains `text`; ERROR_CRASHED when it ends before; not killed at the deadline. */
MUST_CHECK int proc_wait_output(
	struct proc *proc, const char *text, struct deadline deadline, struct error *err);
/* Starts, waits for success and frees. */
MUST_CHECK int proc_run(struct procs *procs, const struct proc_spec *spec, struct deadline deadline,
	struct error *err);
/* SIGTERM, up to `grace_ns` for a clean end, then SIGKILL to the whole tree. Never cancelled. */
void proc_stop(struct proc *proc, int64_t grace_ns);
/* The same for several at once, in this order: together they have no more than `grace_ns`. */
void procs_end(struct proc *const list[], size_t count, int64_t grace_ns);
void proc_kill(struct proc *proc);
/* Nothing happens to one that has ended. */
void proc_signal(struct proc *proc, int number);

/* Reads what one that wakes nobody has written; far ones are read as ever. */
void proc_read(struct proc *proc);
struct proc_result proc_result(const struct proc *proc);
/* 0 of a far child that does not run on this machine. */
pid_t proc_pid(const struct proc *proc);
/*
 * The line of a program's output that says why it ended; within `text`, which is cut there. That is
 * the last one, but for two habits: some say why they end and then only that they do, and a trace
 * of Go or Rust begins with its reason. "" when nothing was printed.
 */
char *proc_last_words(char *text);
/* One line about an end that was not wanted: status and last words, secrets masked. */
const char *proc_obituary(struct proc *proc);

/* What a child is now: a script may have become another program. */
struct proc_identity {
	const char *program; /* its path; NULL: not known */
	bool holds_device;
};
/* `device` is a TUN device that it may have open, or NULL; the path lies in the arena. */
struct proc_identity proc_identity(
	const struct proc *proc, const char *device, struct arena *arena);

/*
 * Children that somebody stopped (SIGSTOP). They wait for no processor, so no other account shows
 * that they did not run. What a child started itself is not seen.
 */
struct proc_stop {
	char what[64], place[64]; /* the place is "" on this machine */
	enum proc_part part;
	bool is_ours; /* this program itself, which knows only how long it was at most */
	int64_t ns;   /* all stops together */
	uint64_t id;  /* of the child */
};
/* Counts from now on. */
void procs_count_stops(struct procs *procs);
/* Those that were stopped since, until now; valid until the next wait. */
const struct proc_stop *procs_stops(struct procs *procs, size_t *ret_count);

/* How long a child has stood still, but for a stop that lasts; and does one last now. */
int64_t proc_stopped_ns(const struct proc *proc, bool *ret_is_stopped);

/* Resources of a process tree now: the live ones and all that they waited for. */
struct usage {
	double cpu_s;
	uint64_t peak_rss_bytes; /* sum of the members' own peaks */
	uint64_t rss_bytes;      /* now */
	size_t processes;
};

struct thread_usage {
	pid_t pid, tid;
	char name[16];
	double cpu_s;
	double waited_s;      /* ready to run, but no processor was free for it */
	uint64_t wakeups;     /* it slept and was woken: voluntary context switches */
	uint64_t preemptions; /* it was put aside: involuntary ones */
};

/* Trees of `count` children, in one look at /proc where they run. One that is gone counts as zero.
 */
MUST_CHECK int procs_usage(
	const struct proc *const list[], size_t count, struct usage ret_usage[], struct error *err);
/* Live threads of a child's tree; the caller frees `*ret_threads`. */
MUST_CHECK int proc_threads(const struct proc *proc, struct thread_usage **ret_threads,
	size_t *ret_count, struct error *err);
