/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe flood: numbered packets as fast as they go, for a time by its own clock. It needs
 * no answer, so it ends in time whether anybody is there or not. Before that it waits, for a
 * bounded time, until a packet of its size was answered, and when the path then says that such
 * packets do not fit it begins again with smaller ones: the kernel would cut every single one of
 * the flood of a VPN that still looks for the largest packet that its path carries.
 */
#include "programs/probe/probe.h"

#include "programs/datagram.h"

#include "record/cause.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum {
	/* What a packet of TCP with timestamps has around its payload: a flood by iperf3 takes the
	 * segments of its control connection for the size of its datagrams. */
	TCP_BYTES = 32,
	UDP_BYTES = 8,
	INTERVALS = 4096,
	REFUSED_NAP_MS = 1,
	OPENING_EVERY_MS = 100
};
#define OPENING_SETTLED_NS (5 * NS_PER_S)

/* Before a flood: does a packet of its size arrive? */
struct opening {
	uint32_t packets, first_of_size; /* sent, and of them the first as large as the last */
	bool is_open;                    /* one of that size was answered */
	int64_t changed_ns;              /* when the size last became another; 0: never */
	int64_t waited_ns;
};

struct flood {
	struct probe_inlet inlet;
	uint64_t run, refused;
	uint32_t sent; /* and the number of the next one */
	size_t bytes;
	time_t began_unix_s;
	int refusal; /* errno of the last one */
	int64_t length_ns, start_ns, seen_ns;
	struct opening opening;
	struct probe_own own; /* when it began */
	struct probe_stalls stalls;
	uint64_t intervals[INTERVALS];
};

static void flood_done(struct flood *flood)
{
	fd_closep(&flood->inlet.fd);
}

static int set_size(struct flood *flood, const struct probe_options *options, struct error *err)
{
	size_t mtu = datagram_mtu(flood->inlet.fd);
	size_t around = datagram_header_bytes(flood->inlet.fd) - UDP_BYTES + TCP_BYTES;

	flood->bytes = (size_t)options->bytes;
	if (!options->fills_mtu)
		return 0;
	if (mtu < around + sizeof(struct probe_head))
		return fail(err, ERROR_SYSTEM, "an MTU of %zu bytes is too small for a flood", mtu);
	flood->bytes = mtu - around < PROBE_MAX_BYTES ? mtu - around : PROBE_MAX_BYTES;
	return 0;
}

/* A packet that was too large tells the kernel of what fits, and then the next one is smaller. */
static int ask_once(struct flood *flood, const struct probe_options *options, uint8_t *packet,
	struct error *err)
{
	struct opening *opening = &flood->opening;
	size_t former = flood->bytes;
	const struct probe_head head = {.magic = probe_magic,
		.number = opening->packets,
		.run = flood->run,
		.planned = PROBE_MAX_COUNT,
		.flags = PROBE_OPENING};

	if (set_size(flood, options, err))
		return -1;
	if (flood->bytes != former) {
		opening->is_open = false;
		opening->first_of_size = opening->packets;
		opening->changed_ns = clock_now_ns();
	}
	memcpy(packet, &head, sizeof(head));
	if (send(flood->inlet.fd, packet, flood->bytes, MSG_DONTWAIT) >= 0)
		opening->packets++;
	return 0;
}

/* A VPN that has just learned what fits may still be learning, and sends otherwise meanwhile. */
static bool is_settled(const struct opening *opening)
{
	return opening->is_open &&
	       (!opening->changed_ns || clock_now_ns() - opening->changed_ns >= OPENING_SETTLED_NS);
}

static void take_answers(struct flood *flood)
{
	struct probe_packet packet;

	while (probe_take(&flood->inlet, NULL, &packet)) {
		if (packet.is_ours && packet.head.flags == (PROBE_OPENING | PROBE_REPLY) &&
			packet.head.run == flood->run &&
			packet.head.number >= flood->opening.first_of_size)
			flood->opening.is_open = true;
	}
}

/* What ICMP said of one that was sent; errno, or 0. */
static int take_problem(int fd)
{
	int problem = 0;
	socklen_t size = sizeof(problem);

	(void)!getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
	return problem;
}

/* Until the next one is due, or none is needed. False: nobody is there to answer. */
static bool hear_answers(struct flood *flood, struct deadline next)
{
	while (!deadline_has_passed(next) && !is_settled(&flood->opening)) {
		struct pollfd watched = {.fd = flood->inlet.fd, .events = POLLIN};
		int problem = 0;

		if (poll(&watched, 1, deadline_poll_ms(next)) <= 0)
			continue;
		if (watched.revents & POLLERR)
			problem = take_problem(flood->inlet.fd);
		if (problem == ECONNREFUSED)
			return false;
		if (problem == EMSGSIZE)
			return true;
		take_answers(flood);
	}
	return true;
}

static int open_way(struct flood *flood, const struct probe_options *options, uint8_t *packet,
	struct deadline end, struct error *err)
{
	bool is_there = true;

	while (is_there && !deadline_has_passed(end) && !is_settled(&flood->opening)) {
		if (ask_once(flood, options, packet, err))
			return -1;
		is_there = hear_answers(
			flood, deadline_earlier(end, deadline_in(OPENING_EVERY_MS * NS_PER_MS)));
	}
	return 0;
}

/* The time between two looks at the clock, unless it was spent waiting for the kernel. */
static void look(struct flood *flood, int64_t now_ns)
{
	probe_stalls_note(&flood->stalls, now_ns - flood->seen_ns);
	flood->seen_ns = now_ns;
}

