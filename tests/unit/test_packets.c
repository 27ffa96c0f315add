/* SPDX-License-Identifier: MIT */
#include "stats/packets.h"

#include "base/attribute.h"

#include "tap.h"

#include <math.h>

static void value_decref(json_t **value)
{
	json_decref(*value);
}

/* Packets one millisecond apart; `order` says which arrives when. */
static struct packets_result measure(const uint32_t *order, size_t count, uint64_t sent)
{
	struct packet_arrival arrivals[64] = {0};
	struct packets_result result = {0};
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		arrivals[i] = (struct packet_arrival){.number = order[i],
			.sent_ns = order[i] * INT64_C(1000000),
			.received_ns = 50000000 + (int64_t)i * 1000000};
	if (packets_measure(arrivals, count, sent, &result, &err))
		printf("# %s\n", err.text);
	return result;
}

TEST(packets_in_order_are_neither_lost_nor_reordered)
{
	static const uint32_t order[] = {0, 1, 2, 3, 4};
	struct packets_result result = measure(order, 5, 5);

	CHECK(result.received == 5 && result.lost == 0 && result.duplicates == 0);
	CHECK(result.reordered == 0 && result.density[PACKETS_DISPLACEMENT] == 5);
	CHECK(result.delay.min_us == 50000 && result.delay.max_us == 50000 &&
		result.delay.sd_us == 0);
}

TEST(losses_are_counted_by_the_length_of_their_bursts)
{
	static const uint32_t order[] = {1, 4, 5, 9};
	struct packets_result result = measure(order, 4, 12);

	CHECK(result.lost == 8 && result.received == 4);
	CHECK(result.burst[1] == 1 && result.burst[2] == 2 && result.burst[3] == 1);
	CHECK(result.mean_burst == 2);
}

TEST(a_second_copy_is_a_duplicate_and_nothing_else)
{
	static const uint32_t order[] = {0, 1, 0, 2, 2, 2};
	struct packets_result result = measure(order, 6, 3);

	CHECK(result.duplicates == 3 && result.received == 3 && result.reordered == 0);
	CHECK(result.delay.max_us == 51000); /* of the first copy of packet 2 */
}

/* 1 4 2 3 5, counted from zero as all numbers here. */
TEST(packets_that_one_overtook_are_reordered)
{
	static const uint32_t order[] = {0, 3, 1, 2, 4};
	struct packets_result result = measure(order, 5, 5);

	CHECK(result.reordered == 2);
	CHECK(result.extent_p50 == 1 &&
		result.extent_max == 2); /* both were overtaken by packet 3 */
	CHECK(result.n_reordered[1] == 1 && result.n_reordered[2] == 0);
	CHECK(result.late_p99_us == 2000);
}

TEST(a_packet_that_three_overtook_is_three_reordered)
{
	static const uint32_t order[] = {1, 2, 3, 0, 4};
	struct packets_result result = measure(order, 5, 5);

	CHECK(result.reordered == 1 && result.n_reordered[3] == 1 && result.n_reordered[4] == 0);
	CHECK(result.extent_max == 3);
	CHECK(result.density[PACKETS_DISPLACEMENT + 3] == 1); /* late by three */
	CHECK(result.density[PACKETS_DISPLACEMENT - 1] == 3); /* three are early by one */
	CHECK(result.density[PACKETS_DISPLACEMENT] == 1);
}

/* RFC 4737, section 7.1: packet 4 of 10 comes after packet 8. */
TEST(a_single_packet_reordered_is_as_rfc_4737_says)
{
	static const uint32_t order[] = {0, 1, 2, 4, 5, 6, 7, 3, 8, 9};
	struct packets_result result = measure(order, 10, 10);

	CHECK(result.reordered == 1 && result.extent_max == 4 && result.extent_p50 == 4);
	CHECK(result.n_reordered[4] == 1 && result.n_reordered[5] == 0);
	CHECK(result.late_p99_us == 4000); /* behind packet 5, which was the first to overtake */
}

/* RFC 4737, section 7.2: packets 5 and 6 come after packet 7. */
TEST(two_packets_reordered_are_as_rfc_4737_says)
{
	static const uint32_t order[] = {0, 1, 2, 3, 6, 4, 5, 7, 8, 9};
	struct packets_result result = measure(order, 10, 10);

	CHECK(result.reordered == 2 && result.extent_p50 == 1 && result.extent_max == 2);
	/* What came just before packet 6 is packet 5, which is earlier: it is not 1-reordered. */
	CHECK(result.n_reordered[1] == 1 && result.n_reordered[2] == 0);
}

