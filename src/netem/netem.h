/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the wire does to one packet, as pure mathematics: nothing here reads a clock, a file or a
 * random device. A fate is a function of (seed, port, direction, packet index or time slot) and of
 * the arrival times that are handed in; equal input gives equal fates on every machine.
 * Impairment is one-way: one `struct netem` is one direction of one port.
 */
enum netem_model {
	NETEM_NONE,       /* packets pass at once */
	NETEM_KERNEL,     /* what Linux' sch_netem does, with all its surprises */
	NETEM_CALIBRATED, /* what the words say */
};

/* What draws a fate of its own: every packet on the wire, or a super-packet as a whole. */
enum netem_unit {
	NETEM_UNIT_PACKET,
	NETEM_UNIT_SUPERPACKET
};

enum netem_shape {
	NETEM_UNIFORM, /* delay +- jitter */
	NETEM_NORMAL,  /* calibrated: mean delay, standard deviation jitter */
	NETEM_PARETO,
	NETEM_PARETONORMAL, /* kernel only */
};

/*
 * What jitter does to order in the calibrated model. FIFO lets a late packet hold up those behind
 * it, so dense traffic meets more than the mean delay: towards delay + jitter when packets are
 * close together. A wandering delay has the exact distribution whatever the traffic.
 */
enum netem_jitter {
	NETEM_JITTER_FIFO,        /* a packet never leaves before an earlier one */
	NETEM_JITTER_WANDER,      /* FIFO, and the delay changes slowly: one draw per wander_ns */
	NETEM_JITTER_INDEPENDENT, /* every packet by itself, as in the kernel: reorders */
};

/* An event per packet; consecutive ones have this lag-1 correlation (two-state chain). */
struct netem_chance {
	double probability, correlation;
};

enum netem_loss_kind {
	NETEM_LOSS_NONE,
	NETEM_LOSS_RANDOM,  /* `random` */
	NETEM_LOSS_STATES,  /* p13 p31 p32 p23 p14: the kernel's four-state chain */
	NETEM_LOSS_ELLIOTT, /* Gilbert-Elliott: `to_bad` `to_good`, per packet */
	NETEM_LOSS_OUTAGES, /* Gilbert-Elliott in time: sojourns of mean `good_ns` and `bad_ns` */
};

struct netem_loss {
	enum netem_loss_kind kind;
	struct netem_chance random;
	double p13, p31, p32, p23, p14;
	double to_bad, to_good; /* chances of a change per packet */
	int64_t good_ns, bad_ns;
	double in_bad, in_good; /* chance of loss in each state */
};

/* Where a reordered packet goes in the calibrated model. */
enum netem_displacement {
	NETEM_LATE_PACKETS,  /* it leaves after `reorder_packets` of its successors */
	NETEM_EARLY_PACKETS, /* it leaves before `reorder_packets` of its predecessors, if still
				here */
	NETEM_LATE_TIME,     /* it leaves `reorder_ns` later */
	NETEM_EARLY_TIME,    /* it leaves `reorder_ns` earlier, at most at once */
};

/* The kernel's slotted delivery; a zero `max_ns` is off, a zero limit is none. */
struct netem_slot {
	int64_t min_ns, max_ns;
	uint32_t packets, bytes;
};

/* Plain data without pointers, so it can cross a socket. All zero: nothing happens to packets. */
struct netem_params {
	enum netem_model model;
	enum netem_unit unit;
	uint64_t seed; /* 0: the seed of the key */
	int64_t delay_ns, jitter_ns;
	double delay_correlation;
	enum netem_shape shape;
	enum netem_jitter jitter;
	int64_t wander_ns;
	struct netem_loss loss;
	struct netem_chance duplicate, corrupt, reorder;
	uint32_t gap; /* kernel: after an early packet the next gap-1 are always delayed */
	enum netem_displacement displacement;
	uint32_t reorder_packets;
	int64_t reorder_ns;     /* NETEM_LATE_PACKETS: the longest wait for successors; 0: 50 ms */
	double rate_bps;        /* 0: none. Kernel: after the delay; calibrated: before it */
	int32_t overhead_bytes; /* added to every packet's length */
	uint32_t cell_bytes;    /* lengths are rounded up to cells, ATM: 48; 0: none */
	int32_t cell_overhead_bytes;
	/*
	 * Kernel: packets in delay and queue together, 0 means the default of 1000. Calibrated: the
	 * bottleneck's buffer, which needs a rate; with both 0 it holds 100 ms at the rate.
	 */
	uint32_t limit_packets;
	uint64_t buffer_bytes;
	struct netem_slot slot;
};

enum {
	NETEM_DEFAULT_LIMIT = 1000,
	NETEM_MAX_BUFFER_PACKETS = 65536, /* of a bottleneck, whatever its bytes allow */
	NETEM_MAX_DISPLACEMENT = 1024,    /* packets */
	NETEM_MAX_HELD = 256,             /* packets waiting for successors at one time */
};

/* Something worth saying about a set of parameters. */
struct netem_finding {
	const char *field; /* name in struct netem_params, such as "loss.random" */
	bool is_error;     /* refused; otherwise legal but surprising, with its effective value */
	char text[200];
};

/* Fills up to `room` findings, errors first, and returns how many there are. */
size_t netem_check(const struct netem_params *params, struct netem_finding findings[], size_t room);
/*
 * Reads the words of `tc qdisc ... netem WORDS` into a kernel-model set. An error is ERROR_USAGE;
 * `*ret_word` is the index of the word it is about, also when that word is missing (== count).
 */
MUST_CHECK int netem_parse_words(const char *const list[], size_t count,
	struct netem_params *ret_params, size_t *ret_word, struct error *err);

