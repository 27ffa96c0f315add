/* SPDX-License-Identifier: MIT */
/*
 * A pty between our terminal and a program on a host. What is put into its input there, or set of
 * it, stays with it: nobody on the host holds a descriptor of ours.
 */
#include "proc/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum {
	/* A terminal that says it can be written to takes at least so much without blocking. */
	STEP_BYTES = 256,
	/* When the program has ended: what it wrote is shown, unless our terminal stands still. */
	LAST_WORDS_LIMIT_MS = 1000,
	MOST_LAST_STEPS = 4096
};

/* Bytes on their way; it reads only when all are written. */
struct lane {
	struct procs_source reader, writer;
	int from_fd, to_fd; /* borrowed; from_fd: -1 when nothing more comes */
	bool is_held;       /* nothing is read for now */
	char data[STEP_BYTES];
	size_t used, sent;
};

struct terminal {
	struct procs *procs;
	struct procs_source signals; /* our terminal changed its size; we were stopped and go on */
	sigset_t former_mask;
	int master_fd, slave_fd;
	int ours_fd;           /* where it shows, and whose size it has; borrowed */
	bool is_input, is_raw; /* our stdin is a terminal, too; its modes are changed */
	struct termios former;
	struct lane typed, shown;
};

static void lane_turn(struct lane *lane)
{
	bool has_more = lane->used > lane->sent;

	lane->reader.fd = has_more || lane->is_held ? -1 : lane->from_fd;
	lane->writer.fd = has_more ? lane->to_fd : -1;
}

