/*
 * meshbench-reach MILLISECONDS SELF ADDRESS...: pings every address but the one at position SELF
 * until each has answered once or the time is over. Says "POSITION NANOSECONDS" (CLOCK_MONOTONIC)
 * at every first answer. Exit status: 0 all answered, 1 not all, 2 it could not try.
 *
 * Of two hosts the one with the lower position speaks first and the other follows as soon as it is
 * spoken to. No traffic that we measure starts from both ends within the same millisecond, and a
 * tunnel that both ends open at once may lose both handshakes: WireGuard then waits for 5 s.
 */
#include "lab/echo.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	struct sockaddr_storage address;
	socklen_t length;
	bool is_ipv6, has_answered;
	bool is_first, has_spoken; /* of the two of us it speaks first; it asked us */
};

/* Who speaks first is not waited for any longer than this, nor who should speak back. */
#define SILENCE_NS (250 * NS_PER_MS)

struct reach {
	struct peer *peers;
	size_t count, waiting;
	int ipv4_fd, ipv6_fd; /* -1: no peer of that family */
	uint16_t identifier;
	int64_t began_ns;
	struct deadline deadline;
};

static int read_address(const char *text, struct peer *peer)
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

/* The receive buffer has to hold the answers of all peers at once. */
static int open_socket(bool is_ipv6)
{
	int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	struct icmp6_filter only_echoes;
	int buffer_bytes = 1 << 20;

	if (fd < 0)
		return -1;
	ICMP6_FILTER_SETBLOCKALL(&only_echoes);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only_echoes);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REQUEST, &only_echoes);
	if (is_ipv6 &&
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only_echoes, sizeof(only_echoes)) < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes)) < 0)
		return -1;
	return fd;
}

static int open_sockets(struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++) {
		int *fd = reach->peers[i].is_ipv6 ? &reach->ipv6_fd : &reach->ipv4_fd;

		if (!reach->peers[i].has_answered && *fd < 0)
			*fd = open_socket(reach->peers[i].is_ipv6);
		if (!reach->peers[i].has_answered && *fd < 0)
			return -1;
	}
	return 0;
}

/* That there is no route or device yet is what we wait for to change, so errors say nothing. */
static void ask(const struct reach *reach, size_t index)
{
	const struct peer *peer = &reach->peers[index];
	uint8_t packet[ECHO_BYTES];

	echo_request(packet, peer->is_ipv6, reach->identifier, (uint16_t)index);
	(void)!sendto(peer->is_ipv6 ? reach->ipv6_fd : reach->ipv4_fd, packet, sizeof(packet), 0,
		(const struct sockaddr *)&peer->address, peer->length);
}

static bool was_silent(const struct reach *reach)
{
	return clock_now_ns() - reach->began_ns > SILENCE_NS;
}

/* Its kernel may have answered before its own meshbench-reach could hear that we spoke. */
static bool is_awaited(const struct reach *reach, const struct peer *peer)
{
	return !peer->is_first && !peer->has_spoken && !was_silent(reach);
}

static bool is_done(const struct reach *reach)
{
	if (reach->waiting)
		return false;
	for (size_t i = 0; i < reach->count; i++) {
		if (is_awaited(reach, &reach->peers[i]))
			return false;
	}
	return true;
}

static void ask_all(const struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++) {
		const struct peer *peer = &reach->peers[i];
		bool may_speak = !peer->is_first || peer->has_spoken || was_silent(reach);

		if ((!peer->has_answered && may_speak) || is_awaited(reach, peer))
			ask(reach, i);
	}
}

static bool is_from(const struct peer *peer, const struct sockaddr_storage *source)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)source;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)source;

	if (peer->is_ipv6)
		return memcmp(&((const struct sockaddr_in6 *)&peer->address)->sin6_addr,
			       &ipv6->sin6_addr, sizeof(ipv6->sin6_addr)) == 0;
	return ((const struct sockaddr_in *)&peer->address)->sin_addr.s_addr ==
	       ipv4->sin_addr.s_addr;
}

