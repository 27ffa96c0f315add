/* SPDX-License-Identifier: MIT */
/* Finding a stream's packets in the wire's log, by hand-made logs. */
#include "workload/tool/outer.h"

#include "base/json.h"

#include "tap.h"

enum {
	TUNNEL = 0x1111,
	BESIDE = 0x2222
};

/* Ten packets of each flow, by turns, of which the VPN's are larger. */
static size_t two_flows(struct workload_packet packets[20])
{
	for (uint64_t i = 0; i < 20; i++)
		packets[i] = (struct workload_packet){.in_ns = (int64_t)i * 1000,
			.out_ns = 50000 + (int64_t)i * 1000,
			.index = 100 + i,
			.flow = i % 2 ? BESIDE : TUNNEL,
			.bytes = i % 2 ? 142 : 202,
			.count = 1};
	return 20;
}

static json_t *measure(const struct workload_packet *packets, size_t count, double sent)
{
	const struct workload_case c = {.packets = packets, .packet_count = count};
	const struct outer_stream stream = {
		.to_ns = 1000000, .packets = sent, .payload_bytes = 100, .has_outside = true};

	return outer_measure(&c, &stream);
}

static double number(const json_t *measured, const char *pointer)
{
	return json_number_at(measured, pointer, -1);
}

TEST(the_flow_of_larger_packets_is_the_tunnel)
{
	struct workload_packet packets[20];
	size_t count = two_flows(packets);
	json_auto_t *measured = NULL;

	packets[3].out_ns = 0; /* of the flow outside */
	measured = measure(packets, count, 10);
	CHECK(number(measured, "/sent_packets") == 10);
	CHECK(number(measured, "/lost_packets") == 0);
	CHECK(number(measured, "/delay_us/p50") == 50);
}

TEST(of_equal_packets_those_sent_first_are_the_tunnel)
{
	struct workload_packet packets[20], first;
	size_t count = two_flows(packets);
	json_auto_t *measured = NULL;

	for (size_t i = 0; i < count; i++)
		packets[i].bytes = 142;
	packets[2].out_ns = 0;
	first = packets[0]; /* it left after its neighbour of the other flow */
	packets[0] = packets[1];
	packets[1] = first;
	measured = measure(packets, count, 10);
	CHECK(number(measured, "/lost_packets") == 1);
}

TEST(the_stream_beside_is_never_taken_for_the_tunnel)
{
	struct workload_packet packets[20];
	size_t count = two_flows(packets);

	for (size_t i = 0; i < count; i += 2)
		packets[i].flow = (uint32_t)i + 7; /* a tunnel that changes its flow every time */
	CHECK(!measure(packets, count, 10));
}

TEST(what_the_wire_lost_doubled_or_displaced_is_told)
{
	struct workload_packet packets[21];
	size_t count = two_flows(packets);
	struct workload_packet late = packets[0];
	json_auto_t *measured = NULL;

	packets[4].out_ns = 0;
	packets[20] = packets[6];
	packets[20].is_clone = true;
	packets[0] = packets[8]; /* which overtook what was sent first */
	packets[8] = late;
	measured = measure(packets, count + 1, 10);
	CHECK(number(measured, "/sent_packets") == 10);
	CHECK(number(measured, "/lost_packets") == 1);
	CHECK(number(measured, "/duplicate_packets") == 1);
	CHECK(number(measured, "/reordered_packets") == 3); /* the first and the two before it */
	CHECK(number(measured, "/extent_max_packets") == 3);
}

TEST(neighbours_of_one_super_packet_are_counted_one_by_one)
{
	static const struct workload_packet packets[] = {
		{.in_ns = 1, .out_ns = 5, .index = 0, .flow = 1, .bytes = 8 * 1500, .count = 8},
		{.in_ns = 1, .out_ns = 0, .index = 8, .flow = 1, .bytes = 2 * 1500, .count = 2}};
	json_auto_t *measured = measure(packets, 2, 10);

	CHECK(number(measured, "/sent_packets") == 10 && number(measured, "/lost_packets") == 2);
	CHECK(number(measured, "/loss_bursts_by_packets/2") == 1);
}

TEST(a_log_without_that_stream_has_nothing_to_say)
{
	struct workload_packet packets[20];
	size_t count = two_flows(packets);
	const struct workload_case c = {.packets = packets, .packet_count = count};
	const struct outer_stream later = {.from_ns = 2000000, .to_ns = 3000000, .packets = 10};

	CHECK(!measure(packets, count, 1000)); /* far fewer than were sent */
	CHECK(!outer_measure(&c, &later));
	CHECK(!measure(packets, 0, 10));
}

TEST(a_copy_whose_original_is_not_in_the_log_spoils_it)
{
	struct workload_packet packets[20];
	size_t count = two_flows(packets);

	packets[0].is_clone = true;
	CHECK(!measure(packets, count, 10));
}
