/* SPDX-License-Identifier: MIT */
/* Reads the headers of a packet, and of the packet within an ICMP error. */
#include "nat/internal.h"

#include "nat/bytes.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

enum {
	IPV4_MIN = 20,
	IPV6_SIZE = 40,
	TCP_SIZE = 20,
	PORTS_SIZE = 8, /* UDP, a query of ICMP, and what every ICMP error has of a packet */
	MORE_FRAGMENTS = 0x2000,
	FRAGMENT_OFFSET = 0x1fff
};

static enum fragment fragment_kind(bool has_more, bool has_offset)
{
	if (has_offset)
		return FRAGMENT_LATER;
	return has_more ? FRAGMENT_FIRST : FRAGMENT_NONE;
}

/* Reads the network header; false when it does not fit. */
static bool read_ipv4(struct view *view, uint8_t *ret_protocol)
{
	const uint8_t *ip = view->ip;
	uint16_t fragment;

	if (view->size < IPV4_MIN)
		return false;
	view->transport = (ip[0] & 15U) * 4;
	if (view->transport < IPV4_MIN || view->transport > view->size)
		return false;
	fragment = get16(ip + 6);
	view->fragment = fragment_kind(fragment & MORE_FRAGMENTS, fragment & FRAGMENT_OFFSET);
	view->fragment_id = get16(ip + 4);
	view->source.address = address_ipv4(get32(ip + 12));
	view->destination.address = address_ipv4(get32(ip + 16));
	*ret_protocol = ip[9];
	return true;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT;
}

static void read_fragment_header(struct view *view, const uint8_t *header)
{
	uint16_t word = get16(header + 2);

	view->fragment = fragment_kind(word & 1, word & 0xfff8);
	view->fragment_id = get32(header + 4);
}

static bool read_ipv6(struct view *view, uint8_t *ret_protocol)
{
	const uint8_t *ip = view->ip;
	uint32_t at = IPV6_SIZE;
	uint8_t protocol;

	if (view->size < IPV6_SIZE)
		return false;
	view->is_ipv6 = true;
	view->source.address = (struct address){get64(ip + 8), get64(ip + 16)};
	view->destination.address = (struct address){get64(ip + 24), get64(ip + 32)};
	protocol = ip[6];
	while (is_extension(protocol) && view->fragment != FRAGMENT_LATER) {
		const uint8_t *header = ip + at;

		if (view->size < at + 8)
			return false;
		if (protocol == IPPROTO_FRAGMENT)
			read_fragment_header(view, header);
		at += 8 + (protocol == IPPROTO_FRAGMENT ? 0 : header[1] * 8U);
		protocol = header[0];
	}
	view->transport = at;
	*ret_protocol = protocol;
	return at <= view->size;
}

static bool name_protocol(struct view *view, uint8_t protocol)
{
	if (protocol == IPPROTO_UDP)
		view->protocol = PROTOCOL_UDP;
	else if (protocol == IPPROTO_TCP)
		view->protocol = PROTOCOL_TCP;
	else if (protocol == (view->is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		view->protocol = PROTOCOL_ICMP;
	else
		return false;
	return true;
}

static bool is_icmp_error(uint8_t type, bool is_ipv6)
{
	if (is_ipv6)
		return type >= ICMP6_DST_UNREACH && type <= ICMP6_PARAM_PROB;
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* The identifier of a query is the port of the one who asked. */
static enum nat_verdict read_icmp(struct view *view, const uint8_t *icmp)
{
	bool is_reply = icmp[0] == (view->is_ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);

	view->is_request = icmp[0] == (view->is_ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
	view->is_error = is_icmp_error(icmp[0], view->is_ipv6);
	if (view->is_request)
		view->source.port = get16(icmp + 4);
	else if (is_reply)
		view->destination.port = get16(icmp + 4);
	else if (!view->is_error)
		return NAT_UNSUPPORTED;
	return NAT_PASSES;
}

static enum nat_verdict read_transport(struct view *view)
{
	const uint8_t *transport = view->ip + view->transport;
	bool is_tcp = view->protocol == PROTOCOL_TCP;

	if (view->size - view->transport < (is_tcp && !view->is_embedded ? TCP_SIZE : PORTS_SIZE))
		return NAT_MALFORMED;
	if (view->protocol == PROTOCOL_ICMP)
		return read_icmp(view, transport);
	view->source.port = get16(transport);
	view->destination.port = get16(transport + 2);
	if (is_tcp && !view->is_embedded)
		view->tcp_flags = transport[13];
	return NAT_PASSES;
}

static enum nat_verdict read_headers(struct view *view)
{
	unsigned version = view->size > 0 ? view->ip[0] >> 4 : 0;
	uint8_t protocol = 0;
	bool fits = (version == 4 && read_ipv4(view, &protocol)) ||
		    (version == 6 && read_ipv6(view, &protocol));

	if (!fits)
		return NAT_MALFORMED;
	if (!name_protocol(view, protocol))
		return NAT_UNSUPPORTED;
	return view->fragment == FRAGMENT_LATER ? NAT_PASSES : read_transport(view);
}

enum nat_verdict view_read(struct view *view, const struct nat_packet *packet)
{
	enum nat_verdict verdict;

	*view = (struct view){.ip = packet->bytes, .size = packet->size};
	verdict = read_headers(view);
	/* Within a tunnel the checksum may be that of a packet inside, which nobody changes. */
	view->is_partial = packet->checksum_start > 0 && packet->checksum_start == view->transport;
	return verdict;
}

enum nat_verdict view_read_embedded(struct view *view, const struct view *error)
{
	uint32_t at = error->transport + PORTS_SIZE;

	*view = (struct view){.ip = error->ip + at, .size = error->size - at, .is_embedded = true};
	return read_headers(view);
}
