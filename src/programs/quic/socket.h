/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/quic/conn.h"

/*
 * A socket that moves many datagrams per call: UDP_SEGMENT and UDP_GRO where the kernel and the way
 * out have them, and several super-datagrams per system call.
 */
struct quic_socket {
	int fd;
	bool is_connected;    /* no addresses are needed */
	bool has_no_segments; /* UDP_SEGMENT was refused: one datagram per call */
	struct quic_inbox *inbox;
	uint64_t too_long; /* datagrams that our own interface refused for their size */
	uint64_t sends;    /* calls */
};

/* The socket is made non-blocking and never fragments. */
void quic_socket_init(struct quic_socket *socket, int fd, bool is_connected);
void quic_socket_done(struct quic_socket *socket);

/*
 * Sends what the batch has; what is left of it stays at its front when the queue below is full.
 * Datagrams that do not fit are dropped and counted: the first of a connection may not be.
 */
MUST_CHECK int quic_socket_send(struct quic_socket *socket, struct quic_batch *batch,
	const struct quic_address *to, struct error *err);

/* One datagram, of `from`; the bytes live until the next call. */
typedef int quic_listener(void *context, const void *datagram, size_t size,
	const struct quic_address *from, struct error *err);
/* Hands on what is there; -1 when the listener fails or the kernel brings bad news. */
MUST_CHECK int quic_socket_receive(
	struct quic_socket *socket, quic_listener *listener, void *context, struct error *err);
