/* SPDX-License-Identifier: MIT */
/* What a VPN does about lost packets, and about a wire that carries nothing between two hosts. */
#include "feature/internal.h"

static void plan_lossy(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	ret_trial->settle_s = 2;
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 500 --interval-us 2000 --bytes " FEATURE_MARK_BYTES);
	trial_rule(ret_trial, "drop every=10 " FEATURE_DATA);
}

/* Half of the time for finding another way, half for being heard on it. */
static void plan_relay(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		way->is_bare ? "--count 100 --interval-us 10000 --bytes 400"
			     : "--count 1500 --interval-us 20000 --bytes 400");
	trial_rule(ret_trial, "drop from=source to=target");
	trial_rule(ret_trial, "drop from=target to=source");
}

static void read_lossy(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t missing = heard_sent(heard) - heard_marks(heard->arrived, "numbers");

	(void)way;
	if (heard_carrier_is_reliable(heard->outside))
		answer_is(&ret_answers[0], "yes",
			"TCP outside; of %lld inner packets %lld were missing all the same",
			(long long)heard_sent(heard), (long long)missing);
	else if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0], 50 * missing < heard_sent(heard) ? "yes" : "no",
			"one of ten packets on the wire was dropped; %lld of %lld inner ones were "
			"missing",
			(long long)missing, (long long)heard_sent(heard));
}

static void read_relay(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t numbers = heard_marks(heard->arrived, "numbers");

	if (heard_sent(heard) == 0)
		answer_undecided(&ret_answers[0], "the source could not send");
	else if (numbers == 0 && !way->is_bare)
		answer_undecided(&ret_answers[0],
			"nothing arrived within %.0f s; some VPNs take longer to find another way",
			heard->seconds);
	else
		answer_is(&ret_answers[0], numbers > 0 ? "yes" : "no",
			"%lld of %lld packets arrived while the wire carried nothing between the "
			"two, for %.0f s",
			(long long)numbers, (long long)heard_sent(heard), heard->seconds);
}

const struct feature_check check_lossy = {.name = "loss",
	.evidence = "inner packets that are missing when the wire drops one of ten that carry them",
	.rows = {"reliable_outer_transport"},
	.known = {"no"},
	.plan = plan_lossy,
	.read = read_lossy};

const struct feature_check check_relay = {.name = "cut pair",
	.evidence = "packets that arrive for 30 s in which the wire drops all between two of three "
		    "hosts",
	.rows = {"relay_fallback"},
	.known = {"no"},
	.plan = plan_relay,
	.read = read_relay};
