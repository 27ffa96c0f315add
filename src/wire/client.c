/* SPDX-License-Identifier: MIT */
/* The other side of the control connection, for those who use the wire. */
#include "wire/loop.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	MOST_CARRIED = 6 << 20 /* bytes that go along with a request to another machine */
};

struct wire {
	int socket_fd;     /* -1: it is on another machine */
	wire_carry *carry; /* which this reaches */
	void *context;
};

int wire_ends(int *ret_ours, int *ret_theirs, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make a socket to the wire");
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

int wire_connect(int *socket_fd, struct wire **ret_wire, struct error *err)
{
	struct timeval limit = {.tv_sec = 10};
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return fail_errno(err, "connect to the wire");
	if (setsockopt(*socket_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0) {
		free(wire);
		return fail_errno(err, "connect to the wire");
	}
	wire->socket_fd = fd_take(socket_fd);
	*ret_wire = wire;
	return 0;
}

int wire_over(wire_carry *carry, void *context, struct wire **ret_wire, struct error *err)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return fail_errno(err, "connect to the wire");
	*wire = (struct wire){.socket_fd = -1, .carry = carry, .context = context};
	*ret_wire = wire;
	return 0;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	fd_closep(&wire->socket_fd);
	free(wire);
}

void wire_freep(struct wire **wire)
{
	wire_free(*wire);
	*wire = NULL;
}

static int send_request(struct wire *wire, const struct request *request, int fd, struct error *err)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	if (sendmsg(wire->socket_fd, &message, MSG_NOSIGNAL) < 0)
		return fail_errno(err, "ask the wire");
	return 0;
}

/* What lies in the file follows the request; the wire's own end makes a file of it again. */
static int ask_far(struct wire *wire, const struct request *request, int fd, struct reply *reply,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	off_t more = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	char *question;

	if (more < 0 || more > MOST_CARRIED)
		return fail(err, ERROR_USAGE, "what belongs to it is longer than %d MiB",
			MOST_CARRIED >> 20);
	question = arena_bytes(arena, sizeof(*request) + (size_t)more, 1);
	memcpy(question, request, sizeof(*request));
	if (more > 0 && pread(fd, question + sizeof(*request), (size_t)more, 0) != more)
		return fail_errno(err, "read what belongs to a request");
	if (wire->carry(wire->context, question, sizeof(*request) + (size_t)more, reply,
		    sizeof(*reply), err))
		return -1;
	if (reply->error.kind == ERROR_NONE)
		return 0;
	*err = reply->error;
	return -1;
}

static int ask(struct wire *wire, const struct request *request, int fd, struct reply *reply,
	struct error *err)
{
	ssize_t n;

	if (wire->carry)
		return ask_far(wire, request, fd, reply, err);
	if (send_request(wire, request, fd, err))
		return -1;
	n = recv(wire->socket_fd, reply, sizeof(*reply), MSG_TRUNC); /* its true length */
	if (n < 0 && errno == EAGAIN)
		return fail(err, ERROR_TIMEOUT, "the wire did not answer within 10 s");
	if (n < 0)
		return fail_errno(err, "receive the wire's answer");
	if (n == 0)
		return fail(err, ERROR_CRASHED, "the wire's process ended");
	if (n != (ssize_t)sizeof(*reply))
		return fail(
			err, ERROR_PARSE, "the wire answered in %zd bytes; its version differs", n);
	if (reply->error.kind == ERROR_NONE)
		return 0;
	*err = reply->error;
	return -1;
}

int wire_add_port(struct wire *wire, const char *name, int tap_fd, const struct wire_params *params,
	uint32_t *ret_port, struct error *err)
{
	struct request request = {.kind = REQUEST_ADD_PORT, .params = *params};
	struct reply reply;

	strncpy(request.name, name, sizeof(request.name) - 1);
	if (ask(wire, &request, tap_fd, &reply, err))
		return fail_in(err, "add port '%s' to the wire", name);
	*ret_port = reply.port;
	return 0;
}

int wire_add_port_at(struct wire *wire, uint32_t port, const char *name, int tap_fd,
	const struct wire_params *params, struct error *err)
{
	struct request request = {
		.kind = REQUEST_ADD_PORT, .number = port + UINT64_C(1), .params = *params};
	struct reply reply;

	strncpy(request.name, name, sizeof(request.name) - 1);
	if (ask(wire, &request, tap_fd, &reply, err))
		return fail_in(err, "add port '%s' to the wire", name);
	return 0;
}

int wire_remove_port(struct wire *wire, uint32_t port, struct error *err)
{
	struct request request = {.kind = REQUEST_REMOVE_PORT, .port = port};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

static int write_whole(int fd, const void *data, size_t size, struct error *err)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0)
			return fail_errno(err, "write a timeline");
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int timeline_file(const struct netem_timeline *timeline, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = memfd_create("timeline", MFD_CLOEXEC);
	struct timeline_head head = {.step_count = timeline->step_count,
		.opportunity_count = timeline->opportunity_count,
		.period_ns = timeline->period_ns,
		.opportunity_bytes = timeline->opportunity_bytes};

	if (fd < 0)
		return fail_errno(err, "make a file for a timeline");
	if (write_whole(fd, &head, sizeof(head), err) ||
		write_whole(fd, timeline->steps, timeline->step_count * sizeof(*timeline->steps),
			err) ||
		write_whole(fd, timeline->opportunities_ns,
			timeline->opportunity_count * sizeof(*timeline->opportunities_ns), err))
		return -1;
	*ret_fd = fd_take(&fd);
	return 0;
}

