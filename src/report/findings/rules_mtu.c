/* SPDX-License-Identifier: MIT */
/* Rules about what fits a path: datagrams that are too large, and whether anyone says so. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <string.h>

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
