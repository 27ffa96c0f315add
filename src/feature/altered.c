/* SPDX-License-Identifier: MIT */
/* Are packets that somebody changed on the way delivered? */
#include "feature/internal.h"

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 1000 --interval-us 1000 --bytes " FEATURE_MARK_BYTES);
	trial_rule(ret_trial, "flip every=2 " FEATURE_DATA);
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t altered = heard_marks(heard->arrived, "altered");

	(void)way;
	if (altered > 0)
		answer_is(&ret_answers[0], "no", "%lld altered packets were delivered",
			(long long)altered);
	else if (heard_carrier_is_reliable(heard->outside))
		answer_undecided(&ret_answers[0],
			"TCP outside: what was altered ended the connection or was sent again");
	else if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0], "yes",
			"one bit was turned in every other of %lld packets; %lld arrived, none of "
			"them altered; the length of a MAC is not seen",
			(long long)heard_sent(heard),
			(long long)heard_marks(heard->arrived, "numbers"));
}

const struct feature_check check_altered = {.name = "altered",
	.evidence = "packets of which the wire turned one bit and whose checksums it made right",
	.rows = {"authenticated_encryption"},
	.known = {"no"},
	.plan = plan,
	.read = read};
