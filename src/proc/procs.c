/* The children of this program: start, serve, wait, stop. */
#include "proc/internal.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEFAULT_KEEP_BYTES = 64 * 1024,
	FDS_PER_PROC = 3,
	SHOWN_INPUT_BYTES = 64 * 1024
};

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

int procs_new(struct procs **ret_procs, struct error *err)
{
	struct procs *procs = calloc(1, sizeof(*procs));
	sigset_t watched;

	if (!procs)
		return fail_errno(err, "prepare for child processes");
	sigemptyset(&watched);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &watched, &procs->former_mask);
	procs->signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (procs->signal_fd < 0) {
		fail_errno(err, "prepare for child processes");
		free(procs);
		return -1;
	}
	procs->secrets = secrets_new();
	*ret_procs = procs;
	return 0;
}

void procs_free(struct procs *procs)
{
	if (!procs)
		return;
	while (procs->first)
		proc_free(procs->first);
	secrets_free(procs->secrets);
	fd_closep(&procs->signal_fd);
	pthread_sigmask(SIG_SETMASK, &procs->former_mask, NULL);
	free(procs);
}

void procs_freep(struct procs **procs)
{
	procs_free(*procs);
	*procs = NULL;
}

void procs_observe(struct procs *procs, proc_observer *observer, void *context)
{
	procs->observer = observer;
	procs->observer_context = context;
}

struct secrets *procs_secrets(struct procs *procs)
{
	return procs->secrets;
}

bool procs_is_cancelled(const struct procs *procs)
{
	return procs->is_cancelled;
}

void procs_cancel(struct procs *procs)
{
	procs->is_cancelled = true;
}

void procs_uncancel(struct procs *procs)
{
	procs->is_cancelled = false;
}

static void tell_observer(struct proc *proc)
{
	struct proc_result result = proc_result(proc);

	if (proc->procs->observer)
		proc->procs->observer(
			proc->procs->observer_context, &(struct proc_event){.what = proc->what,
							       .place = proc->place,
							       .command = proc->command,
							       .input = proc->input,
							       .is_end = proc->has_ended,
							       .pid = proc->pid,
							       .result = &result});
}

/* Reads what is there; a flooding grandchild may write for ever, so there is an end to it. */
static void drain(struct capture *capture)
{
	for (int i = 0; i < 1024 && capture->fd >= 0; i++) {
		if (capture_read(capture) == 0)
			return;
	}
}

/* The shell is gone, but its group still stands in front of the terminal. */
static void retake_terminal(void)
{
	void (*former)(int) = signal(SIGTTOU, SIG_IGN);

	tcsetpgrp(STDIN_FILENO, getpgrp());
	signal(SIGTTOU, former);
}

/* Takes the status; the output may still be open in a grandchild, so only what is there is read. */
static void reap(struct proc *proc)
{
	if (wait4(proc->pid, &proc->status, 0, &proc->rusage) != proc->pid)
		return;
	proc->has_ended = true;
	proc->ended_ns = clock_now_ns();
	fd_closep(&proc->pid_fd);
	fd_closep(&proc->gate_fd);
	drain(&proc->out);
	drain(&proc->errout);
	if (proc->on_terminal)
		retake_terminal();
	tell_observer(proc);
}

static void serve(struct proc *proc, const struct pollfd *fds)
{
	if (fds[0].revents && proc->out.fd >= 0)
		capture_read(&proc->out);
	if (fds[1].revents && proc->errout.fd >= 0)
		capture_read(&proc->errout);
	if (fds[2].revents && !proc->has_ended)
		reap(proc);
}

