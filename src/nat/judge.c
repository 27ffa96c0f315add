/* SPDX-License-Identifier: MIT */
/* What becomes of one packet, by rules and tables. */
#include "nat/internal.h"

enum nat_verdict judge_by_tables(struct nat *nat, struct passage *passage)
{
	enum fragment fragment = passage->view.fragment;
	enum nat_verdict verdict;

	if (fragment != FRAGMENT_NONE && nat->params.drops_fragments)
		return NAT_FRAGMENT;
	if (fragment == FRAGMENT_LATER)
		return trail_follow(nat, passage);
	verdict = translate(nat, passage);
	if (fragment == FRAGMENT_FIRST)
		trail_leave(nat, passage, verdict);
	else if (verdict == NAT_PASSES && !nat->params.is_nat64)
		flow_learn(nat, passage);
	return verdict;
}

static enum nat_verdict by_rules(struct nat *nat, struct passage *passage)
{
	struct view *view = &passage->view;
	enum nat_verdict verdict = rule_judge(nat, passage);

	if (verdict != NAT_PASSES || nat->params.is_open)
		return verdict;
	if (view->is_error)
		return icmp_error(nat, passage->direction, view);
	verdict = judge_by_tables(nat, passage);
	if ((verdict == NAT_PASSES || verdict == NAT_HAIRPINS) &&
		nat_translates(nat, view->is_ipv6))
		rewrite_apply(&passage->rewrite, view);
	return verdict;
}

enum nat_verdict judge(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns)
{
	struct passage passage = {.direction = direction, .now_ns = now_ns};
	enum nat_verdict verdict = view_read(&passage.view, packet);

	sessions_expire(nat, now_ns);
	if (nat->params.is_nat64)
		verdict = NAT_UNSUPPORTED;
	else if (verdict == NAT_UNSUPPORTED && nat->params.is_open)
		verdict = passage.view.protocol == PROTOCOL_ICMP ? rule_judge(nat, &passage)
								 : NAT_PASSES;
	else if (verdict == NAT_PASSES)
		verdict = by_rules(nat, &passage);
	nat->packets[direction][verdict]++;
	return verdict;
}
