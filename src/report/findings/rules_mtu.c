/* SPDX-License-Identifier: MIT */
/* Rules about what fits a path: datagrams that are too large, and whether anyone says so. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* Of what TCP carried before: smaller packets alone do not cost so much. */
static const double CRAWLING_SHARE = 0.1;

/* Ours begins with 1200 bytes, as QUIC demands, and worked; others begin with more. */
void look_large_start(struct look *look, const struct spot *spot)
{
	const struct report_qperf *quic = &spot->repetition->qperf;

	if (!outcome_is_success(&quic->outcome) || !quic->datagram_of_1280 ||
		strcmp(quic->datagram_of_1280, "arrived") == 0)
		return;
	look_say(look,
		"QUIC works over %s because it started with datagrams of 1200 bytes, the smallest size that QUIC allows. Programs that start with 1280, like the one of the published runs, would have failed, because such a datagram does not arrive.",
		spot->vpn->title);
	look_show(look, quic->outcome.path, "%s: a datagram of 1280 bytes without fragments: %s",
		finding_place(look->findings, spot), quic->datagram_of_1280);
}

/* NULL unless it succeeded. */
static const struct report_result *rate_of(const struct report_repetition *repetition)
{
	const struct report_result *rate = &repetition->results[REPORT_RATE];

	return outcome_is_success(&rate->outcome) ? rate : NULL;
}

void look_black_hole(struct look *look, const struct spot *spot)
{
	const struct report_result *rate = rate_of(spot->repetition);

	if (!rate || strcmp(json_string_at(rate->data, "/beyond_mtu", ""), "black-hole") != 0)
		return;
	look_say(look,
		"Datagrams that do not fit the path of %s vanish silently: the interface does not refuse them, and no ICMP message comes back. Programs that trust the interface's MTU hang.",
		spot->vpn->title);
	look_show(look, rate->outcome.path,
		"%s: the interface takes %.0f bytes, the path carries %.0f",
		finding_place(look->findings, spot),
		json_number_at(rate->data, "/interface_mtu_bytes", 0),
		json_number_at(rate->data, "/mtu_bytes", 0));
}

void look_no_fragments(struct look *look, const struct spot *spot)
{
	const struct report_result *rate = rate_of(spot->repetition);
	const char *fate = rate ? json_string_at(rate->data, "/fragments", "arrived") : "arrived";

	if (strcmp(fate, "arrived") == 0)
		return;
	look_say(look,
		"Fragmented datagrams do not arrive over %s. Programs that send large datagrams, such as video over RIST or DNS, lose all of them.",
		spot->vpn->title);
	look_show(look, rate->outcome.path, "%s: a datagram larger than the MTU of %.0f bytes: %s",
		finding_place(look->findings, spot), json_number_at(rate->data, "/mtu_bytes", 0),
		fate);
}

/* Every narrow line of workload mtu. */
static void each_line(struct look *look,
	void (*of_line)(struct look *look, const struct report_condition *condition,
		const struct report_result *result, const json_t *line))
{
	struct mesh_spot at = {0};
	json_t *line;
	size_t i;

	while (look_next_success(look, REPORT_MTU, &at))
		json_array_foreach (json_object_get(at.result->data, "steps"), i, line)
			of_line(look, at.condition, at.result, line);
}

static bool is_carried(const json_t *line, const char *flow)
{
	return strcmp(json_string_at(line, flow, ""), "carried") == 0;
}

/* Where routers say what is too large, everything can work. */
static void look_narrow(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *line)
{
	bool begins = json_is_true(json_object_get(line, "begins"));
	bool works = begins && is_carried(line, "/begun_tcp");

	if (!json_is_true(json_object_get(line, "icmp")) || (works && is_carried(line, "/tcp")))
		return;
	look_say(look,
		works ? "A TCP flow over %s hangs when the line to the others becomes narrow, although routers say by ICMP what is too large; what begins there works."
		      : "%s does not work where the line to the others has a small MTU, although routers say by ICMP what is too large for it.",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s, a line of %.0f bytes: %s",
		profile_title(condition->profile), json_number_at(line, "/outer_mtu_bytes", 0),
		!begins ? "hosts do not reach each other"
		: works ? "the flow hangs for as long as was waited"
			: "a new TCP flow carries nothing or hangs");
}

void rule_narrow_line(struct look *look)
{
	each_line(look, look_narrow);
}

/* The smaller of what is left of the flow, and of what a new one gets, as a share; NAN: unknown. */
static double share_left(const json_t *line)
{
	double before = json_number_at(line, "/before_mbps", NAN);
	double after = json_number_at(line, "/after_mbps", NAN);

	return before > 0 ? fmin(after, json_number_at(line, "/begun_mbps", NAN)) / before : NAN;
}

/* It is carried, and next to nothing of it: what is lost is sent again and again. */
static void look_crawling(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *line)
{
	double left = share_left(line);

	if (!json_is_true(json_object_get(line, "icmp")) || !is_carried(line, "/tcp") ||
		!(left < CRAWLING_SHARE))
		return;
	look_say(look,
		"TCP over %s goes on when the line to the others becomes narrow, but next to nothing passes, although routers say by ICMP what is too large: most of what the VPN sends is lost.",
		look->vpn->title);
	look_show(look, result->outcome.path,
		"%s, a line of %.0f bytes: %.3g Mbit/s of a flow and %.3g of a new one, %.3g before",
		profile_title(condition->profile), json_number_at(line, "/outer_mtu_bytes", 0),
		json_number_at(line, "/after_mbps", 0), json_number_at(line, "/begun_mbps", 0),
		json_number_at(line, "/before_mbps", 0));
}

void rule_mtu_crawls(struct look *look)
{
	each_line(look, look_crawling);
}

/* The bare link hangs as well; a VPN that does not saves its users from it. */
static void look_hanging(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *line)
{
	if (look->vpn->is_reference || json_is_true(json_object_get(line, "icmp")) ||
		(is_carried(line, "/tcp") && is_carried(line, "/begun_tcp")))
		return;
	look_say(look,
		"TCP over %s hangs on a line with a small MTU whose routers send no ICMP: packets that are too large vanish, and nothing makes them smaller.",
		look->vpn->title);
	look_show(look, result->outcome.path,
		"%s, a line of %.0f bytes: packets up to %.0f bytes arrive, %s",
		profile_title(condition->profile), json_number_at(line, "/outer_mtu_bytes", 0),
		json_number_at(line, "/whole_bytes", 0),
		is_carried(line, "/begun_tcp") ? "a TCP flow hangs when the line becomes narrow"
					       : "TCP hangs even if the VPN begins there");
}

void rule_mtu_hangs(struct look *look)
{
	each_line(look, look_hanging);
}
