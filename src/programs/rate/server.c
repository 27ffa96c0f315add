/* SPDX-License-Identifier: MIT */
/* The receiving side of meshbench-rate: counts datagrams of trials, and answers questions of size.
 */
#include "programs/rate/server.h"

#include "programs/datagram.h"
#include "programs/fit.h"
#include "programs/rate/talk.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	HEAD_ROOM = 64,
	RECEIVE_BUFFER = 64 << 20,
	MOST_NUMBERS = 1 << 23
};

/* A trial is over when nothing came for so long after its end was announced, at the latest then. */
#define QUIET_NS (200 * NS_PER_MS)
#define PATIENCE_NS (5 * NS_PER_S)

struct server {
	int listener, control, udp; /* control: -1 without a client */
	struct rate_tally tally;
	uint32_t socket_lost, socket_lost_before; /* by our own buffer: ever, and when it began */
	int64_t last_ns, ended_ns;                /* ended: 0 while the client still sends */
	uint64_t sent;
	char line[RATE_LINE_BYTES];
	size_t used;
	uint64_t cards[RATE_CARDS]; /* when the trial began */
	size_t card_count;
};

static int listen_on(unsigned port, int *ret_fd, struct error *err)
{
	const struct sockaddr_in6 both = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	const struct sockaddr_in old = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	AUTO(fd_closep) int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1, no = 0, status;

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
		status = bind(fd, (const struct sockaddr *)&both, sizeof(both));
	} else {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		status = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&old, sizeof(old));
	}
	if (status < 0 || listen(fd, 1) < 0)
		return fail_errno(err, "listen on TCP port %u", port);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* When the kernel got it, by the wall clock: a program that waits for a processor is late. */
static int64_t read_marks(struct server *server, struct msghdr *message)
{
	struct timespec stamp = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
			memcpy(&server->socket_lost, CMSG_DATA(c), sizeof(server->socket_lost));
		else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	}
	return stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
}

static void take_datagram(struct server *server, const uint8_t *bytes, struct mmsghdr *message)
{
	int64_t received_ns = read_marks(server, &message->msg_hdr);
	struct rate_head head;
	uint8_t answer[FIT_ANSWER];

	if (rate_head_read(bytes, message->msg_len, &head))
		rate_tally_add(&server->tally, &head, received_ns);
	else if (fit_answer(bytes, message->msg_len, answer))
		sendto(server->udp, answer, sizeof(answer), 0, message->msg_hdr.msg_name,
			message->msg_hdr.msg_namelen);
}

/* Only heads are copied: with MSG_TRUNC the length is that of the whole datagram. */
static void take_datagrams(struct server *server)
{
	static uint8_t heads[BATCH][HEAD_ROOM];
	static char controls[BATCH][128];
	static struct sockaddr_storage from[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	int count;

	for (size_t i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){heads[i], HEAD_ROOM};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &parts[i],
			.msg_iovlen = 1,
			.msg_control = controls[i],
			.msg_controllen = sizeof(controls[i])};
	}
	count = recvmmsg(server->udp, messages, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	for (int i = 0; i < count; i++)
		take_datagram(server, heads[i], &messages[i]);
	if (count > 0)
		server->last_ns = clock_now_ns();
}

/* A client that is gone is not a failure of the server. */
static void answer(struct server *server, const struct rate_message *message)
{
	char line[RATE_LINE_BYTES];
	size_t size = rate_message_write(message, line);

	if (send(server->control, line, size, MSG_NOSIGNAL) != (ssize_t)size)
		fd_closep(&server->control);
}

/* Returns how many network devices there are; none when they cannot be read. */
static size_t read_cards(uint64_t bytes[static RATE_CARDS])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;
	char *text;

	if (file_read(arena, "/proc/net/dev", 1 << 20, &text, NULL, &ignored))
		return 0;
	return rate_cards_read(text, bytes);
}

/* Nothing is said when devices came or went meanwhile. */
static uint64_t card_bytes(const struct server *server)
{
	uint64_t now[RATE_CARDS];
	size_t count = read_cards(now);

	return count == server->card_count ? rate_cards_most(server->cards, now, count) : 0;
}

