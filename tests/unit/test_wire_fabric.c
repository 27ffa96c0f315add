/* SPDX-License-Identifier: MIT */
/* What happens to frames on their way through the wire. */
#include "wire_bench.h"

TEST(an_unknown_address_floods_and_a_known_one_does_not_leak)
{
	static struct sample_frame frame;
	BENCH(bench, 5, .line_rate_bps = 0);

	plain(&frame, 100);
	input(bench, 0, &frame, 3);
	CHECK(bench->count == 4);
	for (size_t i = 0; i < 4; i++)
		CHECK(bench->out[i].port != 0 && bench->out[i].size == frame.size);
	introduce(bench, 5);
	input(bench, 0, &frame, 3);
	CHECK(bench->count == 1 && bench->out[0].port == 3);
	input(bench, 3, &frame, 3); /* to itself: nobody's business */
	CHECK(bench->count == 1);
}

TEST(a_host_that_invents_addresses_evicts_only_its_own)
{
	static struct sample_frame frame;
	BENCH(bench, 3, .line_rate_bps = 0);
	struct stations *stations = &bench->fabric.stations;

	introduce(bench, 3);
	for (uint32_t i = 0; i < 100000; i++)
		stations_learn(stations, 0,
			(uint8_t[]){6, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1}, 2);
	plain(&frame, 100);
	bench->count = 0;
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 1 && bench->out[0].port == 1);
}

TEST(a_hundred_ports_share_a_wire)
{
	static struct sample_frame frame;
	BENCH(bench, 100, .line_rate_bps = 1e9,
		.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 5 * MS, .jitter_ns = MS});
	unsigned heard[100] = {0};

	plain(&frame, 20);
	for (uint16_t i = 0; i < 100; i++)
		stations_learn(&bench->fabric.stations, 0,
			(uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(i + 1)}, i);
	for (uint16_t i = 0; i < 100; i++)
		input(bench, i, &frame, (i + 1) % 100);
	drain(bench, 100 * MS);
	for (size_t i = 0; i < bench->count; i++)
		heard[bench->out[i].port]++;
	for (int i = 0; i < 100; i++)
		CHECK(heard[i] == 1);
	bench->count = 0;
	input(bench, 7, &frame, -1);
	drain(bench, 200 * MS);
	CHECK(bench->count == 99);
}

TEST(without_impairment_a_superpacket_passes_whole_and_at_once)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	sample_make(&frame, &(struct sample_spec){.payload = 40000});
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 1 && bench->out[0].size == frame.size);
	CHECK(memcmp(&bench->out[0].vnet, &frame.vnet, VNET_SIZE) == 0);
	CHECK(bench->out[0].last == frame.bytes[frame.size - 1]);
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(a_constant_delay_keeps_a_superpacket_whole)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .impairment = {.model = NETEM_CALIBRATED, .delay_ns = 5 * MS});

	introduce(bench, 2);
	sample_make(&frame, &(struct sample_spec){.payload = 40000});
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 0);
	drain(bench, bench->now_ns + 5 * MS - 1);
	CHECK(bench->count == 0);
	drain(bench, bench->now_ns + 1);
	CHECK(bench->count == 1 && bench->out[0].size == frame.size);
	CHECK(bench->fabric.pool.in_use == 0 && bench->fabric.release_error.max_ns == 0);
}

TEST(loss_strikes_single_segments_and_the_rest_stays_together)
{
	static struct sample_frame frame;
	BENCH(bench, 2,
		.impairment = {.model = NETEM_CALIBRATED,
			.delay_ns = MS,
			.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.05}}});
	struct wire_counters counters;
	uint32_t payload, packets;

	introduce(bench, 2);
	fabric_restart(&bench->fabric, 1, bench->now_ns);
	sample_make(&frame, &(struct sample_spec){.payload = 40000});
	for (int i = 0; i < 200; i++) {
		input(bench, 0, &frame, 1);
		drain(bench, bench->now_ns + 2 * MS);
	}
	fabric_counters(&bench->fabric, 0, &counters);
	packets = packets_of(bench, &payload);
	CHECK(counters.in_packets == 8000 && packets == 8000 - counters.lost);
	CHECK(payload == packets * SAMPLE_MSS);
	CHECK(fabs((double)counters.lost - 400) < 3.3 * sqrt(8000 * 0.05 * 0.95));
	/* runs between losses: as many as losses plus super-packets, less those at the edges */
	CHECK(bench->count <= 200 + counters.lost && bench->count > 500);
}

