/* SPDX-License-Identifier: MIT */
#include "netem/internal.h"
#include "netem_flow.h"

#include "tap.h"

#include <stdint.h>

#define MS INT64_C(1000000)

static double correlated_share(double probability, double correlation, uint32_t draws)
{
	struct correlated state = {.rho = kernel_scaled(correlation)};
	uint32_t threshold = kernel_scaled(probability), hits = 0;

	for (uint32_t i = 0; i < draws; i++)
		hits += threshold >= correlated_next(&state, (uint32_t)(stream_draw(7, i) >> 32));
	return (double)hits / draws;
}

TEST(correlated_numbers_fire_as_rarely_as_in_the_kernel)
{
	/* probability, correlation, percent that was realised in 40 million draws of the kernel's
	 * code */
	static const double known[][3] = {{0.01, 0.10, 0.0198}, {0.02, 0.25, 0.0056},
		{0.05, 0.25, 0.194}, {0.10, 0.50, 0.108}, {0.20, 0.25, 10.2}, {0.20, 0.75, 0.116},
		{0.30, 0.90, 0.087}, {0.50, 0.50, 50.0}, {0.10, 0.10, 5.55}};

	const double draws = 4e6;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct netem_chance chance = {known[i][0], known[i][1]};
		double share =
			correlated_share(chance.probability, chance.correlation, (uint32_t)draws);
		double theory = netem_kernel_chance(&chance);

		/* hits come in small clumps, so their deviation is a little above Poisson's */
		CHECK(fabs(share - theory) * draws < 5 * sqrt(theory * draws));
		CHECK(fabs(theory * 100 - known[i][2]) < 0.03 * known[i][2] + 0.0001);
	}
}

TEST(tiny_correlated_chances_have_their_known_theory)
{
	static const double known[][3] = {{0.003, 0.25, 4.0e-7}, {0.005, 0.25, 7e-6},
		{0.025, 0.5, 1.0e-5}, {0.05, 0.5, 0.0016}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		double theory =
			netem_kernel_chance(&(struct netem_chance){known[i][0], known[i][1]}) * 100;

		CHECK(theory > known[i][2] * 0.9 && theory < known[i][2] * 1.15);
	}
}

static void moments(enum netem_shape shape, double ret[6])
{
	const int16_t *table = table_of(shape);
	double sum = 0, squares = 0;

	ret[2] = 9;
	ret[3] = -9;
	for (int i = 0; i < TABLE_SIZE; i++) {
		double x = (double)table[i] / TABLE_ONE_SIGMA;

		sum += x;
		squares += x * x;
		ret[2] = fmin(ret[2], x);
		ret[3] = fmax(ret[3], x);
	}
	ret[0] = sum / TABLE_SIZE;
	ret[1] = sqrt(squares / TABLE_SIZE - ret[0] * ret[0]);
	ret[4] = (double)table[TABLE_SIZE / 2] / TABLE_ONE_SIGMA;
	ret[5] = (double)table[(TABLE_SIZE - 1) * 99 / 100] / TABLE_ONE_SIGMA;
}

TEST(tables_have_the_moments_of_the_tables_tc_ships)
{
	static const double known[3][6] = {{-0.001, 1.000, -4.00, 3.52, -0.001, 2.32},
		{-0.033, 0.820, -0.667, 4.00, -0.320, 4.00},
		{-0.025, 0.834, -1.50, 3.88, -0.240, 3.58}};

	for (int shape = 0; shape < 3; shape++) {
		double found[6];

		moments(NETEM_NORMAL + (enum netem_shape)shape, found);
		for (int i = 0; i < 6; i++) {
			if (fabs(found[i] - known[shape][i]) > 0.0055)
				printf("# shape %d moment %d: %g\n", shape, i, found[i]);
			CHECK(fabs(found[i] - known[shape][i]) <= 0.0055);
		}
	}
}

TEST(a_delay_without_a_table_is_uniform_and_its_mean_is_clipped_as_predicted)
{
	static const struct {
		int64_t delay_ns, jitter_ns;
		double clipped, mean_ms;
	} known[] = {{2 * MS, 2 * MS, 0, 2.0}, {4 * MS, 7 * MS, 0.214, 4.32},
		{6 * MS, 15 * MS, 0.3, 7.35}, {50 * MS, 5 * MS, 0, 50}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct netem_params params = {.delay_ns = known[i].delay_ns,
			.jitter_ns = known[i].jitter_ns,
			.model = NETEM_KERNEL};
		double clipped = 0, sum = 0;

		for (uint32_t k = 0; k < 200000; k++) {
			int64_t delay_ns =
				delay_kernel(&params, (uint32_t)(stream_draw(3, k) >> 32));

			CHECK(delay_ns >= known[i].delay_ns - known[i].jitter_ns);
			CHECK(delay_ns < known[i].delay_ns + known[i].jitter_ns);
			clipped += delay_ns < 0;
			sum += delay_ns > 0 ? (double)delay_ns : 0;
		}
		CHECK(fabs(clipped / 200000 - known[i].clipped) < 0.004);
		CHECK(fabs(sum / 200000 / 1e6 - known[i].mean_ms) < 0.03);
		CHECK(fabs(netem_mean_delay_ns(&params) / 1e6 - known[i].mean_ms) < 0.01);
	}
}

