/* SPDX-License-Identifier: MIT */
#include "stats/stats.h"

#include "base/random.h"

#include "tap.h"

#include <math.h>

enum {
	ROWS = 60,
	SIDE = 4, /* runs of each side */
	RUNS = 2 * SIDE,
	PAIRS = 400
};

static double uniform(struct random *random)
{
	return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct random *random)
{
	return stats_normal_quantile(uniform(random));
}

/*
 * Logarithms of 60 figures in eight runs. Every run drifts as a whole by 2 %, every figure by
 * another 3 %, and some figures spread ten times as much; `slowdown` hits the first one after.
 */
static void measure(struct random *random, double slowdown, double values[ROWS][RUNS])
{
	for (size_t run = 0; run < RUNS; run++) {
		double drift = 0.02 * normal(random);

		for (size_t row = 0; row < ROWS; row++) {
			values[row][run] = drift + (row % 10 == 9 ? 0.3 : 0.03) * normal(random);
			if (row == 0 && run >= SIDE)
				values[row][run] -= slowdown;
		}
	}
}

static void judge(double values[ROWS][RUNS], double *adjusted)
{
	struct joint_row rows[ROWS];

	for (size_t row = 0; row < ROWS; row++)
		rows[row] = (struct joint_row){values[row], 0.025};
	joint_test(rows, ROWS, SIDE, SIDE, 1, adjusted);
}

TEST(of_400_pairs_of_equal_versions_at_most_one_in_twenty_has_a_verdict)
{
	struct random random = random_seeded(5);
	size_t wrong = 0;

	for (size_t pair = 0; pair < PAIRS; pair++) {
		double values[ROWS][RUNS], adjusted[ROWS];
		bool is_wrong = false;

		measure(&random, 0, values);
		judge(values, adjusted);
		for (size_t row = 0; row < ROWS; row++)
			is_wrong = is_wrong || adjusted[row] < 0.05;
		wrong += is_wrong;
	}
	printf("# %zu of %d\n", wrong, PAIRS);
	CHECK(wrong <= PAIRS / 20);
}

TEST(a_slowdown_by_a_fifth_is_found_in_most_pairs_and_blamed_on_no_other_figure)
{
	struct random random = random_seeded(6);
	size_t found = 0, others = 0;

	for (size_t pair = 0; pair < PAIRS; pair++) {
		double values[ROWS][RUNS], adjusted[ROWS];
		bool is_other = false;

		measure(&random, log(1.25), values);
		judge(values, adjusted);
		found += adjusted[0] < 0.05;
		for (size_t row = 1; row < ROWS; row++)
			is_other = is_other || adjusted[row] < 0.05;
		others += is_other;
	}
	printf("# %zu of %d found, another one blamed in %zu\n", found, PAIRS, others);
	CHECK(found > PAIRS / 2 && others <= PAIRS / 20);
}

TEST(four_runs_a_side_that_do_not_overlap_reach_two_in_seventy_however_many_figures_there_are)
{
	static const double apart[] = {1, 2, 3, 4, 101, 102, 103, 104};
	struct joint_row rows[30];
	double adjusted[30];

	for (size_t i = 0; i < 30; i++)
		rows[i] = (struct joint_row){apart, 0.1};
	joint_test(rows, 30, 4, 4, 1, adjusted);
	for (size_t i = 0; i < 30; i++)
		CHECK(fabs(adjusted[i] - 2.0 / 70) < 1e-12);
}

TEST(runs_that_agree_by_chance_are_not_evidence)
{
	static const double equal[] = {7, 7, 7, 7, 7, 7, 7, 7};
	static const double tiny[] = {7, 7, 7, 7, 7.001, 7.001, 7.001, 7.001};
	static const double clear[] = {1, 2, 3, 4, 101, 102, 103, 104};
	const struct joint_row rows[] = {{equal, 0.1}, {tiny, 0.1}, {clear, 0.1}};
	double adjusted[3];

	joint_test(rows, 3, 4, 4, 1, adjusted);
	CHECK(adjusted[0] == 1 && adjusted[2] < 0.05);
	/* Far below what counts: any other figure's chance difference is larger. */
	CHECK(adjusted[1] >= 2.0 / 70);
}

TEST(runs_without_a_value_are_left_out_and_single_values_prove_nothing)
{
	static const double values[] = {1, 2, 3, 4, NAN, 101, 102, 103, 104, NAN};
	static const double single[] = {NAN, NAN, NAN, NAN, 1, 101, 102, 103, 104, 105};
	const struct joint_row rows[] = {{values, 0.1}, {single, 0.1}};
	double adjusted[2];

	joint_test(rows, 2, 5, 5, 1, adjusted);
	CHECK(adjusted[0] < 0.05 && adjusted[1] == 1);
	joint_test(rows, 2, 1, 9, 1, adjusted);
	CHECK(adjusted[0] == 1 && adjusted[1] == 1);
}

TEST(many_runs_are_drawn_and_repeat_with_the_seed)
{
	double values[40], one[1], two[1];
	struct random random = random_seeded(3);

	for (size_t i = 0; i < 40; i++)
		values[i] = normal(&random) + (i < 20 ? 0 : 1.5);
	const struct joint_row row = {values, 0.01};

	joint_test(&row, 1, 20, 20, 9, one);
	joint_test(&row, 1, 20, 20, 9, two);
	CHECK(one[0] == two[0] && one[0] < 0.01 && one[0] > 0);
}
