/* SPDX-License-Identifier: MIT */
/* Are packets that come twice delivered twice: soon after, and after many others? */
#include "feature/internal.h"

static void plan_soon(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 500 --interval-us 1000 --bytes " FEATURE_MARK_BYTES);
	trial_rule(ret_trial, "repeat delay=50ms most=200 " FEATURE_DATA);
}

/* More packets pass in between than any window holds. */
static void plan_late(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	ret_trial->settle_s = 1;
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 12000 --interval-us 200 --bytes " FEATURE_MARK_BYTES);
	trial_rule(ret_trial, "repeat delay=2s most=100 " FEATURE_DATA);
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t again = heard_marks(heard->arrived, "again");

	(void)way;
	if (again > 0)
		answer_is(&ret_answers[0], "no", "%lld packets were delivered twice",
			(long long)again);
	else if (heard_carrier_is_reliable(heard->outside))
		answer_is(&ret_answers[0], "by transport", "TCP outside drops copies by itself");
	else if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0], "yes", "no packet was delivered twice; %lld were once",
			(long long)heard_marks(heard->arrived, "numbers"));
}

const struct feature_check check_replay = {.name = "replay",
	.evidence = "200 packets on the wire came once more, 50 ms later",
	.rows = {"replay_protection"},
	.known = {"no"},
	.plan = plan_soon,
	.read = read};

const struct feature_check check_stale = {.name = "stale replay",
	.evidence = "100 packets on the wire came once more, 2 s and some 10000 packets later",
	.rows = {"replay_protection"},
	.known = {"no"},
	.plan = plan_late,
	.read = read};
