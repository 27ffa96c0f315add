/* SPDX-License-Identifier: MIT */
/*
 * Packets of sessions: outbound ones open mappings and sessions, inbound ones pass a filter, and
 * hairpins do both, one after the other.
 */
#include "nat/internal.h"

static enum nat_verdict leave(struct nat *nat, struct passage *passage)
{
	const struct view *view = &passage->view;
	const struct endpoint *remote = &view->destination;
	uint32_t mapping = mapping_inside(nat, view->protocol, &view->source, remote);
	uint32_t session = mapping == NO_SLOT ? NO_SLOT : session_find(nat, mapping, remote);

	if (view->protocol == PROTOCOL_ICMP && !view->is_request)
		return NAT_FILTERED;
	if (session == NO_SLOT) {
		if (!session_may_begin(nat, view))
			return NAT_FILTERED;
		if (sessions_are_full(nat))
			return NAT_FULL;
		if (mapping == NO_SLOT)
			mapping = mapping_open(nat, view);
		if (mapping == NO_SLOT)
			return NAT_NO_PORT;
		session = session_start(nat, mapping, remote, passage->now_ns);
	}
	session_note(nat, session, passage);
	passage->session = session;
	rewrite_source(&passage->rewrite, &nat->mappings.mapping[mapping].outside);
	return NAT_PASSES;
}

/* Whether a remote endpoint without a session may use a mapping. */
static bool filter_admits(const struct nat *nat, uint32_t mapping, const struct endpoint *remote)
{
	switch (nat->params.filtering) {
	case NAT_ENDPOINT_INDEPENDENT:
		return true;
	case NAT_ADDRESS_DEPENDENT:
		return session_knows_address(nat, mapping, &remote->address);
	default:
		return false;
	}
}

/* A packet to an endpoint that no mapping has. */
static enum nat_verdict meet_unsolicited(struct nat *nat, const struct passage *passage)
{
	const struct view *view = &passage->view;
	uint32_t mapping;

	if (!nat_owns(nat, &view->destination.address) || nat->params.unsolicited == NAT_IGNORED)
		return NAT_FILTERED;
	if (nat->params.unsolicited == NAT_ANSWERED || view->protocol == PROTOCOL_ICMP ||
		!session_may_begin(nat, view))
		return NAT_LOCAL;
	if (sessions_are_full(nat))
		return NAT_FULL;
	mapping = mapping_occupy(nat, view);
	session_note(nat, session_start(nat, mapping, &view->source, passage->now_ns), passage);
	return NAT_LOCAL;
}

static enum nat_verdict enter(struct nat *nat, struct passage *passage)
{
	const struct view *view = &passage->view;
	const struct endpoint *remote = &view->source;
	uint32_t number = mapping_outside(nat, view->protocol, &view->destination, remote), session;
	const struct mapping *mapping;

	if (number == NO_SLOT || view->is_request)
		return meet_unsolicited(nat, passage);
	mapping = &nat->mappings.mapping[number];
	session = session_find(nat, number, remote);
	if (session == NO_SLOT) {
		if (!session_may_begin(nat, view) ||
			!(mapping->is_local || filter_admits(nat, number, remote)))
			return NAT_FILTERED;
		if (sessions_are_full(nat))
			return NAT_FULL;
		session = session_start(nat, number, remote, passage->now_ns);
	}
	session_note(nat, session, passage);
	if (mapping->is_local)
		return NAT_LOCAL;
	passage->session = session;
	rewrite_destination(&passage->rewrite, &mapping->inside);
	return NAT_PASSES;
}

/* Towards the host behind its destination it is a packet from outside. */
static enum nat_verdict turn_back(struct nat *nat, struct passage *passage)
{
	enum nat_verdict verdict = leave(nat, passage);
	const struct rewrite *rewrite = &passage->rewrite;
	struct passage turned = *passage;

	if (verdict != NAT_PASSES)
		return verdict;
	turned.direction = NAT_INBOUND;
	turned.view.source = (struct endpoint){address_ipv4(rewrite->source), rewrite->source_port};
	verdict = enter(nat, &turned);
	passage->rewrite = turned.rewrite;
	return verdict == NAT_PASSES ? NAT_HAIRPINS : verdict;
}

enum nat_verdict translate(struct nat *nat, struct passage *passage)
{
	if (passage->direction == NAT_INBOUND)
		return enter(nat, passage);
	if (!nat_owns(nat, &passage->view.destination.address))
		return leave(nat, passage);
	return nat->params.hairpins ? turn_back(nat, passage) : NAT_NO_HAIRPIN;
}
