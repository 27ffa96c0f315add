/* SPDX-License-Identifier: MIT */
/* The wire's side of the control connection: one request, one answer. */
#include "wire/loop.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_TIMELINE_BYTES = 64 << 20
};

static int need_port(const struct loop *loop, const struct request *request, struct error *err)
{
	if (request->port < WIRE_MAX_PORTS && loop->fabric.ports[request->port].is_up)
		return 0;
	return fail(err, ERROR_USAGE, "the wire has no port %u", request->port);
}

static int add_port(struct loop *loop, const struct request *request, int *fd, struct reply *reply)
{
	struct tap *tap;
	uint16_t port;

	if (*fd < 0)
		return fail(&reply->error, ERROR_USAGE, "the new port came without a TAP");
	if (request->number > WIRE_MAX_PORTS)
		return fail(&reply->error, ERROR_USAGE, "the wire has no more than %d ports",
			WIRE_MAX_PORTS);
	port = request->number ? (uint16_t)(request->number - 1) : fabric_free_port(&loop->fabric);
	if (fabric_add_port_at(
		    &loop->fabric, port, &request->params, clock_now_ns(), &reply->error))
		return -1;
	tap = &loop->taps[port];
	if (loop_watch(loop, *fd, port, &reply->error)) {
		fabric_remove_port(&loop->fabric, port);
		return -1;
	}
	tap->fd = fd_take(fd);
	memcpy(tap->name, request->name, sizeof(tap->name));
	reply->port = port;
	return 0;
}

static int remove_port(struct loop *loop, const struct request *request, struct error *err)
{
	struct tap *tap;

	if (need_port(loop, request, err))
		return -1;
	if (loop->fabric.ports[request->port].route)
		return fail(
			err, ERROR_USAGE, "port %u is one of a router, which stays", request->port);
	tap = &loop->taps[request->port];
	fabric_remove_port(&loop->fabric, (uint16_t)request->port);
	/* Closing is not enough: the process that gave us the TAP may hold it open. */
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, tap->fd, NULL);
	fd_closep(&tap->fd);
	free(tap->timeline_memory);
	*tap = (struct tap){.fd = -1};
	return 0;
}

/* Reads a timeline into memory of ours: what the sender does to the file later must not matter. */
static int read_timeline(
	int fd, struct netem_timeline *ret_timeline, void **ret_memory, struct error *err)
{
	AUTO(text_freep) char *memory = NULL;
	struct timeline_head head;
	size_t steps, opportunities;

	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return fail(err, ERROR_USAGE, "the timeline's header is missing");
	if (head.step_count > MAX_TIMELINE_BYTES / sizeof(struct netem_step) ||
		head.opportunity_count > MAX_TIMELINE_BYTES / sizeof(int64_t))
		return fail(err, ERROR_USAGE, "the timeline is longer than %d MiB",
			MAX_TIMELINE_BYTES >> 20);
	steps = head.step_count * sizeof(struct netem_step);
	opportunities = head.opportunity_count * sizeof(int64_t);
	memory = malloc(steps + opportunities + 1);
	if (!memory)
		return fail_errno(err, "keep a timeline");
	if (pread(fd, memory, steps + opportunities, sizeof(head)) !=
		(ssize_t)(steps + opportunities))
		return fail(err, ERROR_USAGE, "the timeline ends early");
	*ret_timeline = (struct netem_timeline){.steps = (struct netem_step *)(void *)memory,
		.step_count = head.step_count,
		.opportunities_ns = (int64_t *)(void *)(memory + steps),
		.opportunity_count = head.opportunity_count,
		.opportunity_bytes = head.opportunity_bytes,
		.period_ns = head.period_ns};
	*ret_memory = memory;
	memory = NULL;
	return 0;
}

static int set_params(struct loop *loop, const struct request *request, int fd, struct error *err)
{
	struct tap *tap = &loop->taps[request->port];
	struct netem_timeline timeline = {0};
	void *memory = NULL;

	if (need_port(loop, request, err) ||
		(fd >= 0 && read_timeline(fd, &timeline, &memory, err)))
		return -1;
	if (fabric_set(&loop->fabric, (uint16_t)request->port, &request->params,
		    fd >= 0 ? &timeline : NULL, clock_now_ns(), err)) {
		free(memory);
		return fail_in(err, "port '%s'", tap->name);
	}
	free(tap->timeline_memory);
	tap->timeline_memory = memory;
	return 0;
}

static void tell_health(const struct loop *loop, struct wire_health *health)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	*health = (struct wire_health){.release_error = loop->fabric.release_error,
		.late_limit_ns = loop->fabric.late_limit_ns,
		.absences = absence_found(&loop->absence, clock_now_ns()),
		.run_queue_wait_ns = loop_waited_ns(loop),
		.memory_bytes = loop->memory_bytes,
		.memory_used_bytes = loop->fabric.pool.in_use,
		.cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		.naps = loop->naps,
		.is_realtime = loop->is_realtime,
		.memory_is_locked = loop->memory_is_locked};
}

static int tell_counters(struct loop *loop, uint32_t port, struct reply *reply)
{
	struct tap *tap = &loop->taps[port];

	fabric_counters(&loop->fabric, (uint16_t)port, &reply->counters);
	if (tap->fd >= 0)
		tap->dropped += card_dropped(tap->fd);
	reply->counters.unfetched = tap->dropped;
	return 0;
}

static void restart(struct loop *loop, uint64_t seed)
{
	fabric_restart(&loop->fabric, seed, clock_now_ns());
	for (size_t i = 0; i < WIRE_MAX_PORTS; i++) {
		if (loop->taps[i].fd >= 0)
			(void)card_dropped(loop->taps[i].fd);
		loop->taps[i].dropped = 0;
	}
	loop_begin_watch(loop);
}

