/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/internal.h"
#include "nat/router.h"

enum {
	ETHERNET_BYTES = 14,
	ETHERNET_IPV4 = 0x0800,
	ETHERNET_IPV6 = 0x86dd,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	FIRST_TTL = 64,
	/* What an error quotes: the whole of it is at most so large (RFC 1812 4.3.2.3, RFC 4443
	 * 2.4). */
	ERROR_IPV4_MOST = 576,
	ERROR_IPV6_MOST = 1280,
	QUOTED_HEAD = 68 /* the largest IPv4 header, and the ports */
};

struct neighbour {
	struct address address;
	uint8_t mac[6];
	uint8_t side;
	bool is_there;
};

struct router {
	struct nat *nat;
	struct router_params params;
	struct address gateway[2]; /* of IPv4 and IPv6 */
	/* Packets from each side up to so many bytes are forwarded as they are; none by a NAT64. */
	uint32_t plain_most[ROUTER_SIDES];
	struct neighbour neighbours[ROUTER_NEIGHBOURS];
	uint32_t neighbour_count;
	uint64_t forwarded, answered, drops[ROUTER_DROPS];
	uint8_t scratch[ETHERNET_BYTES + ROUTER_MOST_MTU]; /* answers and fragments */
	uint8_t turned[ETHERNET_BYTES + ROUTER_MOST_MTU +
		       NAT64_MOST_MORE]; /* in the other family */
};

/* One frame on its way. */
struct hop {
	struct router *router;
	const struct router_frame *frame;
	uint8_t *ip;
	uint32_t size; /* from the IP header on */
	enum router_side from;
	bool is_ipv6;
	struct address destination; /* as it came */
	router_output *output;
	void *context;
};

/* router.c: with the header's checksum. */
void router_set_ttl(struct hop *hop, uint8_t ttl);
/* The next hop's MAC address; NULL: nobody knows. */
const uint8_t *router_next_hop(const struct hop *hop, enum router_side to);
void router_send_on(struct hop *hop, enum router_side to, const uint8_t mac[6]);

/* router_answer.c: what the router says itself. */
/* Answers a ping in place; anything else that is for the router is dropped. */
void router_answer(struct hop *hop);
void router_say_expired(struct hop *hop);
/* `head`: the first bytes of the packet as it came, if the NAT has changed them since; or NULL. */
void router_say_too_big(struct hop *hop, uint16_t mtu, const uint8_t *head);

/* router_fragment.c: sends the packet, which is translated already, in pieces of `mtu`. */
void router_fragment(struct hop *hop, enum router_side to, const uint8_t mac[6], uint16_t mtu);

/* What a network card would have filled in later; false: it does not fit. */
bool router_finish_checksum(const struct hop *hop, uint32_t total);

/* router64.c: the hop of a NAT64; false for a super-packet, which is not taken. */
bool router_cross64(struct hop *hop, int64_t now_ns);

/* The ones' complement sum of bytes, which `sum` begins. */
uint32_t router_sum(const uint8_t *bytes, uint32_t size, uint32_t sum);