/* A host that was spoken to answers in kind, at once. */
static void hear_request(struct reach *reach, const struct sockaddr_storage *source, bool is_ipv6)
{
	for (size_t i = 0; i < reach->count; i++) {
		struct peer *peer = &reach->peers[i];

		if (peer->has_spoken || peer->is_ipv6 != is_ipv6 || !is_from(peer, source))
			continue;
		peer->has_spoken = true;
		if (!peer->has_answered)
			ask(reach, i);
	}
}

static void listen_to(struct reach *reach, int fd, bool is_ipv6)
{
	for (;;) {
		struct sockaddr_storage source = {0};
		socklen_t length = sizeof(source);
		uint8_t data[256];
		uint16_t index;
		ssize_t n =
			recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&source, &length);
		int64_t now_ns = clock_now_ns();

		if (n < 0)
			return;
		if (echo_is_request(data, (size_t)n, is_ipv6))
			hear_request(reach, &source, is_ipv6);
		if (!echo_answer(data, (size_t)n, is_ipv6, reach->identifier, &index) ||
			index >= reach->count || reach->peers[index].has_answered ||
			reach->peers[index].is_ipv6 != is_ipv6 ||
			!is_from(&reach->peers[index], &source))
			continue;
		reach->peers[index].has_answered = true;
		reach->waiting--;
		printf("%u %lld\n", index, (long long)now_ns);
		fflush(stdout);
	}
}

/* Dense in the first second, where most connect; then every 20 ms, which costs a slow one less. */
static int64_t interval_ns(const struct reach *reach)
{
	return clock_now_ns() - reach->began_ns < NS_PER_S ? 5 * NS_PER_MS : 20 * NS_PER_MS;
}

static void run(struct reach *reach)
{
	while (!is_done(reach) && !deadline_has_passed(reach->deadline)) {
		struct deadline round =
			deadline_earlier(deadline_in(interval_ns(reach)), reach->deadline);

		ask_all(reach);
		while (!is_done(reach) && !deadline_has_passed(round)) {
			struct pollfd fds[] = {
				{reach->ipv4_fd, POLLIN, 0}, {reach->ipv6_fd, POLLIN, 0}};

			if (poll(fds, 2, deadline_poll_ms(round)) <= 0)
				continue;
			if (fds[0].revents)
				listen_to(reach, reach->ipv4_fd, false);
			if (fds[1].revents)
				listen_to(reach, reach->ipv6_fd, true);
		}
	}
}

static int complain(const char *what)
{
	fprintf(stderr, "meshbench-reach: %s: %s\n", what, errno ? strerrordesc_np(errno) : "no");
	return 2;
}

int main(int argc, char *argv[])
{
	struct reach reach = {.ipv4_fd = -1, .ipv6_fd = -1, .began_ns = clock_now_ns()};
	struct error err = {0};
	int64_t limit_ms, self;

	errno = 0;
	if (argc < 5)
		return complain("usage: meshbench-reach MILLISECONDS SELF ADDRESS...");
	if (text_integer(argv[1], 1, 86400000, &limit_ms, &err) ||
		text_integer(argv[2], 0, argc - 4, &self, &err))
		return complain(err.text);
	reach.count = (size_t)argc - 3;
	reach.deadline = deadline_in(limit_ms * NS_PER_MS);
	/* Two runs on one host may overlap; the PID tells their answers apart. */
	reach.identifier = (uint16_t)getpid();
	reach.peers = calloc(reach.count, sizeof(*reach.peers));
	if (!reach.peers)
		return complain("remember the peers");
	for (size_t i = 0; i < reach.count; i++) {
		if (read_address(argv[i + 3], &reach.peers[i]) < 0)
			return complain(argv[i + 3]);
		reach.peers[i].is_first = (int64_t)i < self;
	}
	reach.peers[self].has_answered = reach.peers[self].has_spoken = true;
	reach.waiting = reach.count - 1;
	if (open_sockets(&reach) < 0)
		return complain("open a raw socket");
	run(&reach);
	free(reach.peers);
	return reach.waiting ? 1 : 0;
}