/* RFC 4737, section 7.3: packets 4, 5 and 6 come after packet 10. */
TEST(three_packets_reordered_are_as_rfc_4737_says)
{
	static const uint32_t order[] = {0, 1, 2, 6, 7, 8, 9, 3, 4, 5, 10};
	struct packets_result result = measure(order, 11, 11);

	CHECK(result.reordered == 3 && result.extent_p50 == 5 && result.extent_max == 6);
	CHECK(result.n_reordered[4] == 1 && result.n_reordered[5] == 0);
	CHECK(result.late_p99_us == 6000);
}

/* RFC 5236, section 8, without loss: 1 4 2 5 3 6 7 8. */
TEST(density_and_occupancy_are_as_rfc_5236_says)
{
	static const uint32_t order[] = {0, 3, 1, 4, 2, 5, 6, 7};
	struct packets_result result = measure(order, 8, 8);
	const uint64_t *density = result.density + PACKETS_DISPLACEMENT;

	CHECK(density[-2] == 1 && density[-1] == 1 && density[0] == 4);
	CHECK(density[1] == 1 && density[2] == 1);
	CHECK(result.occupancy[0] == 5 && result.occupancy[1] == 2 && result.occupancy[2] == 1);
}

/* By its sections 3 and 6: packet 2 of 1 4 3 5 3 8 7 6 is lost, the second 3 is a copy. */
TEST(a_lost_packet_and_a_copy_leave_density_and_occupancy_alone)
{
	static const uint32_t order[] = {0, 3, 2, 4, 2, 7, 6, 5};
	struct packets_result result = measure(order, 8, 8);
	const uint64_t *density = result.density + PACKETS_DISPLACEMENT;

	CHECK(result.lost == 1 && result.duplicates == 1 && result.received == 7);
	CHECK(density[-2] == 1 && density[-1] == 1 && density[0] == 3);
	CHECK(density[1] == 1 && density[2] == 1);
	CHECK(result.occupancy[0] == 4 && result.occupancy[1] == 2 && result.occupancy[2] == 1);
}

/* A hundred delays of 1, 2, ... 100 ms. */
TEST(percentiles_trimmed_mean_and_histogram_of_delays)
{
	struct packet_arrival arrivals[100];
	struct packets_result result = {0};
	struct error err = {0};
	uint64_t total = 0;

	for (uint32_t i = 0; i < 100; i++)
		arrivals[i] = (struct packet_arrival){
			.number = i, .received_ns = (int64_t)(i + 1) * 1000000};
	CHECK_OK(packets_measure(arrivals, 100, 100, &result, &err), err);
	CHECK(result.delay.p50_us == 50000 && result.delay.p90_us == 90000);
	CHECK(result.delay.p99_us == 99000 && result.delay.p999_us == 100000);
	CHECK(fabs(result.delay.mean95_us - 48000) < 1e-6); /* of 1 to 95 ms */
	for (size_t i = 0; i < PACKETS_BINS; i++) {
		double low = i > 0 ? packets_bin_end_us(i - 1) : 0, high = packets_bin_end_us(i);
		uint64_t within = 0;

		for (int ms = 1; ms <= 100; ms++)
			within += 1000 * ms >= low && 1000 * ms < high;
		CHECK(result.delay.histogram[i] == within);
		total += within;
	}
	CHECK(total == 100);
}

TEST(delays_beyond_the_histogram_are_in_its_last_bin)
{
	const struct packet_arrival arrivals[] = {{0, 0, 1}, {1, 0, INT64_C(40000000000)}};
	struct packets_result result = {0};
	struct error err = {0};

	CHECK_OK(packets_measure(arrivals, 2, 2, &result, &err), err);
	CHECK(result.delay.histogram[0] == 1 && result.delay.histogram[PACKETS_BINS - 1] == 1);
	CHECK(packets_bin_end_us(PACKETS_BINS - 1) > 33e6);
}

TEST(lost_packets_do_not_displace_the_others)
{
	static const uint32_t order[] = {5, 9, 30};
	struct packets_result result = measure(order, 3, 40);

	CHECK(result.density[PACKETS_DISPLACEMENT] == 3);
}

TEST(a_number_that_was_never_sent_is_an_error)
{
	struct packet_arrival arrival = {.number = 7};
	struct packets_result result = {.sent = 99};
	struct error err = {0};

	CHECK(packets_measure(&arrival, 1, 7, &result, &err) == -1);
	CHECK(err.kind == ERROR_PARSE && result.sent == 99);
}

TEST(nothing_that_arrives_is_all_lost_and_has_no_delay)
{
	struct packets_result result = measure(NULL, 0, 10);
	AUTO(value_decref) json_t *json = packets_json(&result);

	CHECK(result.lost == 10 && result.burst[10] == 1);
	CHECK(json && json_real_value(json_object_get(json, "loss_percent")) == 100);
}