TEST(whole_superpackets_are_lost_when_the_unit_says_so)
{
	static struct sample_frame frame;
	BENCH(bench, 2,
		.impairment = {.model = NETEM_KERNEL,
			.unit = NETEM_UNIT_SUPERPACKET,
			.delay_ns = MS,
			.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.2}}});
	struct wire_counters counters;

	introduce(bench, 2);
	bench->now_ns += MS;
	fabric_restart(&bench->fabric, 1, bench->now_ns);
	sample_make(&frame, &(struct sample_spec){.payload = 40000});
	for (int i = 0; i < 500; i++)
		input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 2 * MS);
	fabric_counters(&bench->fabric, 0, &counters);
	CHECK(counters.lost > 60 && counters.lost < 140);
	CHECK(bench->count == 500 - counters.lost);
	for (size_t i = 0; i < bench->count; i++)
		CHECK(bench->out[i].size == frame.size);
}

TEST(a_line_spaces_segments_as_a_cable_does)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e9);
	int64_t start_ns;

	introduce(bench, 2);
	start_ns = bench->now_ns;
	sample_make(&frame, &(struct sample_spec){.payload = 10 * SAMPLE_MSS});
	input(bench, 0, &frame, 1);
	drain(bench, start_ns + 100 * MS);
	CHECK(bench->count == 10);
	/* 1054 bytes and 24 of overhead last 8.624 us on each of the two lines */
	for (int i = 0; i < 10; i++)
		CHECK(llabs(bench->out[i].at_ns - start_ns - (i + 2) * 8624) <= 12);
}

TEST(segments_that_leave_within_the_merge_time_leave_together_and_none_is_early)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e9, .merge_ns = 30 * US);
	int64_t start_ns, due_ns;
	uint32_t packets = 0;

	introduce(bench, 2);
	start_ns = bench->now_ns;
	sample_make(&frame, &(struct sample_spec){.payload = 10 * SAMPLE_MSS});
	input(bench, 0, &frame, 1);
	drain(bench, start_ns + 100 * MS);
	CHECK(bench->count == 3);
	for (size_t i = 0; i < bench->count; i++) {
		packets += (bench->out[i].size - 54) / SAMPLE_MSS;
		due_ns = start_ns + (packets + 1) * 8624; /* of its last segment */
		CHECK(bench->out[i].at_ns >= due_ns - 20 &&
			bench->out[i].at_ns <= due_ns + 30 * US);
	}
	CHECK(packets == 10);
}

TEST(segments_that_wait_for_a_late_wire_leave_as_one_super_packet)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e9);
	uint32_t payload;

	introduce(bench, 2);
	sample_make(&frame, &(struct sample_spec){.payload = 10 * SAMPLE_MSS});
	input(bench, 0, &frame, 1);
	for (int i = 0; i < 2; i++) { /* four are due after 50 us, all after 100 */
		bench->now_ns += 50 * US;
		fabric_run(&bench->fabric, bench->now_ns);
	}
	CHECK(bench->count == 2 && packets_of(bench, &payload) == 10);
	CHECK(bench->out[0].size == 54 + 4 * SAMPLE_MSS);
	CHECK(payload == 10 * SAMPLE_MSS);
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(a_full_line_drops_and_counts)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e6, .line_buffer_bytes = 3000);
	struct wire_counters counters;

	introduce(bench, 2);
	plain(&frame, 958); /* 1000 bytes, 1024 on the line */
	for (int i = 0; i < 10; i++)
		input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 1000 * MS);
	fabric_counters(&bench->fabric, 0, &counters);
	/* one is being sent and the next two fit, another begins in what is left of the buffer */
	CHECK(bench->count == 3 && counters.line_overflow_out == 7);
}

TEST(below_the_kernel_model_a_slow_line_holds_packets_in_its_queue)
{
	for (int is_super = 0; is_super < 2; is_super++) {
		static struct sample_frame frame;
		BENCH(bench, 2, .line_rate_bps = 1e6, .line_buffer_bytes = 100000,
			.merge_ns = 10 * MS,
			.impairment = {.model = NETEM_KERNEL, .delay_ns = MS, .limit_packets = 20});
		struct wire_counters counters;
		uint32_t payload;

		introduce(bench, 2);
		fabric_restart(&bench->fabric, 1, bench->now_ns);
		sample_make(&frame, &(struct sample_spec){.payload = is_super ? 10000 : 1000});
		for (int i = 0; i < (is_super ? 5 : 50); i++)
			input(bench, 0, &frame, 1);
		fabric_counters(&bench->fabric, 0, &counters);
		CHECK(counters.overflow == 30 && counters.queued == 20);
		drain(bench, bench->now_ns + MS + 50 * MS); /* about five packets of 8.6 ms later */
		fabric_counters(&bench->fabric, 0, &counters);
		CHECK(counters.queued >= 14 && counters.queued <= 16);
		drain(bench, bench->now_ns + 1000 * MS);
		fabric_counters(&bench->fabric, 0, &counters);
		CHECK(counters.queued == 0 && packets_of(bench, &payload) == 20);
	}
}

