/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/nat64.h"

#include "nat_packets.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

/* Packets on both sides of a NAT64, and a judge of them that shares no code with it. */
enum {
	CAROL_PORT = 5000,
	MOST_BYTES = 3000
};

static const uint8_t carol[16] = {0x3f, 0xfe, 0x4d, 0x42, 0, 1, [15] = 2};

struct wide_packet {
	uint8_t bytes[MOST_BYTES];
	uint32_t size;
};

static inline void put_synthesised(uint8_t *at, uint32_t ipv4)
{
	memcpy(at, "\0\x64\xff\x9b\0\0\0\0\0\0\0", 12);
	put16(at + 12, ipv4 >> 16);
	put16(at + 14, ipv4 & 0xffff);
}

static inline bool is_synthesised(const uint8_t *at, uint32_t ipv4)
{
	uint8_t expected[16];

	put_synthesised(expected, ipv4);
	return memcmp(at, expected, 16) == 0;
}

static inline unsigned sum_offset(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

/* Of the transport behind `header` bytes; 0xffff is right. */
static inline unsigned sum_behind(const struct wide_packet *p, uint32_t header, uint8_t protocol)
{
	uint32_t size = p->size - header;
	unsigned sum = protocol == IPPROTO_ICMP
			       ? 0
			       : pseudo_sum(p->bytes, p->bytes[0] >> 4 == 6, protocol, size);

	return plain_sum(p->bytes + header, size, sum);
}

static inline void finish_wide(struct wide_packet *p, uint32_t header, uint8_t protocol)
{
	uint8_t *at = p->bytes + header + sum_offset(protocol);

	if (p->bytes[0] >> 4 == 4) {
		put16(p->bytes + 10, 0);
		put16(p->bytes + 10, 0xffff & ~plain_sum(p->bytes, 20, 0));
	}
	put16(at, 0);
	put16(at, 0xffff & ~sum_behind(p, header, protocol));
}

static inline void fill_transport(
	uint8_t *at, uint8_t protocol, uint16_t from, uint16_t to, uint32_t size)
{
	for (uint32_t i = 8; i < size; i++)
		at[i] = (uint8_t)(i * 37 + from);
	put16(at, from);
	put16(at + 2, to);
	if (protocol == IPPROTO_UDP)
		put16(at + 4, size);
	if (protocol == IPPROTO_TCP)
		put16(at + 12, 0x5002); /* a SYN */
}

/* From Carol to the server; of ICMPv6 an echo request with the port as its identifier. */
static inline void make_wide6(struct wide_packet *p, uint8_t protocol, uint16_t port, uint32_t size)
{
	memset(p, 0, sizeof(*p));
	p->size = 40 + size;
	p->bytes[0] = 0x60;
	put16(p->bytes + 4, size);
	p->bytes[6] = protocol;
	p->bytes[7] = 64;
	memcpy(p->bytes + 8, carol, 16);
	put_synthesised(p->bytes + 24, SERVER);
	fill_transport(p->bytes + 40, protocol, port, 80, size);
	if (protocol == IPPROTO_ICMPV6) {
		put16(p->bytes + 40, ICMP6_ECHO_REQUEST << 8);
		put16(p->bytes + 44, port);
	}
	finish_wide(p, 40, protocol);
}

/* From the server to the router. */
static inline void make_wide4(struct wide_packet *p, uint8_t protocol, uint16_t port, uint32_t size)
{
	memset(p, 0, sizeof(*p));
	p->size = 20 + size;
	p->bytes[0] = 0x45;
	put16(p->bytes + 2, p->size);
	p->bytes[6] = 0x40;
	p->bytes[8] = 64;
	p->bytes[9] = protocol;
	put16(p->bytes + 12, SERVER >> 16);
	put16(p->bytes + 14, SERVER & 0xffff);
	put16(p->bytes + 16, ROUTER >> 16);
	put16(p->bytes + 18, ROUTER & 0xffff);
	fill_transport(p->bytes + 20, protocol, 80, port, size);
	if (protocol == IPPROTO_TCP)
		put16(p->bytes + 32, 0x5012);
	if (protocol == IPPROTO_ICMP) {
		put16(p->bytes + 20, ICMP_ECHOREPLY << 8);
		put16(p->bytes + 24, port);
	}
	finish_wide(p, 20, protocol);
}

static inline bool is_right4(const struct wide_packet *p)
{
	return get16(p->bytes + 2) == p->size && plain_sum(p->bytes, 20, 0) == 0xffff &&
	       sum_behind(p, 20, p->bytes[9]) == 0xffff;
}

static inline bool is_right6(const struct wide_packet *p)
{
	return get16(p->bytes + 4) + 40 == p->size && sum_behind(p, 40, p->bytes[6]) == 0xffff;
}

static inline struct nat_params carrying(void)
{
	struct nat_params params = home();

	params.is_nat64 = true;
	params.hairpins = false;
	return params;
}

/* In place; lines of 1500 bytes on both sides. */
static inline enum nat_verdict pass_wide(
	struct nat *nat, enum nat_direction direction, struct wide_packet *p)
{
	static uint8_t bytes[MOST_BYTES + NAT64_MOST_MORE];
	struct nat64_room room = {.bytes = bytes, .mtu_ipv6 = 1500, .mtu_ipv4 = 1500};
	enum nat_verdict verdict = nat64_pass(
		nat, direction, &(struct nat_packet){.bytes = p->bytes, .size = p->size}, 0, &room);

	if (verdict == NAT_PASSES) {
		memcpy(p->bytes, bytes, room.size);
		p->size = room.size;
	}
	return verdict;
}
