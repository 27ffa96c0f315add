/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Rules say what the wire does to single packets on purpose, apart from their fate: it drops, holds
 * back, repeats or changes those that a rule describes. A packet meets the first rule that
 * describes it and no other. While there are rules super-packets of the hosts are cut, and every
 * packet is one by itself with its checksum complete; without rules nothing is different.
 *
 * A packet that comes through a router of the wire meets the rules once more there.
 *
 * What goes on at once has its line, impairment and fate as ever. What is late on purpose, and
 * every copy that is, joins behind the sender's line and impairment. What waits for other packets
 * meets both afterwards, so that it keeps its place among them.
 */
enum {
	WIRE_MAX_RULES = 32,
	WIRE_MAX_COPIES = 64,
	WIRE_MAX_HELD = 64, /* of a rule at once; it takes no others meanwhile */
	WIRE_MAX_AFTER = 1000000,
	WIRE_ANY = 0xffff /* port of the wire, protocol of IP */
};

#define WIRE_LONGEST_HOLD_NS INT64_C(60000000000)

/* Checksums are right after every change, as they are after one on purpose. */
enum wire_change {
	WIRE_CHANGE_NONE,
	WIRE_CHANGE_DROP,
	WIRE_CHANGE_FLIP,     /* bits of what TCP or UDP carry, or else of what IP carries */
	WIRE_CHANGE_TRUNCATE, /* that becomes shorter */
	WIRE_CHANGE_MARK,     /* congestion experienced, on packets that say they know it */
	WIRE_CHANGE_REFLECT,  /* back to its sender, as if its receiver had sent it */
	WIRE_CHANGES
};

struct wire_rule {
	/* Which packets. */
	uint16_t from, to;                /* ports of the wire */
	uint16_t protocol;                /* of IP, also of fragments */
	uint16_t port;                    /* of TCP or UDP, on either end; 0: any */
	uint32_t least_bytes, most_bytes; /* of the frame; 0: no limit */
	uint64_t first, last;             /* index at the sending port, as in the log */
	int64_t begin_ns, end_ns; /* since the rules were set; end_ns 0: until they are replaced */
	uint64_t every;           /* one of so many of these; 0 and 1: each */
	uint64_t most;            /* so many, and the rule is over; 0: no limit */
	/* What becomes of them. */
	enum wire_change change;
	uint32_t copies;  /* 0: the packet itself is changed; else it goes on as it is, and so many
			     changed ones follow it */
	int64_t delay_ns; /* of the packet, or of each copy after the one before */
	uint32_t amount;  /* bits to flip, 0: 1; bytes to cut off, 0: any number, drawn */
	uint32_t after;   /* of what is held in place of a delay: it goes on right behind the packet
			     that is so many after it, of those between the same ports and of that
			     protocol, port and size; at the latest when rules are replaced */
};

#define WIRE_RULE_ANY                                                                              \
	{                                                                                          \
		.from = WIRE_ANY, .to = WIRE_ANY, .protocol = WIRE_ANY, .last = UINT64_MAX         \
	}

/* Of a rule since it was set: packets that it was applied to, and the indexes of the outermost. */
struct wire_rule_use {
	uint64_t packets, first_index, last_index;
};

/*
 * Reads "CHANGE [KEY=VALUE]...", the words of `meshbench link --rule`: drop, hold, flip, truncate,
 * mark, reflect and repeat, then from= and to= (by the names, whose numbers are the ports),
 * protocol=, port=, larger=, smaller=, first=, last=, begin=, end=, every=, most=, copies=, delay=,
 * after=, bits= and bytes=. ERROR_USAGE says which word is wrong, and what would be right.
 */
MUST_CHECK int wire_rule_read(
	const char *text, const char *const names[], struct wire_rule *ret_rule, struct error *err);
/* "drop", "hold", ... of a rule. */
const char *wire_change_name(enum wire_change change);
