/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a stream of numbered packets met on its way. The sender is open loop: it sends by the clock
 * and waits for nothing, so delays are not hidden by coordinated omission.
 */
struct packet_arrival {
	uint32_t number; /* 0.. in the order of sending */
	int64_t sent_ns, received_ns;
};

enum {
	PACKETS_BURSTS = 32,       /* loss bursts of 1..31 packets, the last also for longer ones */
	PACKETS_N_REORDERING = 10, /* RFC 4737 n-reordering, n = 1..10 */
	PACKETS_DISPLACEMENT = 64, /* RFC 5236 reorder density from -64 to 64, ends also beyond */
	PACKETS_OCCUPANCY = 65,    /* RFC 5236 buffer occupancy 0..64, the last also beyond */
	PACKETS_BINS_PER_OCTAVE = 4,
	PACKETS_BINS =
		22 * PACKETS_BINS_PER_OCTAVE, /* of delays, from 8 us to 33 s, ends also beyond */
};

struct packets_delay {
	double min_us, p01_us, p25_us, p50_us, p75_us, p90_us, p99_us, p999_us, max_us, mean_us,
		sd_us;
	double mean95_us; /* of the lowest 95 %: the trimmed mean of responsiveness tests */
	uint64_t histogram[PACKETS_BINS];
};

struct packets_result {
	uint64_t sent, received, duplicates, lost; /* received: different packets */
	uint64_t burst[PACKETS_BURSTS];            /* by length; [0] is unused */
	double mean_burst;                         /* 0 without loss */
	struct packets_delay delay;                /* of the first copy of each packet */
	double span_s;                             /* from the first arrival to the last */
	uint64_t reordered;                        /* RFC 4737 */
	uint64_t n_reordered[PACKETS_N_REORDERING + 1];
	double extent_p50, extent_p99, extent_max; /* packets, of the reordered */
	double late_p99_us;                        /* late-time offset of the reordered */
	uint64_t density[2 * PACKETS_DISPLACEMENT + 1];
	uint64_t occupancy[PACKETS_OCCUPANCY];
};

/* `arrivals` in order of arrival, all of `sent` numbers below `sent`; sorted by nothing else. */
MUST_CHECK int packets_measure(const struct packet_arrival arrivals[], size_t count, uint64_t sent,
	struct packets_result *ret_result, struct error *err);
/* Bin i of a histogram ends below this; the first begins at 0. */
double packets_bin_end_us(size_t bin);
/* With units in the key names; owned by the caller. */
json_t *packets_json(const struct packets_result *result);
