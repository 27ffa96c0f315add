/* SPDX-License-Identifier: MIT */
/* The probe's mathematics: loss, bursts, duplicates, delay and reordering of numbered packets. */
#include "stats/packets.h"

#include "base/arena.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* The value with at most the share `p` below it; `sorted` is not empty. */
static double quantile(const double *sorted, size_t count, double p)
{
	size_t at = (size_t)ceil(p * (double)count);

	return sorted[at > 0 ? at - 1 : 0];
}

double packets_bin_end_us(size_t bin)
{
	return 8 * exp2((double)(bin + 1) / PACKETS_BINS_PER_OCTAVE);
}

static void fill_histogram(const double *sorted_us, size_t count, uint64_t *bins)
{
	size_t bin = 0;

	for (size_t i = 0; i < count; i++) {
		while (bin + 1 < PACKETS_BINS && sorted_us[i] >= packets_bin_end_us(bin))
			bin++;
		bins[bin]++;
	}
}

static double mean_of(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / (double)count : 0;
}

static void measure_delay(double *delays_us, size_t count, struct packets_delay *ret)
{
	double squares = 0;

	if (count == 0)
		return;
	qsort(delays_us, count, sizeof(*delays_us), by_value);
	fill_histogram(delays_us, count, ret->histogram);
	ret->mean_us = mean_of(delays_us, count);
	ret->mean95_us = mean_of(delays_us, (count * 95 + 99) / 100);
	for (size_t i = 0; i < count; i++)
		squares += (delays_us[i] - ret->mean_us) * (delays_us[i] - ret->mean_us);
	ret->sd_us = sqrt(squares / (double)count);
	ret->min_us = delays_us[0];
	ret->p01_us = quantile(delays_us, count, 0.01);
	ret->p25_us = quantile(delays_us, count, 0.25);
	ret->p50_us = quantile(delays_us, count, 0.5);
	ret->p75_us = quantile(delays_us, count, 0.75);
	ret->p90_us = quantile(delays_us, count, 0.9);
	ret->p99_us = quantile(delays_us, count, 0.99);
	ret->p999_us = quantile(delays_us, count, 0.999);
	ret->max_us = delays_us[count - 1];
}

static void count_burst(struct packets_result *result, uint64_t length)
{
	if (length > 0)
		result->burst[length < PACKETS_BURSTS ? length : PACKETS_BURSTS - 1]++;
}

static void measure_loss(const uint8_t *seen, struct packets_result *result)
{
	uint64_t length = 0, bursts = 0;

	for (uint64_t i = 0; i < result->sent; i++) {
		if (!seen[i]) {
			bursts += length == 0;
			length++;
			continue;
		}
		count_burst(result, length);
		length = 0;
	}
	count_burst(result, length);
	result->lost = result->sent - result->received;
	result->mean_burst = bursts ? (double)result->lost / (double)bursts : 0;
}

/* First position whose number so far is above `number`: the arrival that overtook it first. */
static size_t overtaken_by(const uint32_t *highest, size_t count, uint32_t number)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (highest[middle] > number)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void count_n_reordering(
	const struct packet_arrival *first, size_t i, struct packets_result *result)
{
	for (size_t n = 1; n <= PACKETS_N_REORDERING && n <= i; n++) {
		if (first[i - n].number < first[i].number)
			return;
		result->n_reordered[n]++;
	}
}

struct reordering {
	uint32_t *highest;
	double *extents, *late_us;
	size_t count;
};

static void measure_order(const struct packet_arrival *first, size_t count, struct reordering *work,
	struct packets_result *result)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t before = i > 0 ? work->highest[i - 1] : 0;
		size_t j;

		work->highest[i] = first[i].number > before ? first[i].number : before;
		if (i == 0 || first[i].number > before)
			continue;
		j = overtaken_by(work->highest, i, first[i].number);
		work->extents[work->count] = (double)(i - j);
		work->late_us[work->count++] =
			(double)(first[i].received_ns - first[j].received_ns) / 1e3;
		count_n_reordering(first, i, result);
	}
	result->reordered = work->count;
	if (work->count == 0)
		return;
	qsort(work->extents, work->count, sizeof(double), by_value);
	qsort(work->late_us, work->count, sizeof(double), by_value);
	result->extent_p50 = quantile(work->extents, work->count, 0.5);
	result->extent_p99 = quantile(work->extents, work->count, 0.99);
	result->extent_max = work->extents[work->count - 1];
	result->late_p99_us = quantile(work->late_us, work->count, 0.99);
}

/* Place of each packet in the order of sending, among those that came. */
static void rank_packets(const uint8_t *seen, uint64_t sent, uint32_t *ranks)
{
	uint32_t rank = 0;

	for (uint64_t i = 0; i < sent; i++) {
		ranks[i] = rank;
		rank += seen[i];
	}
}

/*
 * What a buffer that restores the order would hold after each arrival (RFC 5236): all that came and
 * lies beyond the first gap. Lost packets are known by now, so nothing waits for them.
 */
