/* SPDX-License-Identifier: MIT */
#include "netem/internal.h"
#include "netem_flow.h"

#include "tap.h"

#define MS INT64_C(1000000)
#define PACKETS 200000

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* Kolmogorov's distance between the delays of a flow and a distribution function. */
static double delay_distance(
	const struct flow *flow, double (*cdf)(double sigmas), double mean_ns, double jitter_ns)
{
	double *delays = calloc(flow->count, sizeof(*delays)), distance = 0;

	for (size_t i = 0; delays && i < flow->count; i++)
		delays[i] = (double)(flow->arrived[i].release_ns - flow->arrived[i].sent_ns);
	if (!delays)
		return 1;
	qsort(delays, flow->count, sizeof(*delays), by_value);
	for (size_t i = 0; i < flow->count; i++) {
		double p = cdf((delays[i] - mean_ns) / jitter_ns);

		distance = fmax(distance, fabs(p - ((double)i + 0.5) / (double)flow->count));
	}
	free(delays);
	return distance;
}

static double uniform_cdf(double sigmas)
{
	return fmin(1, fmax(0, (sigmas + 1) / 2));
}

static double pareto_cdf(double sigmas)
{
	return 1 - pow(sigmas * sqrt(0.75) + 1.5, -3);
}

/* Correlation of neighbours in the order of sending. */
static double delay_correlation(const struct flow *flow)
{
	double *delays = calloc(flow->sent, sizeof(*delays));
	double sum = 0, squares = 0, products = 0, n = flow->sent;

	for (size_t i = 0; delays && i < flow->count; i++)
		delays[flow->arrived[i].number] =
			(double)(flow->arrived[i].release_ns - flow->arrived[i].sent_ns) / 1e6;
	for (uint32_t i = 0; delays && i < flow->sent; i++) {
		sum += delays[i];
		squares += delays[i] * delays[i];
		products += i > 0 ? delays[i] * delays[i - 1] : 0;
	}
	free(delays);
	return (products / n - sum / n * sum / n) / (squares / n - sum / n * sum / n);
}

TEST(bursts_follow_the_geometric_law_and_the_rate_is_exact)
{
	AUTO(flow_done) struct flow flow = {0};
	const double p = 0.02, rho = 0.6, end = (1 - p) * (1 - rho);
	struct netem_params params = {
		.model = NETEM_CALIBRATED, .loss = {.kind = NETEM_LOSS_RANDOM, .random = {p, rho}}};
	double lengths[13] = {0}, bursts = 0, chi_square = 0, expected = 1;
	unsigned length = 0;

	CHECK(!flow_init(&flow, &params, 10 * PACKETS));
	flow_run(&flow, 10 * PACKETS, 1000, 100, false);
	for (uint32_t i = 0; i < 10 * PACKETS; i++) {
		if (flow.copies[i] == 0) {
			length++;
		} else if (length > 0) {
			lengths[length < 12 ? length : 12]++;
			bursts++;
			length = 0;
		}
	}
	for (int k = 1; k <= 12; k++) {
		double share = k < 12 ? expected * end : expected;

		chi_square += pow(lengths[k] - bursts * share, 2) / (bursts * share);
		expected *= 1 - end;
	}
	CHECK(chi_square < 31.3); /* 11 degrees of freedom, 0.1 % */
	/* Correlated indicators widen the binomial by (1 + rho) / (1 - rho). */
	CHECK(fabs(binomial_z(flow.lost, 10 * PACKETS, p)) < 3.3 * sqrt((1 + rho) / (1 - rho)));
}

TEST(the_lag_one_correlation_of_losses_is_the_one_asked_for)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.25, 0.4}}};
	double both = 0, n = PACKETS, p = 0.25;

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 1000, 100, false);
	for (uint32_t i = 1; i < PACKETS; i++)
		both += flow.copies[i] == 0 && flow.copies[i - 1] == 0;
	CHECK(fabs((both / n - p * p) / (p * (1 - p)) - 0.4) < 3 * 1.6 / sqrt(n));
}

TEST(delays_have_the_distribution_asked_for)
{
	static const struct {
		enum netem_shape shape;
		double (*cdf)(double sigmas);
		double correlation;
	} cases[] = {{NETEM_UNIFORM, uniform_cdf, 0}, {NETEM_NORMAL, normal_cdf, 0},
		{NETEM_PARETO, pareto_cdf, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(flow_done) struct flow flow = {0};
		struct netem_params params = {.model = NETEM_CALIBRATED,
			.delay_ns = 50 * MS,
			.jitter_ns = 5 * MS,
			.shape = cases[i].shape,
			.jitter = NETEM_JITTER_INDEPENDENT};

		CHECK(!flow_init(&flow, &params, PACKETS));
		flow_run(&flow, PACKETS, 1000, 100, false);
		/* Kolmogorov's 0.1 % point is 1.95 / sqrt(n) */
		CHECK(delay_distance(&flow, cases[i].cdf, 50e6, 5e6) < 1.95 / sqrt(PACKETS));
		CHECK(delay_distance(&flow, cases[i].cdf, 50.1e6, 5e6) > 1.95 / sqrt(PACKETS));
	}
}

TEST(a_correlated_delay_keeps_its_distribution_and_gains_the_correlation)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 50 * MS,
		.jitter_ns = 5 * MS,
		.delay_correlation = 0.5,
		.jitter = NETEM_JITTER_INDEPENDENT};

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 1000, 100, false);
	CHECK(delay_distance(&flow, uniform_cdf, 50e6, 5e6) < 2 * 1.95 / sqrt(PACKETS));
	CHECK(fabs(delay_correlation(&flow) - 0.483) < 0.01); /* (6 / pi) asin(rho / 2) */
}

