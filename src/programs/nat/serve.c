/* SPDX-License-Identifier: MIT */
/* The server of the test: four sockets, any of which answers for any other. */
#include "programs/nat/talk.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
	SOCKETS = 4 /* bit 0: the other port, bit 1: the other address */
};

static int open_socket(const struct nat_server *server, int which, int *ret_fd, struct error *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr = server->addresses[which >> 1],
		.sin_port = htons(server->ports[which & 1])};
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(err, "listen to port %u", server->ports[which & 1]);
	*ret_fd = fd_take(&fd);
	return 0;
}

static void answer(const struct pollfd sockets[], int which)
{
	struct nat_question question;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(sockets[which].fd, &question, sizeof(question), MSG_DONTWAIT,
		(struct sockaddr *)&from, &size);
	struct nat_answer reply;
	int by = which;

	if (n != (ssize_t)sizeof(question) || question.magic != htonl(NAT_TALK_MAGIC))
		return;
	by ^= question.other_port ? 1 : 0;
	by ^= question.other_address ? 2 : 0;
	reply = (struct nat_answer){.magic = question.magic,
		.number = question.number,
		.address = from.sin_addr,
		.port = from.sin_port};
	(void)!sendto(sockets[by].fd, &reply, sizeof(reply), MSG_DONTWAIT, (struct sockaddr *)&from,
		size);
}

static int answer_all(struct pollfd sockets[], struct error *err)
{
	for (;;) {
		if (poll(sockets, SOCKETS, -1) < 0 && errno != EINTR)
			return fail_errno(err, "wait for questions");
		for (int i = 0; i < SOCKETS; i++) {
			if (sockets[i].revents & POLLIN)
				answer(sockets, i);
		}
	}
}

int nat_serve(const struct nat_server *server, struct error *err)
{
	struct pollfd sockets[SOCKETS];
	int status = 0;

	for (int i = 0; i < SOCKETS; i++)
		sockets[i] = (struct pollfd){-1, POLLIN, 0};
	for (int i = 0; i < SOCKETS && status == 0; i++)
		status = open_socket(server, i, &sockets[i].fd, err);
	if (status == 0) {
		puts("ready");
		fflush(stdout);
		status = answer_all(sockets, err);
	}
	for (int i = 0; i < SOCKETS; i++)
		fd_closep(&sockets[i].fd);
	return status;
}
