/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What iperf3 prints with -J (3.9 to 3.20), over TCP and UDP, one way and with --bidir. */
enum iperf3_direction {
	IPERF3_FORWARD, /* from the client to the server */
	IPERF3_REVERSE, /* the other direction of --bidir */
};

/* Over the whole run; NAN where the document says nothing. */
struct iperf3_sums {
	bool is_there; /* both ends say how much and how fast, in numbers that can be */
	double sent_bytes, sent_bps, sent_seconds, retransmits;
	double received_bytes, received_bps;
};
struct iperf3_sums iperf3_sums(const json_t *document, enum iperf3_direction direction);

/* No card is as fast: IEEE 802.3dj is about to standardise 1.6 Tbit/s. */
#define IPERF3_MOST_BPS 1e13

/*
 * Percent of what was sent over UDP that did not arrive. The receiver counts lost datagrams only up
 * to the last one that arrived. A tail behind that one of under 1 % of what was sent was still
 * underway when the test ended, and does not count; a longer one did not arrive in time, so all of
 * it does. NAN where the counters contradict each other, or say nothing.
 */
double iperf3_missing_percent(const json_t *document, enum iperf3_direction direction);

/* A number of every interval, arena-owned. */
struct iperf3_series {
	double *values;
	size_t count;
	double interval_s;
};
/* At `pointer` below each interval; an interval that lacks it ends the series. */
struct iperf3_series iperf3_series(
	struct arena *arena, const json_t *document, const char *pointer);
/* Bits per second in one direction. */
struct iperf3_series iperf3_rates(
	struct arena *arena, const json_t *document, enum iperf3_direction direction);

/* Payload of a full segment; without a word 1500 bytes less IPv4, TCP and its timestamps. */
double iperf3_mss_bytes(const json_t *document);
/* 100 * retransmits / segments, of what was sent; 0 when nothing was, NAN for unknown ones. */
double iperf3_retransmit_percent(double retransmits, double sent_bytes, double mss_bytes);
