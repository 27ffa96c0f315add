/* SPDX-License-Identifier: MIT */
/* How late may a packet be: some are held back while so many others pass, by count and not by time.
 */
#include "feature/internal.h"

#include <stdio.h>

/*
 * Windows are powers of two, or a little less: 48 and 96 packets lie clear of 64 on both sides,
 * whatever a daemon sends in between for itself.
 */
enum {
	STEPS = 9,
	LEAST = 48, /* packets that pass the first that is held; twice as many the next, ... */
	OF_A_STEP = 3,
	/* 60 ms lie between those of a step: what one full buffer loses are not all of them. */
	APART = 300,
	SENT = 16000
};

static int distance(int step)
{
	return LEAST << step;
}

/* The first packets are held, the furthest of them first, so that enough others follow. */
static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	ret_trial->settle_s = 1;
	trial_send(ret_trial, arena, way, trial_target(way),
		arena_printf(
			arena, "--count %d --interval-us 200 --bytes " FEATURE_MARK_BYTES, SENT));
	for (int step = STEPS - 1; step >= 0; step--)
		trial_rule(ret_trial,
			arena_printf(arena,
				"hold after=%d every=%d most=%d begin=100ms " FEATURE_DATA,
				distance(step), APART, OF_A_STEP));
}

/* The step up to which packets came, though numbers inside and outside are not quite the same. */
static int steps_within(int64_t furthest)
{
	int steps = 0;

	while (steps < STEPS && furthest >= distance(steps) * 3 / 4)
		steps++;
	return steps;
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t furthest = heard_marks(heard->arrived, "furthest");
	int64_t arrived = heard_marks(heard->arrived, "numbers");
	int steps = steps_within(furthest);
	char is[FEATURE_IS_BYTES];

	(void)way;
	if (!answer_needs_marks(heard, &ret_answers[0]))
		return;
	if (heard_carrier_is_reliable(heard->outside)) {
		answer_undecided(&ret_answers[0], "TCP outside: what is late is waited for");
		return;
	}
	/* Three of each distance are held, so that one that is lost decides nothing. */
	if (10 * arrived < 9 * heard_sent(heard)) {
		answer_undecided(&ret_answers[0],
			"%lld of %lld packets arrived: those that are late may be among the lost",
			(long long)arrived, (long long)heard_sent(heard));
		return;
	}
	if (steps == 0)
		snprintf(is, sizeof(is), "less than %d", LEAST);
	else if (steps == STEPS)
		snprintf(is, sizeof(is), "%d or more", distance(STEPS - 1));
	else
		snprintf(is, sizeof(is), "%d to %d", distance(steps - 1), distance(steps));
	answer_is(&ret_answers[0], is,
		"of those held back the furthest that was delivered came %lld packets late",
		(long long)furthest);
}

const struct feature_check check_window = {.name = "window",
	.evidence = "packets were held back until 48, 96, ... 12288 others had passed",
	.rows = {"replay_window"},
	.known = {"12288 or more"},
	.plan = plan,
	.read = read};