TEST(the_default_jitter_never_changes_the_order)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {
		.model = NETEM_CALIBRATED, .delay_ns = 4 * MS, .jitter_ns = 4 * MS};

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 12000, 100, false);
	CHECK(flow_reordered(&flow, 0) == 0);
	for (size_t i = 0; i < flow.count; i++)
		CHECK(flow.arrived[i].release_ns >= flow.arrived[i].sent_ns);
}

TEST(a_wandering_delay_is_slow_and_has_the_right_spread)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 50 * MS,
		.jitter_ns = 5 * MS,
		.jitter = NETEM_JITTER_WANDER,
		.shape = NETEM_NORMAL,
		.wander_ns = 100 * MS};

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 10 * MS, 100, false); /* 20000 slots of ten packets */
	CHECK(flow_reordered(&flow, 0) == 0);
	CHECK(delay_correlation(&flow) > 0.97);
	CHECK(delay_distance(&flow, normal_cdf, 50e6, 5e6) < 0.02);
}

TEST(outages_depend_on_time_alone)
{
	static const int64_t spacings_ns[] = {MS, 5 * MS};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.loss = {.kind = NETEM_LOSS_OUTAGES,
			.good_ns = 900 * MS,
			.bad_ns = 100 * MS,
			.in_bad = 1}};
	AUTO(flow_done) struct flow dense = {0}, sparse = {0};

	CHECK(!flow_init(&dense, &params, PACKETS));
	CHECK(!flow_init(&sparse, &params, PACKETS / 5));
	flow_run(&dense, PACKETS, spacings_ns[0], 100, false);
	flow_run(&sparse, PACKETS / 5, spacings_ns[1], 100, false);
	for (uint32_t i = 0; i < PACKETS / 5; i++)
		CHECK(sparse.copies[i] == dense.copies[5 * i]);
	CHECK(fabs((double)dense.lost / PACKETS - 0.1) < 0.03); /* 200 outages */
	CHECK(netem_loss_share(&params) > 0.0999 && netem_loss_share(&params) < 0.1001);
}

TEST(a_late_packet_leaves_after_exactly_the_packets_asked_for)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 10 * MS,
		.reorder = {.probability = 0.01},
		.displacement = NETEM_LATE_PACKETS,
		.reorder_packets = 3};
	struct netem_totals totals;

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 100000, 100, false);
	totals = netem_totals(flow.netem);
	CHECK(fabs(binomial_z((double)totals.reordered, PACKETS, 0.01)) < 3.3);
	/*
	 * Each is overtaken by three, so it is 3-reordered, and nobody else is; but one with
	 * another late packet among its next three (3 %) leaves with it.
	 */
	CHECK(flow_reordered(&flow, 3) * PACKETS <= (double)totals.reordered);
	CHECK(flow_reordered(&flow, 3) * PACKETS > 0.95 * (double)totals.reordered);
	CHECK(flow_reordered(&flow, 4) < 0.0005);
}

TEST(an_early_packet_overtakes_exactly_the_packets_asked_for)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 10 * MS,
		.reorder = {.probability = 0.001},
		.displacement = NETEM_EARLY_PACKETS,
		.reorder_packets = 5};
	unsigned early = 0;

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 100000, 100, false);
	for (size_t i = 0; i + 1 < flow.count; i++) {
		if (flow.arrived[i].number < flow.arrived[i + 1].number)
			continue;
		CHECK(flow.arrived[i].number - flow.arrived[i + 1].number <= 6);
		early++;
	}
	CHECK(fabs((double)early - (double)netem_totals(flow.netem).reordered) <= 5);
	CHECK(early > 130);
	CHECK(netem_totals(flow.netem).displaced_short <= 1);
}

TEST(displacement_in_time_moves_a_packet_by_that_time)
{
	static const enum netem_displacement ways[] = {NETEM_LATE_TIME, NETEM_EARLY_TIME};

	for (size_t w = 0; w < 2; w++) {
		AUTO(flow_done) struct flow flow = {0};
		struct netem_params params = {.model = NETEM_CALIBRATED,
			.delay_ns = 10 * MS,
			.reorder = {.probability = 0.1, .correlation = 0.3},
			.displacement = ways[w],
			.reorder_ns = 3 * MS};
		size_t moved = 0;

		CHECK(!flow_init(&flow, &params, PACKETS));
		flow_run(&flow, PACKETS, 100000, 100, false);
		for (size_t i = 0; i < flow.count; i++) {
			int64_t delay_ns = flow.arrived[i].release_ns - flow.arrived[i].sent_ns;

			CHECK(delay_ns == 10 * MS || delay_ns == (w == 0 ? 13 : 7) * MS);
			moved += delay_ns != 10 * MS;
		}
		CHECK(fabs(binomial_z((double)moved, PACKETS, 0.1)) < 3.3 * sqrt(1.3 / 0.7));
	}
}

