/* SPDX-License-Identifier: MIT */
/* Is the traffic class of an inner packet copied outside, and a mark of congestion inside? */
#include "feature/internal.h"

#include "base/json.h"

enum {
	TOS_EXPEDITED = 0xb8 | 2, /* DSCP 46, ECT(0) */
	CONGESTED = 3
};

static void plan_class(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		"--tos 186 --count 200 --interval-us 1000 --bytes " FEATURE_MARK_BYTES);
}

static void plan_congestion(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	plan_class(way, arena, ret_trial);
	trial_rule(ret_trial, "mark " FEATURE_DATA);
}

/* Packets whose traffic class has these bits. */
static int64_t packets_with(const json_t *account, int mask, int bits, bool marked)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	int64_t packets = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		double tos = json_number_at(kind, "/tos", -1);

		if (tos >= 0 && ((int)tos & mask) == bits)
			packets +=
				(int64_t)json_number_at(kind, marked ? "/marked" : "/packets", 0);
	}
	return packets;
}

/* At least half of as many packets as were sent. */
static bool is_most(int64_t packets, const struct feature_heard *heard)
{
	return 2 * packets > heard_sent(heard);
}

static void read_class(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t dscp = packets_with(heard->outside, 0xfc, TOS_EXPEDITED & 0xfc, false);
	int64_t ecn = packets_with(heard->outside, 3, TOS_EXPEDITED & 3, false);
	bool copies_dscp = is_most(dscp, heard), copies_ecn = is_most(ecn, heard);

	(void)way;
	if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0],
			copies_dscp && copies_ecn ? "yes"
			: copies_dscp             ? "partial: DSCP"
			: copies_ecn              ? "partial: ECN"
						  : "no",
			"of %lld packets with DSCP 46 and ECT(0) inside, %lld had the DSCP outside "
			"and %lld the ECN",
			(long long)heard_sent(heard), (long long)dscp, (long long)ecn);
}

static void read_congestion(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t marked = packets_with(heard->arrived, 3, CONGESTED, true);

	(void)way;
	if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0], is_most(marked, heard) ? "yes" : "no",
			"%lld of %lld packets arrived marked", (long long)marked,
			(long long)heard_sent(heard));
}

const struct feature_check check_tos = {.name = "traffic class",
	.evidence = "the outer headers of packets with DSCP 46 and ECT(0) inside",
	.rows = {"ecn_dscp_copy"},
	.known = {"yes"},
	.plan = plan_class,
	.read = read_class};

const struct feature_check check_congestion = {.name = "congestion mark",
	.evidence = "the inner headers of packets that the wire marked, where their outer header "
		    "says ECT",
	.rows = {"ecn_mark_passes"},
	.known = {"yes"},
	.plan = plan_congestion,
	.read = read_congestion};
