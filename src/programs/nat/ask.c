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
	const struct nat_server *server;
	int wait_ms;
	uint32_t number; /* of the last question */
};

struct request {
	bool to_other_address, to_other_port;     /* whom it asks */
	bool from_other_address, from_other_port; /* who shall answer, seen from there */
};

/* Of a fresh socket, whose port the kernel chooses. */
static int open_socket(
	const struct client *client, int *ret_fd, struct sockaddr_in *ret_own, struct error *err)
{
	struct sockaddr_in server = {.sin_family = AF_INET,
		.sin_addr = client->server->addresses[0],
		.sin_port = htons(client->server->ports[0])};
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret_own);
	struct sockaddr_in bound = {.sin_family = AF_INET};

	/* Connected for a moment, so that the kernel says which address leads there. */
	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0 ||
		getsockname(fd, (struct sockaddr *)ret_own, &size) < 0)
		return fail_errno(err, "find the way to the server");
	bound.sin_port = ret_own->sin_port;
	if (connect(fd, &nobody, sizeof(nobody)) < 0 ||
		bind(fd, (struct sockaddr *)&bound, sizeof(bound)) < 0)
		return fail_errno(err, "take a port");
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
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_addr = client->server->addresses[request->to_other_address],
		.sin_port = htons(client->server->ports[request->to_other_port])};
	struct nat_question question = {.magic = htonl(NAT_TALK_MAGIC),
		.number = htonl(++client->number),
		.other_address = request->from_other_address,
		.other_port = request->from_other_port};
	struct nat_mapped mapped = {0};

	for (int i = 0; i < TRIES && !mapped.is_there; i++) {
		(void)!sendto(
			fd, &question, sizeof(question), 0, (struct sockaddr *)&to, sizeof(to));
		(void)hear(fd, client->number, deadline_in(client->wait_ms * NS_PER_MS), &mapped);
	}
	return mapped;
}

static int see_mapping(struct client *client, struct nat_sight *sight, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	struct sockaddr_in own = {0};

	if (open_socket(client, &fd, &own, err))
		return -1;
	sight->own_address = own.sin_addr;
	sight->own_port = ntohs(own.sin_port);
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
	struct sockaddr_in own = {0};

	if (open_socket(client, &fd, &own, err))
		return -1;
	sight->before_peer = ask(client, fd, &(struct request){0});
	*ret_hears = ask(client, fd, from).is_there;
	/* That other one has spoken first; now we speak to it. */
	sight->after_peer = ask(client, fd,
		&(struct request){.to_other_address = from->from_other_address,
			.to_other_port = from->from_other_port});
	return 0;
}

int nat_look(const struct nat_server *server, int wait_ms, struct nat_sight *ret_sight,
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
