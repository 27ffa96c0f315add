/* SPDX-License-Identifier: MIT */
/* What the firewall forbids whatever the sessions say. */
#include "nat/internal.h"

static const struct nat_rule *rule_for(const struct nat_params *params, enum protocol protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return &params->tcp;
	case PROTOCOL_UDP:
		return &params->udp;
	default:
		return &params->icmp;
	}
}

/* A packet passes when what passed before it has left but for a burst; its own size comes after. */
static bool exceeds_rate(
	struct nat *nat, uint32_t bytes, enum nat_direction direction, int64_t now_ns)
{
	double ns_per_byte = 8e9 / nat->params.udp_rate_bps;
	int64_t *free_ns = &nat->police[direction].free_ns;

	if (*free_ns < now_ns)
		*free_ns = now_ns;
	if (*free_ns - now_ns > (int64_t)(nat->params.udp_burst_bytes * ns_per_byte))
		return true;
	*free_ns += (int64_t)(bytes * ns_per_byte);
	return false;
}

enum nat_verdict rule_judge(struct nat *nat, const struct passage *passage)
{
	const struct view *view = &passage->view;
	const struct nat_rule *rule = rule_for(&nat->params, view->protocol);
	uint16_t port =
		passage->direction == NAT_OUTBOUND ? view->destination.port : view->source.port;

	/* Later fragments have no port; they share the verdict of the first. */
	if (rule->is_blocked && view->fragment != FRAGMENT_LATER &&
		(rule->except_port == 0 || rule->except_port != port))
		return NAT_RULE;
	if (view->protocol == PROTOCOL_UDP && nat->params.udp_rate_bps > 0 &&
		exceeds_rate(nat, view->size, passage->direction, passage->now_ns))
		return NAT_POLICED;
	return NAT_PASSES;
}