static void read_signals(struct procs *procs)
{
	struct signalfd_siginfo info;

	while (read(procs->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		procs->is_cancelled = true;
}

/* Polls the children and `extra_fd` (-1: none) once; true when `extra_fd` is readable. */
static bool poll_with(struct procs *procs, int extra_fd, int timeout_ms)
{
	size_t size = 2 + FDS_PER_PROC * procs->count, used = 2;
	struct pollfd *fds = calloc(size, sizeof(*fds));
	struct proc *proc;
	bool extra_is_ready;
	int ready;

	if (!fds) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	fds[0] = (struct pollfd){.fd = procs->signal_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
	for (proc = procs->first; proc; proc = proc->next, used += FDS_PER_PROC) {
		fds[used] = (struct pollfd){.fd = proc->out.fd, .events = POLLIN};
		fds[used + 1] = (struct pollfd){.fd = proc->errout.fd, .events = POLLIN};
		fds[used + 2] = (struct pollfd){.fd = proc->pid_fd, .events = POLLIN};
	}
	ready = poll(fds, size, timeout_ms);
	used = 2;
	for (proc = procs->first; ready > 0 && proc; proc = proc->next, used += FDS_PER_PROC)
		serve(proc, fds + used);
	if (ready > 0 && fds[0].revents)
		read_signals(procs);
	extra_is_ready = ready > 0 && fds[1].revents;
	free(fds);
	return extra_is_ready;
}

static void poll_children(struct procs *procs, int timeout_ms)
{
	poll_with(procs, -1, timeout_ms);
}

bool procs_await_fd(struct procs *procs, int fd, struct deadline deadline)
{
	while (!poll_with(procs, fd, deadline_poll_ms(deadline))) {
		if (deadline_has_passed(deadline))
			return false;
	}
	return true;
}

int procs_step(struct procs *procs, struct deadline deadline, struct error *err)
{
	poll_children(procs, deadline_poll_ms(deadline));
	if (procs->is_cancelled)
		return fail(err, ERROR_CANCELLED, "cancelled");
	return 0;
}

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
	tell_observer(proc);
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
	tree_kill(proc->pid);
	reap(proc);
}

void proc_free(struct proc *proc)
{
	if (!proc)
		return;
	proc_kill(proc);
	unlink_proc(proc);
	fd_closep(&proc->pid_fd);
	fd_closep(&proc->gate_fd);
	fd_closep(&proc->status_fd);
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

	return fail(err, ERROR_TIMEOUT, "%s%s%s: no end after %.1f s: %s", proc->what,
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

/* The last line that says anything, from stderr or else stdout. */
static const char *last_line(struct proc *proc)
{
	const struct capture *capture = proc->errout.used ? &proc->errout : &proc->out;
	char *text = text_trim(arena_strndup(proc->arena, capture_text(capture), capture->used));
	char *line = strrchr(text, '\n');

	secrets_mask(proc->procs->secrets, text);
	line = line ? line + 1 : text;
	return *line ? line : "it printed nothing";
}

const char *proc_obituary(struct proc *proc)
{
	const char *where = proc->place ? proc->place : "this machine";

	if (WIFSIGNALED(proc->status))
		return arena_printf(proc->arena, "%s on %s was ended by signal %d (%s): %s",
			proc->what, where, WTERMSIG(proc->status),
			sigdescr_np(WTERMSIG(proc->status)), last_line(proc));
	return arena_printf(proc->arena, "%s on %s exited with %d: %s", proc->what, where,
		WEXITSTATUS(proc->status), last_line(proc));
}

int proc_wait_success(struct proc *proc, struct deadline deadline, struct error *err)
{
	if (proc_wait(proc, deadline, err))
		return -1;
	if (proc->status != 0)
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
			return fail(err, ERROR_TIMEOUT, "%s: it never said '%s'", proc->what, text);
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

/* Waits without heeding Ctrl-C: stopping is what Ctrl-C asked for. */
void proc_stop(struct proc *proc, int64_t grace_ns)
{
	struct deadline deadline = deadline_in(grace_ns);

	if (proc->has_ended)
		return;
	kill(proc->pid, SIGTERM);
	while (!proc->has_ended && !deadline_has_passed(deadline))
		poll_children(proc->procs, deadline_poll_ms(deadline));
	proc_kill(proc);
}

struct proc_result proc_result(const struct proc *proc)
{
	const struct rusage *r = &proc->rusage;

	return (struct proc_result){.has_ended = proc->has_ended,
		.exit_code =
			proc->has_ended && WIFEXITED(proc->status) ? WEXITSTATUS(proc->status) : -1,
		.signal = proc->has_ended && WIFSIGNALED(proc->status) ? WTERMSIG(proc->status) : 0,
		.started_ns = proc->started_ns,
		.ended_ns = proc->ended_ns,
		.cpu_s = (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
			 (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6,
		.peak_rss_bytes = (uint64_t)r->ru_maxrss * 1024,
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

const char *proc_what(const struct proc *proc)
{
	return proc->what;
}
