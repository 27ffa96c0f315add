/* SPDX-License-Identifier: MIT */
/* Times until an event of which some were not seen to their end. */
#include "stats/survival.h"

#include "base/arena.h"

#include <math.h>

static struct interval interval_of(double share, double variance, double confidence)
{
	double z = stats_normal_quantile((1 + confidence) / 2), width;

	if (share >= 1)
		return (struct interval){1, 1, confidence};
	if (share <= 0)
		return (struct interval){NAN, NAN, confidence};
	width = z * sqrt(variance) / -log(share);
	return (struct interval){pow(share, exp(width)), pow(share, exp(-width)), confidence};
}

/* How many were still looked at at this time, and how many of them met it then. */
static void count_at(const double *times, const bool *is_event, size_t count, double time,
	struct survival_step *step)
{
	step->time = time;
	for (size_t i = 0; i < count; i++) {
		step->at_risk += times[i] >= time;
		step->events += times[i] == time && is_event[i];
	}
}

size_t survival_of(const double *times, const bool *is_event, size_t count, double confidence,
	struct survival_step *steps)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);
	double share = 1, variance = 0;
	size_t made = 0;

	stats_sort(times, count, sorted);
	for (size_t i = 0; i < count; i++) {
		struct survival_step step = {0};

		if (i > 0 && sorted[i] == sorted[i - 1])
			continue;
		count_at(times, is_event, count, sorted[i], &step);
		if (!step.events)
			continue;
		share *= 1 - (double)step.events / (double)step.at_risk;
		variance += (double)step.events /
			    ((double)step.at_risk * (double)(step.at_risk - step.events));
		step.share = step.events == step.at_risk ? 0 : share;
		step.interval = interval_of(step.share, variance, confidence);
		steps[made++] = step;
	}
	return made;
}

double survival_at(const struct survival_step *steps, size_t count, double time)
{
	double share = 1;

	for (size_t i = 0; i < count && steps[i].time <= time; i++)
		share = steps[i].share;
	return share;
}

double survival_time(const struct survival_step *steps, size_t count, double share)
{
	/* Shares are products of quotients, and a half may be a little more. */
	const double rounding = 1e-12;

	for (size_t i = 0; i < count; i++) {
		if (steps[i].share <= share + rounding)
			return steps[i].time;
	}
	return NAN;
}