TEST(packets_of_equal_time_leave_in_the_order_in_which_they_came)
{
	static struct sample_frame frame;
	BENCH(bench, 6, .impairment = {.model = NETEM_CALIBRATED, .delay_ns = MS});

	introduce(bench, 6);
	plain(&frame, 100);
	for (uint8_t i = 0; i < 20; i++) {
		frame.bytes[42] = i;
		input(bench, (uint16_t)(1 + i * 3 % 5), &frame, 0);
	}
	drain(bench, bench->now_ns + 2 * MS);
	CHECK(bench->count == 20);
	for (uint8_t i = 0; i < 20; i++)
		CHECK(bench->out[i].head[42] == i);
}

TEST(jitter_of_the_kernel_model_reorders_packets_and_fifo_jitter_does_not)
{
	for (int kernel = 0; kernel < 2; kernel++) {
		static struct sample_frame frame;
		BENCH(bench, 2,
			.impairment = {.model = kernel ? NETEM_KERNEL : NETEM_CALIBRATED,
				.delay_ns = 2 * MS,
				.jitter_ns = 2 * MS});
		unsigned reordered = 0, next = 0;

		introduce(bench, 2);
		plain(&frame, 100);
		for (unsigned i = 0; i < 500; i++) {
			put16(frame.bytes + 42, i);
			input(bench, 0, &frame, 1);
			drain(bench, bench->now_ns + 12 * US);
		}
		drain(bench, bench->now_ns + 10 * MS);
		CHECK(bench->count == 500);
		for (size_t i = 0; i < 500; i++) {
			unsigned number = get16(bench->out[i].head + 42);

			reordered += number < next;
			next = number >= next ? number + 1 : next;
		}
		CHECK(kernel ? reordered > 400 : reordered == 0);
	}
}

TEST(a_late_packet_waits_for_its_successors_and_no_longer_than_it_must)
{
	static struct sample_frame frame;
	BENCH(bench, 2,
		.impairment = {.model = NETEM_CALIBRATED,
			.delay_ns = MS,
			.reorder = {.probability = 1},
			.displacement = NETEM_LATE_PACKETS,
			.reorder_packets = 2,
			.reorder_ns = 7 * MS});
	struct wire_params calm = {.impairment = {.model = NETEM_CALIBRATED, .delay_ns = MS}};
	struct error err = {0};
	int64_t start_ns;

	introduce(bench, 2);
	start_ns = bench->now_ns;
	plain(&frame, 100);
	frame.bytes[42] = 1;
	input(bench, 0, &frame, 1); /* held for good: nobody follows */
	drain(bench, start_ns + 20 * MS);
	CHECK(bench->count == 1 && bench->out[0].at_ns == start_ns + 8 * MS);
	input(bench, 0, &frame, 1); /* held, and then packets pass by */
	CHECK_OK(fabric_set(&bench->fabric, 0, &calm, NULL, bench->now_ns, &err), err);
	for (int i = 2; i < 5; i++) {
		frame.bytes[42] = (uint8_t)i;
		bench->now_ns += US;
		input(bench, 0, &frame, 1);
	}
	drain(bench, bench->now_ns + 20 * MS);
	CHECK(bench->count == 5 && bench->fabric.held == 0);
	CHECK(bench->out[1].head[42] == 2 && bench->out[2].head[42] == 3);
	CHECK(bench->out[3].head[42] == 1 && bench->out[4].head[42] == 4);
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(corruption_turns_one_bit_and_leaves_the_checksum_to_find_it)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .impairment = {.model = NETEM_CALIBRATED, .corrupt = {.probability = 1}});
	unsigned bits = 0;

	introduce(bench, 2);
	bench->count = 0;
	plain(&frame, 30);
	input(bench, 0, &frame, 1);
	for (size_t i = 0; i < bench->count && bits == 0; i++) {
		segment_finish_checksum(&frame.vnet, frame.bytes, frame.size);
		CHECK(bench->out[i].vnet.flags == 0);
		for (uint32_t k = 0; k < frame.size; k++)
			bits += (unsigned)__builtin_popcount(
				bench->out[i].head[k] ^ frame.bytes[k]);
	}
	CHECK(bits == 1 && bench->fabric.pool.in_use == 0);
}
