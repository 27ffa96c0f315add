/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of devices inside other networks. This process could not come back from there, so a
 * helper visits one network after the other and hands the descriptors over.
 */
#include "host/inside.h"

#include "base/fd.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One message per network: what went wrong, or ERROR_NONE and its descriptor. */
union descriptor_room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int hand_over(int socket_fd, struct error *said, int fd)
{
	struct iovec part = {said, sizeof(*said)};
	union descriptor_room room = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (said->kind == ERROR_NONE) {
		room.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&room.head), &fd, sizeof(int));
		message.msg_control = &room;
		message.msg_controllen = sizeof(room);
	}
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*said) ? 0 : -1;
}

static int receive(int socket_fd, int *ret_fd, struct error *err)
{
	struct error said = {0};
	struct iovec part = {&said, sizeof(said)};
	union descriptor_room room = {0};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room)};
	ssize_t n;

	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(said))
		return fail(err, ERROR_SYSTEM, "the helper that opens devices ended too early");
	if (said.kind != ERROR_NONE) {
		*err = said;
		return -1;
	}
	if (!CMSG_FIRSTHDR(&message))
		return fail(err, ERROR_SYSTEM, "a device was lost: too many files are open");
	memcpy(ret_fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return 0;
}

/* In the helper. */
static int open_one(const struct inside *inside, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int network = -1;

	if (host_network(inside->host, &network, err))
		return -1;
	if (setns(network, CLONE_NEWNET) < 0)
		return fail_errno(err, "enter its network");
	return inside->open(inside->device, ret_fd, err);
}

static _Noreturn void visit(const struct inside list[], size_t count, int socket_fd)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(fd_closep) int fd = -1;
		struct error said = {0};

		if (open_one(&list[i], &fd, &said) == 0)
			said.kind = ERROR_NONE;
		if (hand_over(socket_fd, &said, fd) || said.kind != ERROR_NONE)
			_exit(1);
	}
	_exit(0);
}

static int receive_all(
	const struct inside list[], size_t count, int socket_fd, int ret_fds[], struct error *err)
{
	size_t got = 0;

	while (got < count && receive(socket_fd, &ret_fds[got], err) == 0)
		got++;
	if (got == count)
		return 0;
	for (size_t i = 0; i < got; i++)
		fd_closep(&ret_fds[i]);
	return fail_in(err, "open %s of host %s", list[got].device, list[got].name);
}

int inside_open(const struct inside list[], size_t count, int ret_fds[], struct error *err)
{
	AUTO(fd_closep) int ours = -1, theirs = -1;
	int ends[2], status;
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make a socket for devices");
	ours = ends[0];
	theirs = ends[1];
	helper = fork();
	if (helper == 0)
		visit(list, count, theirs);
	if (helper < 0)
		return fail_errno(err, "start the helper that opens devices");
	fd_closep(&theirs);
	status = receive_all(list, count, ours, ret_fds, err);
	fd_closep(&ours); /* a helper that still sends is told to stop */
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}
