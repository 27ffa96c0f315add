/* SPDX-License-Identifier: MIT */
/* UDP sockets of our own programs: bound, connected, with and without fragments. */
#include "programs/datagram.h"

#include "base/fd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int datagram_bind(unsigned port, int *ret_fd, struct error *err)
{
	const struct sockaddr_in6 both = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	const struct sockaddr_in old = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	AUTO(fd_closep) int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int no = 0, status;

	if (fd >= 0) {
		status = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0 ||
			 bind(fd, (const struct sockaddr *)&both, sizeof(both)) < 0;
	} else {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		status = fd < 0 || bind(fd, (const struct sockaddr *)&old, sizeof(old)) < 0;
	}
	if (status)
		return fail_errno(err, "listen on UDP port %u", port);
	*ret_fd = fd_take(&fd);
	return 0;
}

int datagram_connect(const char *address, unsigned port, int *ret_fd, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found;
	AUTO(fd_closep) int fd = -1;
	char service[8];
	int status;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return fail(err, ERROR_USAGE, "'%s' is not an address", address);
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	status = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (status < 0)
		return fail_errno(err, "connect to %s, UDP port %u", address, port);
	*ret_fd = fd_take(&fd);
	return 0;
}

static void set_buffer(int fd, int forced, int asked, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, asked, &bytes, sizeof(bytes));
}

void datagram_buffers(int fd, int receive_bytes, int send_bytes)
{
	if (receive_bytes > 0)
		set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_bytes);
	if (send_bytes > 0)
		set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, send_bytes);
}

/* A socket of both families takes both options, one of a single family takes its own. */
void datagram_set_fragments(int fd, bool are_allowed)
{
	int old = are_allowed ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE;
	int new = are_allowed ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE;
	int is_forbidden = !are_allowed;

	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &old, sizeof(old));
	setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &new, sizeof(new));
	setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &is_forbidden, sizeof(is_forbidden));
}

static int family_of(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &size);
	return address.ss_family;
}

size_t datagram_header_bytes(int fd)
{
	return family_of(fd) == AF_INET ? 20 + 8 : 40 + 8;
}

size_t datagram_mtu(int fd)
{
	bool is_old = family_of(fd) == AF_INET;
	int mtu = 0;
	socklen_t size = sizeof(mtu);

	if (getsockopt(fd, is_old ? IPPROTO_IP : IPPROTO_IPV6, is_old ? IP_MTU : IPV6_MTU, &mtu,
		    &size) < 0 ||
		mtu < 0)
		return 0;
	return (size_t)mtu;
}
