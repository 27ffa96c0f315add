/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "nat/router.h"
#include "netem/netem.h"
#include "wire/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The wire: one process that owns one TAP of every host, switches Ethernet frames between them and
 * lets every wire packet meet its fate. This is the side of those who use it: start the program
 * meshbench-wire with one end of a SOCK_SEQPACKET pair (--control-fd), hand it TAPs, change
 * parameters, read counters. It ends when its control connection ends.
 *
 * A packet's way: sender's line -> duplicate, loss, corruption, bottleneck, delay -> switch ->
 * receiver's line. With the kernel model the sender's line comes after the impairment and holds
 * packets back in the impairment's queue, as a network card does below its queueing discipline.
 *
 * A busy wire moderates itself like a network card: it looks at its ports every 50 us (--nap), or
 * every twentieth of the smallest delay if that is less and still longer than a sleep takes here.
 * Packets are then up to so much late, both when they are seen and when they are released; the
 * second is in the release error. It never sleeps for less than a sleep takes.
 *
 * Memory is bounded: the bytes given at the start (256 MiB) hold waiting packets, a twelfth of that
 * their queue, and every port has up to 1 MiB more for its bottleneck. What does not fit is dropped
 * and counted. A TAP itself holds as many frames as its queue length says before the kernel drops
 * (tx_dropped of the host's device): a wire that is starved of CPU loses packets there, where it
 * cannot see them.
 */
enum {
	WIRE_MAX_PORTS = 128,
	WIRE_MAX_ROUTERS = 32,         /* each has two ports */
	WIRE_LINE_OVERHEAD_BYTES = 24, /* per frame on a line: preamble, checksum, gap */
	WIRE_LINE_MIN_BYTES = 60,      /* shorter frames are padded on a line */
	WIRE_DEFAULT_NAP_US = 50,
	WIRE_LONGEST_ABSENCE_MS = 50,
	WIRE_REST_MS = 20, /* a wire without work sleeps no longer, so that it notices absences */
};

#define WIRE_DEFAULT_LINE_BUFFER_BYTES UINT64_C(1514000) /* a thousand full frames */
#define WIRE_DEFAULT_MEMORY_BYTES (UINT64_C(256) << 20)

/* What one host's port does to what the host sends, and its line in both directions. */
struct wire_params {
	struct netem_params impairment;
	double line_rate_bps;       /* 0: unshaped */
	uint64_t line_buffer_bytes; /* of each direction; 0: WIRE_DEFAULT_LINE_BUFFER_BYTES */
	/*
	 * Neighbouring segments of a super-packet that leave within this time leave together, with
	 * the last of them: none is early and none is later than this. 0: only at equal times.
	 */
	int64_t merge_ns;
};

struct wire_counters {
	uint64_t in_frames, in_packets, in_bytes;    /* from the host: reads, wire packets, bytes */
	uint64_t out_frames, out_packets, out_bytes; /* to the host */
	uint64_t lost, down, overflow, duplicated, corrupted, reordered, displaced_short;
	uint64_t line_overflow_out, line_overflow_in; /* sender's and receiver's line */
	uint64_t queued;                              /* packets in the impairment now */
	uint64_t ruled;                               /* packets that a rule dropped */
	uint64_t malformed;     /* frames whose virtio header or lengths contradict themselves */
	uint64_t write_errors;  /* frames that the receiving TAP refused */
	uint64_t out_of_memory; /* packets dropped because the wire's own memory was full */
	/* Times that the wire fetched less than the line carries although the TAP never ran empty.
	 */
	uint64_t fell_behind;
	/* Frames that the host's TAP dropped before the wire fetched them (tx_dropped of its
	 * device). 0 from the wire, which cannot see them; filled in by a caller who can, before
	 * wire_health_is_good(). Of a real card those that found no room, which the wire counts. */
	uint64_t unfetched;
};

/* Logarithmic buckets, eight per factor of two, from 1 ns on. */
enum {
	WIRE_BUCKETS_PER_OCTAVE = 8,
	WIRE_BUCKETS = 40 * WIRE_BUCKETS_PER_OCTAVE
};

struct wire_histogram {
	uint64_t count, max_ns;
	uint64_t bucket[WIRE_BUCKETS];
};

/* Upper bound of the bucket that holds the quantile; 0 when nothing was counted. */
int64_t wire_histogram_quantile_ns(const struct wire_histogram *histogram, double quantile);

/*
 * When the wire did not run although it should have: it was stopped, or waited for a processor. A
 * frame that comes meanwhile waits in its TAP, where nobody sees it: at most for the longest
 * absence and the rest before it (WIRE_REST_MS).
 */
struct wire_absences {
	uint64_t count;     /* longer than the limit of lateness */
	int64_t total_ns;   /* all those together */
	int64_t late_ns;    /* of the total, what exceeds the limit of each: a frame that came then
			       waited longer than the limit */
	int64_t longest_ns; /* of all, also shorter ones */
	int64_t watched_ns; /* the time in which they were looked for */
};

/* The wire's own health since the last restart. */
struct wire_health {
	struct wire_histogram release_error; /* time of writing minus time of release */
	int64_t late_limit_ns;               /* what the ports' parameters bear; see below */
	struct wire_absences absences;
	int64_t run_queue_wait_ns; /* how long it could have run and had no processor; -1: unknown
				    */
	uint64_t memory_bytes, memory_used_bytes;
	double cpu_s;
	uint64_t
		naps; /* since the start: how often a busy wire left its ports alone for a moment */
	bool is_realtime, memory_is_locked;
};

/*
 * Whether figures measured meanwhile mean the profile or only a wire that was too slow: false, with
 * the reason, when the wire was away for longer than WIRE_LONGEST_ABSENCE_MS at a time, or when in
 * more than 1 % of the time a frame waited in a TAP for longer than the limit; when packets were
 * dropped for lack of memory, when a host's TAP dropped more than one frame in ten thousand because
 * the wire fetched less than its line carries, or when more than 1 % of the packets were later than
 * the limit. Of few packets, so many must be late that chance (95 %) does not explain it: one of
 * five, two of twenty. The limit is 1 ms, or a fifth of the smallest delay up to 5 ms. Without any
 * delay only a queue at the line holds packets, and one more in a hundred of them for a while
 * changes no figure but that queue's: the limit is half of what the line's buffer holds, between 1
 * and 10 ms.
 */
bool wire_health_is_good(const struct wire_health *health, const struct wire_counters ports[],
	size_t port_count, char *ret_reason, size_t reason_size);

/* One packet, or several with equal fate from one super-packet. Records fill the log file. */
enum wire_verdict {
	WIRE_DELIVERED,
	WIRE_LOST,
	WIRE_DOWN,
	WIRE_OVERFLOW,
	WIRE_LINE_OVERFLOW,
	WIRE_CORRUPTED, /* and delivered */
	WIRE_RULED,     /* dropped by a rule */
};

struct wire_record {
	int64_t in_ns, out_ns; /* CLOCK_MONOTONIC; out_ns is 0 for what was dropped */
	uint64_t index;        /* of the first packet, counted per sending port */
	uint32_t flow;         /* hash of addresses, protocol and ports */
	uint32_t bytes;        /* on the wire, all packets together */
	uint16_t in_port, out_port;
	uint16_t packets;
	uint8_t verdict;      /* enum wire_verdict */
	uint8_t is_clone : 1; /* also a copy that a rule made */
	uint8_t rule : 7;     /* that it met, counted from 1; 0: none */
};

/* Head of a log file; `written` records follow, `missed` did not fit. */
struct wire_log {
	char magic[8]; /* "mbwire1" */
	uint64_t room, written, missed;
	struct wire_record records[];
};

/*
 * A TAP in the network namespace of the caller, for wire_add_port(): non-blocking, with virtio
 * header and every segmentation offload that this kernel has.
 */
MUST_CHECK int wire_tap_open(const char *name, int *ret_fd, struct error *err);
/*
 * A real network card in the network namespace of the caller, likewise: whatever it receives, and
 * nothing that others send by it. Its namespace should have nothing that answers there.
 */
MUST_CHECK int wire_card_open(const char *name, int *ret_fd, struct error *err);
/*
 * Of such a card only ARP, and IPv4 from these addresses but for TCP from and to that port. What it
 * held before is gone.
 */
MUST_CHECK int wire_card_limit(
	int fd, const char *const *senders, uint16_t but_port, struct error *err);

struct wire;

/* The two ends of a control connection, ours and that which the program inherits. */
MUST_CHECK int wire_ends(int *ret_ours, int *ret_theirs, struct error *err);
/* Takes `*socket_fd` over. Every call below waits for the wire's answer, at most 10 s. */
MUST_CHECK int wire_connect(int *socket_fd, struct wire **ret_wire, struct error *err);
/*
 * A wire on another machine, whose ports somebody there has added. `carry` brings a question there,
 * where wire_answer() answers it, and brings the answer back. Both ends are of one version and one
 * architecture: these are bytes as they lie in memory.
 */
struct wire_bytes {
	const void *data;
	size_t size;
};
typedef int wire_carry(void *context, const void *question, size_t size, void *ret_answer,
	size_t answer_size, struct error *err);
MUST_CHECK int wire_over(
	wire_carry *carry, void *context, struct wire **ret_wire, struct error *err);
/*
 * On that machine. What the wire refuses is an answer, too; ERROR_USAGE for what may not be asked
 * from afar: descriptors do not travel.
 */
MUST_CHECK int wire_answer(struct wire *wire, struct wire_bytes question, struct arena *arena,
	struct wire_bytes *ret_answer, struct error *err);
/* Closes the connection, which ends the wire. */
void wire_free(struct wire *wire);
void wire_freep(struct wire **wire);

/* The wire gets its own copy of `tap_fd`. `name` is for messages. Ports are numbered from 0. */
MUST_CHECK int wire_add_port(struct wire *wire, const char *name, int tap_fd,
	const struct wire_params *params, uint32_t *ret_port, struct error *err);
/* The same with a number of the caller's choice, by which its fates are drawn. */
MUST_CHECK int wire_add_port_at(struct wire *wire, uint32_t port, const char *name, int tap_fd,
	const struct wire_params *params, struct error *err);
/* The port of a host leaves its segment and is in this one; all ports begin in segment 0. */
MUST_CHECK int wire_join(struct wire *wire, uint32_t port, uint16_t segment, struct error *err);
/* Closes the TAP and forgets what waits for it; the number may be given again. */
MUST_CHECK int wire_remove_port(struct wire *wire, uint32_t port, struct error *err);
/*
 * At once for all packets that come from now on; packets that wait keep their fates. `timeline` may
 * be NULL and is copied. Refused parameters change nothing.
 */
MUST_CHECK int wire_set_params(struct wire *wire, uint32_t port, const struct wire_params *params,
	const struct netem_timeline *timeline, struct error *err);
/* Packet indices, time slots, counters and health start over on all ports, with this seed. */
MUST_CHECK int wire_restart(struct wire *wire, uint64_t seed, struct error *err);
MUST_CHECK int wire_read_counters(
	struct wire *wire, uint32_t port, struct wire_counters *ret_counters, struct error *err);
MUST_CHECK int wire_read_health(
	struct wire *wire, struct wire_health *ret_health, struct error *err);
/* Logs every packet into this file from now on, at most `room` records; fd -1 ends the log. */
MUST_CHECK int wire_log_to(struct wire *wire, int fd, uint64_t room, struct error *err);

/*
 * In place of all rules that there were, for all packets that come from now on. Refused rules
 * change nothing; see wire/rule.h.
 */
MUST_CHECK int wire_set_rules(
	struct wire *wire, const struct wire_rule rules[], size_t count, struct error *err);
/* What became of each of them, `ret_uses` being as many; ERROR_USAGE when there are not so many. */
MUST_CHECK int wire_read_rules(
	struct wire *wire, struct wire_rule_use ret_uses[], size_t count, struct error *err);

/*
 * A router and its ports, which have numbers as those of hosts do: wire_set_params() impairs what
 * the router sends there, wire_join() plugs it into a segment, and the log names it. It is there as
 * long as the wire.
 */
struct wire_router {
	uint32_t number;
	uint32_t ports[ROUTER_SIDES];
};

/* Who is where on one side of a router; an IPv4 address as ::ffff:a.b.c.d. */
struct wire_neighbour {
	uint32_t side; /* enum router_side */
	uint8_t address[16], mac[6];
};

MUST_CHECK int wire_add_router(struct wire *wire, const struct router_params *params,
	struct wire_router *ret_router, struct error *err);
/* At once; refused parameters change nothing. See nat_set() for what another address forgets. */
MUST_CHECK int wire_set_router(
	struct wire *wire, uint32_t router, const struct router_params *params, struct error *err);
MUST_CHECK int wire_meet(struct wire *wire, uint32_t router, const struct wire_neighbour *neighbour,
	struct error *err);
/* All mappings and sessions are gone, as after a restart of the router. */
MUST_CHECK int wire_flush_router(struct wire *wire, uint32_t router, struct error *err);
MUST_CHECK int wire_read_router(
	struct wire *wire, uint32_t router, struct router_totals *ret_totals, struct error *err);
