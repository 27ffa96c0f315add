/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a NAT or a firewall does to one packet, as pure mathematics: nothing here reads a clock, a
 * socket or a random device, and no packet costs an allocation. The model is that of RFC 6146: a
 * mapping binds an endpoint inside to an endpoint outside, and lives as long as one of its
 * sessions, each of which belongs to one remote endpoint and has a lifetime. Words are those of
 * RFC 4787, 5382 (TCP) and 5508 (ICMP). One `struct nat` is one router; two of them in a row are
 * two NATs in a row. IPv4 is translated, IPv6 passes a firewall with the same sessions.
 */

/* How much of the remote endpoint a mapping or a filter looks at. */
enum nat_scope {
	NAT_ENDPOINT_INDEPENDENT,
	NAT_ADDRESS_DEPENDENT,
	NAT_ADDRESS_AND_PORT_DEPENDENT
};

/* Which port a new mapping gets outside; ICMP queries have identifiers in place of ports. */
enum nat_ports {
	NAT_PRESERVED,  /* the port inside; a random one when it is taken */
	NAT_PARITY,     /* random, but even for even and odd for odd */
	NAT_SEQUENTIAL, /* the one after the port given last */
	NAT_RANDOM
};

/* What meets a packet from outside to an address of the router that belongs to no mapping. */
enum nat_unsolicited {
	NAT_IGNORED,
	NAT_ANSWERED, /* the router itself answers it */
	/*
	 * And the router keeps the endpoint as its own until that session expires, as Linux'
	 * conntrack does with an open INPUT. If the peer speaks first, the mapping moves to another
	 * port.
	 */
	NAT_OCCUPIES
};

/*
 * Which packets make a session's lifetime start again. A packet that changes the state does so in
 * any direction. In a dense flow one packet in about 4 ms counts.
 */
enum nat_refresh {
	NAT_BY_BOTH,
	NAT_BY_OUTBOUND, /* what RFC 4787 demands at least, REQ-6 */
	NAT_BY_INBOUND
};

/* Every session is in one of these states and ends when it was not refreshed for so long. */
enum nat_lifetime {
	NAT_UDP_FRESH,  /* one direction only */
	NAT_UDP_STREAM, /* both directions */
	NAT_TCP_OPENING,
	NAT_TCP_ESTABLISHED, /* a SYN from both sides */
	NAT_TCP_HALF_CLOSED, /* a FIN from one side */
	NAT_TCP_CLOSED,      /* from both */
	NAT_TCP_RESET,
	NAT_ICMP_QUERY,
	NAT_LIFETIMES
};

/* A firewall's rule for one protocol, both ways. */
struct nat_rule {
	bool is_blocked;
	uint16_t except_port; /* of the remote endpoint; 0: none */
};

enum {
	NAT_MAX_EXTERNAL = 16,
	NAT_FRAGMENT_SECONDS = 30 /* how long later fragments are awaited */
};

/* Plain data without pointers, so it can cross a socket. All zero: a firewall, open to replies. */
struct nat_params {
	/*
	 * Inside is IPv6, and outside IPv4: all packets go through nat64_pass(). Nothing is turned
	 * back.
	 */
	bool is_nat64;
	bool is_open; /* without translation: everything passes that the rules below let through */
	/* IPv4 addresses of the router outside, in the host's byte order; none: no translation. */
	uint32_t external[NAT_MAX_EXTERNAL];
	uint32_t external_count;
	/* Of several addresses a host inside always gets the same one; otherwise any. */
	bool is_paired;
	enum nat_scope mapping, filtering;
	/*
	 * An endpoint outside serves any number of mappings as long as the part of the remote
	 * endpoint that the mode looks at differs: "port overloading". So does Linux.
	 */
	bool shares_ports;
	enum nat_ports ports;
	/* Both 0: 1024 to 65535, and below that what is preserved. */
	uint16_t first_port, last_port;
	/*
	 * CGNAT: every host inside has a block of so many consecutive ports, chosen by its
	 * address alone (RFC 7422), and no others; 0: no blocks.
	 */
	uint16_t block_ports;
	enum nat_unsolicited unsolicited;
	bool hairpins; /* hosts inside reach each other by their endpoints outside */
	bool drops_fragments;
	bool is_tcp_strict; /* a TCP session begins with a SYN only */
	enum nat_refresh refresh;
	int64_t lifetime_ns[NAT_LIFETIMES]; /* 0: the default, see nat_lifetime_ns() */
	int64_t stream_after_ns; /* a UDP session is a stream only when it is as old as this */
	struct nat_rule tcp, udp, icmp; /* blocked ICMP: a black hole for path MTU discovery */
	double udp_rate_bps;            /* UDP above it is dropped, each way by itself; 0: none */
	uint32_t udp_burst_bytes;       /* that pass at once; 0: what the rate carries in 100 ms */
	/* New sessions above so many do not fit; 0: only the room of nat_new() limits them. */
	uint32_t most_sessions;
};

