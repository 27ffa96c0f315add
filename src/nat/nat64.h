/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/nat.h"

/*
 * A NAT whose inside has IPv6 alone and whose outside has IPv4 (RFC 6146): a mapping binds an
 * endpoint of IPv6 inside to one of IPv4 outside, with the modes, filters, ports and lifetimes of
 * any other. Headers become those of the other family as RFC 7915 says.
 */
enum {
	NAT64_MORE_HEADER = 20, /* bytes that an IPv6 header has more than one of IPv4 */
	NAT64_MOST_MORE = 56, /* bytes that a packet grows at most, an error with what it quotes */
	NAT64_SURE_MTU = 1280 /* of IPv6: what is larger and may be cut is cut to it */
};

/* 64:ff9b::/96, which stands for all of IPv4 (RFC 6052). */
void nat64_synthesise(uint32_t ipv4, uint8_t ret_ipv6[16]);
/* False: the address stands for none of IPv4. */
bool nat64_extract(const uint8_t ipv6[16], uint32_t *ret_ipv4);

/* Where a packet of the other family goes. */
struct nat64_room {
	uint8_t *bytes; /* the size of the packet and NAT64_MOST_MORE */
	uint16_t mtu_ipv6,
		mtu_ipv4; /* of the two lines, for what errors say of too large packets */
	uint32_t size;    /* of the packet that was written, if it passes */
};

/*
 * What becomes of a packet that comes now, as nat_pass(); it is not changed. It must have its
 * checksum, and be no super-packet. Outbound ones are of IPv6 and inbound ones of IPv4; no others
 * pass. One that may be cut has a header for fragments if it is larger than NAT64_SURE_MTU.
 */
enum nat_verdict nat64_pass(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns, struct nat64_room *room);
