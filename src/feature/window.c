/* SPDX-License-Identifier: MIT */
/* How late may a packet be: one is held back while twice as many others pass each time. */
#include "feature/internal.h"

#include <stdio.h>

enum {
	HELD = 10,
	LEAST = 32, /* packets that pass the first that is held */
	PACKET_US = 200
};

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	ret_trial->settle_s = 1;
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 20000 --interval-us 200 --bytes " FEATURE_MARK_BYTES);
	for (int i = 0; i < HELD; i++)
		trial_rule(ret_trial,
			arena_printf(arena, "hold most=1 begin=%dms delay=%dus " FEATURE_DATA,
				100 + 20 * i, (LEAST << i) * PACKET_US));
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t late = heard_marks(heard->arrived, "late");
	char is[FEATURE_IS_BYTES];

	(void)way;
	if (!answer_needs_marks(heard, &ret_answers[0]))
		return;
	if (heard_carrier_is_reliable(heard->outside)) {
		answer_undecided(&ret_answers[0], "TCP outside: what is late is waited for");
		return;
	}
	if (100 * heard_marks(heard->arrived, "numbers") < 99 * heard_sent(heard)) {
		answer_undecided(&ret_answers[0],
			"%lld of %lld packets arrived: one that is late may be among the lost",
			(long long)heard_marks(heard->arrived, "numbers"),
			(long long)heard_sent(heard));
		return;
	}
	if (late == 0)
		snprintf(is, sizeof(is), "less than %d", LEAST);
	else if (late >= HELD)
		snprintf(is, sizeof(is), "%d or more", LEAST << (HELD - 1));
	else
		snprintf(is, sizeof(is), "%d to %d", LEAST << (late - 1), LEAST << late);
	answer_is(&ret_answers[0], is, "of %d packets that were held back %lld were delivered late",
		HELD, (long long)late);
}

const struct feature_check check_window = {.name = "window",
	.evidence = "ten packets were held back while 32, 64, ... 16384 others passed",
	.rows = {"replay_window"},
	.known = {"16384 or more"},
	.plan = plan,
	.read = read};
