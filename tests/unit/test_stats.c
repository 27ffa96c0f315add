/* SPDX-License-Identifier: MIT */
#include "stats/stats.h"

#include "tap.h"

#include <math.h>
#include <string.h>

static bool is_near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance * fmax(1, fabs(b));
}

TEST(a_power_law_has_its_exponent_and_noise_a_standard_error)
{
	static const double hosts[] = {1, 2, 4, 8, 16}, pairs[] = {3, 12, 48, 192, 768};
	static const double some[] = {0, -1, 2, NAN, 4}, noisy[] = {1, 2.2, 3.9, 8.4, 15.5};
	static const double same[] = {5, 5, 5, 5, 5};
	struct stats_power fit = stats_power_fit(hosts, pairs, 5);

	CHECK(is_near(fit.exponent, 2, 1e-12) && fit.standard_error < 1e-7 && fit.points == 5);
	/* By Python 3.11, from sums of squares. */
	fit = stats_power_fit(hosts, noisy, 5);
	CHECK(is_near(fit.exponent, 0.9841278424915213, 1e-9) &&
		is_near(fit.standard_error, 0.026846174481112872, 1e-9));
	fit = stats_power_fit(hosts, some, 5);
	CHECK(fit.points == 2 && isnan(fit.exponent));
	CHECK(isnan(stats_power_fit(same, pairs, 5).exponent));
}

/* Expected quartiles: Python 3.11, statistics.quantiles(n=4), method exclusive. */
TEST(quartiles_are_those_of_the_exclusive_method)
{
	static const double three[] = {3, 1, 2}, six[] = {5, 1, 9, 2, 7, 3.5};
	static const double uneven[] = {5, 1, 9, 2, 7, 30};
	static const double seven[] = {10, 20, 30, 40, 50, 60, 70};
	struct summary of = summary_of(three, 3);

	CHECK(of.min == 1 && of.max == 3 && of.average == 2);
	CHECK(of.p25 == 1 && of.p50 == 2 && of.p75 == 3);
	of = summary_of(six, 6);
	CHECK(of.p25 == 1.75 && of.p50 == 4.25 && of.p75 == 7.5);
	/* Unevenly spaced, so that no wrong neighbour gives the same line. */
	of = summary_of(uneven, 6);
	CHECK(of.p25 == 1.75 && of.p50 == 6 && of.p75 == 14.25);
	of = summary_of(seven, 7);
	CHECK(of.p25 == 20 && of.p50 == 40 && of.p75 == 60);
}

TEST(one_value_is_all_its_quartiles_two_extrapolate_and_none_are_zero)
{
	static const double two[] = {2, 1};
	static const struct summary zero;
	struct summary of = summary_of(two, 1);

	CHECK(of.min == 2 && of.p25 == 2 && of.p75 == 2 && of.average == 2);
	of = summary_of(two, 2);
	CHECK(of.p25 == 0.75 && of.p50 == 1.5 && of.p75 == 2.25);
	of = summary_of(NULL, 0);
	CHECK(memcmp(&of, &zero, sizeof(of)) == 0);
}

TEST(quartiles_of_durations_are_picked_by_index)
{
	static const double values[] = {4, 3, 2, 1};
	struct summary of = summary_by_index(values, 4);

	CHECK(of.p25 == 1 && of.p50 == 2 && of.p75 == 3 && of.average == 2.5);
	of = summary_by_index(values, 3);
	CHECK(of.p25 == 2 && of.p50 == 3 && of.p75 == 3);
}

TEST(merging_takes_extremes_and_means)
{
	static const struct summary parts[] = {{1, 2, 3, 1.5, 2, 2.5}, {0, 4, 9, 3.5, 4, 4.5}};
	struct summary of = summary_merge(parts, 2);

	CHECK(of.min == 0 && of.max == 9 && of.average == 3);
	CHECK(of.p25 == 2.5 && of.p50 == 3 && of.p75 == 3.5);
}

