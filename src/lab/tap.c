/* SPDX-License-Identifier: MIT */
/*
 * TAPs inside hosts. This process could not come back from a host's network, so a helper visits
 * one host after the other and hands the descriptors over.
 */
#include "lab/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One message per host: what went wrong, or ERROR_NONE and its descriptor. */
union descriptor_room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_tap(int socket_fd, struct error *said, int tap_fd)
{
	struct iovec part = {said, sizeof(*said)};
	union descriptor_room room = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (said->kind == ERROR_NONE) {
		room.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&room.head), &tap_fd, sizeof(int));
		message.msg_control = &room;
		message.msg_controllen = sizeof(room);
	}
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*said) ? 0 : -1;
}

static int receive_tap(int socket_fd, int *ret_fd, struct error *err)
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
		return fail(err, ERROR_SYSTEM, "the helper that opens TAPs ended too early");
	if (said.kind != ERROR_NONE) {
		*err = said;
		return -1;
	}
	if (!CMSG_FIRSTHDR(&message))
		return fail(err, ERROR_SYSTEM, "a TAP was lost: too many files are open");
	memcpy(ret_fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return 0;
}

/* In the helper. */
static _Noreturn void visit_hosts(const struct lab_node nodes[], size_t count, int socket_fd)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(fd_closep) int tap_fd = -1;
		struct error said = {0};

		if (setns(namespace_host_place(nodes[i].host)->net_fd, CLONE_NEWNET) < 0)
			fail_errno(&said, "enter the network of host %s", nodes[i].name);
		else if (wire_tap_open("eth0", &tap_fd, &said) == 0)
			said.kind = ERROR_NONE;
		if (send_tap(socket_fd, &said, tap_fd) || said.kind != ERROR_NONE)
			_exit(1);
	}
	_exit(0);
}

static int receive_all(const struct lab_node nodes[], size_t count, int socket_fd, int ret_fds[],
	struct error *err)
{
	size_t got = 0;

	while (got < count && receive_tap(socket_fd, &ret_fds[got], err) == 0)
		got++;
	if (got == count)
		return 0;
	for (size_t i = 0; i < got; i++)
		fd_closep(&ret_fds[i]);
	return fail_in(err, "make eth0 of host %s", nodes[got].name);
}

int tap_open_in_hosts(const struct lab_node nodes[], size_t count, int ret_fds[], struct error *err)
{
	AUTO(fd_closep) int ours = -1, theirs = -1;
	int ends[2], status;
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make a socket for TAPs");
	ours = ends[0];
	theirs = ends[1];
	helper = fork();
	if (helper == 0)
		visit_hosts(nodes, count, theirs);
	if (helper < 0)
		return fail_errno(err, "start the helper that opens TAPs");
	fd_closep(&theirs);
	status = receive_all(nodes, count, ours, ret_fds, err);
	fd_closep(&ours); /* a helper that still sends is told to stop */
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}
