#include "wire_frames.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>

#define MS INT64_C(1000000)
#define US INT64_C(1000)

enum {
	MAX_OUT = 4096
};

/* A fabric whose hosts are arrays, and whose clock stands where the test puts it. */
struct out {
	uint16_t port;
	uint32_t size;
	int64_t at_ns;
	struct virtio_net_hdr vnet;
	uint8_t head[80];
	uint8_t last;
};

struct bench {
	struct fabric fabric;
	int64_t now_ns;
	struct out out[MAX_OUT];
	size_t count;
};

static bool collect(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	struct bench *bench = context;
	struct out *out = &bench->out[bench->count];
	size_t size = 0, kept = 0;

	if (bench->count == MAX_OUT)
		return false;
	for (int i = 0; i < count; i++) {
		const uint8_t *bytes = pieces[i].iov_base;

		for (size_t k = 0; k < pieces[i].iov_len; k++, size++) {
			if (size < VNET_SIZE)
				((uint8_t *)&out->vnet)[size] = bytes[k];
			else if (kept < sizeof(out->head))
				out->head[kept++] = bytes[k];
			out->last = bytes[k];
		}
	}
	out->port = port;
	out->size = (uint32_t)(size - VNET_SIZE);
	out->at_ns = bench->now_ns;
	bench->count++;
	return true;
}

static int64_t bench_now(void *context)
{
	return ((struct bench *)context)->now_ns;
}

static void bench_done(struct bench **bench)
{
	if (*bench)
		fabric_done(&(*bench)->fabric);
	free(*bench);
}

static struct bench *bench_new(size_t memory, unsigned ports, const struct wire_params *params)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct error err = {0};
	uint16_t port;

	if (!bench || fabric_init(&bench->fabric, memory, &err))
		abort();
	bench->fabric.output = collect;
	bench->fabric.now = bench_now;
	bench->fabric.context = bench;
	bench->fabric.seed = 4711;
	for (unsigned i = 0; i < ports; i++) {
		if (fabric_add_port(&bench->fabric, params, 0, &port, &err)) {
			printf("# %s\n", err.text);
			abort();
		}
	}
	return bench;
}

#define BENCH(name, ports, ...)                                                                    \
	AUTO(bench_done)                                                                           \
	struct bench *name = bench_new(64 << 20, ports, &(const struct wire_params){__VA_ARGS__})

/* Addresses 02:..:number; the low byte tells hosts apart. */
static void input(struct bench *bench, uint16_t port, struct sample_frame *frame, int to)
{
	struct buffer *buffer = buffer_take(&bench->fabric.pool, BUFFER_LARGE);

	frame->bytes[5] = (uint8_t)(to + 1);
	if (to < 0)
		memset(frame->bytes, 0xff, 6);
	frame->bytes[11] = (uint8_t)(port + 1);
	memcpy(buffer->data, &frame->vnet, VNET_SIZE);
	memcpy(buffer->data + VNET_SIZE, frame->bytes, frame->size);
	(void)fabric_input(&bench->fabric, port, bench->now_ns, buffer, VNET_SIZE + frame->size);
	buffer_drop(&bench->fabric.pool, buffer);
}

static void plain(struct sample_frame *frame, uint32_t payload)
{
	sample_make(frame, &(struct sample_spec){.payload = payload, .is_udp = true});
}

/* Runs through all that waits; the clock jumps from release to release. */
static void drain(struct bench *bench, int64_t until_ns)
{
	for (;;) {
		int64_t next_ns = fabric_next_ns(&bench->fabric);

		if (next_ns > until_ns)
			break;
		if (next_ns > bench->now_ns)
			bench->now_ns = next_ns;
		fabric_run(&bench->fabric, bench->now_ns);
	}
	bench->now_ns = until_ns;
}