static void wait_for_room(struct flood *flood, struct deadline end)
{
	struct pollfd watched = {.fd = flood->inlet.fd, .events = POLLOUT};

	poll(&watched, 1, deadline_poll_ms(end));
	flood->seen_ns = clock_now_ns();
}

/* Nobody listens, or there is no way: it may come back, but is not asked a million times. */
static void take_refusal(struct flood *flood, int problem)
{
	if (problem == EINTR)
		return;
	flood->refused++;
	flood->refusal = problem;
	poll(NULL, 0, REFUSED_NAP_MS);
	flood->seen_ns = clock_now_ns();
}

/* False: the path does not carry packets of this size, and the kernel would cut them. */
static bool send_one(struct flood *flood, uint8_t *packet, struct deadline end)
{
	const struct probe_head head = {.magic = probe_magic,
		.number = flood->sent,
		.run = flood->run,
		.sent_ns = flood->seen_ns,
		.planned = PROBE_MAX_COUNT};
	int64_t second = (flood->seen_ns - flood->start_ns) / NS_PER_S;

	memcpy(packet, &head, sizeof(head));
	if (send(flood->inlet.fd, packet, flood->bytes, MSG_DONTWAIT) >= 0) {
		flood->sent++;
		flood->intervals[second < INTERVALS ? second : INTERVALS - 1]++;
	} else if (errno == EAGAIN) {
		wait_for_room(flood, end);
	} else {
		int problem = errno;

		take_refusal(flood, problem);
		return problem != EMSGSIZE;
	}
	return true;
}

/* False: given up in `opening`, because a packet was too large. */
static bool send_all(struct flood *flood, uint8_t *packet, struct deadline opening)
{
	struct deadline end = deadline_in(flood->length_ns);

	flood->start_ns = flood->seen_ns = clock_now_ns();
	while (!deadline_has_passed(end) && flood->sent < PROBE_MAX_COUNT) {
		bool fits = send_one(flood, packet, end);

		look(flood, clock_now_ns());
		if (!fits && !deadline_has_passed(opening)) {
			flood->opening.is_open = false;
			flood->opening.changed_ns = flood->seen_ns;
			return false;
		}
	}
	return true;
}

static json_t *flood_json(const struct flood *flood, const char *address)
{
	int refusal = flood->refusal;
	int64_t last = (flood->seen_ns - flood->start_ns - 1) / NS_PER_S;
	json_t *intervals = json_array();

	for (int64_t i = 0; i <= last && i < INTERVALS; i++)
		json_array_append_new(intervals, json_integer((json_int_t)flood->intervals[i]));
	return json_make("{s:s, s:f, s:b, s:I, s:I, s:I, s:I, s:I, s:s?, s:s?, s:f, s:o}",
		"address", address, "opening_s", (double)flood->opening.waited_ns / 1e9, "is_open",
		flood->opening.is_open, "opening_packets", (json_int_t)flood->opening.packets,
		"began_unix_s", (json_int_t)flood->began_unix_s, "bytes", (json_int_t)flood->bytes,
		"sent_packets", (json_int_t)flood->sent, "refused_packets",
		(json_int_t)flood->refused, "refusal", refusal ? strerrordesc_np(refusal) : NULL,
		"cause_of_refusal",
		refusal ? cause_name(cause_of_errno(refusal, CAUSE_UNREACHABLE)) : NULL,
		"sending_s", (double)(flood->seen_ns - flood->start_ns) / 1e9, "interval_packets",
		intervals);
}

/* The flood whose packets fit. A number of its own makes the receiver count from the start. */
static int flood_opened(struct flood *flood, const struct probe_options *options, uint8_t *packet,
	struct error *err)
{
	const struct flood empty = *flood;
	struct deadline opening = deadline_in(options->open_ms * NS_PER_MS);
	int64_t began_ns = clock_now_ns();
	bool is_done = false;

	while (!is_done) {
		struct opening so_far = flood->opening;
		size_t bytes = flood->bytes;

		*flood = empty;
		flood->opening = so_far;
		flood->bytes = bytes;
		flood->run = (uint64_t)clock_now_ns();
		if (open_way(flood, options, packet, opening, err))
			return -1;
		flood->opening.waited_ns = clock_now_ns() - began_ns;
		flood->began_unix_s = time(NULL);
		flood->own = probe_own();
		is_done = send_all(flood, packet, opening);
	}
	return 0;
}

int probe_flood(const struct probe_options *options, struct error *err)
{
	static uint8_t packet[PROBE_MAX_BYTES];
	AUTO(flood_done)
	struct flood flood = {.inlet = {.fd = -1}, .length_ns = options->seconds_ms * NS_PER_MS};
	json_t *report;

	if (probe_connect(options->addresses[0], options->port, &flood.inlet, err))
		return -1;
	datagram_buffers(flood.inlet.fd, 0, PROBE_FLOOD_BUFFER);
	if (set_size(&flood, options, err))
		return -1;
	if (flood_opened(&flood, options, packet, err))
		return -1;
	report = flood_json(&flood, options->addresses[0]);
	probe_stalls_put(&flood.stalls, report);
	json_object_set_new(report, "own", probe_own_cost(&flood.own));
	/* So that the receiver is not ended while the last ones are on their way. */
	poll(NULL, 0, (int)options->linger_ms);
	return probe_print(report, JSON_COMPACT, err);
}
