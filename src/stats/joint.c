/* SPDX-License-Identifier: MIT */
/* Many quantities of the same runs, tested together by relabelling the runs. */
#include "stats/split.h"
#include "stats/stats.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

struct joint {
	const struct joint_row *rows;
	size_t count, runs, first_runs;
	double *observed; /* statistic of every row */
	size_t *order;    /* rows, the largest statistic first */
	double *extreme;  /* splits in which a row or one below it is as large */
	double splits;
	bool *is_first; /* of every run, in the split that is looked at */
};

struct moments {
	double count, sum, squares;
};

static void add(struct moments *moments, double value)
{
	moments->count += 1;
	moments->sum += value;
	moments->squares += value * value;
}

/* Around the mean; rounding must not make it negative. */
static double scatter(const struct moments *of)
{
	return fmax(0, of->squares - of->sum * of->sum / of->count);
}

/* The absolute difference of means over its standard error, with pooled variance; 0 with a single
 * value. */
static double statistic(const struct joint *joint, const struct joint_row *row)
{
	struct moments first = {0}, second = {0};
	double origin = NAN, variance, error;

	for (size_t i = 0; i < joint->runs; i++) {
		double value = row->values[i];

		if (isnan(value))
			continue;
		if (isnan(origin))
			origin = value; /* sums of squares near zero keep their digits */
		add(joint->is_first[i] ? &first : &second, value - origin);
	}
	if (first.count < 2 || second.count < 2)
		return 0;
	variance = (scatter(&first) + scatter(&second)) / (first.count + second.count - 2);
	error = hypot(row->resolution, sqrt(variance * (1 / first.count + 1 / second.count)));
	return fabs(first.sum / first.count - second.sum / second.count) / error;
}

static void label(struct joint *joint, const size_t *places)
{
	memset(joint->is_first, 0, joint->runs * sizeof(*joint->is_first));
	for (size_t i = 0; i < joint->first_runs; i++)
		joint->is_first[places[i]] = true;
}

/* Step down: a row competes with itself and with all rows that differ less. */
static void count_split(struct joint *joint, const size_t *places)
{
	double largest = 0;

	label(joint, places);
	joint->splits += 1;
	for (size_t i = joint->count; i-- > 0;) {
		size_t row = joint->order[i];

		largest = fmax(largest, statistic(joint, &joint->rows[row]));
		/* Equal splits must count as equal, however their sums were rounded. */
		if (largest >= joint->observed[row] * (1 - 1e-9))
			joint->extreme[row] += 1;
	}
}

static void observe(struct joint *joint, const size_t *places)
{
	label(joint, places);
	for (size_t i = 0; i < joint->count; i++) {
		size_t at = i;

		joint->observed[i] = statistic(joint, &joint->rows[i]);
		for (; at && joint->observed[joint->order[at - 1]] < joint->observed[i]; at--)
			joint->order[at] = joint->order[at - 1];
		joint->order[at] = i;
	}
}

static void count_all(struct joint *joint, size_t *places, uint64_t seed)
{
	struct random random = random_seeded(seed);

	if (split_ways(joint->runs, joint->first_runs) <= SPLITS_EXACT) {
		split_first(places, joint->first_runs);
		do
			count_split(joint, places);
		while (split_next(places, joint->first_runs, joint->runs));
		return;
	}
	split_first(places, joint->runs);
	count_split(joint, places); /* the observed one, so no p is 0 */
	for (size_t draw = 0; draw < SPLITS_DRAWN; draw++) {
		split_draw(&random, places, joint->first_runs, joint->runs);
		count_split(joint, places);
	}
}

void joint_test(const struct joint_row *rows, size_t count, size_t first_runs, size_t second_runs,
	uint64_t seed, double *adjusted)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct joint joint = {.rows = rows,
		.count = count,
		.runs = first_runs + second_runs,
		.first_runs = first_runs,
		.observed = arena_alloc(arena, double, count + 1),
		.order = arena_alloc(arena, size_t, count + 1),
		.extreme = arena_alloc(arena, double, count + 1),
		.is_first = arena_alloc(arena, bool, first_runs + second_runs + 1)};
	size_t *places = arena_alloc(arena, size_t, joint.runs + 1);
	double largest = 0;

	split_first(places, first_runs);
	observe(&joint, places);
	if (first_runs >= 2 && second_runs >= 2)
		count_all(&joint, places, seed);
	for (size_t i = 0; i < count; i++) {
		size_t row = joint.order[i];
		double p = joint.splits > 0 ? joint.extreme[row] / joint.splits : 1;

		/* No row is surer than one that differs more. */
		largest = fmax(largest, joint.observed[row] > 0 ? p : 1);
		adjusted[row] = largest;
	}
}
