/* SPDX-License-Identifier: MIT */
/* Sending and receiving many datagrams per system call. */
#include "programs/quic/socket.h"

#include "programs/datagram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

enum {
	MESSAGES = 8,
	MESSAGE_BYTES = 65536,
	CONTROL_BYTES = 64,
	RECEIVE_BUFFER = 4 << 20,
	SEND_BUFFER = 1 << 20
};

struct quic_inbox {
	uint8_t bytes[MESSAGES][MESSAGE_BYTES];
	char control[MESSAGES][CONTROL_BYTES];
	struct quic_address from[MESSAGES];
	struct iovec parts[MESSAGES];
	struct mmsghdr messages[MESSAGES];
};

void quic_socket_init(struct quic_socket *sock, int fd, bool is_connected)
{
	int yes = 1;

	*sock = (struct quic_socket){.fd = fd, .is_connected = is_connected};
	sock->inbox = malloc(sizeof(*sock->inbox));
	if (!sock->inbox)
		abort();
	fcntl(fd, F_SETFL, O_NONBLOCK);
	datagram_set_fragments(fd, false);
	datagram_buffers(fd, RECEIVE_BUFFER, SEND_BUFFER);
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &yes, sizeof(yes));
}

void quic_socket_done(struct quic_socket *sock)
{
	free(sock->inbox);
	sock->inbox = NULL;
}

static ssize_t send_part(struct quic_socket *sock, struct quic_batch *batch, size_t size,
	const struct quic_address *to)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(uint16_t))];
	} control = {0};
	struct iovec part = {batch->bytes, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	uint16_t segment = (uint16_t)batch->segment;

	if (!sock->is_connected) {
		message.msg_name = (void *)&to->address;
		message.msg_namelen = to->size;
	}
	if (size > batch->segment) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.head.cmsg_level = IPPROTO_UDP;
		control.head.cmsg_type = UDP_SEGMENT;
		control.head.cmsg_len = CMSG_LEN(sizeof(segment));
		memcpy(CMSG_DATA(&control.head), &segment, sizeof(segment));
	}
	sock->sends++;
	return sendmsg(sock->fd, &message, 0);
}

static void drop_front(struct quic_batch *batch, size_t size)
{
	batch->size -= size;
	memmove(batch->bytes, batch->bytes + size, batch->size);
}

/* What the failure of a send means: 0 to go on, 1 to wait, -1 for the end. */
static int take_failure(
	struct quic_socket *sock, struct quic_batch *batch, size_t size, struct error *err)
{
	switch (errno) {
	case EINTR:
		return 0;
	case EAGAIN:
		return 1;
	case EINVAL:
	case EIO:
		/* The way out cannot cut: a device without checksums, or segments that do not fit.
		 */
		if (size <= batch->segment)
			return fail_errno(err, "send %zu bytes", size);
		sock->has_no_segments = true;
		return 0;
	case EMSGSIZE:
		if (size > batch->segment) {
			sock->has_no_segments = true;
			return 0;
		}
		sock->too_long++;
		drop_front(batch, size);
		return 0;
	case ENOBUFS:
		drop_front(batch, size); /* as a full queue further on would have done */
		return 0;
	default:
		return fail_errno(err, "send a datagram");
	}
}

int quic_socket_send(struct quic_socket *sock, struct quic_batch *batch,
	const struct quic_address *to, struct error *err)
{
	while (batch->size > 0) {
		size_t size = batch->size;
		ssize_t sent;
		int status;

		if (sock->has_no_segments && size > batch->segment)
			size = batch->segment;
		sent = send_part(sock, batch, size, to);
		if (sent >= 0) {
			drop_front(batch, size);
			continue;
		}
		status = take_failure(sock, batch, size, err);
		if (status)
			return status < 0 ? -1 : 0;
	}
	return 0;
}

static size_t segment_of(struct msghdr *message, size_t size)
{
	int segment = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
	}
	return segment > 0 ? (size_t)segment : size;
}

static void prepare(struct quic_inbox *inbox)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		inbox->parts[i] = (struct iovec){inbox->bytes[i], MESSAGE_BYTES};
		inbox->messages[i].msg_hdr = (struct msghdr){.msg_name = &inbox->from[i].address,
			.msg_namelen = sizeof(inbox->from[i].address),
			.msg_iov = &inbox->parts[i],
			.msg_iovlen = 1,
			.msg_control = inbox->control[i],
			.msg_controllen = CONTROL_BYTES};
	}
}

static int hand_on(struct quic_inbox *inbox, size_t i, quic_listener *listener, void *context,
	struct error *err)
{
	size_t size = inbox->messages[i].msg_len;
	size_t segment = segment_of(&inbox->messages[i].msg_hdr, size);

	inbox->from[i].size = inbox->messages[i].msg_hdr.msg_namelen;
	for (size_t at = 0; at < size; at += segment) {
		size_t left = size - at;

		if (listener(context, inbox->bytes[i] + at, left < segment ? left : segment,
			    &inbox->from[i], err))
			return -1;
	}
	return 0;
}

int quic_socket_receive(
	struct quic_socket *sock, quic_listener *listener, void *context, struct error *err)
{
	int count;

	prepare(sock->inbox);
	count = recvmmsg(sock->fd, sock->inbox->messages, MESSAGES, 0, NULL);
	/* "Too big" of a router is what probes are for; the library finds out by their loss. */
	if (count < 0 && errno != EAGAIN && errno != EINTR && errno != EMSGSIZE)
		return fail_errno(err, "receive a datagram");
	for (int i = 0; i < count; i++) {
		if (hand_on(sock->inbox, (size_t)i, listener, context, err))
			return -1;
	}
	return 0;
}
