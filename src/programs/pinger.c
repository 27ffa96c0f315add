/* SPDX-License-Identifier: MIT */
/* Raw sockets that ask many peers and hear who answers and who asks. */
#include "programs/pinger.h"

#include "programs/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_address(const char *text, struct pinger_peer *peer)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&peer->address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&peer->address;

	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		peer->length = sizeof(*ipv4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) != 1)
		return -1;
	ipv6->sin6_family = AF_INET6;
	peer->length = sizeof(*ipv6);
	peer->is_ipv6 = true;
	return 0;
}

/* Other messages, such as "host unreachable", would wake us for nothing. */
static int filter(int fd, bool is_ipv6, bool hears_requests)
{
	struct icmp_filter others = {~(1U << ICMP_ECHOREPLY)};
	struct icmp6_filter only_echoes;

	if (is_ipv6) {
		ICMP6_FILTER_SETBLOCKALL(&only_echoes);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only_echoes);
		if (hears_requests)
			ICMP6_FILTER_SETPASS(ICMP6_ECHO_REQUEST, &only_echoes);
		return setsockopt(
			fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only_echoes, sizeof(only_echoes));
	}
	if (hears_requests)
		others.data &= ~(1U << ICMP_ECHO);
	return setsockopt(fd, SOL_RAW, ICMP_FILTER, &others, sizeof(others));
}

/* The receive buffer has to hold the answers of all peers at once. */
static int open_socket(bool is_ipv6, bool hears_requests)
{
	int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	int buffer_bytes = 1 << 20;

	if (fd < 0 || filter(fd, is_ipv6, hears_requests) < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes)) < 0)
		return -1;
	return fd;
}

int pinger_open(struct pinger *pinger, char *const addresses[], size_t count, bool hears_requests,
	const char **ret_bad)
{
	*pinger = (struct pinger){.count = count,
		.fds = {-1, -1},
		/* Two runs on one host may overlap; the PID tells their answers apart. */
		.identifier = (uint16_t)getpid(),
		.peers = calloc(count, sizeof(*pinger->peers))};
	if (!pinger->peers)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct pinger_peer *peer = &pinger->peers[i];

		errno = 0;
		*ret_bad = addresses[i];
		if (read_address(addresses[i], peer) < 0)
			return -1;
		*ret_bad = NULL;
		if (pinger->fds[peer->is_ipv6] < 0)
			pinger->fds[peer->is_ipv6] = open_socket(peer->is_ipv6, hears_requests);
		if (pinger->fds[peer->is_ipv6] < 0)
			return -1;
	}
	return 0;
}

void pinger_ask(const struct pinger *pinger, size_t index, uint32_t number)
{
	const struct pinger_peer *peer = &pinger->peers[index];
	const struct echo echo = {(uint16_t)index, number};
	uint8_t packet[ECHO_BYTES];

	echo_request(packet, peer->is_ipv6, pinger->identifier, &echo);
	(void)!sendto(pinger->fds[peer->is_ipv6], packet, sizeof(packet), 0,
		(const struct sockaddr *)&peer->address, peer->length);
}

bool pinger_is_from(const struct pinger_peer *peer, const struct pinger_heard *heard)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&heard->source;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&heard->source;

	if (peer->is_ipv6 != heard->is_ipv6)
		return false;
	if (peer->is_ipv6)
		return memcmp(&((const struct sockaddr_in6 *)&peer->address)->sin6_addr,
			       &ipv6->sin6_addr, sizeof(ipv6->sin6_addr)) == 0;
	return ((const struct sockaddr_in *)&peer->address)->sin_addr.s_addr ==
	       ipv4->sin_addr.s_addr;
}

/* Whether what came means anything to us. */
static bool understand(
	const struct pinger *pinger, const uint8_t *data, size_t size, struct pinger_heard *heard)
{
	struct echo echo = {0};

	heard->is_request = echo_is_request(data, size, heard->is_ipv6, &echo);
	if (!heard->is_request &&
		!echo_answer(data, size, heard->is_ipv6, pinger->identifier, &echo))
		return false;
	heard->index = echo.peer;
	heard->number = echo.number;
	return heard->is_request || (heard->index < pinger->count &&
					    pinger_is_from(&pinger->peers[heard->index], heard));
}

/* Reads until something is understood; false when the socket is empty. */
static bool receive(const struct pinger *pinger, bool is_ipv6, struct pinger_heard *heard)
{
	int fd = pinger->fds[is_ipv6];
	uint8_t data[256];

	while (fd >= 0) {
		socklen_t length = sizeof(heard->source);
		ssize_t n = recvfrom(
			fd, data, sizeof(data), 0, (struct sockaddr *)&heard->source, &length);

		heard->at_ns = clock_now_ns();
		heard->is_ipv6 = is_ipv6;
		if (n < 0)
			return false;
		if (understand(pinger, data, (size_t)n, heard))
			return true;
	}
	return false;
}

bool pinger_hear(
	const struct pinger *pinger, struct deadline deadline, struct pinger_heard *ret_heard)
{
	for (;;) {
		struct pollfd fds[] = {{pinger->fds[0], POLLIN, 0}, {pinger->fds[1], POLLIN, 0}};

		if (receive(pinger, false, ret_heard) || receive(pinger, true, ret_heard))
			return true;
		if (deadline_has_passed(deadline))
			return false;
		poll(fds, 2, deadline_poll_ms(deadline));
	}
}
