/* SPDX-License-Identifier: MIT */
/*
 * ICMP errors. They belong to the session of the packet that they are about, and neither open,
 * refresh nor close it (RFC 5508, section 4).
 */
#include "nat/internal.h"

/* About a packet that came in: what was its destination inside shows as it does outside. */
static enum nat_verdict leave(const struct nat *nat, struct icmp_report *report)
{
	const struct view *embedded = &report->embedded;
	uint32_t number =
		mapping_inside(nat, embedded->protocol, &embedded->destination, &embedded->source);
	const struct endpoint *outside;

	if (number == NO_SLOT || session_find(nat, number, &embedded->source) == NO_SLOT)
		return NAT_FILTERED;
	outside = &nat->mappings.mapping[number].outside;
	rewrite_destination(&report->inner, outside);
	rewrite_source(&report->outer, outside);
	report->embedded.destination = *outside;
	return NAT_PASSES;
}

/* About a packet that went out: its source shows as it is inside. */
static enum nat_verdict enter(const struct nat *nat, struct icmp_report *report)
{
	const struct view *embedded = &report->embedded;
	uint32_t number =
		mapping_outside(nat, embedded->protocol, &embedded->source, &embedded->destination);
	const struct mapping *mapping;

	if (number == NO_SLOT || session_find(nat, number, &embedded->destination) == NO_SLOT ||
		!address_equals(embedded->source.address, report->error->destination.address))
		return NAT_FILTERED;
	mapping = &nat->mappings.mapping[number];
	if (mapping->is_local)
		return NAT_LOCAL;
	rewrite_source(&report->inner, &mapping->inside);
	rewrite_destination(&report->outer, &mapping->inside);
	return NAT_PASSES;
}

enum nat_verdict icmp_carry(
	const struct nat *nat, enum nat_direction direction, struct icmp_report *report)
{
	enum nat_verdict verdict;

	if (direction == NAT_INBOUND)
		return enter(nat, report);
	verdict = leave(nat, report);
	if (verdict != NAT_PASSES || !nat_owns(nat, &report->error->destination.address))
		return verdict;
	if (!nat->params.hairpins)
		return NAT_NO_HAIRPIN;
	verdict = enter(nat, report);
	return verdict == NAT_PASSES ? NAT_HAIRPINS : verdict;
}

enum nat_verdict icmp_error(const struct nat *nat, enum nat_direction direction, struct view *error)
{
	struct icmp_report report = {.error = error};
	enum nat_verdict verdict = view_read_embedded(&report.embedded, error);

	if (verdict != NAT_PASSES)
		return verdict;
	if (report.embedded.is_ipv6 != error->is_ipv6)
		return NAT_MALFORMED;
	if (report.embedded.fragment == FRAGMENT_LATER || report.embedded.is_error)
		return NAT_FILTERED;
	verdict = icmp_carry(nat, direction, &report);
	if ((verdict == NAT_PASSES || verdict == NAT_HAIRPINS) &&
		nat_translates(nat, error->is_ipv6))
		rewrite_error(&report.inner, &report.outer, &report.embedded, error);
	return verdict;
}