/* What the kernel's correlated numbers make of a requested probability. */
double netem_kernel_chance(const struct netem_chance *chance);
/* Long-run share of packets that a loss model drops, for either model. */
double netem_loss_share(const struct netem_params *params);
/* Mean of the delay after clipping at zero, without rate, loss and reordering. */
double netem_mean_delay_ns(const struct netem_params *params);
/* The bottleneck's buffer of the calibrated model in bytes, with the default filled in. */
uint64_t netem_buffer_bytes(const struct netem_params *params);

/*
 * Change over time and replay of recorded paths. A step holds until the next; what is negative
 * keeps the value of the parameters. Before the first step the parameters hold.
 */
enum {
	NETEM_KEEP = -1
};

struct netem_step {
	int64_t at_ns; /* after the epoch, rising */
	double rate_bps;
	int64_t delay_ns;
	double loss;  /* replaces the loss model by independent loss */
	bool is_down; /* every packet is lost: flap, blackout, handover */
};

/* Borrowed arrays. After `period_ns` all begins again; 0: the last step holds for ever. */
struct netem_timeline {
	const struct netem_step *steps;
	size_t step_count;
	/* Times at which the bottleneck can send `opportunity_bytes`, instead of a rate. */
	const int64_t *opportunities_ns;
	size_t opportunity_count;
	uint32_t opportunity_bytes;
	int64_t period_ns;
};

MUST_CHECK int netem_timeline_check(const struct netem_timeline *timeline, struct error *err);

struct arena;
/* A mahimahi trace: one whole millisecond per line, each a chance to send 1504 bytes. */
MUST_CHECK int netem_read_mahimahi(struct arena *arena, const char *name, const char *text,
	struct netem_timeline *ret_timeline, struct error *err);
/*
 * CSV with a header of columns time_s and any of rate_mbps, delay_ms, loss_percent, down; an empty
 * cell keeps. `name` starts the errors, which say line and column.
 */
MUST_CHECK int netem_read_csv(struct arena *arena, const char *name, const char *text,
	struct netem_timeline *ret_timeline, struct error *err);

/* Which packets are meant; fates of equal keys are equal. */
struct netem_key {
	uint64_t seed;
	uint32_t port, direction;
};

enum netem_verdict {
	NETEM_PASSES,
	NETEM_LOST,     /* by the loss model */
	NETEM_DOWN,     /* by a step of the timeline */
	NETEM_OVERFLOW, /* no room in the queue */
};

/* What happens to one copy of a packet. */
struct netem_copy {
	enum netem_verdict verdict;
	bool is_clone;
	bool is_immediate;     /* kernel's reordering: overtakes all that waits */
	bool is_corrupt;       /* one bit, chosen by corrupt_draw, is turned */
	uint64_t corrupt_draw; /* uniform */
	int64_t release_ns;    /* may lie in the past: then it sorts before what is already due */
	uint32_t hold_packets; /* > 0: give to netem_hold(), release_ns is its last resort */
};

/* Copies in the order in which they enter the queue: the kernel inserts a clone first. */
struct netem_fate {
	uint64_t index;
	unsigned count; /* 1 or 2 */
	struct netem_copy copy[2];
};

struct netem;

/* Never fails but for lack of memory; passes everything until parameters are set. */
MUST_CHECK int netem_new(const struct netem_key *key, struct netem **ret_netem, struct error *err);
void netem_free(struct netem *netem);
void netem_freep(struct netem **netem);
/*
 * Parameters and, unless NULL, a timeline (borrowed until the next call). They hold for packets
 * decided from now on; the packet index goes on. Refused parameters change nothing.
 */
MUST_CHECK int netem_set(struct netem *netem, const struct netem_params *params,
	const struct netem_timeline *timeline, int64_t now_ns, struct error *err);
/*
 * Starts over with this seed: index 0, chains at their start, time slots counted from now, totals
 * of zero. What is queued stays queued.
 */
void netem_restart(struct netem *netem, uint64_t seed, int64_t now_ns);
/* Whether fates are all "passes now", so that callers may skip netem_decide(). */
bool netem_is_transparent(const struct netem *netem);

/*
 * Fate of the next packet, which arrives now and is `length` bytes long on the wire (Ethernet
 * header included). Whatever passes and is not immediate counts as queued until netem_left().
 */
void netem_decide(
	struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate);
/* One queued packet has left. */
void netem_left(struct netem *netem);
/*
 * Queued packets pass here in the order of their release; returns when this one may go under the
 * slots, `now_ns` without slots.
 */
int64_t netem_admit(struct netem *netem, int64_t now_ns, uint32_t length);

/*
 * A copy with hold_packets waits here under the caller's token; false when no place is free, then
 * it waits for its last resort. After each decided packet that passed, netem_next_due() yields
 * the tokens whose successors have passed and the time to release them, after that packet.
 */
bool netem_hold(struct netem *netem, const struct netem_copy *copy, uint32_t token);
bool netem_next_due(struct netem *netem, uint32_t *ret_token, int64_t *ret_release_ns);
/* Those whose last resort has come; earliest_ns is the next one, INT64_MAX if none. */
bool netem_next_expired(struct netem *netem, int64_t now_ns, uint32_t *ret_token);
int64_t netem_hold_earliest_ns(const struct netem *netem);

struct netem_totals {
	uint64_t decided, lost, down, overflow, duplicated, corrupted, reordered;
	uint64_t displaced_short; /* asked to overtake more packets than were still here */
	uint64_t queued;          /* now */
};
struct netem_totals netem_totals(const struct netem *netem);
