/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/nat.h"

#include "packet_sums.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Packets as hosts send them, and a judge of checksums that shares no code with the NAT. */
#define SECOND INT64_C(1000000000)

enum {
	ROUTER = 0xcb007101, /* 203.0.113.1, and the addresses after it */
	ALICE = 0xc0a80102,  /* 192.168.1.2 and .3: hosts inside */
	BOB = 0xc0a80103,
	SERVER = 0xc6336401, /* 198.51.100.1 and .2: hosts outside */
	SERVANT = 0xc6336402,
	PAYLOAD = 12
};

struct end {
	uint32_t address;
	uint16_t port;
};

struct sample_packet {
	uint8_t bytes[200];
	uint32_t size;
};

static inline bool end_is(struct end a, struct end b)
{
	return a.address == b.address && a.port == b.port;
}

static inline unsigned transport_size(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 20 : 8;
}

static inline unsigned checksum_at(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

/* Sum of the transport header and what follows, with the pseudo-header where there is one. */
static inline unsigned transport_sum(const struct sample_packet *p)
{
	const uint8_t *ip = p->bytes;
	uint32_t length = p->size - 20;
	unsigned sum = ip[9] == IPPROTO_ICMP ? 0 : pseudo_sum(ip, false, ip[9], length);

	return plain_sum(ip + 20, length, sum);
}

static inline void finish_packet(struct sample_packet *p)
{
	uint8_t *sum = p->bytes + 20 + checksum_at(p->bytes[9]);

	put16(p->bytes + 10, 0);
	put16(p->bytes + 10, 0xffff & ~plain_sum(p->bytes, 20, 0));
	put16(sum, 0);
	put16(sum, 0xffff & ~transport_sum(p));
	if (p->bytes[9] == IPPROTO_UDP && get16(sum) == 0)
		put16(sum, 0xffff);
}

static inline void put_end(uint8_t *address, uint8_t *port, struct end end)
{
	put16(address, end.address >> 16);
	put16(address + 2, end.address & 0xffff);
	put16(port, end.port);
}

/* Of ICMP it is an echo request with the port of the sender; flags are those of TCP. */
static inline void make_packet(
	struct sample_packet *p, uint8_t protocol, struct end from, struct end to, uint8_t flags)
{
	memset(p, 0, sizeof(*p));
	p->size = 20 + transport_size(protocol) + PAYLOAD;
	p->bytes[0] = 0x45;
	put16(p->bytes + 2, p->size);
	p->bytes[8] = 64;
	p->bytes[9] = protocol;
	put_end(p->bytes + 16, p->bytes + 22, to);
	put_end(p->bytes + 12, p->bytes + 20, from);
	if (protocol == IPPROTO_UDP) {
		put16(p->bytes + 24, p->size - 20);
	} else if (protocol == IPPROTO_TCP) {
		p->bytes[32] = 0x50;
		p->bytes[33] = flags;
	} else {
		put16(p->bytes + 20, 8 << 8);
		put16(p->bytes + 24, from.port);
	}
	for (uint32_t i = p->size - PAYLOAD; i < p->size; i++)
		p->bytes[i] = (uint8_t)(i * 37 + from.port);
	finish_packet(p);
}

static inline bool packet_is_right(const struct sample_packet *p)
{
	const uint8_t *sum = p->bytes + 20 + checksum_at(p->bytes[9]);

	if (plain_sum(p->bytes, 20, 0) != 0xffff)
		return false;
	if (p->bytes[9] == IPPROTO_UDP && get16(sum) == 0)
		return true;
	return transport_sum(p) == 0xffff;
}

static inline struct end source_of(const struct sample_packet *p)
{
	bool is_icmp = p->bytes[9] == IPPROTO_ICMP;

	return (struct end){get32(p->bytes + 12), (uint16_t)get16(p->bytes + (is_icmp ? 24 : 20))};
}

static inline struct end destination_of(const struct sample_packet *p)
{
	bool is_icmp = p->bytes[9] == IPPROTO_ICMP;

	return (struct end){get32(p->bytes + 16), (uint16_t)get16(p->bytes + (is_icmp ? 24 : 22))};
}

static inline enum nat_verdict pass_packet(
	struct nat *nat, enum nat_direction direction, struct sample_packet *p, int64_t now_ns)
{
	return nat_pass(
		nat, direction, &(struct nat_packet){.bytes = p->bytes, .size = p->size}, now_ns);
}

/* The endpoint outside that a UDP datagram leaves with; port 0: it does not pass. */
static inline struct end send_out(struct nat *nat, struct end from, struct end to, int64_t now_ns)
{
	struct sample_packet p;

	make_packet(&p, IPPROTO_UDP, from, to, 0);
	if (pass_packet(nat, NAT_OUTBOUND, &p, now_ns) != NAT_PASSES || !packet_is_right(&p))
		return (struct end){0};
	return source_of(&p);
}

/* The endpoint inside that a UDP datagram reaches; port 0: it does not pass. */
static inline struct end send_in(struct nat *nat, struct end from, struct end to, int64_t now_ns)
{
	struct sample_packet p;

	make_packet(&p, IPPROTO_UDP, from, to, 0);
	if (pass_packet(nat, NAT_INBOUND, &p, now_ns) != NAT_PASSES || !packet_is_right(&p))
		return (struct end){0};
	return destination_of(&p);
}

static inline enum nat_verdict send_tcp(struct nat *nat, enum nat_direction direction,
	struct end from, struct end to, uint8_t flags, int64_t now_ns)
{
	struct sample_packet p;

	make_packet(&p, IPPROTO_TCP, from, to, flags);
	return pass_packet(nat, direction, &p, now_ns);
}

/* One with a router at ROUTER; NULL when the parameters are refused. */
static inline struct nat *nat_with(const struct nat_params *params, uint32_t sessions)
{
	AUTO(nat_freep) struct nat *nat = NULL;
	struct error err = {0};
	struct nat *made;

	if (nat_new(&(struct nat_key){.seed = 20260101, .router = 1}, sessions, &nat, &err) ||
		nat_set(nat, params, &err)) {
		printf("# nat: %s\n", err.text);
		return NULL;
	}
	made = nat;
	nat = NULL;
	return made;
}

/* A home router that hands hairpins back. */
static inline struct nat_params home(void)
{
	return (struct nat_params){.external = {ROUTER},
		.external_count = 1,
		.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
		.first_port = 47001, /* so that every port changes */
		.last_port = 47009,
		.hairpins = true};
}