TEST(jitter_reorders_as_much_as_known_from_the_kernel)
{
	/* delay, jitter, spacing in microseconds; reordered share and 3-reordered share */
	static const double known[][5] = {{2000, 2000, 12, 0.93, 0.24},
		{4000, 7000, 12, 0.78, 0.25}, {6000, 15000, 12, 0.70, 0.25},
		{2000, 2000, 1200, 0.28, 0.001}, {4000, 7000, 120, 0.75, 0.23},
		{6000, 15000, 10000, 0.18, 0}, {50000, 5000, 240, 0.80, 0.21}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		AUTO(flow_done) struct flow flow = {0};
		struct netem_params params = {.model = NETEM_KERNEL,
			.delay_ns = (int64_t)(known[i][0] * 1000),
			.jitter_ns = (int64_t)(known[i][1] * 1000),
			.limit_packets = 1 << 30};

		CHECK(!flow_init(&flow, &params, 200000));
		flow_run(&flow, 200000, (int64_t)(known[i][2] * 1000), 1514, false);
		CHECK(fabs(flow_reordered(&flow, 0) - known[i][3]) < 0.01);
		CHECK(fabs(flow_reordered(&flow, 3) - known[i][4]) < 0.01);
	}
}

TEST(independent_loss_is_binomial)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL,
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.01}}};

	CHECK(!flow_init(&flow, &params, 400000));
	flow_run(&flow, 400000, 1000, 100, false);
	CHECK(fabs(binomial_z(flow.lost, 400000, 0.01)) < 3.3);
	CHECK(fabs(binomial_z(flow.lost, 400000, 0.011)) > 3.3);
}

TEST(a_loss_on_a_duplicated_packet_only_cancels_the_clone)
{
	AUTO(flow_done) struct flow flow = {0};
	const double d = 0.3, l = 0.2;
	const double expected[3] = {
		(1 - d) * l, (1 - d) * (1 - l) + d * l + d * (1 - l) * l, d * (1 - l) * (1 - l)};
	struct netem_params params = {.model = NETEM_KERNEL,
		.limit_packets = 1 << 30,
		.duplicate = {.probability = d},
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = l}}};
	double counts[3] = {0}, chi_square = 0;

	CHECK(!flow_init(&flow, &params, 100000));
	flow_run(&flow, 100000, 1000, 100, false);
	for (int i = 0; i < 100000; i++)
		counts[flow.copies[i]]++;
	for (int k = 0; k < 3; k++)
		chi_square += pow(counts[k] - 100000 * expected[k], 2) / (100000 * expected[k]);
	CHECK(chi_square < 13.8); /* 2 degrees of freedom, 0.1 % */
}

TEST(a_burst_into_a_long_delay_loses_exactly_what_exceeds_the_limit)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {
		.model = NETEM_KERNEL, .delay_ns = 1000 * MS, .limit_packets = 137};

	CHECK(!flow_init(&flow, &params, 150));
	flow_run(&flow, 150, 0, 100, true);
	CHECK(flow.overflow == 13 && flow.count == 137);
}

TEST(the_default_limit_is_a_thousand_packets)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL, .delay_ns = 1000 * MS};

	CHECK(!flow_init(&flow, &params, 1300));
	flow_run(&flow, 1300, 0, 100, true);
	CHECK(flow.overflow == 300);
}

TEST(a_rate_delays_first_and_serialises_after)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {
		.model = NETEM_KERNEL, .delay_ns = 10 * MS, .rate_bps = 8e6, .limit_packets = 100};

	/* 1000 bytes last 1 ms: releases are max(last, arrival + delay) + 1 ms */
	CHECK(!flow_init(&flow, &params, 5));
	flow_run(&flow, 5, MS / 2, 1000, true);
	for (int i = 0; i < 5; i++)
		CHECK(flow.arrived[i].release_ns == 11 * MS + i * MS);
}

TEST(with_a_rate_jitter_cannot_reorder)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL,
		.delay_ns = 4 * MS,
		.jitter_ns = 7 * MS,
		.rate_bps = 1e9,
		.limit_packets = 1 << 30};

	CHECK(!flow_init(&flow, &params, 20000));
	flow_run(&flow, 20000, 12000, 1514, true);
	CHECK(flow_reordered(&flow, 0) == 0);
}

TEST(cells_and_overhead_lengthen_packets)
{
	struct netem_params params = {
		.overhead_bytes = -14, .cell_bytes = 48, .cell_overhead_bytes = 5};

	CHECK(rate_wire_bytes(&params, 1514) == 32 * 53); /* 1500 bytes need 31.25 cells */
	CHECK(rate_wire_bytes(&params, 14 + 48) == 53);
	CHECK(rate_wire_bytes(&params, 3) == 53);
}

