/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/numbers.h"

#include <stddef.h>

enum {
	TALLY_INTERVALS = 4096 /* seconds; what comes later counts to the last one */
};

/* What arrived of a flood, in memory that does not grow with it. Pure: times are handed in. */
struct tally {
	struct numbers seen;
	uint32_t next;                       /* above the highest number that came */
	uint64_t reordered;                  /* RFC 4737: after one with a higher number */
	double jitter_ns;                    /* RFC 3550, 6.4.1 */
	int64_t transit_ns;                  /* of the packet before */
	uint64_t intervals[TALLY_INTERVALS]; /* packets, by seconds since the first that came */
	size_t interval_count;
};

/* Room for as many numbers; what is beyond is not counted. */
void tally_init(struct tally *tally, uint32_t room);
void tally_done(struct tally *tally);
/* A second copy is a duplicate and counts for nothing else. */
void tally_add(struct tally *tally, uint32_t number, int64_t sent_ns, int64_t received_ns);
