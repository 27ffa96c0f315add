/* SPDX-License-Identifier: MIT */
/* What the wire promises apart from fates: changes, bounds, equal seeds, log and health. */
#include "wire_bench.h"

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
	for (unsigned i = 0; i < 7000; i++) {
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
	CHECK(counters.queued == 7000 - refused);
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
	struct wire_health health = {.late_limit_ns = MS};
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
	CHECK(strstr(reason, "20 of 1020 packets"));
	health.late_limit_ns = 6 * MS;
	CHECK(wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
}

TEST(frames_that_the_wire_did_not_fetch_make_it_too_slow)
{
	struct wire_health health = {.late_limit_ns = MS};
	struct wire_counters ports[2] = {{.in_frames = 99999, .unfetched = 9, .fell_behind = 1}};
	char reason[160] = "";

	CHECK(wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
	ports[0].unfetched = 11;
	CHECK(!wire_health_is_good(&health, ports, 2, reason, sizeof(reason)));
	CHECK(strstr(reason, "11 frames of port 0"));
}

TEST(frames_beyond_what_the_line_carries_are_not_the_wires_fault)
{
	struct wire_health health = {.late_limit_ns = MS};
	struct wire_counters ports[1] = {{.in_frames = 1000, .unfetched = 5000}};
	char reason[160] = "";

	CHECK(wire_health_is_good(&health, ports, 1, reason, sizeof(reason)));
}

/* Fetches so many frames so far apart; a full one takes 12.3 us on a line of 1 Gbit/s. */
static uint64_t fell_behind(struct bench *bench, int frames, int64_t apart_ns)
{
	static struct sample_frame frame;
	struct wire_counters counters;

	plain(&frame, 1472);
	for (int i = 0; i < frames; i++) {
		bench->now_ns += apart_ns;
		fabric_run(&bench->fabric, bench->now_ns);
		input(bench, 0, &frame, 1);
		bench->count = 0;
	}
	fabric_counters(&bench->fabric, 0, &counters);
	return counters.fell_behind;
}

TEST(a_wire_that_fetches_less_than_the_line_carries_falls_behind)
{
	BENCH(bench, 2, .line_rate_bps = 1e9, .line_buffer_bytes = 15140);

	CHECK(fell_behind(bench, 1000, 10 * US) == 0);
	fabric_input_ends(&bench->fabric, 0);
	CHECK(fell_behind(bench, 499, 20 * US) == 0); /* did not fill a TAP */
	CHECK(fell_behind(bench, 1, 20 * US) == 1);
	fabric_input_ends(&bench->fabric, 0);
	CHECK(fell_behind(bench, 500, 20 * US) == 2);
	fabric_restart(&bench->fabric, 1, bench->now_ns);
	CHECK(fell_behind(bench, 1, 20 * US) == 0);
}

TEST(a_host_that_pauses_does_not_make_the_wire_fall_behind)
{
	BENCH(bench, 2, .line_rate_bps = 1e9, .line_buffer_bytes = 15140);

	for (int i = 0; i < 100; i++) {
		CHECK(fell_behind(bench, 400, 2 * US) == 0);
		fabric_input_ends(&bench->fabric, 0);
		bench->now_ns += 1000 * MS;
	}
}

TEST(a_port_without_a_line_always_falls_behind_a_host_that_fills_its_tap)
{
	BENCH(bench, 2, .line_rate_bps = 0);

	CHECK(fell_behind(bench, 500, US) == 1);
}

/* packets -> how many late ones chance does not explain */
TEST(of_few_packets_more_than_one_in_a_hundred_may_be_late)
{
	static const struct {
		int packets, too_many;
	} rows[] = {{0, 1}, {5, 1}, {10, 2}, {20, 2}, {100, 4}, {1000, 16}, {100000, 1053}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wire_health health = {.late_limit_ns = MS};
		char reason[160];

		for (int k = 1; k < rows[i].packets; k++)
			histogram_add(&health.release_error, k < rows[i].too_many ? 9 * MS : US);
		CHECK(wire_health_is_good(&health, NULL, 0, reason, sizeof(reason)));
		if (rows[i].packets == 0)
			continue;
		histogram_add(&health.release_error, 9 * MS);
		CHECK(!wire_health_is_good(&health, NULL, 0, reason, sizeof(reason)));
	}
}

TEST(a_port_bears_lateness_by_its_delay_or_by_its_line)
{
	static const struct {
		struct wire_params params;
		int64_t limit_ns;
	} rows[] = {{{.line_rate_bps = 1e9}, 6056000}, {{.line_rate_bps = 1e6}, 10 * MS},
		{{.line_rate_bps = 1e11}, MS},
		{{.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 2 * MS}}, MS},
		{{.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 10 * MS}}, 2 * MS},
		{{.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 300 * MS}}, 5 * MS},
		{{.line_rate_bps = 1e9, .impairment = {.model = NETEM_CALIBRATED}}, MS}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(bench_done) struct bench *bench = bench_new(8 << 20, 2, &rows[i].params);

		CHECK(bench->fabric.late_limit_ns == rows[i].limit_ns);
	}
}
