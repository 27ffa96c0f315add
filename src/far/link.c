/* SPDX-License-Identifier: MIT */
#include "far/link.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_BYTES = 64 * 1024,
	SHOWN_BYTES = 80
};

struct far_link {
	struct procs_source in, out; /* `in` first: a source of it is also the link */
	struct procs *procs;
	struct arena *arena;
	enum far_direction hears;
	void (*ready)(void *context);
	void *context;
	struct far_buffer inbox, outbox;
	const char *version, *kernel, *end;
	bool was_closed;
	bool is_finishing; /* closes `out` when all is sent */
	int out_fd;        /* out.fd while there is something to send */
};

static const char *link_of(struct arena *arena, const char *name)
{
	char *target = arena_bytes(arena, PATH_MAX, 1);

	return readlink(name, target, PATH_MAX - 1) < 0 ? "" : target;
}

/* One that does not say which boot it is must not pass for another. */
static char *boot_of(struct arena *arena)
{
	struct error ignored;
	char *text;

	if (file_read(arena, "/proc/sys/kernel/random/boot_id", 100, &text, NULL, &ignored) == 0)
		return text_trim(text);
	return arena_printf(arena, "%d-%lld", getpid(), (long long)clock_now_ns());
}

/* The inodes of namespaces are the same for all who share them. */
char *far_kernel(struct arena *arena)
{
	return arena_printf(arena, "%s %s %s", boot_of(arena), link_of(arena, "/proc/self/ns/time"),
		link_of(arena, "/proc/self/ns/pid"));
}

void far_link_break(struct far_link *link, const char *why)
{
	if (!link->end)
		link->end = arena_strdup(link->arena, why);
	link->inbox.used = link->outbox.used = 0;
	link->out.fd = -1;
	fd_closep(&link->in.fd);
	fd_closep(&link->out_fd);
}

static ssize_t write_some(int fd, const void *data, size_t size)
{
	ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 && errno == ENOTSOCK ? write(fd, data, size) : n;
}

static void shut(struct far_link *link)
{
	shutdown(link->out_fd, SHUT_WR); /* a pipe is shut by closing it */
	fd_closep(&link->out_fd);
}

static void push(struct far_link *link)
{
	while (link->outbox.used && link->out_fd >= 0) {
		ssize_t n = write_some(link->out_fd, link->outbox.bytes, link->outbox.used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) { /* what the other end has said before it closed can still be read */
			link->outbox.used = 0;
			fd_closep(&link->out_fd);
			break;
		}
		far_buffer_take(&link->outbox, (size_t)n);
	}
	if (link->is_finishing && !link->outbox.used && link->out_fd >= 0)
		shut(link);
	link->out.fd = link->outbox.used ? link->out_fd : -1;
}

static void serve_out(struct procs_source *source, short ready)
{
	struct far_link *link =
		(struct far_link *)((char *)source - offsetof(struct far_link, out));

	(void)ready;
	push(link);
}

static void pull(struct far_link *link)
{
	static uint8_t block[READ_BYTES];
	ssize_t n = read(link->in.fd, block, sizeof(block));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		far_buffer_add(&link->inbox, block, (size_t)n);
		return;
	}
	link->end = link->kernel ? "the other end closed it"
				 : "the other end closed it before it said hello";
	link->was_closed = link->kernel != NULL;
	fd_closep(&link->in.fd);
}

