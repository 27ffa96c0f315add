/* SPDX-License-Identifier: MIT */
/* iperf3's documents as numbers. */
#include "document/iperf3.h"

#include "base/json.h"

#include <math.h>

#define TAIL_SHARE 0.01 /* of what was sent: underway at the end */

enum {
	INTERVALS_MAX = 36000,
	MSS_BYTES = 1448
};

static const char *const suffixes[] = {[IPERF3_FORWARD] = "", [IPERF3_REVERSE] = "_bidir_reverse"};

static const json_t *sum_of(
	const json_t *document, const char *name, enum iperf3_direction direction)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return json_object_get(json_object_get(document, "end"),
		arena_printf(arena, "%s%s", name, suffixes[direction]));
}

static bool can_be(double bytes, double bits_per_second)
{
	return bits_per_second >= 0 && bits_per_second <= IPERF3_MOST_BPS && !(bytes < 0) &&
	       !(bytes > 1e18);
}

struct iperf3_sums iperf3_sums(const json_t *document, enum iperf3_direction direction)
{
	const json_t *sent = sum_of(document, "sum_sent", direction);
	const json_t *received = sum_of(document, "sum_received", direction);
	struct iperf3_sums sums = {
		.sent_bytes = json_number_at(sent, "/bytes", NAN),
		.sent_bps = json_number_at(sent, "/bits_per_second", NAN),
		.sent_seconds = json_number_at(sent, "/seconds", NAN),
		.retransmits = json_number_at(sent, "/retransmits", NAN),
		.received_bytes = json_number_at(received, "/bytes", NAN),
		.received_bps = json_number_at(received, "/bits_per_second", NAN),
	};

	sums.is_there = can_be(sums.sent_bytes, sums.sent_bps) &&
			can_be(sums.received_bytes, sums.received_bps);
	return sums;
}

double iperf3_missing_percent(const json_t *document, enum iperf3_direction direction)
{
	const json_t *received = sum_of(document, "sum_received", direction);
	struct iperf3_sums sums = iperf3_sums(document, direction);
	double counted = json_number_at(received, "/packets", 0);
	double lost = json_number_at(received, "/lost_packets", 0);
	double sent = json_number_at(sum_of(document, "sum_sent", direction), "/packets", 0);

	if (!sums.is_there || !(sums.sent_bytes > 0) || lost < 0 || lost > counted)
		return NAN;
	/* A datagram more arrives where the client stopped counting in the middle of one. */
	if (sums.received_bytes > 1.001 * sums.sent_bytes)
		return NAN;
	if (sent > 0 && counted > (1 - TAIL_SHARE) * sent)
		return 100 * lost / sent;
	return 100 * fmax(0, 1 - sums.received_bytes / sums.sent_bytes);
}

struct iperf3_series iperf3_series(struct arena *arena, const json_t *document, const char *pointer)
{
	const json_t *intervals = json_object_get(document, "intervals");
	size_t size = json_array_size(intervals);
	struct iperf3_series series = {
		.interval_s = json_number_at(document, "/start/test_start/interval", 1)};

	size = size < INTERVALS_MAX ? size : INTERVALS_MAX;
	series.values = arena_alloc(arena, double, size + 1);
	for (size_t i = 0; i < size; i++) {
		double value = json_number_at(json_array_get(intervals, i), pointer, NAN);

		if (isnan(value))
			break;
		series.values[series.count++] = value;
	}
	return series;
}

struct iperf3_series iperf3_rates(
	struct arena *arena, const json_t *document, enum iperf3_direction direction)
{
	return iperf3_series(arena, document,
		arena_printf(arena, "/sum%s/bits_per_second", suffixes[direction]));
}

double iperf3_mss_bytes(const json_t *document)
{
	double said = json_number_at(document, "/start/tcp_mss_default", 0);

	return said > 0 ? said : MSS_BYTES;
}

double iperf3_retransmit_percent(double retransmits, double sent_bytes, double mss_bytes)
{
	return sent_bytes > 0 ? 100 * retransmits / (sent_bytes / mss_bytes) : 0;
}
