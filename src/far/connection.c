/* SPDX-License-Identifier: MIT */
#include "far/connection.h"

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

struct far_connection {
	struct procs_source in, out; /* `in` first: a source of it is also the connection */
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
	uint64_t sent_bytes, heard_bytes;
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

void far_connection_break(struct far_connection *connection, const char *why)
{
	if (!connection->end)
		connection->end = arena_strdup(connection->arena, why);
	connection->inbox.used = connection->outbox.used = 0;
	connection->out.fd = -1;
	fd_closep(&connection->in.fd);
	fd_closep(&connection->out_fd);
}

static ssize_t write_some(int fd, const void *data, size_t size)
{
	ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 && errno == ENOTSOCK ? write(fd, data, size) : n;
}

static void shut(struct far_connection *connection)
{
	shutdown(connection->out_fd, SHUT_WR); /* a pipe is shut by closing it */
	fd_closep(&connection->out_fd);
}

static void push(struct far_connection *connection)
{
	while (connection->outbox.used && connection->out_fd >= 0) {
		ssize_t n = write_some(
			connection->out_fd, connection->outbox.bytes, connection->outbox.used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) { /* what the other end has said before it closed can still be read */
			connection->outbox.used = 0;
			fd_closep(&connection->out_fd);
			break;
		}
		far_buffer_take(&connection->outbox, (size_t)n);
		connection->sent_bytes += (uint64_t)n;
	}
	if (connection->is_finishing && !connection->outbox.used && connection->out_fd >= 0)
		shut(connection);
	connection->out.fd = connection->outbox.used ? connection->out_fd : -1;
}

static void serve_out(struct procs_source *source, short ready)
{
	struct far_connection *connection =
		(struct far_connection *)((char *)source - offsetof(struct far_connection, out));

	(void)ready;
	push(connection);
}

static void pull(struct far_connection *connection)
{
	static uint8_t block[READ_BYTES];
	ssize_t n = read(connection->in.fd, block, sizeof(block));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		far_buffer_add(&connection->inbox, block, (size_t)n);
		connection->heard_bytes += (uint64_t)n;
		return;
	}
	connection->end = connection->kernel ? "the other end closed it"
					     : "the other end closed it before it said hello";
	connection->was_closed = connection->kernel != NULL;
	fd_closep(&connection->in.fd);
}

static void serve_in(struct procs_source *source, short ready)
{
	struct far_connection *connection = (struct far_connection *)source;

	(void)ready;
	pull(connection);
	if (connection->ready)
		connection->ready(connection->context);
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int far_connection_new(struct procs *procs, const struct far_ends *ends,
	struct far_connection **ret_connection, struct error *err)
{
	struct arena *arena = arena_new();
	struct far_connection *connection = arena_alloc(arena, struct far_connection, 1);

	*connection = (struct far_connection){.in = {ends->in_fd, POLLIN, serve_in, NULL},
		.out = {-1, POLLOUT, serve_out, NULL},
		.procs = procs,
		.arena = arena,
		.version = arena_strdup(arena, ends->version),
		.hears = ends->hears,
		.ready = ends->ready,
		.context = ends->context,
		.out_fd = ends->out_fd};
	procs_watch(procs, &connection->in);
	procs_watch(procs, &connection->out);
	if (set_nonblocking(connection->in.fd) < 0 || set_nonblocking(connection->out_fd) < 0) {
		fail_errno(err, "prepare a connection");
		far_connection_free(connection);
		return -1;
	}
	if (far_connection_send(connection,
		    &(struct far_message){.kind = FAR_HELLO,
			    .version = connection->version,
			    .kernel = far_kernel(arena)},
		    err)) {
		far_connection_free(connection);
		return -1;
	}
	*ret_connection = connection;
	return 0;
}

void far_connection_free(struct far_connection *connection)
{
	if (!connection)
		return;
	procs_unwatch(connection->procs, &connection->in);
	procs_unwatch(connection->procs, &connection->out);
	fd_closep(&connection->in.fd);
	fd_closep(&connection->out_fd);
	far_buffer_done(&connection->inbox);
	far_buffer_done(&connection->outbox);
	arena_free(connection->arena);
}

int far_connection_send(
	struct far_connection *connection, const struct far_message *message, struct error *err)
{
	if (connection->out_fd < 0)
		return 0;
	if (far_encode(message, &connection->outbox, err))
		return -1;
	push(connection);
	return 0;
}

void far_connection_drain(
	struct far_connection *connection, size_t most_bytes, struct deadline deadline)
{
	while (connection->outbox.used > most_bytes && !deadline_has_passed(deadline)) {
		poll(&(struct pollfd){.fd = connection->out_fd, .events = POLLOUT}, 1,
			deadline_poll_ms(deadline));
		push(connection);
	}
}

/* What came instead of a greeting, such as a shell's "not found" or a login message. */
static char *shown(const struct far_connection *connection, struct arena *arena)
{
	size_t size = connection->inbox.used < SHOWN_BYTES ? connection->inbox.used : SHOWN_BYTES;
	char *text = arena_strndup(arena, (const char *)connection->inbox.bytes, size);

	for (size_t i = 0; i < size; i++) {
		if (!isprint((unsigned char)text[i]))
			text[i] = isspace((unsigned char)text[i]) ? ' ' : '?';
	}
	return arena_printf(arena, "the other end says '%s' instead of hello", text_trim(text));
}

static bool refuse(struct far_connection *connection, const char *why)
{
	far_connection_break(connection, why);
	return false;
}

static bool greet(
	struct far_connection *connection, struct arena *arena, const struct far_message *hello)
{
	if (hello->kind != FAR_HELLO)
		return refuse(connection, arena_printf(arena, "message '%s' came before hello",
						  far_kind_name(hello->kind)));
	if (strcmp(hello->version, connection->version) != 0)
		return refuse(connection,
			arena_printf(arena,
				"the other end is meshbench %.100s and this one %.100s: install the same version on both",
				hello->version, connection->version));
	connection->kernel = arena_strdup(connection->arena, hello->kernel);
	return true;
}

bool far_connection_take(
	struct far_connection *connection, struct arena *arena, struct far_message *ret_message)
{
	struct error err;
	bool is_whole;

	for (;;) {
		if (far_decode(&connection->inbox, connection->hears, arena, ret_message, &is_whole,
			    &err))
			return refuse(connection,
				connection->kernel ? err.text : shown(connection, arena));
		if (!is_whole && connection->end && connection->inbox.used) {
			connection->end = "the other end closed it within a message";
			connection->was_closed = false;
		}
		if (!is_whole)
			return false;
		if (connection->kernel && ret_message->kind == FAR_HELLO)
			return refuse(connection, "the other end said hello twice");
		if (connection->kernel)
			return true;
		if (!greet(connection, arena, ret_message))
			return false;
	}
}

const char *far_connection_kernel(const struct far_connection *connection)
{
	return connection->kernel;
}

const char *far_connection_end(const struct far_connection *connection)
{
	return connection->end;
}

bool far_connection_was_closed(const struct far_connection *connection)
{
	return connection->was_closed;
}

void far_connection_bytes(
	const struct far_connection *connection, uint64_t *ret_sent, uint64_t *ret_heard)
{
	*ret_sent = connection->sent_bytes;
	*ret_heard = connection->heard_bytes;
}

void far_connection_finish(struct far_connection *connection)
{
	connection->is_finishing = true;
	push(connection);
}