int wire_set_params(struct wire *wire, uint32_t port, const struct wire_params *params,
	const struct netem_timeline *timeline, struct error *err)
{
	struct request request = {.kind = REQUEST_SET_PARAMS, .port = port, .params = *params};
	AUTO(fd_closep) int fd = -1;
	struct reply reply;

	if (timeline && timeline_file(timeline, &fd, err))
		return -1;
	return ask(wire, &request, fd, &reply, err);
}

/* Those without a descriptor, and the one whose descriptor is a file that can be made here. */
static bool may_travel(uint32_t kind)
{
	return kind == REQUEST_SET_PARAMS || kind == REQUEST_RESTART || kind == REQUEST_COUNTERS ||
	       kind == REQUEST_HEALTH || kind == REQUEST_SET_RULES || kind == REQUEST_RULES;
}

int wire_answer(struct wire *wire, struct wire_bytes question, struct arena *arena,
	struct wire_bytes *ret_answer, struct error *err)
{
	struct reply *reply = arena_alloc(arena, struct reply, 1);
	AUTO(fd_closep) int fd = -1;
	struct request request;
	struct error why;

	if (question.size < sizeof(request))
		return fail(err, ERROR_USAGE, "a request of %zu bytes is not valid", question.size);
	memcpy(&request, question.data, sizeof(request));
	if (!may_travel(request.kind))
		return fail(err, ERROR_USAGE, "request %u may not come from another machine",
			request.kind);
	if (question.size > sizeof(request)) {
		fd = memfd_create("timeline", MFD_CLOEXEC);
		if (fd < 0)
			return fail_errno(err, "make a file for a timeline");
		if (write_whole(fd, (const char *)question.data + sizeof(request),
			    question.size - sizeof(request), err))
			return -1;
	}
	/* What the wire says of a request is its answer; another failure is ours. */
	if (ask(wire, &request, fd, reply, &why) && reply->error.kind == ERROR_NONE) {
		*err = why;
		return -1;
	}
	*ret_answer = (struct wire_bytes){reply, sizeof(*reply)};
	return 0;
}

int wire_restart(struct wire *wire, uint64_t seed, struct error *err)
{
	struct request request = {.kind = REQUEST_RESTART, .number = seed};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

int wire_read_counters(
	struct wire *wire, uint32_t port, struct wire_counters *ret_counters, struct error *err)
{
	struct request request = {.kind = REQUEST_COUNTERS, .port = port};
	struct reply reply;

	if (ask(wire, &request, -1, &reply, err))
		return -1;
	*ret_counters = reply.counters;
	return 0;
}

int wire_read_health(struct wire *wire, struct wire_health *ret_health, struct error *err)
{
	struct request request = {.kind = REQUEST_HEALTH};
	struct reply reply;

	if (ask(wire, &request, -1, &reply, err))
		return -1;
	*ret_health = reply.health;
	return 0;
}

int wire_log_to(struct wire *wire, int fd, uint64_t room, struct error *err)
{
	struct request request = {.kind = REQUEST_LOG, .number = room};
	struct reply reply;

	return ask(wire, &request, fd, &reply, err);
}

int wire_join(struct wire *wire, uint32_t port, uint16_t segment, struct error *err)
{
	struct request request = {.kind = REQUEST_JOIN, .port = port, .number = segment};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

int wire_set_rules(
	struct wire *wire, const struct wire_rule rules[], size_t count, struct error *err)
{
	struct request request = {.kind = REQUEST_SET_RULES, .number = count};
	struct reply reply;

	if (count > WIRE_MAX_RULES)
		return fail(err, ERROR_USAGE, "%zu rules are more than %d", count, WIRE_MAX_RULES);
	memcpy(request.rules, rules, count * sizeof(*rules));
	return ask(wire, &request, -1, &reply, err);
}

int wire_read_rules(
	struct wire *wire, struct wire_rule_use ret_uses[], size_t count, struct error *err)
{
	struct request request = {.kind = REQUEST_RULES, .number = count};
	struct reply reply;

	if (ask(wire, &request, -1, &reply, err))
		return -1;
	memcpy(ret_uses, reply.uses, count * sizeof(*ret_uses));
	return 0;
}

int wire_add_router(struct wire *wire, const struct router_params *params,
	struct wire_router *ret_router, struct error *err)
{
	struct request request = {.kind = REQUEST_ADD_ROUTER, .router = *params};
	struct reply reply;

	if (ask(wire, &request, -1, &reply, err))
		return -1;
	*ret_router = reply.router;
	return 0;
}

int wire_set_router(
	struct wire *wire, uint32_t router, const struct router_params *params, struct error *err)
{
	struct request request = {.kind = REQUEST_SET_ROUTER, .port = router, .router = *params};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

int wire_meet(struct wire *wire, uint32_t router, const struct wire_neighbour *neighbour,
	struct error *err)
{
	struct request request = {.kind = REQUEST_MEET, .port = router, .neighbour = *neighbour};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

int wire_flush_router(struct wire *wire, uint32_t router, struct error *err)
{
	struct request request = {.kind = REQUEST_FLUSH, .port = router};
	struct reply reply;

	return ask(wire, &request, -1, &reply, err);
}

int wire_read_router(
	struct wire *wire, uint32_t router, struct router_totals *ret_totals, struct error *err)
{
	struct request request = {.kind = REQUEST_TOTALS, .port = router};
	struct reply reply;

	if (ask(wire, &request, -1, &reply, err))
		return -1;
	*ret_totals = reply.totals;
	return 0;
}