/* Every host says who it is, so that nothing floods from here on. */
static void introduce(struct bench *bench, unsigned ports)
{
	static struct sample_frame hello;

	plain(&hello, 20);
	for (uint16_t i = 0; i < ports; i++)
		input(bench, i, &hello, -1);
	drain(bench, bench->now_ns + 10000 * MS);
	bench->count = 0;
}

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

TEST(a_hundred_ports_share_a_wire)
{
	static struct sample_frame frame;
	BENCH(bench, 100, .line_rate_bps = 1e9,
		.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 5 * MS, .jitter_ns = MS});
	unsigned heard[100] = {0};

	plain(&frame, 20);
	for (uint16_t i = 0; i < 100; i++)
		stations_learn(
			&bench->fabric.stations, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(i + 1)}, i);
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

/* Sums up what left as wire packets and checks that every frame is sound. */
static uint32_t packets_of(const struct bench *bench, uint32_t *ret_payload)
{
	uint32_t packets = 0;

	*ret_payload = 0;
	for (size_t i = 0; i < bench->count; i++) {
		uint32_t payload = bench->out[i].size - 54;

		packets += (payload + SAMPLE_MSS - 1) / SAMPLE_MSS;
		*ret_payload += payload;
	}
	return packets;
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

TEST(parameters_change_while_packets_wait_and_none_is_lost)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .impairment = {.model = NETEM_CALIBRATED, .delay_ns = 100 * MS});
	struct wire_params wrong = {.impairment = {.model = NETEM_CALIBRATED, .delay_ns = -1}};
	struct wire_params quick = {.impairment = {.model = NETEM_CALIBRATED, .delay_ns = MS}};
	struct error err = {0};

	introduce(bench, 2);
	plain(&frame, 100);
	for (int i = 0; i < 50; i++)
		input(bench, 0, &frame, 1);
	CHECK(fabric_set(&bench->fabric, 0, &wrong, NULL, bench->now_ns, &err) == -1);
	CHECK(err.kind == ERROR_USAGE);
	CHECK_OK(fabric_set(&bench->fabric, 0, &quick, NULL, bench->now_ns, &err), err);
	for (int i = 0; i < 50; i++)
		input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 100 * MS);
	CHECK(bench->count == 100);
}

TEST(a_port_that_goes_takes_only_its_own_packets_with_it)
{
	static struct sample_frame frame;
	BENCH(bench, 3, .impairment = {.model = NETEM_CALIBRATED, .delay_ns = 100 * MS});

	introduce(bench, 3);
	plain(&frame, 100);
	input(bench, 0, &frame, 2);
	input(bench, 1, &frame, 2);
	input(bench, 2, &frame, 1);
	fabric_remove_port(&bench->fabric, 1);
	drain(bench, bench->now_ns + 200 * MS);
	CHECK(bench->count == 2 && bench->out[0].port == 2 && bench->out[1].port == 0);
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(memory_stays_within_its_bound_and_what_does_not_fit_is_counted)
{
	static struct sample_frame frame;
	struct wire_params params = {
		.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 10000 * MS}};
	AUTO(bench_done) struct bench *bench = bench_new(8 << 20, 2, &params);
	struct wire_counters counters;
	unsigned refused = 0;

	introduce(bench, 2);
	plain(&frame, 900);
	for (unsigned i = 0; i < 5000; i++) {
		struct buffer *buffer = buffer_take(&bench->fabric.pool, BUFFER_SMALL);

		refused += !buffer;
		if (!buffer)
			continue;
		memcpy(buffer->data, &frame.vnet, VNET_SIZE);
		memcpy(buffer->data + VNET_SIZE, frame.bytes, frame.size);
		(void)fabric_input(
			&bench->fabric, 0, bench->now_ns, buffer, VNET_SIZE + frame.size);
		buffer_drop(&bench->fabric.pool, buffer);
	}
	fabric_counters(&bench->fabric, 0, &counters);
	CHECK(refused > 900 && bench->fabric.pool.used <= 8 << 20);
	CHECK(counters.queued == 5000 - refused);
}

