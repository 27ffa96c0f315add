/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

/*
 * One QUIC connection on ngtcp2, without sockets and clocks: datagrams go in and come out, times
 * are handed in (CLOCK_MONOTONIC, nanoseconds). A client opens one stream and asks to be sent to,
 * or sends; a sender does so for as long as it lives.
 */
struct quic_conn;

enum quic_task {
	QUIC_DOWNLOAD, /* server to client */
	QUIC_UPLOAD
};

struct quic_settings {
	gnutls_certificate_credentials_t credentials;
	const char *congestion; /* of quic_congestions */
	enum quic_task task;    /* of a client; a server learns it */
	int64_t patience_ns;    /* for the handshake, and for silence afterwards */
};

const char *quic_library_version(void);

struct quic_address {
	struct sockaddr_storage address;
	socklen_t size;
};

/* Datagrams that leave together: all of `segment` bytes, the last may be shorter. */
struct quic_batch {
	size_t size, segment;
	uint8_t bytes[65536];
};

/* What became of a connection so far. */
struct quic_facts {
	bool is_established, is_over; /* over: closed by the other side, or idle for too long */
	bool is_upload;               /* as the server learnt it; a client's own task */
	int64_t began_ns, established_ns, first_byte_ns; /* 0: not yet */
	uint64_t received_bytes, sent_bytes;             /* payload of the stream */
	uint64_t sent_datagrams, received_datagrams;
	/* With stream data, of those that we sent: declared lost, also when they were only late. */
	uint64_t lost_packets;
	size_t datagram_bytes; /* the largest that is known to fit the path */
	int64_t min_rtt_ns, smoothed_rtt_ns;
	uint64_t window_bytes;
};

MUST_CHECK int quic_conn_connect(const struct quic_settings *settings,
	const struct quic_address *local, const struct quic_address *remote, int64_t now_ns,
	struct quic_conn **ret_conn, struct error *err);
/* From a client's first datagram, ends being ours and its; ERROR_PARSE when it is none. */
MUST_CHECK int quic_conn_accept(const struct quic_settings *settings,
	const struct quic_address ends[static 2], const struct iovec *datagram, int64_t now_ns,
	struct quic_conn **ret_conn, struct error *err);
void quic_conn_freep(struct quic_conn **conn);

/* ERROR_TIMEOUT: the handshake took longer than its patience, or nothing came for so long. */
MUST_CHECK int quic_conn_read(struct quic_conn *conn, const void *datagram, size_t size,
	int64_t now_ns, struct error *err);
/* What is to be sent now; of size 0 when there is nothing before quic_conn_expiry_ns(). */
MUST_CHECK int quic_conn_write(
	struct quic_conn *conn, struct quic_batch *batch, int64_t now_ns, struct error *err);
int64_t quic_conn_expiry_ns(struct quic_conn *conn);
MUST_CHECK int quic_conn_expire(struct quic_conn *conn, int64_t now_ns, struct error *err);
/* The last datagram of a connection. */
void quic_conn_close(struct quic_conn *conn, struct quic_batch *batch, int64_t now_ns);

const struct quic_address *quic_conn_remote(const struct quic_conn *conn);
struct quic_facts quic_conn_facts(struct quic_conn *conn);
