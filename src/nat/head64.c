/* SPDX-License-Identifier: MIT */
/* Headers of IPv4 as IPv6 has them, and the other way round (RFC 7915, sections 4.1 and 5.1). */
#include "nat/internal64.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <netinet/in.h>

enum {
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	FRAGMENT_SIZE = 8,
	DONT_FRAGMENT = 0x4000,
	MORE_FRAGMENTS = 0x2000,
	OFFSET = 0x1fff,
	LOOSE_ROUTE = 131,
	STRICT_ROUTE = 137,
	SURELY_CUT = 1260 /* an IPv4 packet so small may be cut on its way */
};

static void put_address(uint8_t *at, const struct address *address)
{
	put32(at, (uint32_t)(address->high >> 32));
	put32(at + 4, (uint32_t)address->high);
	put32(at + 8, (uint32_t)(address->low >> 32));
	put32(at + 12, (uint32_t)address->low);
}

/* What both families say, in other words. */
struct facts {
	uint32_t payload; /* bytes behind all headers, as the packet says */
	uint8_t class, ttl;
	bool has_fragment, has_more, may_be_cut;
	uint16_t offset; /* in units of 8 bytes */
	uint32_t id;
};

uint32_t head64_sum(const uint8_t *bytes, uint32_t size)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i + 1 < size; i += 2)
		sum += get16(bytes + i);
	if (size % 2)
		sum += (uint64_t)bytes[size - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* IPv4's form has zeros and ffff above it, which must not count. */
static uint32_t address_sum(const struct address *address)
{
	uint64_t high = address->high, low = address->low;
	uint32_t sum = 0;

	if (address_is_ipv4(*address))
		low &= UINT32_MAX;
	for (int i = 0; i < 4; i++)
		sum += (uint32_t)(high >> (16 * i) & 0xffff) + (uint32_t)(low >> (16 * i) & 0xffff);
	return sum;
}

uint32_t head64_pseudo(
	const struct endpoint *source, const struct endpoint *destination, uint32_t more)
{
	return folded(address_sum(&source->address) + address_sum(&destination->address) +
		      (more >> 16) + (more & 0xffff));
}

/* A way that the sender set and that is not at its end (section 4.1, at the end). */
static bool has_source_route(const uint8_t *ip, uint32_t header)
{
	uint32_t at = IPV4_SIZE;

	while (at + 2 < header && ip[at] != 0) {
		if (ip[at] == 1) {
			at++;
			continue;
		}
		if ((ip[at] == LOOSE_ROUTE || ip[at] == STRICT_ROUTE) && ip[at + 2] <= ip[at + 1])
			return true;
		if (ip[at + 1] < 2)
			return false;
		at += ip[at + 1];
	}
	return false;
}

static bool read_ipv4(const struct view *view, struct facts *facts)
{
	const uint8_t *ip = view->ip;
	uint16_t word = get16(ip + 6), total = get16(ip + 2);

	*facts = (struct facts){.class = ip[1],
		.ttl = ip[8],
		.has_more = word & MORE_FRAGMENTS,
		.may_be_cut = !(word & DONT_FRAGMENT),
		.offset = word & OFFSET,
		.id = get16(ip + 4)};
	if (total < view->transport || has_source_route(ip, view->transport))
		return false;
	facts->payload = total - view->transport;
	facts->has_fragment = view->fragment != FRAGMENT_NONE ||
			      (facts->may_be_cut && IPV6_SIZE + facts->payload > NAT64_SURE_MTU);
	return true;
}

static void read_fragment(const uint8_t *header, struct facts *facts)
{
	uint16_t word = get16(header + 2);

	facts->has_fragment = facts->may_be_cut = true;
	facts->has_more = word & 1;
	facts->offset = word >> 3;
	facts->id = get32(header + 4);
}

/* The view went the same way, so every header is there. */
static bool read_ipv6(const struct view *view, struct facts *facts)
{
	const uint8_t *ip = view->ip;
	uint32_t total = IPV6_SIZE + get16(ip + 4), at = IPV6_SIZE;
	uint8_t next = ip[6];

	*facts = (struct facts){.class = (uint8_t)(get16(ip) >> 4), .ttl = ip[7]};
	if (total < view->transport)
		return false;
	facts->payload = total - view->transport;
	while (at < view->transport) {
		uint8_t kind = next;

		if (kind == IPPROTO_ROUTING && ip[at + 3] != 0)
			return false;
		if (kind == IPPROTO_FRAGMENT)
			read_fragment(ip + at, facts);
		next = ip[at];
		at += 8 + (kind == IPPROTO_FRAGMENT ? 0 : ip[at + 1] * 8U);
	}
	return true;
}

static uint8_t protocol_in(bool is_ipv6, enum protocol protocol)
{
	if (protocol == PROTOCOL_ICMP)
		return is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	return protocol == PROTOCOL_TCP ? IPPROTO_TCP : IPPROTO_UDP;
}

static uint32_t write_ipv6(
	const struct view *view, const struct ends64 *ends, const struct facts *facts, uint8_t *ip)
{
	uint8_t protocol = protocol_in(true, view->protocol);
	uint32_t more = facts->has_fragment ? FRAGMENT_SIZE : 0;
	uint8_t *header = ip + IPV6_SIZE;

	put32(ip, UINT32_C(6) << 28 | (uint32_t)facts->class << 20);
	put16(ip + 4, (uint16_t)(facts->payload + more));
	ip[6] = more ? IPPROTO_FRAGMENT : protocol;
	ip[7] = facts->ttl;
	put_address(ip + 8, &ends->source.address);
	put_address(ip + 24, &ends->destination.address);
	if (more) {
		header[0] = protocol;
		header[1] = 0;
		put16(header + 2, (uint16_t)(facts->offset << 3 | facts->has_more));
		put32(header + 4, facts->id);
	}
	return IPV6_SIZE + more;
}

/* Without a header for fragments only what is small may be cut, and needs a number for that. */
static uint32_t write_ipv4(
	const struct view *view, const struct ends64 *ends, const struct facts *facts, uint8_t *ip)
{
	uint32_t total = IPV4_SIZE + facts->payload;
	bool may_be_cut = facts->has_fragment || total <= SURELY_CUT;
	uint16_t word = (uint16_t)(facts->offset & OFFSET);

	if (!may_be_cut)
		word |= DONT_FRAGMENT;
	if (facts->has_more)
		word |= MORE_FRAGMENTS;
	ip[0] = 0x45;
	ip[1] = facts->class;
	put16(ip + 2, (uint16_t)total);
	put16(ip + 4, facts->has_fragment ? (uint16_t)facts->id
		      : may_be_cut        ? ends->identification
					  : 0);
	put16(ip + 6, word);
	ip[8] = facts->ttl;
	ip[9] = protocol_in(false, view->protocol);
	put16(ip + 10, 0);
	put32(ip + 12, (uint32_t)ends->source.address.low);
	put32(ip + 16, (uint32_t)ends->destination.address.low);
	put16(ip + 10, (uint16_t)~head64_sum(ip, IPV4_SIZE));
	return IPV4_SIZE;
}

static uint32_t write_header(
	const struct view *view, const struct ends64 *ends, const struct facts *facts, uint8_t *ip)
{
	return view->is_ipv6 ? write_ipv4(view, ends, facts, ip)
			     : write_ipv6(view, ends, facts, ip);
}

uint32_t head64_plain(
	const struct view *view, const struct ends64 *ends, uint32_t payload, uint8_t *into)
{
	struct facts facts;

	if (!(view->is_ipv6 ? read_ipv6(view, &facts) : read_ipv4(view, &facts)))
		return 0;
	facts.has_fragment = false;
	facts.payload = payload;
	return write_header(view, ends, &facts, into);
}

/* As the packet has them: those of the view may be of IPv4 already. */
static struct ends64 ends_in(const struct view *view)
{
	const uint8_t *ip = view->ip;
	struct ends64 ends = {0};

	if (view->is_ipv6) {
		ends.source.address = (struct address){get64(ip + 8), get64(ip + 16)};
		ends.destination.address = (struct address){get64(ip + 24), get64(ip + 32)};
	} else {
		ends.source.address = address_ipv4(get32(ip + 12));
		ends.destination.address = address_ipv4(get32(ip + 16));
	}
	return ends;
}

/* The pseudo-header is in ICMPv6's sum and not in ICMP's. */
static void patch_query(const struct view *view, const struct ends64 *ends,
	const struct facts *facts, uint8_t *icmp)
{
	uint16_t id = view->is_request ? ends->source.port : ends->destination.port;
	struct ends64 before = ends_in(view);
	uint16_t type = get16(icmp);
	uint32_t change, pseudo;

	icmp[0] = icmp64_query(icmp[0]);
	change = change16(type, get16(icmp)) + change16(get16(icmp + 4), id);
	put16(icmp + 4, id);
	if (view->is_ipv6) {
		pseudo = head64_pseudo(
			&before.source, &before.destination, facts->payload + IPPROTO_ICMPV6);
		change += (uint16_t)~pseudo;
	} else {
		change += head64_pseudo(
			&ends->source, &ends->destination, facts->payload + IPPROTO_ICMPV6);
	}
	put16(icmp + 2, checksum_changed(get16(icmp + 2), folded(change)));
}

/* A sum that IPv4 did without, and IPv6 must not (section 4.5). */
static void add_sum(const struct ends64 *ends, uint8_t *udp, uint32_t size)
{
	uint32_t pseudo = head64_pseudo(&ends->source, &ends->destination, size + IPPROTO_UDP);
	uint16_t sum = (uint16_t)~folded(head64_sum(udp, size) + pseudo);

	put16(udp + 6, sum ? sum : 0xffff);
}

/* TCP or UDP with its ports; `there` bytes of it are there. */
static bool patch_ports(const struct view *view, const struct ends64 *ends,
	const struct facts *facts, uint8_t *transport, uint32_t there)
{
	struct ends64 before = ends_in(view);
	bool is_udp = view->protocol == PROTOCOL_UDP;
	uint32_t at = is_udp ? 6 : 16, change;
	uint16_t sum;

	change = change16(get16(transport), ends->source.port) +
		 change16(get16(transport + 2), ends->destination.port) +
		 head64_pseudo(&ends->source, &ends->destination, 0) +
		 (uint16_t)~head64_pseudo(&before.source, &before.destination, 0);
	put16(transport, ends->source.port);
	put16(transport + 2, ends->destination.port);
	if (there < at + 2)
		return view->is_embedded;
	sum = get16(transport + at);
	if (is_udp && sum == 0 && !view->is_ipv6 && !view->is_embedded) {
		if (view->fragment != FRAGMENT_NONE || there != facts->payload)
			return false;
		add_sum(ends, transport, there);
		return true;
	}
	put16(transport + at, is_udp ? checksum_changed_udp(sum, folded(change))
				     : checksum_changed(sum, folded(change)));
	return true;
}

uint32_t head64_write(
	const struct view *view, const struct ends64 *ends, uint8_t *into, uint32_t room)
{
	uint32_t there = view->size - view->transport, header;
	struct facts facts;

	if (!(view->is_ipv6 ? read_ipv6(view, &facts) : read_ipv4(view, &facts)) ||
		(facts.payload > there && !view->is_embedded))
		return 0;
	header = write_header(view, ends, &facts, into);
	if (there > facts.payload) /* what fills a frame of Ethernet */
		there = facts.payload;
	if (there > room - header)
		there = room - header;
	memcpy(into + header, view->ip + view->transport, there);
	if (view->fragment == FRAGMENT_LATER)
		return header + there;
	if (there < 8)
		return 0;
	if (view->protocol == PROTOCOL_ICMP)
		patch_query(view, ends, &facts, into + header);
	else if (!patch_ports(view, ends, &facts, into + header, there))
		return 0;
	return header + there;
}
