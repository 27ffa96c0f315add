/* SPDX-License-Identifier: MIT */
/* The client of the test: who sees us as what, and who reaches us. */
#include "programs/nat/ask.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum {
	TRIES = 4
};

struct client {
	const struct nat_called *server;
	int wait_ms;
	uint32_t number; /* of the last question */
};

struct request {
	bool to_other_address, to_other_port;     /* whom it asks */
	bool from_other_address, from_other_port; /* who shall answer, seen from there */
};

/* An endpoint of either family. */
union spot {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static socklen_t size_of(const union spot *spot)
{
	return spot->any.sa_family == AF_INET6 ? sizeof(spot->ipv6) : sizeof(spot->ipv4);
}

/* An endpoint of the server; the bits say which address and which port. */
static union spot spot_of(const struct nat_called *server, bool other_address, bool other_port)
{
	uint16_t port = htons(server->ports[other_port]);

	if (server->is_ipv6)
		return (union spot){.ipv6 = {.sin6_family = AF_INET6,
					    .sin6_addr = server->ipv6[other_address],
					    .sin6_port = port}};
	return (union spot){.ipv4 = {.sin_family = AF_INET,
				    .sin_addr = server->ipv4[other_address],
				    .sin_port = port}};
}

static uint16_t port_of(const union spot *spot)
{
	return ntohs(spot->any.sa_family == AF_INET6 ? spot->ipv6.sin6_port : spot->ipv4.sin_port);
}

/* Which address leads to the server: the kernel says it of a socket that is connected. */
static int find_own(const union spot *server, union spot *ret_own, struct error *err)
{
	AUTO(fd_closep) int fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret_own);

	if (fd < 0 || connect(fd, &server->any, size_of(server)) < 0 ||
		getsockname(fd, &ret_own->any, &size) < 0)
		return fail_errno(err, "find the way to the server");
	return 0;
}

/* A fresh socket, whose port the kernel chooses. Not the one of find_own(): with IPv6 a socket that
 * was connected filters by that address even when it no longer is. */
static int open_socket(
	const struct client *client, int *ret_fd, uint16_t *ret_port, struct error *err)
{
	union spot anywhere = client->server->is_ipv6
				      ? (union spot){.ipv6 = {.sin6_family = AF_INET6}}
				      : (union spot){.ipv4 = {.sin_family = AF_INET}};
	AUTO(fd_closep) int fd = socket(anywhere.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(anywhere);

	if (fd < 0 || bind(fd, &anywhere.any, size_of(&anywhere)) < 0 ||
		getsockname(fd, &anywhere.any, &size) < 0)
		return fail_errno(err, "take a port");
	*ret_port = port_of(&anywhere);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* Whether the answer to this question comes before the deadline; others are passed over. */
static bool hear(int fd, uint32_t number, struct deadline deadline, struct nat_mapped *ret_mapped)
{
	struct pollfd watched = {.fd = fd, .events = POLLIN};
	struct nat_answer answer;

	while (poll(&watched, 1, deadline_poll_ms(deadline)) == 1) {
		if (recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) != (ssize_t)sizeof(answer) ||
			answer.magic != htonl(NAT_TALK_MAGIC) || answer.number != htonl(number))
			continue;
		*ret_mapped = (struct nat_mapped){true, answer.address, ntohs(answer.port)};
		return true;
	}
	return false;
}

static struct nat_mapped ask(struct client *client, int fd, const struct request *request)
{
	union spot to = spot_of(client->server, request->to_other_address, request->to_other_port);
	struct nat_question question = {.magic = htonl(NAT_TALK_MAGIC),
		.number = htonl(++client->number),
		.other_address = request->from_other_address,
		.other_port = request->from_other_port};
	struct nat_mapped mapped = {0};

	for (int i = 0; i < TRIES && !mapped.is_there; i++) {
		(void)!sendto(fd, &question, sizeof(question), 0, &to.any, size_of(&to));
		(void)hear(fd, client->number, deadline_in(client->wait_ms * NS_PER_MS), &mapped);
	}
	return mapped;
}

static int see_mapping(struct client *client, struct nat_sight *sight, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	union spot server = spot_of(client->server, false, false), own = {0};

	if (find_own(&server, &own, err) || open_socket(client, &fd, &sight->own_port, err))
		return -1;
	/* The server never sees an address of IPv6. */
	if (own.any.sa_family == AF_INET)
		sight->own_address = own.ipv4.sin_addr;
	sight->to_server = ask(client, fd, &(struct request){0});
	if (!sight->to_server.is_there)
		return 0;
	sight->to_other_port = ask(client, fd, &(struct request){.to_other_port = true});
	sight->to_other_address = ask(client, fd, &(struct request){.to_other_address = true});
	return 0;
}

/* With a fresh socket: is the answer of this other one heard? */
static int see_filtering(struct client *client, const struct request *from, bool *ret_hears,
	struct nat_sight *sight, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	uint16_t port;

	if (open_socket(client, &fd, &port, err))
		return -1;
	sight->before_peer = ask(client, fd, &(struct request){0});
	*ret_hears = ask(client, fd, from).is_there;
	/* That other one has spoken first; now we speak to it. */
	sight->after_peer = ask(client, fd,
		&(struct request){.to_other_address = from->from_other_address,
			.to_other_port = from->from_other_port});
	return 0;
}

int nat_look(const struct nat_called *server, int wait_ms, struct nat_sight *ret_sight,
	struct error *err)
{
	struct client client = {.server = server, .wait_ms = wait_ms};
	struct nat_sight sight = {0};

	if (see_mapping(&client, &sight, err))
		return -1;
	if (sight.to_server.is_there &&
		(see_filtering(&client, &(struct request){.from_other_port = true},
			 &sight.hears_other_port, &sight, err) ||
			see_filtering(&client,
				&(struct request){
					.from_other_address = true, .from_other_port = true},
				&sight.hears_other_address, &sight, err)))
		return -1;
	*ret_sight = sight;
	return 0;
}
