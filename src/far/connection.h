/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/message.h"
#include "proc/proc.h"

/*
 * One end of a connection: messages out, messages in. It is served with the children, and begins
 * with the greeting of message.h. A connection ends once, with one sentence that says why: the
 * other end closed it, said something that is not a message, or is of another version.
 */
struct far_connection;

struct far_ends {
	int in_fd,
		out_fd; /* sockets or pipes, not the same descriptor; the connection takes them */
	const char *version;      /* of this end */
	enum far_direction hears; /* what comes in: FAR_TO_HELPER at the helper */
	/* Called when messages may have come, or the connection has ended; NULL:
	 * far_connection_take() is called after every wait anyway. */
	void (*ready)(void *context);
	void *context;
};

/* Both descriptors are taken, also on failure. */
MUST_CHECK int far_connection_new(struct procs *procs, const struct far_ends *ends,
	struct far_connection **ret_connection, struct error *err);
void far_connection_free(struct far_connection *connection);

/*
 * Sends what can be sent at once and keeps the rest. Nothing happens when nobody can hear it.
 * ERROR_USAGE: the message is too large; the connection goes on.
 */
MUST_CHECK int far_connection_send(
	struct far_connection *connection, const struct far_message *message, struct error *err);
/* Blocks until at most this many bytes are kept or the deadline passes; serves nothing meanwhile.
 */
void far_connection_drain(
	struct far_connection *connection, size_t most_bytes, struct deadline deadline);
/* The next message, in the arena; false when there is none. The greeting is not shown. */
bool far_connection_take(
	struct far_connection *connection, struct arena *arena, struct far_message *ret_message);
/* The other end has greeted; its `kernel` is valid until the connection is freed. NULL: not yet. */
const char *far_connection_kernel(const struct far_connection *connection);
/* Why no more will come; NULL: it may. What came before may still be taken. */
const char *far_connection_end(const struct far_connection *connection);
/* The other end has closed it, after its greeting and between two messages: an orderly end. */
bool far_connection_was_closed(const struct far_connection *connection);
/* What this end has sent and heard so far, frames with their heads. */
void far_connection_bytes(
	const struct far_connection *connection, uint64_t *ret_sent, uint64_t *ret_heard);
/* Ends it now. */
void far_connection_break(struct far_connection *connection, const char *why);
/* Nothing more will be sent, which the other end sees; what it says is still heard. */
void far_connection_finish(struct far_connection *connection);

/* Names this kernel's clock and space of PIDs, as a greeting does. */
char *far_kernel(struct arena *arena);