TEST(equal_seeds_give_equal_traffic)
{
	int64_t times[2][300];
	size_t counts[2];

	for (int run = 0; run < 2; run++) {
		static struct sample_frame frame;
		BENCH(bench, 2, .line_rate_bps = 1e9,
			.impairment = {.model = NETEM_KERNEL,
				.delay_ns = 4 * MS,
				.jitter_ns = 7 * MS,
				.duplicate = {.probability = 0.05},
				.loss = {.kind = NETEM_LOSS_RANDOM,
					.random = {.probability = 0.1}}});

		introduce(bench, 2);
		fabric_restart(&bench->fabric, 99, bench->now_ns);
		sample_make(&frame, &(struct sample_spec){.payload = 20000});
		for (int i = 0; i < 10; i++) {
			input(bench, 0, &frame, 1);
			drain(bench, bench->now_ns + MS);
		}
		drain(bench, bench->now_ns + 100 * MS);
		counts[run] = bench->count;
		CHECK(bench->count < 300 && bench->count > 150);
		for (size_t i = 0; i < bench->count; i++)
			times[run][i] = bench->out[i].at_ns;
	}
	CHECK(counts[0] == counts[1]);
	CHECK(memcmp(times[0], times[1], counts[0] * sizeof(times[0][0])) == 0);
}

TEST(the_log_has_one_record_for_every_fate)
{
	static struct sample_frame frame;
	BENCH(bench, 2,
		.impairment = {.model = NETEM_CALIBRATED,
			.delay_ns = 3 * MS,
			.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.3}}});
	struct wire_log *log = calloc(1, sizeof(*log) + 1000 * sizeof(struct wire_record));
	uint64_t lost = 0, delivered = 0;
	bool is_sound = true;

	introduce(bench, 2);
	fabric_restart(&bench->fabric, 5, bench->now_ns);
	log->room = 1000;
	bench->fabric.log = log;
	sample_make(&frame, &(struct sample_spec){.payload = 20000});
	for (int i = 0; i < 10; i++)
		input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 100 * MS);
	for (uint64_t i = 0; i < log->written; i++) {
		const struct wire_record *r = &log->records[i];

		lost += r->verdict == WIRE_LOST ? r->packets : 0;
		delivered += r->verdict == WIRE_DELIVERED ? r->packets : 0;
		is_sound = is_sound && r->bytes == r->packets * 1054U && r->in_port == 0 &&
			   r->flow != 0;
		is_sound = is_sound && (r->verdict == WIRE_LOST ? r->out_ns == 0
								: r->out_ns - r->in_ns == 3 * MS);
	}
	free(log);
	CHECK(is_sound && lost + delivered == 200 && lost > 30 && lost < 90);
}

TEST(a_quantile_of_the_histogram_is_within_an_eighth)
{
	static struct wire_histogram histogram;

	for (int64_t i = 1; i <= 100000; i++)
		histogram_add(&histogram, i);
	CHECK(histogram.max_ns == 100000);
	CHECK(fabs((double)wire_histogram_quantile_ns(&histogram, 0.5) / 50000 - 1) < 0.125);
	CHECK(fabs((double)wire_histogram_quantile_ns(&histogram, 0.99) / 99000 - 1) < 0.125);
	CHECK(wire_histogram_quantile_ns(&histogram, 1) == 100000);
}

TEST(a_wire_that_was_too_slow_or_full_says_so)
{
	struct wire_health health = {0};
	struct wire_counters ports[2] = {0};
	char reason[160] = "";

	for (int i = 0; i < 1000; i++)
		histogram_add(&health.release_error, 20 * US);
	CHECK(wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
	ports[1].out_of_memory = 3;
	CHECK(!wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
	CHECK(strstr(reason, "dropped 3 packets of port 1"));
	ports[1].out_of_memory = 0;
	for (int i = 0; i < 20; i++)
		histogram_add(&health.release_error, 5 * MS);
	CHECK(!wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
	CHECK(strstr(reason, "too slow"));
}
