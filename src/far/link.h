/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/message.h"
#include "proc/proc.h"

/*
 * One end of a connection: messages out, messages in. It is served with the children, and begins
 * with the greeting of message.h. A link ends once, with one sentence that says why: the other end
 * closed it, said something that is not a message, or is of another version.
 */
struct far_link;

struct far_ends {
	int in_fd, out_fd;   /* sockets or pipes, not the same descriptor; the link takes them */
	const char *version; /* of this end */
	enum far_direction hears; /* what comes in: FAR_TO_HELPER at the helper */
	/* Called when messages may have come, or the link has ended; NULL: far_link_take() is
	 * called after every wait anyway. */
	void (*ready)(void *context);
	void *context;
};

/* Both descriptors are taken, also on failure. */
MUST_CHECK int far_link_new(struct procs *procs, const struct far_ends *ends,
	struct far_link **ret_link, struct error *err);
void far_link_free(struct far_link *link);

/*
 * Sends what can be sent at once and keeps the rest. Nothing happens when nobody can hear it.
 * ERROR_USAGE: the message is too large; the link goes on.
 */
MUST_CHECK int far_link_send(
	struct far_link *link, const struct far_message *message, struct error *err);
/* Blocks until at most this many bytes are kept or the deadline passes; serves nothing meanwhile.
 */
void far_link_drain(struct far_link *link, size_t most_bytes, struct deadline deadline);
/* The next message, in the arena; false when there is none. The greeting is not shown. */
bool far_link_take(struct far_link *link, struct arena *arena, struct far_message *ret_message);
/* The other end has greeted; its `kernel` is valid until the link is freed. NULL: not yet. */
const char *far_link_kernel(const struct far_link *link);
/* Why no more will come; NULL: it may. What came before may still be taken. */
const char *far_link_end(const struct far_link *link);
/* The other end has closed it, after its greeting and between two messages: an orderly end. */
bool far_link_was_closed(const struct far_link *link);
/* Ends it now. */
void far_link_break(struct far_link *link, const char *why);
/* Nothing more will be sent, which the other end sees; what it says is still heard. */
void far_link_finish(struct far_link *link);

/* Names this kernel's clock and space of PIDs, as a greeting does. */
char *far_kernel(struct arena *arena);
