/* SPDX-License-Identifier: MIT */
/* Datagrams larger than the MTU, packets as large as it, and the errors that come back. */
#include "feature/internal.h"

#include "base/json.h"

#include <netinet/in.h>

enum {
	HEADERS = 28,
	COUNT = 100,
	MOST_MTU = 30000,
	UNREACHABLE = 3,
	UNREACHABLE_IPV6 = 1
};

static void plan_pieces(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (!way->source.ipv6 || !way->target.ipv6)
		ret_trial->pointless = "no IPv6 address but link-local ones";
	else if (way->source.mtu > MOST_MTU)
		ret_trial->pointless = "the MTU is so large that nothing needs fragments";
	else
		trial_send(ret_trial, arena, way, way->target.ipv6,
			arena_printf(arena, "--count 100 --interval-us 3000 --bytes %d",
				2 * way->source.mtu));
}

static void plan_full(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (way->source.mtu > MOST_MTU)
		ret_trial->pointless = "the MTU is larger than any packet of ours";
	else
		trial_send(ret_trial, arena, way, trial_target(way),
			arena_printf(arena, "--count 100 --interval-us 3000 --bytes %d",
				way->source.mtu - HEADERS));
}

static void plan_errors(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 5 --interval-us 200000 --port 9 --bytes 100");
}

/* A piece is heard as the first fragment, whose number is right; half of them must have all. */
static void read_pieces(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t begun = heard_marks(heard->arrived, "numbers");
	int64_t packets = heard_packets(heard->arrived, 0x86dd, -1);

	(void)way;
	if (heard_sent(heard) == 0)
		answer_undecided(&ret_answers[0], "the source could not send them");
	else
		answer_is(&ret_answers[0], begun > COUNT / 2 && packets > 2 * begun ? "yes" : "no",
			"%lld of %lld datagrams of twice the MTU began to arrive, in %lld fragments",
			(long long)begun, (long long)heard_sent(heard), (long long)packets);
}

static void read_full(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t outside = heard_datagrams(heard->outside);

	(void)way;
	if (!answer_needs_marks(heard, &ret_answers[0]))
		return;
	if (heard_carrier_is_reliable(heard->outside))
		answer_undecided(
			&ret_answers[0], "TCP outside: packets have no datagrams of their own");
	else
		answer_is(&ret_answers[0], 2 * outside > 3 * heard_sent(heard) ? "yes" : "no",
			"%lld datagrams outside for %lld packets of %d bytes inside",
			(long long)outside, (long long)heard_sent(heard), way->source.mtu);
}

static bool is_unreachable(double protocol, double type)
{
	return (protocol == IPPROTO_ICMP && type == UNREACHABLE) ||
	       (protocol == IPPROTO_ICMPV6 && type == UNREACHABLE_IPV6);
}

static void read_errors(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	const json_t *list = json_object_get(heard->back, "kinds"), *kind;
	int64_t errors = 0;
	size_t i;

	(void)way;
	json_array_foreach (list, i, kind) {
		if (is_unreachable(json_number_at(kind, "/protocol", 0),
			    json_number_at(kind, "/icmp_type", -1)))
			errors += (int64_t)json_number_at(kind, "/packets", 0);
	}
	if (answer_needs_marks(heard, &ret_answers[0]))
		answer_is(&ret_answers[0], errors > 0 ? "yes" : "no",
			"%lld errors came back for %lld packets to a closed port",
			(long long)errors, (long long)heard_sent(heard));
}

const struct feature_check check_pieces = {.name = "fragments",
	.evidence = "IPv6 datagrams of twice the MTU, which their sender cuts into fragments",
	.rows = {"overlay_ipv6_fragments"},
	.known = {"yes"},
	.plan = plan_pieces,
	.read = read_pieces};

const struct feature_check check_full = {.name = "full packets",
	.evidence = "datagrams on the wire for 100 inner packets as large as the MTU of the mesh",
	.rows = {"inner_fragmentation"},
	.known = {"no"},
	.plan = plan_full,
	.read = read_full};

const struct feature_check check_replies = {.name = "errors inside",
	.evidence = "ICMP errors that come back from a closed port of the target",
	.rows = {"icmp_errors_inside"},
	.known = {"yes"},
	.plan = plan_errors,
	.read = read_errors};
