/* SPDX-License-Identifier: MIT */
/* One hop between IPv6 inside and IPv4 outside: packets of other sizes, and what is said of them.
 */
#include "nat/router_internal.h"

#include "nat/bytes.h"

#include <netinet/in.h>
#include <string.h>

enum {
	HEADERS = IPV6_BYTES + 8, /* with one for fragments */
	DONT_FRAGMENT = 0x40,
	FRAGMENT_BITS = 0x3fff
};

static void drop(const struct hop *hop, enum router_drop reason)
{
	hop->router->drops[reason]++;
}

/* A packet of IPv6 with a header for fragments, in pieces of `most` bytes. */
static void cut(struct hop *hop, enum router_side to, const uint8_t mac[6], uint32_t most)
{
	struct router *router = hop->router;
	uint32_t each = (most - HEADERS) / 8 * 8;
	uint8_t *bytes = router->scratch, *ip = bytes + ETHERNET_BYTES;
	uint16_t place = get16(hop->ip + IPV6_BYTES + 2);

	memcpy(bytes, mac, 6);
	memcpy(bytes + 6, router->params.faces[to].mac, 6);
	memcpy(bytes + 12, hop->frame->bytes + 12, ETHERNET_BYTES - 12 + HEADERS);
	for (uint32_t at = HEADERS; at < hop->size; at += each) {
		uint32_t count = hop->size - at < each ? hop->size - at : each;
		uint16_t more = at + count < hop->size ? 1 : place & 1;

		put16(ip + 4, (uint16_t)(HEADERS - IPV6_BYTES + count));
		put16(ip + IPV6_BYTES + 2, (uint16_t)((place & ~7U) + (at - HEADERS)) | more);
		memcpy(ip + HEADERS, hop->ip + at, count);
		hop->output(hop->context, to,
			&(struct router_frame){.bytes = bytes,
				.size = ETHERNET_BYTES + HEADERS + count,
				.largest = HEADERS + count});
	}
	router->forwarded++;
}

/* As RFC 7915 says for each family: IPv6 is cut to what fits everywhere, IPv4 to the line. */
static void send_in_pieces(struct hop *hop, enum router_side to, const uint8_t mac[6], uint16_t mtu)
{
	bool has_header = hop->is_ipv6 && hop->ip[6] == IPPROTO_FRAGMENT;

	if (has_header && hop->size > NAT64_SURE_MTU)
		cut(hop, to, mac, NAT64_SURE_MTU);
	else if (hop->size <= mtu)
		router_send_on(hop, to, mac);
	else
		router_fragment(hop, to, mac, mtu);
}

static uint16_t least(uint32_t a, uint32_t b)
{
	return (uint16_t)(a < b ? a : b);
}

/* The largest packet, as the sender has it, that fits both lines. */
static uint16_t most_of(const struct hop *hop)
{
	const struct router_face *faces = hop->router->params.faces;

	if (hop->is_ipv6)
		return least(faces[ROUTER_INSIDE].mtu,
			faces[ROUTER_OUTSIDE].mtu + (uint32_t)NAT64_MORE_HEADER);
	return least(
		faces[ROUTER_OUTSIDE].mtu, faces[ROUTER_INSIDE].mtu - (uint32_t)NAT64_MORE_HEADER);
}

static bool may_be_cut(const struct hop *hop)
{
	return hop->is_ipv6 ? hop->ip[6] == IPPROTO_FRAGMENT : !(hop->ip[6] & DONT_FRAGMENT);
}

/* `hop` is the packet as it came, `turned` as it leaves. */
static void leave(struct hop *hop, struct hop *turned)
{
	enum router_side to = hop->from == ROUTER_INSIDE ? ROUTER_OUTSIDE : ROUTER_INSIDE;
	uint16_t mtu = hop->router->params.faces[to].mtu;
	uint8_t ttl = hop->ip[hop->is_ipv6 ? 7 : 8];
	const uint8_t *mac;

	if (turned->size > mtu && !may_be_cut(turned)) {
		router_say_too_big(hop, most_of(hop), NULL);
		return;
	}
	mac = router_next_hop(turned, to);
	if (!mac) {
		drop(hop, ROUTER_NO_NEIGHBOUR);
		return;
	}
	router_set_ttl(turned, ttl - 1);
	send_in_pieces(turned, to, mac, mtu);
}

/* As other packets do, those from inside make no session when they cannot leave. */
static bool is_stopped(struct hop *hop)
{
	uint32_t ipv4;

	if (hop->is_ipv6 != (hop->from == ROUTER_INSIDE) ||
		(hop->is_ipv6 && !nat64_extract(hop->ip + 24, &ipv4)))
		drop(hop, ROUTER_NO_NEIGHBOUR);
	else if (hop->size > ROUTER_MOST_MTU)
		drop(hop, ROUTER_TOO_BIG);
	else if (hop->ip[hop->is_ipv6 ? 7 : 8] <= 1 && !hop->is_ipv6)
		drop(hop, ROUTER_EXPIRED);
	else if (hop->ip[hop->is_ipv6 ? 7 : 8] <= 1)
		router_say_expired(hop);
	else if (hop->is_ipv6 && hop->size > most_of(hop) && !may_be_cut(hop))
		router_say_too_big(hop, most_of(hop), NULL);
	else
		return false;
	return true;
}

static void turn(struct hop *hop, int64_t now_ns)
{
	struct router *router = hop->router;
	const struct router_face *faces = router->params.faces;
	struct nat64_room room = {.bytes = router->turned + ETHERNET_BYTES,
		.mtu_ipv6 = faces[ROUTER_INSIDE].mtu,
		.mtu_ipv4 = faces[ROUTER_OUTSIDE].mtu};
	struct nat_packet packet = {.bytes = hop->ip, .size = hop->size};
	enum nat_direction direction = hop->from == ROUTER_INSIDE ? NAT_OUTBOUND : NAT_INBOUND;
	enum nat_verdict verdict = nat64_pass(router->nat, direction, &packet, now_ns, &room);
	struct router_frame frame;
	struct hop turned = *hop;

	if (verdict == NAT_LOCAL)
		router_answer(hop);
	if (verdict != NAT_PASSES)
		return;
	put16(router->turned + 12, hop->is_ipv6 ? ETHERNET_IPV4 : ETHERNET_IPV6);
	frame = (struct router_frame){
		.bytes = router->turned, .size = ETHERNET_BYTES + room.size, .largest = room.size};
	turned.frame = &frame;
	turned.ip = room.bytes;
	turned.size = room.size;
	turned.is_ipv6 = !hop->is_ipv6;
	leave(hop, &turned);
}

bool router_cross64(struct hop *hop, int64_t now_ns)
{
	struct router_frame whole = *hop->frame;

	if (whole.is_super)
		return false;
	if (is_stopped(hop))
		return true;
	if (!router_finish_checksum(hop, hop->size)) {
		drop(hop, ROUTER_MALFORMED);
		return true;
	}
	whole.checksum_start = whole.checksum_at = 0;
	hop->frame = &whole;
	turn(hop, now_ns);
	return true;
}
