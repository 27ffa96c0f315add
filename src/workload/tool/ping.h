/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* icmp_seq has 16 bits; beyond that a sequence number names several packets. */
#define PING_SEQUENCES_MAX 65535
#define PING_PAYLOAD_BYTES 56

/* What one run of iputils ping printed. */
struct ping_run {
	bool has_counts, has_times;
	int64_t transmitted, received, duplicates, corrupted, errors;
	double min_ms, average_ms, max_ms, deviation_ms;
	json_t *rtt_ms, *sequences; /* of the same length */
	json_t *refused_ms;         /* round trips that cannot be */
	unsigned char seen[PING_SEQUENCES_MAX + 1];
};

/* Whatever the text is; free with ping_freep(). */
struct ping_run *ping_read(const char *out);
void ping_freep(struct ping_run **run);
/* Whether it has its statistics: a run that was cut off has none. */
bool ping_is_complete(const struct ping_run *run);
/* Every round trip and every count, for the samples of a result; the caller owns it. */
json_t *ping_samples(const struct ping_run *run);
/* Blames a run that cannot be read with what it says about itself; `when` is "run 2". */
void ping_blame(const struct workload_output *outputs, size_t index, const char *when,
	struct workload_reading *reading);
