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

static int open_input(const struct proc_spec *spec)
{
	AUTO(fd_closep) int fd = -1;
	const char *at = spec->input;
	size_t left = spec->input_size;

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
	if (p->input < 0 || make_pipe(p->out, O_NONBLOCK) < 0 || make_pipe(p->status, 0) < 0)
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

static struct proc *proc_new(struct procs *procs, const struct proc_spec *spec)
{
	struct arena *arena = arena_new();
	struct proc *proc = arena_alloc(arena, struct proc, 1);
	char *command = text_command_line(arena, spec->argv);

	secrets_mask(procs->secrets, command);
	*proc = (struct proc){.procs = procs,
		.arena = arena,
		.what = arena_strdup(arena, spec->what ? spec->what : spec->argv[0]),
		.place = spec->place ? arena_strdup(arena, spec->place->name) : NULL,
		.command = command,
		.input = show_input(procs, arena, spec),
		.started_ns = clock_now_ns(),
		.on_terminal = spec->on_terminal,
		.pid_fd = -1,
		.gate_fd = -1,
		.status_fd = -1};
	return proc;
}

static void adopt(struct proc *proc, struct plumbing *p, size_t keep_bytes)
{
	size_t keep = keep_bytes ? keep_bytes : DEFAULT_KEEP_BYTES;

	capture_init(&proc->out, fd_take(&p->out[0]), keep);
	capture_init(&proc->errout, fd_take(&p->errout[0]), keep);
	proc->gate_fd = fd_take(&p->gate[1]);
	proc->status_fd = fd_take(&p->status[0]);
	proc->pid_fd = pidfd_open(proc->pid, 0);
	proc->next = proc->procs->first;
	proc->procs->first = proc;
	proc->procs->count++;
}

/* Blocks until exec happened; the pipe then closes by itself without a byte. */
static int await_exec(struct proc *proc, struct error *err)
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
	pid_t pid;

	if (plumbing_init(&plumbing, spec) < 0) {
		fail_errno(err, "start %s: make its pipes", spec->argv[0]);
		plumbing_done(&plumbing);
		return -1;
	}
	proc = proc_new(procs, spec);
	pid = child_fork(&(struct child_setup){.spec = spec,
		.input_fd = plumbing.input,
		.out_fd = plumbing.out[1],
		.errout_fd = spec->merge ? plumbing.out[1] : plumbing.errout[1],
		.gate_fd = plumbing.gate[0],
		.status_fd = plumbing.status[1]});
	if (pid < 0) {
		fail_errno(err, "start %s: fork", spec->argv[0]);
		plumbing_done(&plumbing);
		arena_free(proc->arena);
		return -1;
	}
	proc->pid = pid;
	adopt(proc, &plumbing, spec->keep_bytes);
	plumbing_done(&plumbing);
	if (!spec->held && await_exec(proc, err)) {
		proc_free(proc);
		return -1;
	}
	procs_tell(proc);
	*ret_proc = proc;
	return 0;
}

int procs_release(struct proc *const list[], size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		list[i]->started_ns = clock_now_ns();
		if (write(list[i]->gate_fd, "g", 1) != 1)
			return fail_errno(err, "%s: let it run", list[i]->what);
	}
	for (size_t i = 0; i < count; i++) {
		fd_closep(&list[i]->gate_fd);
		if (await_exec(list[i], err))
			return -1;
	}
	return 0;
}
