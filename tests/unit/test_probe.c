#include "workload/probe.h"

#include "base/attribute.h"

#include "tap.h"

#include <math.h>

static void value_decref(json_t **value)
{
	json_decref(*value);
}

/* Packets one millisecond apart; `order` says which arrives when. */
static struct probe_result measure(const uint32_t *order, size_t count, uint64_t sent)
{
	struct probe_arrival arrivals[64];
	struct probe_result result = {0};
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		arrivals[i] = (struct probe_arrival){.number = order[i],
			.sent_ns = order[i] * INT64_C(1000000),
			.received_ns = 50000000 + (int64_t)i * 1000000};
	if (probe_measure(arrivals, count, sent, &result, &err))
		printf("# %s\n", err.text);
	return result;
}

TEST(packets_in_order_are_neither_lost_nor_reordered)
{
	static const uint32_t order[] = {0, 1, 2, 3, 4};
	struct probe_result result = measure(order, 5, 5);

	CHECK(result.received == 5 && result.lost == 0 && result.duplicates == 0);
	CHECK(result.reordered == 0 && result.density[PROBE_DISPLACEMENT] == 5);
	CHECK(result.delay.min_us == 50000 && result.delay.max_us == 50000 &&
		result.delay.sd_us == 0);
}

TEST(losses_are_counted_by_the_length_of_their_bursts)
{
	static const uint32_t order[] = {1, 4, 5, 9};
	struct probe_result result = measure(order, 4, 12);

	CHECK(result.lost == 8 && result.received == 4);
	CHECK(result.burst[1] == 1 && result.burst[2] == 2 && result.burst[3] == 1);
	CHECK(result.mean_burst == 2);
}

TEST(a_second_copy_is_a_duplicate_and_nothing_else)
{
	static const uint32_t order[] = {0, 1, 0, 2, 2, 2};
	struct probe_result result = measure(order, 6, 3);

	CHECK(result.duplicates == 3 && result.received == 3 && result.reordered == 0);
	CHECK(result.delay.max_us == 51000); /* of the first copy of packet 2 */
}

/* The example is that of RFC 4737: 1 4 2 3 5 in our counting from zero. */
TEST(reordering_follows_rfc_4737)
{
	static const uint32_t order[] = {0, 3, 1, 2, 4};
	struct probe_result result = measure(order, 5, 5);

	CHECK(result.reordered == 2);
	CHECK(result.extent_p50 == 1 &&
		result.extent_max == 2); /* both were overtaken by packet 3 */
	CHECK(result.n_reordered[1] == 1 && result.n_reordered[2] == 0);
	CHECK(result.late_p99_us == 2000);
}

TEST(a_packet_that_three_overtook_is_three_reordered)
{
	static const uint32_t order[] = {1, 2, 3, 0, 4};
	struct probe_result result = measure(order, 5, 5);

	CHECK(result.reordered == 1 && result.n_reordered[3] == 1 && result.n_reordered[4] == 0);
	CHECK(result.extent_max == 3);
	CHECK(result.density[PROBE_DISPLACEMENT + 3] == 1); /* late by three */
	CHECK(result.density[PROBE_DISPLACEMENT - 1] == 3); /* three are early by one */
	CHECK(result.density[PROBE_DISPLACEMENT] == 1);
}

TEST(lost_packets_do_not_displace_the_others)
{
	static const uint32_t order[] = {5, 9, 30};
	struct probe_result result = measure(order, 3, 40);

	CHECK(result.density[PROBE_DISPLACEMENT] == 3);
}

TEST(a_number_that_was_never_sent_is_an_error)
{
	struct probe_arrival arrival = {.number = 7};
	struct probe_result result = {.sent = 99};
	struct error err = {0};

	CHECK(probe_measure(&arrival, 1, 7, &result, &err) == -1);
	CHECK(err.kind == ERROR_PARSE && result.sent == 99);
}

TEST(nothing_that_arrives_is_all_lost_and_has_no_delay)
{
	struct probe_result result = measure(NULL, 0, 10);
	AUTO(value_decref) json_t *json = probe_json(&result);

	CHECK(result.lost == 10 && result.burst[10] == 1);
	CHECK(json && json_real_value(json_object_get(json, "loss_percent")) == 100);
}