TEST(means_keep_small_values_beside_large_ones)
{
	static const double values[] = {1e16, 1, -1e16, 1};

	CHECK(stats_mean(values, 4) == 0.5);
	CHECK(stats_mean(NULL, 0) == 0);
}

/* Deviation of 2 4 4 4 5 5 7 9 is sqrt(32/7); type 7 quantiles as R's quantile(). */
TEST(deviation_median_and_quantiles)
{
	static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};

	CHECK(is_near(stats_deviation(values, 8), sqrt(32.0 / 7), 1e-15));
	CHECK(stats_median(values, 8) == 4.5);
	CHECK(stats_quantile(values, 8, 0.25) == 4);
	CHECK(stats_quantile(values, 8, 0.9) == 7.6);
	CHECK(stats_quantile(values, 8, 1) == 9);
	CHECK(stats_deviation(values, 1) == 0);
}

/* Tables of the binomial: 5 values cover 93.75 %, 6 cover 96.875 %, 2nd..7th of 8 92.97 %. */
TEST(median_intervals_say_what_they_really_cover)
{
	static const double values[] = {8, 1, 7, 2, 6, 3, 5, 4};
	struct interval of = interval_median(values, 5, 0.95);

	CHECK(of.low == 1 && of.high == 8 && is_near(of.confidence, 0.9375, 1e-12));
	of = interval_median(values, 8, 0.95);
	CHECK(of.low == 1 && of.high == 8 && is_near(of.confidence, 0.9921875, 1e-12));
	of = interval_median(values, 8, 0.90);
	CHECK(of.low == 2 && of.high == 7 && is_near(of.confidence, 0.9296875, 1e-12));
	of = interval_median(values, 1, 0.95);
	CHECK(of.low == 8 && of.high == 8 && of.confidence == 0);
}

TEST(a_tail_quantile_needs_many_values)
{
	double values[1000];
	struct interval of;

	for (size_t i = 0; i < 1000; i++)
		values[i] = (double)i + 1;
	of = interval_quantile(values, 50, 0.99, 0.95);
	CHECK(of.confidence < 0.40 && of.high == 50);
	/* Binomial(1000, 0.99): 984..996 hold 95 %, so P(low <= B < high). */
	of = interval_quantile(values, 1000, 0.99, 0.95);
	CHECK(of.low >= 983 && of.low <= 985 && of.high >= 996 && of.high <= 998);
	CHECK(of.confidence >= 0.95 && of.confidence < 0.97);
}

/* Wilson 1927; values as in R, binom::binom.confint(x, 10, methods = "wilson"). */
TEST(proportions_have_wilsons_interval)
{
	struct interval of = interval_proportion(5, 10, 0.95);

	CHECK(is_near(of.low, 0.2365931, 1e-6) && is_near(of.high, 0.7634069, 1e-6));
	of = interval_proportion(0, 10, 0.95);
	CHECK(of.low == 0 && is_near(of.high, 0.2775328, 1e-6));
	of = interval_proportion(10, 10, 0.95);
	CHECK(of.high == 1 && is_near(of.low, 0.7224672, 1e-6));
}

/* Python 3.11, statistics.NormalDist().inv_cdf(). */
TEST(normal_quantiles_are_exact)
{
	CHECK(is_near(stats_normal_quantile(0.975), 1.9599639845400539, 1e-13));
	CHECK(is_near(stats_normal_quantile(0.2), -0.8416212335729142, 1e-13));
	CHECK(is_near(stats_normal_quantile(1e-10), -6.361340902404056, 1e-12));
	CHECK(stats_normal_quantile(0.5) == 0 || is_near(stats_normal_quantile(0.5), 0, 1e-15));
}