static void measure_occupancy(const struct packet_arrival *first, size_t count,
	const uint32_t *ranks, uint8_t *has_come, struct packets_result *result)
{
	size_t next = 0;

	for (size_t i = 0; i < count; i++) {
		size_t held;

		has_come[ranks[first[i].number]] = 1;
		while (next < count && has_come[next])
			next++;
		held = i + 1 - next;
		result->occupancy[held < PACKETS_OCCUPANCY ? held : PACKETS_OCCUPANCY - 1]++;
	}
}

/* Displacement among those that came: position of arrival minus rank in the order of sending. */
static void measure_density(const struct packet_arrival *first, size_t count, const uint32_t *ranks,
	struct packets_result *result)
{
	for (size_t i = 0; i < count; i++) {
		int64_t moved = (int64_t)i - ranks[first[i].number];

		if (moved > PACKETS_DISPLACEMENT)
			moved = PACKETS_DISPLACEMENT;
		if (moved < -PACKETS_DISPLACEMENT)
			moved = -PACKETS_DISPLACEMENT;
		result->density[moved + PACKETS_DISPLACEMENT]++;
	}
}

int packets_measure(const struct packet_arrival arrivals[], size_t count, uint64_t sent,
	struct packets_result *ret_result, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct packets_result result = {.sent = sent};
	struct packet_arrival *first = arena_alloc(arena, struct packet_arrival, count + 1);
	double *delays_us = arena_alloc(arena, double, count + 1);
	uint8_t *seen = arena_alloc(arena, uint8_t, sent + 1);
	uint32_t *ranks = arena_alloc(arena, uint32_t, sent + 1);
	struct reordering work = {.highest = arena_alloc(arena, uint32_t, count + 1),
		.extents = arena_alloc(arena, double, count + 1),
		.late_us = arena_alloc(arena, double, count + 1)};

	for (size_t i = 0; i < count; i++) {
		if (arrivals[i].number >= sent)
			return fail(err, ERROR_PARSE, "packet %u arrived, but only %llu were sent",
				arrivals[i].number, (unsigned long long)sent);
		if (seen[arrivals[i].number]) {
			result.duplicates++;
			continue;
		}
		seen[arrivals[i].number] = 1;
		delays_us[result.received] =
			(double)(arrivals[i].received_ns - arrivals[i].sent_ns) / 1e3;
		first[result.received++] = arrivals[i];
	}
	if (count > 0)
		result.span_s =
			(double)(arrivals[count - 1].received_ns - arrivals[0].received_ns) / 1e9;
	measure_delay(delays_us, result.received, &result.delay);
	measure_loss(seen, &result);
	measure_order(first, result.received, &work, &result);
	rank_packets(seen, sent, ranks);
	measure_density(first, result.received, ranks, &result);
	measure_occupancy(first, result.received, ranks,
		arena_alloc(arena, uint8_t, result.received + 1), &result);
	*ret_result = result;
	return 0;
}

static json_t *counts(const uint64_t *values, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_integer((json_int_t)values[i]));
	return array;
}

static json_t *delay_json(const struct packets_delay *delay)
{
	return json_make("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "min",
		delay->min_us, "p1", delay->p01_us, "p25", delay->p25_us, "p50", delay->p50_us,
		"p75", delay->p75_us, "p90", delay->p90_us, "p99", delay->p99_us, "p99.9",
		delay->p999_us, "max", delay->max_us, "mean", delay->mean_us, "mean95",
		delay->mean95_us, "sd", delay->sd_us);
}

static json_t *order_json(const struct packets_result *result)
{
	double came = result->received ? (double)result->received : 1;

	return json_make("{s:I, s:f, s:f, s:o, s:f, s:f, s:f, s:f, s:o, s:o}", "reordered_packets",
		(json_int_t)result->reordered, "reordered_percent",
		100 * (double)result->reordered / came, "three_reordered_percent",
		100 * (double)result->n_reordered[3] / came, "n_reordered_packets",
		counts(result->n_reordered, PACKETS_N_REORDERING + 1), "extent_p50_packets",
		result->extent_p50, "extent_p99_packets", result->extent_p99, "extent_max_packets",
		result->extent_max, "late_p99_us", result->late_p99_us, "reorder_density_packets",
		counts(result->density, 2 * PACKETS_DISPLACEMENT + 1), "buffer_occupancy_packets",
		counts(result->occupancy, PACKETS_OCCUPANCY));
}

json_t *packets_json(const struct packets_result *result)
{
	json_t *order = order_json(result);
	json_t *json = json_make("{s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:o, s:o, s:o}",
		"sent_packets", (json_int_t)result->sent, "received_packets",
		(json_int_t)result->received, "duplicate_packets", (json_int_t)result->duplicates,
		"lost_packets", (json_int_t)result->lost, "loss_percent",
		result->sent ? 100 * (double)result->lost / (double)result->sent : 0,
		"arrival_span_s", result->span_s, "mean_loss_burst_packets", result->mean_burst,
		"loss_bursts_by_packets", counts(result->burst, PACKETS_BURSTS), "delay_us",
		delay_json(&result->delay), "delay_histogram_packets",
		counts(result->delay.histogram, PACKETS_BINS));

	json_object_update(json, order);
	json_decref(order);
	return json;
}