TEST(a_bottleneck_sends_at_its_rate_and_never_ahead_of_it)
{
	AUTO(flow_done) struct flow flow = {0};
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.rate_bps = 100e6,
		.buffer_bytes = 150000,
		.delay_ns = 5 * MS};
	double bytes = 0;

	/* twice the rate for 10 s of back-to-back frames */
	CHECK(!flow_init(&flow, &params, 165000));
	flow_run(&flow, 165000, 60560, 1514, true);
	for (size_t i = 0; i < flow.count; i++) {
		bytes += 1514;
		CHECK(bytes * 8 <=
			100e6 / 1e9 * (double)(flow.arrived[i].release_ns - 5 * MS) + 1514 * 8);
	}
	CHECK(fabs(bytes * 8 / ((double)(flow.arrived[flow.count - 1].release_ns - 5 * MS) / 1e9) /
			      100e6 -
		      1) < 0.001);
	CHECK(flow.overflow > 80000);
}

TEST(a_buffer_holds_exactly_what_it_says)
{
	AUTO(flow_done) struct flow packets = {0}, bytes = {0};
	struct netem_params params = {
		.model = NETEM_CALIBRATED, .rate_bps = 1e6, .limit_packets = 10};

	CHECK(!flow_init(&packets, &params, 25));
	flow_run(&packets, 25, 0, 1500, true);
	CHECK(packets.count == 10 && packets.overflow == 15);
	params.limit_packets = 0;
	params.buffer_bytes = 4500;
	CHECK(!flow_init(&bytes, &params, 25));
	flow_run(&bytes, 25, 0, 1500, true);
	CHECK(bytes.count == 3 && bytes.overflow == 22);
}

TEST(duplicates_arrive_as_often_as_the_words_say)
{
	AUTO(flow_done) struct flow flow = {0};
	const double d = 0.05, l = 0.1;
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.duplicate = {.probability = d},
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = l}}};
	double none = 0, both = 0;

	CHECK(!flow_init(&flow, &params, PACKETS));
	flow_run(&flow, PACKETS, 1000, 100, false);
	for (uint32_t i = 0; i < PACKETS; i++) {
		none += flow.copies[i] == 0;
		both += flow.copies[i] == 2;
	}
	CHECK(fabs(binomial_z(both, PACKETS, d * (1 - l) * (1 - l))) < 3.3);
	CHECK(fabs(binomial_z(none, PACKETS, (1 - d) * l + d * l * l)) < 3.3);
}

TEST(fates_depend_on_the_index_and_not_on_when_a_packet_comes)
{
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 10 * MS,
		.duplicate = {0.1, 0.5},
		.corrupt = {0.1, 0.5},
		.loss = {.kind = NETEM_LOSS_ELLIOTT, .to_bad = 0.1, .to_good = 0.3, .in_bad = 0.7}};
	AUTO(flow_done) struct flow fast = {0}, slow = {0};

	CHECK(!flow_init(&fast, &params, 10000));
	CHECK(!flow_init(&slow, &params, 10000));
	flow_run(&fast, 10000, 10, 64, false);
	flow_run(&slow, 10000, 10 * MS, 1514, false);
	CHECK(memcmp(fast.copies, slow.copies, 10000) == 0);
	CHECK(netem_totals(fast.netem).corrupted == netem_totals(slow.netem).corrupted);
}

TEST(parameters_change_without_touching_what_is_queued)
{
	AUTO(netem_freep) struct netem *netem = NULL;
	struct netem_params params = {
		.model = NETEM_CALIBRATED, .rate_bps = 1e6, .limit_packets = 10};
	struct error err = {0};
	struct netem_fate fate;

	CHECK_OK(netem_new(&(struct netem_key){.seed = 1}, &netem, &err), err);
	CHECK_OK(netem_set(netem, &params, NULL, 0, &err), err);
	for (int i = 0; i < 10; i++)
		netem_decide(netem, 0, 1250, &fate); /* 10 ms each */
	params.limit_packets = 11;
	params.rate_bps = 10e6;
	CHECK_OK(netem_set(netem, &params, NULL, 0, &err), err);
	netem_decide(netem, 0, 1250, &fate);
	CHECK(fate.copy[0].verdict == NETEM_PASSES && fate.copy[0].release_ns == 101 * MS);
	netem_decide(netem, 0, 1250, &fate);
	CHECK(fate.copy[0].verdict == NETEM_OVERFLOW);
}