/* Refuses what contradicts itself; the error names the field. */
MUST_CHECK int nat_check(const struct nat_params *params, struct error *err);
/* A lifetime with its default filled in: RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2. */
int64_t nat_lifetime_ns(const struct nat_params *params, enum nat_lifetime lifetime);

/* Equal keys and equal packets give equal ports. */
struct nat_key {
	uint64_t seed;
	uint32_t router;
};

struct nat;

/* Room for so many sessions, at least one; a firewall for IPv4 and IPv6 until parameters are set.
 */
MUST_CHECK int nat_new(
	const struct nat_key *key, uint32_t sessions, struct nat **ret_nat, struct error *err);
void nat_free(struct nat *nat);
void nat_freep(struct nat **nat);
/*
 * Refused parameters change nothing. Lifetimes, rules and filters hold from the next packet on, for
 * what is there too; another way to map (addresses, ports, scopes) forgets all state.
 */
MUST_CHECK int nat_set(struct nat *nat, const struct nat_params *params, struct error *err);
/* Forgets all state, as a router does that restarts; random ports go on. */
void nat_flush(struct nat *nat);
/* Starts over with this seed: no state, totals of zero. */
void nat_restart(struct nat *nat, uint64_t seed);

enum nat_direction {
	NAT_OUTBOUND,
	NAT_INBOUND,
	NAT_DIRECTIONS
};

/* The first three pass, all others are reasons to drop a packet, which is then unchanged. */
enum nat_verdict {
	NAT_PASSES,
	NAT_HAIRPINS,    /* came from inside and goes back inside */
	NAT_LOCAL,       /* is for the router itself; unchanged */
	NAT_MALFORMED,   /* its headers do not fit in it */
	NAT_UNSUPPORTED, /* neither TCP nor UDP, nor an ICMP query or error */
	NAT_FILTERED,    /* unsolicited */
	NAT_NO_HAIRPIN,
	NAT_RULE,     /* forbidden by `tcp`, `udp` or `icmp` */
	NAT_POLICED,  /* above the rate for UDP */
	NAT_NO_PORT,  /* no port is free for a new mapping */
	NAT_FULL,     /* no room for a new session */
	NAT_FRAGMENT, /* its first fragment did not come before it */
	NAT_VERDICTS
};

/* For a log and for errors: "passes", "filtered", ... */
const char *nat_verdict_name(enum nat_verdict verdict);

/*
 * One packet as it is on a wire, or a super-packet (GSO), which is translated as one. Headers are
 * changed in place and checksums updated by their differences (RFC 1624).
 */
struct nat_packet {
	uint8_t *bytes; /* from the IP header on */
	uint32_t size;
	/*
	 * Where virtio's NEEDS_CSUM has the checksum start, counted from the IP header; 0:
	 * complete. Such a checksum holds the sum of the pseudo-header and does not cover ports.
	 */
	uint32_t checksum_start;
};

/* What becomes of a packet that comes now. `now_ns` never goes back. */
enum nat_verdict nat_pass(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns);

struct nat_totals {
	uint64_t packets[NAT_DIRECTIONS][NAT_VERDICTS];
	uint32_t mappings, sessions; /* after the latest packet, those of the router itself too */
};
struct nat_totals nat_totals(const struct nat *nat);
