/* SPDX-License-Identifier: MIT */
/* Does the receiver's mesh deliver packets whose source address belongs to somebody else? */
#include "feature/internal.h"

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (!way->third || !way->target.ipv4) {
		ret_trial->pointless = "no third host has an IPv4 address there";
		return;
	}
	trial_send(ret_trial, arena, way, trial_target(way),
		arena_printf(arena,
			"--source %s --count 200 --interval-us 1000 --bytes " FEATURE_MARK_BYTES,
			way->third));
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t numbers = heard_marks(heard->arrived, "numbers");
	int64_t outside = heard_marks(heard->outside, "numbers");

	if (heard_sent(heard) == 0)
		answer_undecided(&ret_answers[0], "the source could not send such packets");
	else if (numbers > 0)
		answer_is(&ret_answers[0], "no", "%lld of %lld packets arrived", (long long)numbers,
			(long long)heard_sent(heard));
	else if (!way->is_bare && outside > 0)
		answer_undecided(&ret_answers[0], "they left outside of the mesh");
	else
		answer_is(&ret_answers[0], "yes",
			"none of %lld packets arrived; whether the sender or the receiver dropped "
			"them is not seen",
			(long long)heard_sent(heard));
}

const struct feature_check check_foreign = {.name = "foreign source",
	.evidence = "200 inner packets said that they were from a third host",
	.rows = {"identity_validation"},
	.known = {"no"},
	.plan = plan,
	.read = read};
