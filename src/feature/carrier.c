/* SPDX-License-Identifier: MIT */
/* What travels outside while marks travel inside: protocol, content in clear, bytes added, order.
 */
#include "feature/internal.h"

#include "base/json.h"

#include <netinet/in.h>
#include <stdio.h>

enum {
	INNER_IPV4 = 28,
	INNER_IPV6 = 48,
	OUTER_HEADERS = 28,
	MARK_BYTES = 400,
	TYPE_IPV4 = 0x0800
};

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		"--count 500 --interval-us 2000 --bytes " FEATURE_MARK_BYTES);
}

static void read_carrier(const struct feature_heard *heard, struct feature_observation *answer)
{
	int carrier = heard_carrier(heard->outside);

	answer_is(answer, carrier == IPPROTO_UDP ? "yes" : "no",
		"%lld UDP and %lld TCP packets outside for %lld inside",
		(long long)heard_packets(heard->outside, -1, IPPROTO_UDP),
		(long long)heard_packets(heard->outside, -1, IPPROTO_TCP),
		(long long)heard_sent(heard));
}

/* A hit proves that content is readable; no hit proves nothing about names, but much about marks.
 */
static void read_clear(const struct feature_heard *heard, struct feature_observation *answer)
{
	const json_t *found = json_object_get(heard->outside, "found"), *count;
	int64_t marks = heard_marks(heard->outside, "numbers"), texts = 0;
	size_t i;

	json_array_foreach (found, i, count)
		texts += json_integer_value(count);
	if (marks + texts > 0)
		answer_is(answer, "no", "%lld marks and %lld names readable outside",
			(long long)marks, (long long)texts);
	else
		answer_undecided(answer,
			"nothing was readable in %lld packets, which proves nothing about other "
			"content",
			(long long)json_number_at(heard->outside, "/packets", 0));
}

/* Of most packets: those of one size are data; a probe of the path's MTU is larger. */
static int64_t usual_bytes(const json_t *account)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	double packets = 0;
	int64_t bytes = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		if (json_number_at(kind, "/protocol", 0) == IPPROTO_UDP &&
			json_number_at(kind, "/type", 0) == TYPE_IPV4 &&
			json_number_at(kind, "/packets", 0) > packets) {
			packets = json_number_at(kind, "/packets", 0);
			bytes = (int64_t)json_number_at(kind, "/usual", 0);
		}
	}
	return bytes;
}

static void read_overhead(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation *answer)
{
	int inner = MARK_BYTES + (way->target.ipv4 ? INNER_IPV4 : INNER_IPV6);
	int64_t outer = usual_bytes(heard->outside);
	char is[FEATURE_IS_BYTES];

	if (heard_carrier(heard->outside) != IPPROTO_UDP || outer == 0) {
		answer_undecided(answer,
			"what carries data outside is not UDP over IPv4, or not of one size");
		return;
	}
	snprintf(is, sizeof(is), "%lld bytes", (long long)(outer - OUTER_HEADERS - inner));
	answer_is(answer, is, "%lld bytes of UDP outside carry an inner packet of %d",
		(long long)(outer - OUTER_HEADERS), inner);
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	for (int i = 0; i < 3; i++) {
		if (!answer_needs_marks(heard, &ret_answers[i]))
			return;
	}
	read_carrier(heard, &ret_answers[0]);
	read_clear(heard, &ret_answers[1]);
	if (way->is_bare)
		answer_is(&ret_answers[2], "0 bytes", "there is nothing outside");
	else
		read_overhead(way, heard, &ret_answers[2]);
}

const struct feature_check check_carrier = {.name = "carrier",
	.evidence = "what the source sends on the wire while 500 marked packets go to the target",
	.rows = {"udp_transport", "no_cleartext_metadata", "overhead_bytes"},
	.known = {"yes", "no", "0 bytes"},
	.plan = plan,
	.read = read};
