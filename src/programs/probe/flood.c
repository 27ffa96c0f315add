/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe flood: numbered packets as fast as they go, for a time by its own clock. It needs
 * no answer, so it ends in time whether anybody is there or not.
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
	REFUSED_NAP_MS = 1
};

struct flood {
	struct probe_inlet inlet;
	uint64_t run, refused;
	uint32_t sent; /* and the number of the next one */
	size_t bytes;
	time_t began_unix_s;
	int refusal; /* errno of the last one */
	int64_t length_ns, start_ns, seen_ns;
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

static void send_one(struct flood *flood, uint8_t *packet, struct deadline end)
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
		take_refusal(flood, errno);
	}
}

static void send_all(struct flood *flood)
{
	static uint8_t packet[PROBE_MAX_BYTES];
	struct deadline end = deadline_in(flood->length_ns);

	flood->start_ns = flood->seen_ns = clock_now_ns();
	while (!deadline_has_passed(end) && flood->sent < PROBE_MAX_COUNT) {
		send_one(flood, packet, end);
		look(flood, clock_now_ns());
	}
}

static json_t *flood_json(const struct flood *flood, const char *address)
{
	int refusal = flood->refusal;
	int64_t last = (flood->seen_ns - flood->start_ns - 1) / NS_PER_S;
	json_t *intervals = json_array();

	for (int64_t i = 0; i <= last && i < INTERVALS; i++)
		json_array_append_new(intervals, json_integer((json_int_t)flood->intervals[i]));
	return json_make("{s:s, s:I, s:I, s:I, s:I, s:s?, s:s?, s:f, s:o}", "address", address,
		"began_unix_s", (json_int_t)flood->began_unix_s, "bytes", (json_int_t)flood->bytes,
		"sent_packets", (json_int_t)flood->sent, "refused_packets",
		(json_int_t)flood->refused, "refusal", refusal ? strerrordesc_np(refusal) : NULL,
		"cause_of_refusal",
		refusal ? cause_name(cause_of_errno(refusal, CAUSE_UNREACHABLE)) : NULL,
		"sending_s", (double)(flood->seen_ns - flood->start_ns) / 1e9, "interval_packets",
		intervals);
}

int probe_flood(const struct probe_options *options, struct error *err)
{
	AUTO(flood_done)
	struct flood flood = {.inlet = {.fd = -1}, .length_ns = options->seconds_ms * NS_PER_MS};
	int64_t began_ns = clock_now_ns();
	json_t *report;

	if (probe_connect(options->addresses[0], options->port, &flood.inlet, err))
		return -1;
	datagram_buffers(flood.inlet.fd, 0, PROBE_FLOOD_BUFFER);
	if (set_size(&flood, options, err))
		return -1;
	flood.run = (uint64_t)began_ns;
	flood.began_unix_s = time(NULL);
	send_all(&flood);
	report = flood_json(&flood, options->addresses[0]);
	probe_stalls_put(&flood.stalls, report);
	json_object_set_new(report, "own", probe_own_cost(began_ns));
	/* So that the receiver is not ended while the last ones are on their way. */
	poll(NULL, 0, (int)options->linger_ms);
	return probe_print(report, JSON_COMPACT, err);
}