static void take_message(struct server *server, const char *line)
{
	struct rate_message message;
	struct error err;

	if (rate_message_read(line, &message, &err)) {
		fprintf(stderr, "meshbench-rate: %s\n", err.text);
		fd_closep(&server->control);
	} else if (message.word == RATE_BEGIN) {
		take_datagrams(server);
		rate_tally_begin(&server->tally, (uint32_t)message.trial);
		server->socket_lost_before = server->socket_lost;
		server->card_count = read_cards(server->cards);
		message.word = RATE_BEGUN;
		answer(server, &message);
	} else if (message.word == RATE_END && message.trial == server->tally.trial) {
		server->sent = message.numbers[0];
		server->ended_ns = clock_now_ns();
	}
}

static void take_control(struct server *server)
{
	ssize_t got = recv(server->control, server->line + server->used,
		sizeof(server->line) - 1 - server->used, MSG_DONTWAIT);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		fd_closep(&server->control);
		return;
	}
	server->used += (size_t)got;
	server->line[server->used] = '\0';
	while (server->control >= 0 && (end = strchr(server->line, '\n'))) {
		*end = '\0';
		take_message(server, server->line);
		server->used -= (size_t)(end + 1 - server->line);
		memmove(server->line, end + 1, server->used + 1);
	}
	if (server->used == sizeof(server->line) - 1)
		fd_closep(&server->control);
}

static void take_client(struct server *server)
{
	int yes = 1;

	fd_closep(&server->control);
	server->control = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	server->used = 0;
	server->ended_ns = 0;
	if (server->control >= 0)
		setsockopt(server->control, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

/* When the count is due; all that was sent needs no waiting. */
static int64_t due_ns(const struct server *server)
{
	int64_t since_ns = server->last_ns > server->ended_ns ? server->last_ns : server->ended_ns;
	int64_t latest_ns = server->ended_ns + PATIENCE_NS;

	if (server->ended_ns == 0)
		return INT64_MAX;
	if (server->tally.came.received >= server->sent)
		return 0;
	return since_ns + QUIET_NS < latest_ns ? since_ns + QUIET_NS : latest_ns;
}

static void answer_when_due(struct server *server)
{
	const struct numbers *came = &server->tally.came;
	struct rate_message message = {.word = RATE_COUNTED, .trial = server->tally.trial};

	if (due_ns(server) > clock_now_ns())
		return;
	message.numbers[0] = came->received;
	message.numbers[1] = came->duplicates;
	message.numbers[2] = server->socket_lost - server->socket_lost_before;
	message.numbers[3] = (uint64_t)((came->last_ns - came->first_ns) / NS_PER_US);
	message.numbers[4] = card_bytes(server);
	server->ended_ns = 0;
	if (server->control >= 0)
		answer(server, &message);
}

static int serve(struct server *server, struct error *err)
{
	for (;;) {
		struct pollfd watched[] = {{.fd = server->udp, .events = POLLIN},
			{.fd = server->control, .events = POLLIN},
			{.fd = server->listener, .events = POLLIN}};
		const struct deadline due = {due_ns(server)};

		if (poll(watched, 3, due.at_ns == INT64_MAX ? -1 : deadline_poll_ms(due)) < 0 &&
			errno != EINTR)
			return fail_errno(err, "wait for datagrams");
		if (watched[0].revents)
			take_datagrams(server);
		if (watched[1].revents)
			take_control(server);
		if (watched[2].revents)
			take_client(server);
		answer_when_due(server);
	}
}

static void server_done(struct server *server)
{
	fd_closep(&server->listener);
	fd_closep(&server->control);
	fd_closep(&server->udp);
	rate_tally_done(&server->tally);
}

int rate_serve(unsigned port, struct error *err)
{
	AUTO(server_done) struct server server = {.listener = -1, .control = -1, .udp = -1};
	int yes = 1;

	rate_tally_init(&server.tally, MOST_NUMBERS);
	if (listen_on(port, &server.listener, err) || datagram_bind(port, &server.udp, err))
		return -1;
	datagram_buffers(server.udp, RECEIVE_BUFFER, 0);
	if (setsockopt(server.udp, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof(yes)) < 0 ||
		setsockopt(server.udp, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) < 0)
		return fail_errno(err, "ask for times and for what the socket loses");
	puts("ready");
	fflush(stdout);
	return serve(&server, err);
}