TEST(reorder_with_a_gap_sends_every_nth_packet_at_once)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL,
		.delay_ns = 10 * MS,
		.reorder = {.probability = 1},
		.gap = 5,
		.limit_packets = 1000};
	size_t immediate = 0;

	CHECK(!flow_init(&flow, &params, 100));
	flow_run(&flow, 100, 100, 100, true);
	for (size_t i = 0; i < flow.count; i++) {
		if (!flow.arrived[i].is_immediate)
			continue;
		CHECK(flow.arrived[i].number % 5 == 4);
		immediate++;
	}
	CHECK(immediate == 20);
}

TEST(reordering_of_the_published_profiles_practically_never_fires)
{
	static const double known[][3] = {
		{0.005, 0.25, 1e-5}, {0.025, 0.50, 1e-5}, {0.05, 0.50, 0.0001}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		AUTO(flow_done) struct flow flow = {0};
		struct netem_params params = {.model = NETEM_KERNEL,
			.delay_ns = 4 * MS,
			.reorder = {known[i][0], known[i][1]},
			.gap = 1,
			.limit_packets = 1 << 30};

		CHECK(!flow_init(&flow, &params, 1000000));
		flow_run(&flow, 1000000, 1000, 100, false);
		CHECK((double)netem_totals(flow.netem).reordered / 1e6 <= known[i][2]);
	}
}

TEST(gilbert_elliott_has_the_stationary_loss_and_bursts_of_its_chain)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL,
		.loss = {.kind = NETEM_LOSS_ELLIOTT, .to_bad = 0.01, .to_good = 0.25, .in_bad = 1}};
	uint32_t bursts = 0;

	CHECK(!flow_init(&flow, &params, 1000000));
	flow_run(&flow, 1000000, 1000, 100, false);
	for (uint32_t i = 1; i < 1000000; i++)
		bursts += flow.copies[i] == 0 && flow.copies[i - 1] == 1;
	CHECK(fabs((double)flow.lost / 1e6 - 0.0385) < 0.0015);
	CHECK(fabs((double)flow.lost / bursts - 4) < 0.1);
	CHECK(fabs(netem_loss_share(&params) - 0.0385) < 0.0001);
}

TEST(the_four_state_chain_meets_its_stationary_law)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_KERNEL,
		.loss = {.kind = NETEM_LOSS_STATES,
			.p13 = 0.01,
			.p31 = 0.3,
			.p32 = 0.4,
			.p23 = 0.5,
			.p14 = 0.005}};

	CHECK(!flow_init(&flow, &params, 1000000));
	flow_run(&flow, 1000000, 1000, 100, false);
	CHECK(fabs((double)flow.lost / 1e6 / netem_loss_share(&params) - 1) < 0.03);
}

TEST(slots_hold_what_is_due_and_let_a_few_packets_go_at_a_time)
{
	AUTO(netem_freep) struct netem *netem = NULL;
	struct netem_key key = {.seed = 1};
	struct netem_params params = {.model = NETEM_KERNEL,
		.slot = {.min_ns = 10 * MS, .max_ns = 10 * MS, .packets = 2}};
	struct error err = {0};

	CHECK_OK(netem_new(&key, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, NULL, 0, &err), err);
	for (int i = 0; i < 6; i++)
		CHECK(netem_admit(netem, MS, 100) == (i / 2 + 1) * 10 * MS);
}

TEST(equal_seeds_give_equal_fates_and_others_do_not)
{
	struct netem_params params = {.model = NETEM_KERNEL,
		.delay_ns = 2 * MS,
		.jitter_ns = 2 * MS,
		.limit_packets = 1 << 30,
		.duplicate = {.probability = 0.1},
		.corrupt = {.probability = 0.1, .correlation = 0.1},
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.3, 0.2}}};
	AUTO(netem_freep) struct netem *a = NULL, *b = NULL, *c = NULL;
	struct error err = {0};
	unsigned differ = 0;

	CHECK_OK(netem_new(&(struct netem_key){.seed = 5, .port = 2}, &a, &err), err);
	CHECK_OK(netem_new(&(struct netem_key){.seed = 5, .port = 2}, &b, &err), err);
	CHECK_OK(netem_new(&(struct netem_key){.seed = 5, .port = 3}, &c, &err), err);
	CHECK_OK(netem_set(a, &params, NULL, 0, &err), err);
	CHECK_OK(netem_set(b, &params, NULL, 0, &err), err);
	CHECK_OK(netem_set(c, &params, NULL, 0, &err), err);
	netem_restart(a, 5, 0);
	netem_restart(b, 5, 0);
	netem_restart(c, 5, 0);
	for (int i = 0; i < 1000; i++) {
		struct netem_fate fates[3];

		netem_decide(a, i, 100, &fates[0]);
		netem_decide(b, i, 100, &fates[1]);
		netem_decide(c, i, 100, &fates[2]);
		CHECK(memcmp(&fates[0], &fates[1], sizeof(fates[0])) == 0);
		differ += memcmp(&fates[0], &fates[2], sizeof(fates[0])) != 0;
	}
	CHECK(differ > 900);
}