static void end_log(struct loop *loop)
{
	loop->fabric.log = NULL;
	if (loop->log)
		munmap(loop->log, loop->log_bytes);
	loop->log = NULL;
}

static int start_log(struct loop *loop, const struct request *request, int fd, struct error *err)
{
	size_t size = sizeof(struct wire_log) + request->number * sizeof(struct wire_record);
	void *map;

	end_log(loop);
	if (fd < 0)
		return 0;
	if (request->number == 0 || request->number > SIZE_MAX / 128)
		return fail(err, ERROR_USAGE, "a log needs room for at least one record");
	if (ftruncate(fd, (off_t)size) < 0)
		return fail_errno(
			err, "make room for %llu log records", (unsigned long long)request->number);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return fail_errno(err, "map the log");
	loop->log = map;
	loop->log_bytes = size;
	*loop->log = (struct wire_log){.magic = "mbwire1", .room = request->number};
	loop->fabric.log = loop->log;
	return 0;
}

static int need_router(const struct loop *loop, const struct request *request, struct error *err)
{
	if (request->port < WIRE_MAX_ROUTERS && loop->fabric.routes[request->port].router)
		return 0;
	return fail(err, ERROR_USAGE, "the wire has no router %u", request->port);
}

static int add_router(struct loop *loop, const struct request *request, struct reply *reply)
{
	const struct route *route;
	uint16_t number;

	if (route_add(&loop->fabric, &request->router, clock_now_ns(), &number, &reply->error))
		return -1;
	route = &loop->fabric.routes[number];
	reply->router = (struct wire_router){.number = number};
	for (int side = 0; side < ROUTER_SIDES; side++)
		reply->router.ports[side] = route->ports[side];
	return 0;
}

/* What concerns a router that is there. */
static int obey_router(struct loop *loop, const struct request *request, struct reply *reply)
{
	struct error *err = &reply->error;
	struct router *router;

	if (need_router(loop, request, err))
		return -1;
	router = loop->fabric.routes[request->port].router;
	switch (request->kind) {
	case REQUEST_SET_ROUTER:
		return route_set(&loop->fabric, (uint16_t)request->port, &request->router, err);
	case REQUEST_MEET:
		if (request->neighbour.side >= ROUTER_SIDES)
			return fail(err, ERROR_USAGE, "a router has no side %u",
				request->neighbour.side);
		return router_meet(router, (enum router_side)request->neighbour.side,
			request->neighbour.address, request->neighbour.mac, err);
	case REQUEST_FLUSH:
		router_flush(router);
		return 0;
	default:
		reply->totals = router_totals(router);
		return 0;
	}
}

static int join(struct loop *loop, const struct request *request, struct error *err)
{
	if (need_port(loop, request, err))
		return -1;
	fabric_join(&loop->fabric, (uint16_t)request->port, (uint16_t)request->number);
	return 0;
}

static int set_rules(struct loop *loop, const struct request *request, struct error *err)
{
	return ruled_set(&loop->fabric, request->rules,
		request->number <= WIRE_MAX_RULES ? request->number : SIZE_MAX, clock_now_ns(),
		err);
}

static int tell_rules(const struct loop *loop, const struct request *request, struct reply *reply)
{
	const struct rules *rules = &loop->fabric.rules;

	if (request->number != rules->count)
		return fail(&reply->error, ERROR_USAGE, "the wire has %u rules", rules->count);
	for (uint32_t i = 0; i < rules->count; i++)
		reply->uses[i] = rules->list[i].use;
	return 0;
}

static int obey(struct loop *loop, const struct request *request, int *fd, struct reply *reply)
{
	struct error *err = &reply->error;

	switch (request->kind) {
	case REQUEST_ADD_PORT:
		return add_port(loop, request, fd, reply);
	case REQUEST_REMOVE_PORT:
		return remove_port(loop, request, err);
	case REQUEST_SET_PARAMS:
		return set_params(loop, request, *fd, err);
	case REQUEST_RESTART:
		restart(loop, request->number);
		return 0;
	case REQUEST_COUNTERS:
		if (need_port(loop, request, err))
			return -1;
		return tell_counters(loop, request->port, reply);
	case REQUEST_HEALTH:
		tell_health(loop, &reply->health);
		return 0;
	case REQUEST_LOG:
		return start_log(loop, request, *fd, err);
	case REQUEST_JOIN:
		return join(loop, request, err);
	case REQUEST_ADD_ROUTER:
		return add_router(loop, request, reply);
	case REQUEST_SET_ROUTER:
	case REQUEST_MEET:
	case REQUEST_FLUSH:
	case REQUEST_TOTALS:
		return obey_router(loop, request, reply);
	case REQUEST_SET_RULES:
		return set_rules(loop, request, err);
	case REQUEST_RULES:
		return tell_rules(loop, request, reply);
	default:
		return fail(err, ERROR_USAGE, "request %u is unknown to the wire", request->kind);
	}
}

static ssize_t receive(int socket_fd, struct request *request, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT | MSG_TRUNC);
	struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
		head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(head), sizeof(int));
	return n;
}

void control_serve(struct loop *loop)
{
	AUTO(fd_closep) int fd = -1;
	struct request request;
	struct reply reply = {0};
	ssize_t n = receive(loop->control_fd, &request, &fd);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop->is_stopped = true;
		return;
	}
	if (n != (ssize_t)sizeof(request))
		fail(&reply.error, ERROR_USAGE, "a request of %zd bytes is not valid", n);
	else if (obey(loop, &request, &fd, &reply) == 0)
		reply.error = (struct error){0};
	if (send(loop->control_fd, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
		loop->is_stopped = true;
}