/* False when nothing was there. */
static bool lane_read(struct lane *lane)
{
	ssize_t n = read(lane->from_fd, lane->data, sizeof(lane->data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	lane->sent = 0;
	lane->used = n > 0 ? (size_t)n : 0;
	if (n <= 0)
		lane->from_fd = -1;
	lane_turn(lane);
	return n > 0;
}

static void lane_write(struct lane *lane)
{
	ssize_t n = write(lane->to_fd, lane->data + lane->sent, lane->used - lane->sent);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Where nobody listens any more, it goes on as if they did: the program decides. */
	lane->sent = n < 0 ? lane->used : lane->sent + (size_t)n;
	lane_turn(lane);
}

static void serve_reader(struct procs_source *source, short ready)
{
	(void)ready;
	lane_read((struct lane *)((char *)source - offsetof(struct lane, reader)));
}

static void serve_writer(struct procs_source *source, short ready)
{
	(void)ready;
	lane_write((struct lane *)((char *)source - offsetof(struct lane, writer)));
}

static void lane_open(struct lane *lane, struct procs *procs, int from_fd, int to_fd)
{
	*lane = (struct lane){.reader = {.events = POLLIN, .serve = serve_reader},
		.writer = {.events = POLLOUT, .serve = serve_writer},
		.from_fd = from_fd,
		.to_fd = to_fd};
	lane_turn(lane);
	procs_watch(procs, &lane->reader);
	procs_watch(procs, &lane->writer);
}

static void lane_close(struct lane *lane, struct procs *procs)
{
	procs_unwatch(procs, &lane->reader);
	procs_unwatch(procs, &lane->writer);
}

static void pass_size_on(struct terminal *terminal)
{
	struct winsize size;

	if (ioctl(terminal->ours_fd, TIOCGWINSZ, &size) == 0)
		ioctl(terminal->master_fd, TIOCSWINSZ, &size);
}

/* Every key goes to the pty, whose own modes say what it means. */
static void make_raw(struct terminal *terminal)
{
	struct termios raw = terminal->former;

	cfmakeraw(&raw);
	terminal->is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static bool is_in_front(void)
{
	pid_t front = tcgetpgrp(STDIN_FILENO);

	return front < 0 || front == getpgrp();
}

/* In the background its keys and modes are not ours: touching them would stop us. */
static void adapt(struct terminal *terminal)
{
	bool takes_keys = terminal->is_input && is_in_front();

	pass_size_on(terminal);
	if (takes_keys)
		make_raw(terminal);
	terminal->typed.is_held = !takes_keys;
	lane_turn(&terminal->typed);
}

static void serve_signals(struct procs_source *source, short ready)
{
	struct terminal *terminal =
		(struct terminal *)((char *)source - offsetof(struct terminal, signals));
	struct signalfd_siginfo info;

	(void)ready;
	while (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		adapt(terminal);
}

static int watch_signals(struct terminal *terminal)
{
	sigset_t watched;

	sigemptyset(&watched);
	sigaddset(&watched, SIGWINCH);
	sigaddset(&watched, SIGCONT);
	terminal->signals =
		(struct procs_source){.fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK),
			.events = POLLIN,
			.serve = serve_signals};
	if (terminal->signals.fd < 0)
		return -1;
	pthread_sigmask(SIG_BLOCK, &watched, &terminal->former_mask);
	procs_watch(terminal->procs, &terminal->signals);
	return 0;
}

static int make_pty(struct terminal *terminal)
{
	terminal->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (terminal->master_fd < 0 || unlockpt(terminal->master_fd) < 0)
		return -1;
	/* Its path need not be in sight. */
	terminal->slave_fd = ioctl(terminal->master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->slave_fd < 0)
		return -1;
	return tcsetattr(terminal->slave_fd, TCSANOW, &terminal->former);
}

/* Where what the program shows has to go: one of our streams that is a terminal, or -1. */
static int find_ours(void)
{
	static const int streams[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		if (isatty(streams[i]))
			return streams[i];
	}
	return -1;
}

int terminal_open(struct procs *procs, struct terminal **ret_terminal, struct error *err)
{
	struct terminal *terminal;
	int ours_fd = find_ours();

	if (ours_fd < 0)
		return 0;
	terminal = calloc(1, sizeof(*terminal));
	if (!terminal)
		return fail_errno(err, "make a terminal");
	*terminal = (struct terminal){.procs = procs,
		.master_fd = -1,
		.slave_fd = -1,
		.ours_fd = ours_fd,
		.is_input = isatty(STDIN_FILENO)};
	if (tcgetattr(terminal->is_input ? STDIN_FILENO : ours_fd, &terminal->former) < 0 ||
		make_pty(terminal) < 0 || watch_signals(terminal) < 0) {
		fail_errno(err, "make a terminal for the host");
		fd_closep(&terminal->master_fd);
		fd_closep(&terminal->slave_fd);
		free(terminal);
		return -1;
	}
	lane_open(&terminal->typed, procs, terminal->is_input ? STDIN_FILENO : -1,
		terminal->master_fd);
	lane_open(&terminal->shown, procs, terminal->master_fd, ours_fd);
	adapt(terminal);
	*ret_terminal = terminal;
	return 0;
}

int terminal_slave(const struct terminal *terminal)
{
	return terminal ? terminal->slave_fd : -1;
}

static bool can_show(const struct lane *lane)
{
	struct pollfd ours = {.fd = lane->to_fd, .events = POLLOUT};

	return poll(&ours, 1, LAST_WORDS_LIMIT_MS) > 0 && (ours.revents & POLLOUT);
}

static void show_last_words(struct lane *lane)
{
	for (int i = 0; i < MOST_LAST_STEPS; i++) {
		if (lane->used == lane->sent && (lane->from_fd < 0 || !lane_read(lane)))
			return;
		if (!can_show(lane))
			return;
		lane_write(lane);
	}
}

/* What was typed, or answered by our terminal, and not read yet was not for the shell that we
 * return to. */
static void restore(struct terminal *terminal)
{
	if (terminal->is_raw && is_in_front())
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->former);
}

void terminal_close(struct terminal **terminal)
{
	struct terminal *self = *terminal;

	if (!self)
		return;
	show_last_words(&self->shown);
	restore(self);
	lane_close(&self->typed, self->procs);
	lane_close(&self->shown, self->procs);
	procs_unwatch(self->procs, &self->signals);
	pthread_sigmask(SIG_SETMASK, &self->former_mask, NULL);
	fd_closep(&self->signals.fd);
	fd_closep(&self->slave_fd);
	fd_closep(&self->master_fd);
	free(self);
	*terminal = NULL;
}
