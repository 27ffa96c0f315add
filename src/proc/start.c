/* SPDX-License-Identifier: MIT */
/* How a child comes to be: its pipes, its input, the fork, and the word whether exec worked. */
#include "proc/internal.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum {
	DEFAULT_KEEP_BYTES = 64 * 1024,
	SHOWN_INPUT_BYTES = 64 * 1024
};

/* A pipe whose read end is ours: non-blocking and closed on exec. */
static int make_pipe(int ret_ends[2], int reader_flags)
{
	if (pipe2(ret_ends, O_CLOEXEC) < 0)
		return -1;
	return fcntl(ret_ends[0], F_SETFL, reader_flags);
}

static bool talks(const struct proc_spec *spec)
{
	return spec->talk_fd > STDERR_FILENO;
}

static int open_input(const struct proc_spec *spec)
{
	AUTO(fd_closep) int fd = -1;
	const char *at = spec->input;
	size_t left = spec->input_size;

	if (talks(spec))
		return fcntl(spec->talk_fd, F_DUPFD_CLOEXEC, 0);
	if (!spec->input)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("stdin", MFD_CLOEXEC);
	while (fd >= 0 && left) {
		ssize_t n = write(fd, at, left);

		if (n < 0)
			return -1;
		at += n;
		left -= (size_t)n;
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return fd_take(&fd);
}

struct plumbing {
	int input, out[2], errout[2], gate[2], status[2];
};

static void plumbing_done(struct plumbing *p)
{
	int *all[] = {&p->input, &p->out[0], &p->out[1], &p->errout[0], &p->errout[1], &p->gate[0],
		&p->gate[1], &p->status[0], &p->status[1]};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		fd_closep(all[i]);
}

static int plumbing_init(struct plumbing *p, const struct proc_spec *spec)
{
	*p = (struct plumbing){-1, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	p->input = open_input(spec);
	if (p->input < 0 || make_pipe(p->status, 0) < 0)
		return -1;
	if (!talks(spec) && make_pipe(p->out, O_NONBLOCK) < 0)
		return -1;
	if (!spec->merge && make_pipe(p->errout, O_NONBLOCK) < 0)
		return -1;
	return spec->held ? make_pipe(p->gate, 0) : 0;
}

/* What is masked is the whole input: a cut before masking could leave half a secret. */
static const char *show_input(
	struct procs *procs, struct arena *arena, const struct proc_spec *spec)
{
	char *text;

	if (!spec->input || !procs->observer || memchr(spec->input, '\0', spec->input_size))
		return NULL;
	text = arena_strndup(arena, spec->input, spec->input_size);
	secrets_mask(procs->secrets, text);
	if (strlen(text) > SHOWN_INPUT_BYTES)
		return arena_printf(arena, "%.*s...", SHOWN_INPUT_BYTES, text);
	return text;
}

struct proc *proc_new(
	struct procs *procs, const struct proc_spec *spec, const char *place, size_t keep_bytes)
{
	struct arena *arena = arena_new();
	struct proc *proc = arena_alloc(arena, struct proc, 1);
	char *command = text_command_line(arena, spec->argv);
	size_t keep = keep_bytes ? keep_bytes : DEFAULT_KEEP_BYTES;

	secrets_mask(procs->secrets, command);
	if (spec->wakes_nobody)
		procs->quiet_read_ns = clock_now_ns();
	*proc = (struct proc){.procs = procs,
		.arena = arena,
		.ops = &near_ops,
		.what = arena_strdup(arena, spec->what ? spec->what : spec->argv[0]),
		.place = place ? arena_strdup(arena, place) : NULL,
		.command = command,
		.input = show_input(procs, arena, spec),
		.started_ns = clock_now_ns(),
		.on_terminal = spec->on_terminal,
		.wakes_nobody = spec->wakes_nobody,
		.part = spec->part,
		.id = ++procs->last_id,
		.pid_fd = -1,
		.gate_fd = -1,
		.status_fd = -1,
		.listener = spec->listener,
		.listener_context = spec->listener_context};
	capture_init(&proc->out, -1, keep);
	capture_init(&proc->errout, -1, keep);
	return proc;
}

void proc_join(struct proc *proc)
{
	proc->next = proc->procs->first;
	proc->procs->first = proc;
	proc->procs->count++;
}

static void adopt(struct proc *proc, struct plumbing *p)
{
	proc->out.fd = fd_take(&p->out[0]);
	proc->errout.fd = fd_take(&p->errout[0]);
	proc->gate_fd = fd_take(&p->gate[1]);
	proc->status_fd = fd_take(&p->status[0]);
	proc->pid_fd = pidfd_open(proc->pid, 0);
	proc_join(proc);
}

/* Blocks until exec happened; the pipe then closes by itself without a byte. */
int proc_await_exec(struct proc *proc, struct error *err)
{
	int reason = 0;
	ssize_t n;

	do
		n = read(proc->status_fd, &reason, sizeof(reason));
	while (n < 0 && errno == EINTR);
	fd_closep(&proc->status_fd);
	if (n != (ssize_t)sizeof(reason))
		return 0;
	errno = reason;
	fail_errno(err, "%s%s%s: run %s", proc->what, proc->place ? " on " : "",
		proc->place ? proc->place : "", proc->command);
	if (reason == ENOENT || reason == EACCES)
		err->kind = ERROR_MISSING;
	return -1;
}

int proc_start(struct procs *procs, const struct proc_spec *spec, struct proc **ret_proc,
	struct error *err)
{
	struct plumbing plumbing;
	struct proc *proc;
	int out_fd;
	pid_t pid;

	if (plumbing_init(&plumbing, spec) < 0) {
		fail_errno(err, "start %s: make its pipes", spec->argv[0]);
		plumbing_done(&plumbing);
		return -1;
	}
	proc = proc_new(procs, spec, spec->place ? spec->place->name : NULL, spec->keep_bytes);
	if (spec->on_terminal && spec->place && terminal_open(procs, &proc->terminal, err)) {
		plumbing_done(&plumbing);
		arena_free(proc->arena);
		return -1;
	}
	out_fd = talks(spec) ? plumbing.input : plumbing.out[1];
	pid = child_fork(&(struct child_setup){.spec = spec,
		.input_fd = plumbing.input,
		.out_fd = out_fd,
		.errout_fd = spec->merge ? out_fd : plumbing.errout[1],
		.gate_fd = plumbing.gate[0],
		.status_fd = plumbing.status[1],
		.terminal_fd = terminal_slave(proc->terminal)});
	if (pid < 0) {
		fail_errno(err, "start %s: fork", spec->argv[0]);
		plumbing_done(&plumbing);
		terminal_close(&proc->terminal);
		arena_free(proc->arena);
		return -1;
	}
	proc->pid = pid;
	adopt(proc, &plumbing);
	plumbing_done(&plumbing);
	if (!spec->held && proc_await_exec(proc, err)) {
		proc_free(proc);
		return -1;
	}
	procs_tell(proc);
	*ret_proc = proc;
	return 0;
}

int proc_release(struct proc *proc, int64_t at_ns, struct error *err)
{
	return proc->ops->release(proc, at_ns, err);
}

int proc_confirm(struct proc *proc, struct error *err)
{
	return proc->ops->confirm(proc, err);
}

/* Near ones come last, because letting them run waits for the time. */
static int release_at(
	struct proc *const list[], size_t count, int64_t at_ns, bool near, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if ((list[i]->ops == &near_ops) == near && proc_release(list[i], at_ns, err))
			return -1;
	}
	return 0;
}

int procs_release(struct proc *const list[], size_t count, struct error *err)
{
	int64_t lead_ns = 0, at_ns;

	for (size_t i = 0; i < count; i++) {
		int64_t needed_ns = list[i]->ops->lead_ns(list[i]);

		lead_ns = needed_ns > lead_ns ? needed_ns : lead_ns;
	}
	at_ns = clock_now_ns() + lead_ns;
	if (release_at(list, count, at_ns, false, err) || release_at(list, count, at_ns, true, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (proc_confirm(list[i], err))
			return -1;
	}
	return 0;
}
