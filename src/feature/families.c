/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 inside. */
#include "feature/internal.h"

static const char words[] = "--count 100 --interval-us 1000 --bytes " FEATURE_MARK_BYTES;

static void plan_ipv4(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (way->source.ipv4 && way->target.ipv4)
		trial_send(ret_trial, arena, way, way->target.ipv4, words);
	else
		ret_trial->pointless = "no IPv4 address";
}

static void plan_ipv6(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (way->source.ipv6 && way->target.ipv6)
		trial_send(ret_trial, arena, way, way->target.ipv6, words);
	else
		ret_trial->pointless = "no IPv6 address but link-local ones";
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t numbers = heard_marks(heard->arrived, "numbers");

	(void)way;
	if (heard_sent(heard) == 0)
		answer_undecided(&ret_answers[0], "the source could not send there");
	else
		answer_is(&ret_answers[0], numbers > 0 ? "yes" : "no",
			"%lld of %lld packets arrived", (long long)numbers,
			(long long)heard_sent(heard));
}

const struct feature_check check_ipv4 = {.name = "ipv4",
	.evidence = "100 marked UDP packets to the target's IPv4 address in the mesh",
	.rows = {"overlay_ipv4"},
	.known = {"yes"},
	.plan = plan_ipv4,
	.read = read};

const struct feature_check check_ipv6 = {.name = "ipv6",
	.evidence = "100 marked UDP packets to the target's IPv6 address in the mesh",
	.rows = {"overlay_ipv6"},
	.known = {"yes"},
	.plan = plan_ipv6,
	.read = read};
