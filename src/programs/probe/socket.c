/* SPDX-License-Identifier: MIT */
/* meshbench-probe: sockets, and taking packets out of them with the kernel's time of arrival. */
#include "programs/probe/probe.h"

#include "base/clock.h"
#include "base/fd.h"

#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	RECEIVE_BUFFER = 256 << 20,
	SEND_BUFFER = 64 << 20 /* a queue below us must not make us refuse to send */
};

const uint32_t probe_magic = UINT32_C(0x6d627073);

/* The best of several readings: one that was interrupted in the middle would shift all delays. */
static int64_t clock_difference_ns(void)
{
	int64_t best_ns = INT64_MAX, difference_ns = 0;

	for (int i = 0; i < 100; i++) {
		int64_t before_ns = clock_now_ns(), after_ns;
		struct timespec real;

		clock_gettime(CLOCK_REALTIME, &real);
		after_ns = clock_now_ns();
		if (after_ns - before_ns >= best_ns)
			continue;
		best_ns = after_ns - before_ns;
		difference_ns = real.tv_sec * NS_PER_S + real.tv_nsec - before_ns - best_ns / 2;
	}
	return difference_ns;
}

static int prepare(int fd, struct probe_inlet *ret_inlet, struct error *err)
{
	int yes = 1, size = RECEIVE_BUFFER;

	/* Without the right to force it, the system's limit must do; what it loses is counted. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof(yes)) < 0)
		return fail_errno(err, "ask for receive times");
	*ret_inlet = (struct probe_inlet){.fd = fd, .realtime_ns = clock_difference_ns()};
	return 0;
}

/* Both families where there is IPv6, otherwise IPv4 alone. */
static int bind_any(int64_t port, int *ret_fd)
{
	struct sockaddr_in6 both = {.sin6_family = AF_INET6, .sin6_port = htobe16((uint16_t)port)};
	struct sockaddr_in old = {.sin_family = AF_INET, .sin_port = htobe16((uint16_t)port)};
	int no = 0;

	*ret_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*ret_fd >= 0) {
		setsockopt(*ret_fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
		return bind(*ret_fd, (struct sockaddr *)&both, sizeof(both));
	}
	if (errno != EAFNOSUPPORT)
		return -1;
	*ret_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return *ret_fd < 0 ? -1 : bind(*ret_fd, (struct sockaddr *)&old, sizeof(old));
}

int probe_bind(int64_t port, struct probe_inlet *ret_inlet, struct error *err)
{
	AUTO(fd_closep) int fd = -1;

	if (bind_any(port, &fd) < 0)
		return fail_errno(err, "receive on port %lld", (long long)port);
	if (prepare(fd, ret_inlet, err))
		return -1;
	fd_take(&fd);
	return 0;
}

int probe_connect(
	const char *address, int64_t port, struct probe_inlet *ret_inlet, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found;
	AUTO(fd_closep) int fd = -1;
	int status, size = SEND_BUFFER;
	char service[8];

	snprintf(service, sizeof(service), "%lld", (long long)port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return fail(err, ERROR_USAGE, "'%s' is not an address", address);
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	status = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (status < 0)
		return fail_errno(err, "connect to %s", address);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (prepare(fd, ret_inlet, err))
		return -1;
	fd_take(&fd);
	return 0;
}

static void read_marks(struct probe_inlet *inlet, struct msghdr *message, int64_t *ret_ns)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct timespec stamp;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			*ret_ns = stamp.tv_sec * NS_PER_S + stamp.tv_nsec - inlet->realtime_ns;
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&inlet->socket_lost, CMSG_DATA(c), sizeof(uint32_t));
		}
	}
}

bool probe_take(struct probe_inlet *inlet, uint8_t *payload, struct probe_packet *ret_packet)
{
	struct probe_packet *packet = ret_packet;
	struct iovec parts[] = {{&packet->head, sizeof(packet->head)},
		{payload, payload ? PROBE_MAX_BYTES - sizeof(packet->head) : 0}};
	char control[256];
	struct msghdr message = {.msg_name = &packet->from,
		.msg_namelen = sizeof(packet->from),
		.msg_iov = parts,
		.msg_iovlen = payload ? 2 : 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t bytes;

	*packet = (struct probe_packet){0};
	bytes = recvmsg(inlet->fd, &message, MSG_DONTWAIT);
	if (bytes < 0) /* an error from ICMP is not a packet, but others may wait behind it */
		return errno != EAGAIN && errno != EBADF;
	packet->bytes = (size_t)bytes;
	packet->from_size = message.msg_namelen;
	read_marks(inlet, &message, &packet->received_ns);
	packet->is_ours = packet->bytes >= sizeof(packet->head) &&
			  packet->head.magic == probe_magic &&
			  packet->head.planned <= PROBE_MAX_COUNT &&
			  packet->head.number < packet->head.planned;
	return true;
}
