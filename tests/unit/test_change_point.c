/* SPDX-License-Identifier: MIT */
#include "stats/change_point.h"
#include "stats/stats.h"

#include "base/random.h"

#include "tap.h"

#include <math.h>

enum {
	RUNS = 60,
	SERIES = 400,
	LENGTH = 30
};

static const struct change_rule rule = {.significance = 0.05, .seed = 1};

static double normal(struct random *random)
{
	return stats_normal_quantile(
		((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0);
}

TEST(the_statistic_is_the_energy_distance_of_the_paper)
{
	static const double step[] = {0, 0, 0, 1, 1, 1}, mixed[] = {1, 4, 2, 8};

	/* 3 * 3 / 6 * (2 * 1 - 0 - 0) */
	CHECK(fabs(change_statistic(step, 6, 3) - 3) < 1e-12);
	/* 2 * 2 / 4 * (2 * (1 + 7 + 2 + 4) / 4 - 3 - 6) */
	CHECK(fabs(change_statistic(mixed, 4, 2) - -2) < 1e-12);
}

TEST(equal_values_and_short_series_have_no_change)
{
	double equal[RUNS];
	struct change_point points[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		equal[i] = 0.1;
	CHECK(change_points(equal, RUNS, &rule, points) == 0);
	for (size_t count = 0; count < 6; count++)
		CHECK(change_points((const double[]){1, 1, 1, 9, 9, 9}, count, &rule, points) == 0);
}

TEST(one_step_is_found_where_it_is)
{
	struct random random = random_seeded(2);
	struct change_point points[RUNS];
	double values[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		values[i] = 100 + normal(&random) + (i < 40 ? 0 : 5);
	CHECK(change_points(values, RUNS, &rule, points) == 1);
	CHECK(points[0].at == 40 && points[0].p == 0.001);
}

TEST(two_steps_are_found_also_where_the_second_undoes_the_first)
{
	struct random random = random_seeded(3);
	struct change_point points[RUNS];
	double values[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		values[i] = normal(&random) + (i < 20 || i >= 35 ? 0 : 6);
	CHECK(change_points(values, RUNS, &rule, points) == 2);
	CHECK(points[0].at == 20 && points[1].at == 35);
}

TEST(without_noise_eight_values_are_enough_and_six_are_not)
{
	static const double values[] = {5, 5, 5, 5, 7, 7, 7, 7};
	struct change_point points[8];

	CHECK(change_points(values, 8, &rule, points) == 1 && points[0].at == 4);
	/* 2 of 20 orders are as clear. */
	CHECK(change_points(values + 1, 6, &rule, points) == 0);
}

TEST(one_outlier_is_not_a_change)
{
	struct random random = random_seeded(4);
	struct change_point points[RUNS];
	double values[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		values[i] = normal(&random);
	values[RUNS - 1] = 1000;
	CHECK(change_points(values, RUNS, &rule, points) == 0);
}

/* Whatever the distribution is: half of the series have one whose mean says little. */
TEST(of_400_series_without_a_change_about_one_in_twenty_has_one)
{
	struct random random = random_seeded(5);
	struct change_point points[LENGTH];
	double values[LENGTH];
	size_t alarms = 0;

	for (size_t series = 0; series < SERIES; series++) {
		for (size_t i = 0; i < LENGTH; i++)
			values[i] = series % 2 ? exp(2 * normal(&random)) : normal(&random);
		alarms += change_points(values, LENGTH, &rule, points) > 0;
	}
	printf("# %zu of %d\n", alarms, SERIES);
	/* 20 are expected; 33 are three standard deviations more. */
	CHECK(alarms <= 33 && alarms > 0);
}

TEST(a_step_of_two_deviations_is_found_in_most_series)
{
	struct random random = random_seeded(6);
	struct change_point points[LENGTH];
	double values[LENGTH];
	size_t found = 0, near = 0;

	for (size_t series = 0; series < 100; series++) {
		for (size_t i = 0; i < LENGTH; i++)
			values[i] = normal(&random) + (i < 15 ? 0 : 2);
		if (change_points(values, LENGTH, &rule, points) == 0)
			continue;
		found++;
		near += points[0].at >= 13 && points[0].at <= 17;
	}
	printf("# %zu of 100, %zu within two values\n", found, near);
	CHECK(found >= 90 && near >= 80);
}

TEST(the_seed_decides_and_nothing_else)
{
	struct random random = random_seeded(7);
	struct change_point one[RUNS], two[RUNS];
	double values[RUNS];
	size_t count;

	for (size_t i = 0; i < RUNS; i++)
		values[i] = normal(&random) + (i < 30 ? 0 : 1);
	count = change_points(values, RUNS, &rule, one);
	CHECK(count > 0 && change_points(values, RUNS, &rule, two) == count);
	for (size_t i = 0; i < count; i++)
		CHECK(one[i].at == two[i].at && one[i].p == two[i].p);
}
