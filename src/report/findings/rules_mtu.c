/* Rules about what fits a path: datagrams that are too large, and whether anyone says so. */
#include "report/findings/finding.h"

#include "base/json.h"

#include <string.h>

/* Ours begins with 1200 bytes, as QUIC demands, and worked; others begin with more. */
static void look_large_start(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_qperf *quic = &spot->repetition->qperf;

	if (!outcome_is_success(&quic->outcome) || !quic->datagram_of_1280 ||
		strcmp(quic->datagram_of_1280, "arrived") == 0)
		return;
	if (!*finding)
		*finding = finding_add(findings, "mtu-quic-1280", SEVERITY_NOTE, spot->vpn->name,
			"QUIC works over %s because it began with datagrams of 1200 bytes, the "
			"least there is. Programs that begin with 1280, as those of the published "
			"runs did, would have failed: such a datagram does not arrive.",
			spot->vpn->name);
	evidence_add(findings, *finding, quic->outcome.path,
		"%s: a datagram of 1280 bytes without fragments: %s", finding_place(findings, spot),
		quic->datagram_of_1280);
}

static void rule_large_start(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_large_start, &finding);
}

/* NULL unless it succeeded. */
static const struct report_result *rate_of(const struct report_repetition *repetition)
{
	const struct report_result *rate = &repetition->results[REPORT_RATE];

	return outcome_is_success(&rate->outcome) ? rate : NULL;
}

static void look_black_hole(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_result *rate = rate_of(spot->repetition);

	if (!rate || strcmp(json_string_at(rate->data, "/beyond_mtu", ""), "black-hole") != 0)
		return;
	if (!*finding)
		*finding = finding_add(findings, "pmtu-black-hole", SEVERITY_WARNING,
			spot->vpn->name,
			"Datagrams that do not fit the path of %s vanish and nobody says so: "
			"neither its interface refuses them nor does an ICMP message come back. "
			"Programs that trust the interface's MTU hang.",
			spot->vpn->name);
	evidence_add(findings, *finding, rate->outcome.path,
		"%s: the interface takes %.0f bytes, the path carries %.0f",
		finding_place(findings, spot),
		json_number_at(rate->data, "/interface_mtu_bytes", 0),
		json_number_at(rate->data, "/mtu_bytes", 0));
}

static void rule_black_hole(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_black_hole, &finding);
}

static void look_no_fragments(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_result *rate = rate_of(spot->repetition);
	const char *fate = rate ? json_string_at(rate->data, "/fragments", "arrived") : "arrived";

	if (strcmp(fate, "arrived") == 0)
		return;
	if (!*finding)
		*finding = finding_add(findings, "no-fragments", SEVERITY_WARNING, spot->vpn->name,
			"Datagrams that are cut into fragments do not arrive over %s. Programs "
			"that send large datagrams, such as video over RIST or DNS, lose them all.",
			spot->vpn->name);
	evidence_add(findings, *finding, rate->outcome.path,
		"%s: a datagram larger than the MTU of %.0f bytes: %s",
		finding_place(findings, spot), json_number_at(rate->data, "/mtu_bytes", 0), fate);
}

static void rule_no_fragments(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_no_fragments, &finding);
}

void (*const rules_of_mtu[])(struct findings *findings, const struct report_vpn *vpn) = {
	rule_large_start, rule_black_hole, rule_no_fragments, NULL};
