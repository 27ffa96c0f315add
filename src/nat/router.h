/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/nat64.h"

/*
 * A router between a site and a network outside, with a NAT or a firewall in it: one hop for IPv4
 * and IPv6, as pure as the NAT. It asks nobody where a neighbour is; who uses it says so.
 */
enum router_side {
	ROUTER_INSIDE,
	ROUTER_OUTSIDE,
	ROUTER_SIDES
};

enum {
	ROUTER_MOST_MTU = 9216,
	ROUTER_NEIGHBOURS = 512 /* of both sides together; half of them may be taken */
};

struct router_face {
	uint8_t mac[6];
	uint16_t mtu;     /* of IP packets, 1280 to ROUTER_MOST_MTU */
	uint32_t ipv4;    /* in the host's byte order; 0: none */
	uint8_t ipv6[16]; /* all zero: none */
};

/* Plain data without pointers, so it can cross a socket. */
struct router_params {
	struct router_face faces[ROUTER_SIDES];
	/* Neighbours outside that take what is for nobody known there; 0: dropped. */
	uint32_t gateway_ipv4;
	uint8_t gateway_ipv6[16];
	bool is_black_hole; /* says nothing about packets that are too large */
	struct nat_params nat;
};

/* What is not forwarded and not for the NAT to judge. */
enum router_drop {
	ROUTER_MALFORMED,
	ROUTER_NOT_IP,
	ROUTER_LOCAL,        /* for the router itself, which only answers pings */
	ROUTER_EXPIRED,      /* too many hops */
	ROUTER_TOO_BIG,      /* and must not be fragmented */
	ROUTER_NO_NEIGHBOUR, /* nobody knows where its destination is */
	ROUTER_DROPS
};

struct router_totals {
	uint64_t forwarded, answered; /* frames; pings and errors that it sent by itself */
	uint64_t drops[ROUTER_DROPS];
	struct nat_totals nat;
};

/* A frame of Ethernet; a super-packet (GSO) is forwarded as one. */
struct router_frame {
	uint8_t *bytes;
	uint32_t size;
	uint32_t largest; /* bytes of the largest IP packet in it */
	/* virtio's NEEDS_CSUM, both from the frame's start; 0: the checksum is complete. */
	uint32_t checksum_start, checksum_at;
	bool is_super;
};

struct router;

/* Room for so many sessions; forwards nothing until parameters are set. */
MUST_CHECK int router_new(const struct nat_key *key, uint32_t sessions, struct router **ret_router,
	struct error *err);
void router_free(struct router *router);
void router_freep(struct router **router);
/* Refused parameters change nothing; what the NAT forgets by new ones says nat_set(). */
MUST_CHECK int router_set(
	struct router *router, const struct router_params *params, struct error *err);
/* The MAC address that packets to this address leave to; IPv4 as ::ffff:a.b.c.d. */
MUST_CHECK int router_meet(struct router *router, enum router_side side, const uint8_t address[16],
	const uint8_t mac[6], struct error *err);
/* Forgets all mappings and sessions, as a router does that restarts. */
void router_flush(struct router *router);
struct router_totals router_totals(const struct router *router);

/* A frame that leaves; valid during the call. */
typedef void router_output(void *context, enum router_side side, const struct router_frame *frame);
/*
 * A frame comes in and is changed in place. What leaves because of it goes to `output`: itself, its
 * fragments, an answer of the router, or nothing. A super-packet that must be fragmented is not
 * taken: false, and its packets have to come one by one.
 */
bool router_pass(struct router *router, enum router_side from, const struct router_frame *frame,
	int64_t now_ns, router_output *output, void *context);
