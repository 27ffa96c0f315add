/* SPDX-License-Identifier: MIT */
/* Packets between IPv6 inside and IPv4 outside: judged by the tables, and written again. */
#include "nat/internal64.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <netinet/in.h>

enum {
	ICMP_SIZE = 8,
	IPV6_SIZE = 40
};

/* An address of IPv6 as the one of IPv4 that it stands for. */
static bool to_ipv4(struct address *address)
{
	if (address->high != UINT64_C(0x64ff9b) << 32 || address->low >> 32)
		return false;
	*address = address_ipv4((uint32_t)address->low);
	return true;
}

static void to_ipv6(struct address *address)
{
	*address = (struct address){
		.high = UINT64_C(0x64ff9b) << 32, .low = address->low & UINT32_MAX};
}

/* The source or destination that the tables gave, the other one in the other family. */
static struct ends64 ends_of(
	struct nat *nat, const struct view *view, const struct rewrite *rewrite)
{
	struct ends64 ends = {.source = view->source,
		.destination = view->destination,
		.identification = nat->next_identification};

	if (rewrite->has_source)
		ends.source = (struct endpoint){rewrite->whole_source, rewrite->source_port};
	else if (!view->is_ipv6)
		to_ipv6(&ends.source.address);
	if (rewrite->has_destination)
		ends.destination =
			(struct endpoint){rewrite->whole_destination, rewrite->destination_port};
	else if (!view->is_ipv6)
		to_ipv6(&ends.destination.address);
	return ends;
}

/* The error as the other family has it, with what it quotes; false: it has none such. */
static bool write_words(const struct icmp_report *report, const struct nat64_room *room,
	const struct ends64 *inner, uint8_t *icmp, uint32_t *ret_size)
{
	const struct view *error = report->error, *embedded = &report->embedded;
	const uint8_t *said = error->ip + error->transport;
	struct words64 to, from = {.type = said[0],
				   .code = said[1],
				   .word = get32(said + 4),
				   .quoted_size = get16(embedded->ip + 2)};
	uint32_t quoted;

	if (!(error->is_ipv6 ? icmp64_to_ipv4(&from, room, &to) : icmp64_to_ipv6(&from, room, &to)))
		return false;
	icmp[0] = to.type;
	icmp[1] = to.code;
	put16(icmp + 2, 0);
	put32(icmp + 4, to.word);
	quoted = head64_write(
		embedded, inner, icmp + ICMP_SIZE, NAT64_SURE_MTU - IPV6_SIZE - ICMP_SIZE);
	*ret_size = ICMP_SIZE + quoted;
	return quoted > 0;
}

static enum nat_verdict write_error(
	struct nat *nat, const struct icmp_report *report, struct nat64_room *room)
{
	const struct view *error = report->error;
	struct ends64 outer = ends_of(nat, error, &report->outer);
	struct ends64 inner = ends_of(nat, &report->embedded, &report->inner);
	uint32_t header = error->is_ipv6 ? IPV6_SIZE - NAT64_MORE_HEADER : IPV6_SIZE, size;
	uint8_t *icmp = room->bytes + header;
	uint32_t sum;

	if (!write_words(report, room, &inner, icmp, &size) ||
		head64_plain(error, &outer, size, room->bytes) == 0)
		return NAT_UNSUPPORTED;
	sum = head64_sum(icmp, size);
	if (!error->is_ipv6)
		sum += head64_pseudo(&outer.source, &outer.destination, size + IPPROTO_ICMPV6);
	put16(icmp + 2, (uint16_t)~folded(sum));
	room->size = header + size;
	return NAT_PASSES;
}

static enum nat_verdict pass_error(
	struct nat *nat, struct passage *passage, struct nat64_room *room)
{
	struct icmp_report report = {.error = &passage->view};
	struct view *embedded = &report.embedded;
	enum nat_verdict verdict = view_read_embedded(embedded, report.error);

	if (verdict != NAT_PASSES)
		return verdict;
	if (embedded->is_ipv6 != report.error->is_ipv6)
		return NAT_MALFORMED;
	if (embedded->fragment == FRAGMENT_LATER || embedded->is_error ||
		(embedded->is_ipv6 && !to_ipv4(&embedded->source.address)))
		return NAT_FILTERED;
	verdict = icmp_carry(nat, passage->direction, &report);
	return verdict == NAT_PASSES ? write_error(nat, &report, room) : verdict;
}

static enum nat_verdict pass_packet(
	struct nat *nat, struct passage *passage, struct nat64_room *room, uint32_t most)
{
	const struct view *view = &passage->view;
	enum nat_verdict verdict = judge_by_tables(nat, passage);
	struct ends64 ends;

	if (verdict != NAT_PASSES)
		return verdict;
	ends = ends_of(nat, view, &passage->rewrite);
	room->size = head64_write(view, &ends, room->bytes, most);
	nat->next_identification++;
	return room->size > 0 ? NAT_PASSES : NAT_UNSUPPORTED;
}

static enum nat_verdict pass(
	struct nat *nat, struct passage *passage, struct nat64_room *room, uint32_t most)
{
	struct view *view = &passage->view;
	struct address source = view->source.address;
	enum nat_verdict verdict;

	if (view->is_ipv6 != (passage->direction == NAT_OUTBOUND) ||
		(view->is_ipv6 && !to_ipv4(&view->destination.address)))
		return NAT_UNSUPPORTED;
	/* What says that it comes from IPv4 would run in circles (RFC 6146, section 3.5). */
	if (view->is_ipv6 && to_ipv4(&source))
		return NAT_NO_HAIRPIN;
	/* The sum of ICMPv6 has the size of the whole packet, which no fragment says. */
	if (view->protocol == PROTOCOL_ICMP && view->fragment != FRAGMENT_NONE)
		return NAT_FRAGMENT;
	verdict = rule_judge(nat, passage);
	if (verdict != NAT_PASSES)
		return verdict;
	return view->is_error ? pass_error(nat, passage, room)
			      : pass_packet(nat, passage, room, most);
}

enum nat_verdict nat64_pass(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns, struct nat64_room *room)
{
	struct passage passage = {.direction = direction, .now_ns = now_ns};
	enum nat_verdict verdict = view_read(&passage.view, packet);

	sessions_expire(nat, now_ns);
	if (verdict == NAT_PASSES)
		verdict = pass(nat, &passage, room, packet->size + NAT64_MOST_MORE);
	nat->packets[direction][verdict]++;
	return verdict;
}
