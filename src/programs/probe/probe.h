/* SPDX-License-Identifier: MIT */
#pragma once

#include "stats/packets.h"

#include <stdbool.h>
#include <sys/socket.h>

/* What the parts of the program meshbench-probe have in common; nobody else includes this. */

enum {
	PROBE_TARGETS = 4,
	PROBE_MAX_BYTES = 65507,
	PROBE_MAX_COUNT = 100000000,
	PROBE_MAX_TOGETHER = 64, /* UDP_MAX_SEGMENTS */
	PROBE_BATCH = 64,        /* packets taken before anything else is looked at */
	PROBE_FLOOD_BUFFER =
		106496, /* the usual one, so that a flood waits for the kernel as iperf3 does */
};

enum probe_flag {
	PROBE_ECHO = 1, /* the receiver sends it back */
	PROBE_REPLY = 2,
	PROBE_OPENING = 4, /* before a flood; its head is sent back */
};

/* On the wire in the sender's byte order: both sides are one machine. */
struct probe_head {
	uint32_t magic, number;
	uint64_t run;
	int64_t sent_ns;
	uint32_t planned; /* packets of this stream: what did not come is counted against it */
	uint16_t stream, flags;
};

struct probe_options {
	const char *addresses[PROBE_TARGETS]; /* probed in turn, at every tick */
	size_t address_count;
	const char *raw_path;
	int64_t port, count, seconds_ms, rate, bits, bytes, stream;
	int64_t idle_ms, limit_s, wait_ms, linger_ms, spin_us, open_ms;
	int64_t together; /* packets of one super-packet */
	bool fills_mtu;   /* the smallest of all addresses */
	bool wants_echo, shows_delays, shows_times;
};

MUST_CHECK int probe_send(const struct probe_options *options, struct error *err);
MUST_CHECK int probe_receive(const struct probe_options *options, struct error *err);
MUST_CHECK int probe_serve(const struct probe_options *options, struct error *err);
MUST_CHECK int probe_flood(const struct probe_options *options, struct error *err);
MUST_CHECK int probe_count(const struct probe_options *options, struct error *err);

/* Times in which a sender did not run although it should have. */
struct probe_stalls {
	int64_t count, total_ns, longest_ns;
};
/* Whether so late is a stall, which is then counted. */
bool probe_stalls_note(struct probe_stalls *stalls, int64_t late_ns);
/* Sets "stalls", "stalled_s" and "longest_stall_ms". */
void probe_stalls_put(const struct probe_stalls *stalls, json_t *report);

/* A descriptor that can be read once SIGTERM or SIGINT came; the caller closes it. */
MUST_CHECK int probe_open_signals(int *ret_fd, struct error *err);

/* A socket that packets come out of, with the kernel's time of their arrival. */
struct probe_inlet {
	int fd;
	int64_t realtime_ns;  /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	uint32_t socket_lost; /* by the socket's own buffer */
};

struct probe_packet {
	struct probe_head head;
	int64_t received_ns;
	size_t bytes;
	struct sockaddr_storage from;
	socklen_t from_size;
	bool is_ours; /* otherwise only `bytes` means something */
};

/* The caller closes inlet.fd. */
MUST_CHECK int probe_bind(int64_t port, struct probe_inlet *ret_inlet, struct error *err);
MUST_CHECK int probe_connect(
	const char *address, int64_t port, struct probe_inlet *ret_inlet, struct error *err);
/* False when nothing waits; `payload`, of PROBE_MAX_BYTES, is for what will be echoed, or NULL. */
bool probe_take(struct probe_inlet *inlet, uint8_t *payload, struct probe_packet *ret_packet);

/* Packets of one stream in the order in which they came. */
struct probe_stream {
	uint64_t run;
	uint32_t planned;
	uint16_t number;
	struct packet_arrival *arrivals;
	size_t count, room;
	json_t *report; /* of the first `reported` of them; NULL: none yet */
	size_t reported;
};

void probe_stream_add(struct probe_stream *stream, const struct probe_packet *packet);
/* Measures what came, unless it has been; with `delays`, every one of them, too. */
MUST_CHECK int probe_stream_report(struct probe_stream *stream, bool delays, struct error *err);
/* By number [sent, came] in ns of CLOCK_MONOTONIC, null for what never came; the caller owns it. */
json_t *probe_stream_times(const struct probe_stream *stream);
void probe_stream_done(struct probe_stream *stream);

/* What this program itself has taken until a time. */
struct probe_own {
	double user_s, system_s;
	int64_t at_ns;
};
struct probe_own probe_own(void);
/* {cpu_s, user_s, system_s, seconds}: what it took since then. */
json_t *probe_own_cost(const struct probe_own *since);
MUST_CHECK int probe_print(json_t *report, size_t flags, struct error *err);

extern const uint32_t probe_magic;