static void serve_in(struct procs_source *source, short ready)
{
	struct far_link *link = (struct far_link *)source;

	(void)ready;
	pull(link);
	if (link->ready)
		link->ready(link->context);
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int far_link_new(struct procs *procs, const struct far_ends *ends, struct far_link **ret_link,
	struct error *err)
{
	struct arena *arena = arena_new();
	struct far_link *link = arena_alloc(arena, struct far_link, 1);

	*link = (struct far_link){.in = {ends->in_fd, POLLIN, serve_in, NULL},
		.out = {-1, POLLOUT, serve_out, NULL},
		.procs = procs,
		.arena = arena,
		.version = arena_strdup(arena, ends->version),
		.hears = ends->hears,
		.ready = ends->ready,
		.context = ends->context,
		.out_fd = ends->out_fd};
	procs_watch(procs, &link->in);
	procs_watch(procs, &link->out);
	if (set_nonblocking(link->in.fd) < 0 || set_nonblocking(link->out_fd) < 0) {
		fail_errno(err, "prepare a link");
		far_link_free(link);
		return -1;
	}
	if (far_link_send(link,
		    &(struct far_message){.kind = FAR_HELLO,
			    .version = link->version,
			    .kernel = far_kernel(arena)},
		    err)) {
		far_link_free(link);
		return -1;
	}
	*ret_link = link;
	return 0;
}

void far_link_free(struct far_link *link)
{
	if (!link)
		return;
	procs_unwatch(link->procs, &link->in);
	procs_unwatch(link->procs, &link->out);
	fd_closep(&link->in.fd);
	fd_closep(&link->out_fd);
	far_buffer_done(&link->inbox);
	far_buffer_done(&link->outbox);
	arena_free(link->arena);
}

int far_link_send(struct far_link *link, const struct far_message *message, struct error *err)
{
	if (link->out_fd < 0)
		return 0;
	if (far_encode(message, &link->outbox, err))
		return -1;
	push(link);
	return 0;
}

void far_link_drain(struct far_link *link, size_t most_bytes, struct deadline deadline)
{
	while (link->outbox.used > most_bytes && !deadline_has_passed(deadline)) {
		poll(&(struct pollfd){.fd = link->out_fd, .events = POLLOUT}, 1,
			deadline_poll_ms(deadline));
		push(link);
	}
}

/* What came instead of a greeting, such as a shell's "not found" or a login message. */
static char *shown(const struct far_link *link, struct arena *arena)
{
	size_t size = link->inbox.used < SHOWN_BYTES ? link->inbox.used : SHOWN_BYTES;
	char *text = arena_strndup(arena, (const char *)link->inbox.bytes, size);

	for (size_t i = 0; i < size; i++) {
		if (!isprint((unsigned char)text[i]))
			text[i] = isspace((unsigned char)text[i]) ? ' ' : '?';
	}
	return arena_printf(arena, "the other end says '%s' instead of hello", text_trim(text));
}

static bool refuse(struct far_link *link, const char *why)
{
	far_link_break(link, why);
	return false;
}

static bool greet(struct far_link *link, struct arena *arena, const struct far_message *hello)
{
	if (hello->kind != FAR_HELLO)
		return refuse(link, arena_printf(arena, "message '%s' came before hello",
					    far_kind_name(hello->kind)));
	if (strcmp(hello->version, link->version) != 0)
		return refuse(link,
			arena_printf(arena,
				"the other end is meshbench %.100s and this one %.100s: install the same version on both",
				hello->version, link->version));
	link->kernel = arena_strdup(link->arena, hello->kernel);
	return true;
}

bool far_link_take(struct far_link *link, struct arena *arena, struct far_message *ret_message)
{
	struct error err;
	bool is_whole;

	for (;;) {
		if (far_decode(&link->inbox, link->hears, arena, ret_message, &is_whole, &err))
			return refuse(link, link->kernel ? err.text : shown(link, arena));
		if (!is_whole && link->end && link->inbox.used) {
			link->end = "the other end closed it within a message";
			link->was_closed = false;
		}
		if (!is_whole)
			return false;
		if (link->kernel && ret_message->kind == FAR_HELLO)
			return refuse(link, "the other end said hello twice");
		if (link->kernel)
			return true;
		if (!greet(link, arena, ret_message))
			return false;
	}
}

const char *far_link_kernel(const struct far_link *link)
{
	return link->kernel;
}

const char *far_link_end(const struct far_link *link)
{
	return link->end;
}

bool far_link_was_closed(const struct far_link *link)
{
	return link->was_closed;
}

void far_link_finish(struct far_link *link)
{
	link->is_finishing = true;
	push(link);
}