/* By hand: 252 splits listed by a separate program, D(3) and D(23) of 25 sorted log ratios. */
TEST(ratios_match_a_listing_of_all_pairs_and_splits)
{
	static const double a[] = {19.8, 20.1, 22.5, 25.0, 21.3};
	static const double b[] = {15.2, 16.9, 18.8, 20.0, 17.5};
	struct ratio of = ratio_of(a, 5, b, 5, 0.95);

	CHECK(is_near(of.ratio, 1.217142857142857, 1e-12));
	CHECK(is_near(of.interval.low, 1.053191489361702, 1e-12) &&
		is_near(of.interval.high, 1.4792899408284024, 1e-12));
	CHECK(is_near(of.interval.confidence, 1 - 8.0 / 252, 1e-12));
	CHECK(is_near(of.p, 4 / 252.0, 1e-12) && of.p_is_exact);
	CHECK(is_near(of.delta, 0.92, 1e-12));
}

TEST(three_values_a_side_can_never_show_significance)
{
	static const double low[] = {1, 2, 3}, high[] = {100, 200, 300};
	struct ratio of = ratio_of(high, 3, low, 3, 0.95);

	CHECK(is_near(of.p, 0.1, 1e-12) && is_near(permutation_floor(3, 3), 0.1, 1e-12));
	CHECK(is_near(of.interval.confidence, 0.9, 1e-12) && of.delta == 1);
	CHECK(is_near(permutation_floor(4, 4), 2.0 / 70, 1e-12));
	CHECK(is_near(permutation_floor(8, 8), 2.0 / 12870, 1e-12));
	CHECK(is_near(permutation_floor(3, 4), 1.0 / 35, 1e-12));
}

TEST(large_samples_are_drawn_and_never_give_zero)
{
	double a[20], b[20];
	bool is_exact = true;

	for (size_t i = 0; i < 20; i++) {
		a[i] = (double)i;
		b[i] = (double)i + 1000;
	}
	CHECK(is_near(permutation_test(a, 20, b, 20, 3, &is_exact), 1.0 / 10001, 1e-9));
	CHECK(!is_exact);
	CHECK(permutation_test(a, 20, a, 20, 3, NULL) == 1);
}

/* Holm 1979; values as R's p.adjust(). */
TEST(many_tests_are_adjusted)
{
	static const double p[] = {0.01, 0.04, 0.03, 0.02, 0.05};
	double adjusted[5];

	adjust_holm(p, 5, adjusted);
	CHECK(is_near(adjusted[0], 0.05, 1e-15) && is_near(adjusted[3], 0.08, 1e-15));
	CHECK(is_near(adjusted[2], 0.09, 1e-15) && is_near(adjusted[1], 0.09, 1e-15));
	CHECK(is_near(adjusted[4], 0.09, 1e-15));
}

TEST(groups_share_a_letter_exactly_when_nothing_separates_them)
{
	/* 0 and 3 differ, 0 and 2 differ; 1 differs from none. */
	bool differ[16] = {0};
	uint64_t groups[4];

	differ[0 * 4 + 3] = differ[3 * 4 + 0] = true;
	differ[0 * 4 + 2] = differ[2 * 4 + 0] = true;
	CHECK(group_items(differ, 4, groups) == 2);
	CHECK(groups[0] == 1 && groups[1] == 3 && groups[2] == 2 && groups[3] == 2);
	memset(differ, 0, sizeof(differ));
	CHECK(group_items(differ, 4, groups) == 1 && groups[3] == 1);
	for (size_t i = 0; i < 16; i++)
		differ[i] = i / 4 != i % 4;
	CHECK(group_items(differ, 4, groups) == 4 && groups[0] == 1 && groups[3] == 8);
}

/* n = 16 (CV / d)^2 is the rule of thumb: 5 % of 5 % takes 16 a side, within 2 %. */
TEST(what_could_have_been_found_is_known)
{
	CHECK(is_near(detectable_difference(5, 16, 0.05, 0.8), 4.9526, 1e-3));
	CHECK(isinf(detectable_difference(5, 0, 0.05, 0.8)));
}
