/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/nat.h"

#include "base/random.h"

/* Of ports outside, unless a NAT has another range. */
enum {
	NAT_FIRST_PORT = 1024,
	NAT_LAST_PORT = 65535
};

/* view.c: what a packet says, as far as a NAT needs to know. Nothing in it is believed unchecked.
 */
enum protocol {
	PROTOCOL_TCP,
	PROTOCOL_UDP,
	PROTOCOL_ICMP,
	PROTOCOLS
};

/* IPv4 in the form ::ffff:a.b.c.d, so that one form serves both. */
struct address {
	uint64_t high, low;
};

/* A query of ICMP has its identifier as the port inside, and port 0 at the remote side. */
struct endpoint {
	struct address address;
	uint16_t port;
};

enum fragment {
	FRAGMENT_NONE,
	FRAGMENT_FIRST, /* with the transport header */
	FRAGMENT_LATER
};

struct view {
	uint8_t *ip;
	uint32_t size;
	uint32_t transport; /* offset in the packet; nothing is there in a later fragment */
	enum protocol protocol;
	enum fragment fragment;
	uint32_t fragment_id;
	struct endpoint source, destination;
	uint8_t tcp_flags;
	bool is_ipv6;
	bool is_request, is_error; /* of ICMP: a query, and an error about another packet */
	bool is_embedded;          /* the beginning of a packet, in an ICMP error */
	bool is_partial;           /* the checksum covers the pseudo-header only */
};

enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_ACK = 16
};

static inline struct address address_ipv4(uint32_t ipv4)
{
	return (struct address){.low = UINT64_C(0xffff00000000) | ipv4};
}

static inline bool address_is_ipv4(struct address address)
{
	return address.high == 0 && address.low >> 32 == 0xffff;
}

static inline bool address_equals(struct address a, struct address b)
{
	return a.high == b.high && a.low == b.low;
}

/* NAT_PASSES, NAT_MALFORMED or NAT_UNSUPPORTED. */
enum nat_verdict view_read(struct view *view, const struct nat_packet *packet);
/* The packet that an ICMP error is about. */
enum nat_verdict view_read_embedded(struct view *view, const struct view *error);

/* rewrite.c: other endpoints in the headers of an IPv4 packet, with their checksums. */
struct rewrite {
	bool has_source, has_destination;
	uint16_t source_port, destination_port;
	uint32_t source, destination;
	struct address whole_source, whole_destination; /* the same, of IPv6 too */
};

void rewrite_source(struct rewrite *rewrite, const struct endpoint *source);
void rewrite_destination(struct rewrite *rewrite, const struct endpoint *destination);
void rewrite_apply(const struct rewrite *rewrite, struct view *view);
/* For the packet in an error and for the addresses of the error itself. */
void rewrite_error(const struct rewrite *inner, const struct rewrite *outer, struct view *embedded,
	struct view *error);

/* One packet on its way through the tables. */
struct passage {
	struct view view;
	enum nat_direction direction;
	int64_t now_ns;
	uint32_t session; /* that it belongs to, once it is found */
	struct rewrite rewrite;
};

/* index.c: slot numbers by key. Equal keys may be there several times; the newest is found. */
struct key {
	uint64_t word[5];
};

/* Multilinear hashing with odd random numbers; the upper bits depend on all bits of the words. */
struct hash {
	uint64_t multiplier[5];
	unsigned bits, shift; /* 64 in sum */
};

void hash_init(struct hash *hash, uint64_t buckets); /* at least so many */
void hash_restart(struct hash *hash, struct random *random);

static inline uint32_t hash_key(const struct hash *hash, const struct key *key)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(key->word); i++)
		sum += key->word[i] * hash->multiplier[i];
	return (uint32_t)(sum >> hash->shift);
}

static inline bool key_equals(const struct key *a, const struct key *b)
{
	uint64_t difference = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(a->word); i++)
		difference |= a->word[i] ^ b->word[i];
	return difference == 0;
}

struct index_entry {
	struct key key;
	uint32_t bucket, before, after; /* in its chain */
};

struct index {
	struct index_entry *entries; /* one for each slot */
	uint32_t *buckets;
	struct hash hash;
};

#define NO_SLOT UINT32_MAX

MUST_CHECK int index_init(struct index *index, uint32_t slots, struct error *err);
void index_done(struct index *index);
/* Empties it, with another hash: hosts cannot aim at one bucket. */
void index_restart(struct index *index, struct random *random);
uint32_t index_find(const struct index *index, const struct key *key); /* or NO_SLOT */
void index_add(struct index *index, uint32_t slot, const struct key *key);
void index_remove(struct index *index, uint32_t slot);

/* slots.c: which of a fixed number of slots are free. */
struct slots {
	uint32_t *next;
	uint32_t count, used, free, fresh; /* `fresh`: the first that was never taken */
};

MUST_CHECK int slots_init(struct slots *slots, uint32_t count, struct error *err);
void slots_done(struct slots *slots);
void slots_restart(struct slots *slots);
uint32_t slots_take(struct slots *slots); /* or NO_SLOT */
void slots_give(struct slots *slots, uint32_t slot);

/* mapping.c: which endpoint outside stands for which endpoint inside. */
struct mapping {
	struct endpoint inside, outside;
	uint32_t sessions; /* it dies with the last of them */
	bool is_local;     /* of the router itself: nothing is inside */
};

struct mappings {
	struct slots slots;
	struct mapping *mapping;
	/* By the endpoint inside and outside with the remote part, and by that inside alone. */
	struct index inside, outside, source;
};

MUST_CHECK int mappings_init(struct mappings *mappings, uint32_t count, struct error *err);
void mappings_done(struct mappings *mappings);
void mappings_restart(struct mappings *mappings, struct random *random);
/* The mapping of an endpoint inside or outside towards a remote one, or NO_SLOT. */
uint32_t mapping_inside(const struct nat *nat, enum protocol protocol,
	const struct endpoint *inside, const struct endpoint *remote);
uint32_t mapping_outside(const struct nat *nat, enum protocol protocol,
	const struct endpoint *outside, const struct endpoint *remote);
/* The one opened last for an endpoint inside, towards whatever endpoint, or NO_SLOT. */
uint32_t mapping_latest(
	const struct nat *nat, enum protocol protocol, const struct endpoint *inside);
/*
 * A new one for the source of a packet; it needs a session at once, and there must be room for
 * it. NO_SLOT when no port is free.
 */
uint32_t mapping_open(struct nat *nat, const struct view *view);
/* One of the router itself, for the destination of a packet from outside. */
uint32_t mapping_occupy(struct nat *nat, const struct view *view);
void mapping_close(struct nat *nat, uint32_t number);

/* port.c: false when no port is free. */
MUST_CHECK bool port_choose(struct nat *nat, enum protocol protocol, const struct endpoint *inside,
	const struct endpoint *remote, struct endpoint *ret_outside);

/* session.c: what a mapping and a remote endpoint said to each other, and until when it counts. */
struct ring {
	struct ring *older, *newer;
};

struct session {
	struct ring ring; /* of its lifetime; the first member */
	int64_t opened_ns, refreshed_ns;
	uint32_t mapping;
	enum nat_lifetime lifetime;    /* NAT_LIFETIMES: no packet of it was noted yet */
	uint32_t flow[NAT_DIRECTIONS]; /* where its flows are, if they are still there */
	uint8_t seen, syn, fin; /* directions, a bit each: of packets, of TCP's SYN and FIN */
	bool rst;
};

struct sessions {
	struct slots slots;
	struct session *session;
	struct index remote, address; /* by mapping and remote endpoint, or its address alone */
	/* Each ring goes from its end to the oldest, on to the newest, and back to the end. */
	struct ring ends[NAT_LIFETIMES];
	int64_t next_expiry_ns; /* nothing expires before it */
};

MUST_CHECK int sessions_init(struct sessions *sessions, uint32_t count, struct error *err);
void sessions_done(struct sessions *sessions);
void sessions_restart(struct sessions *sessions, struct random *random);
/* Closes all that have expired, and their mappings. */
void sessions_expire(struct nat *nat, int64_t now_ns);
/* Makes every packet meet the tables again. */
void sessions_forget_flows(struct nat *nat);
uint32_t session_find(
	const struct nat *nat, uint32_t mapping, const struct endpoint *remote); /* or NO_SLOT */
/* Whether the mapping has a session with any port of the address. */
bool session_knows_address(const struct nat *nat, uint32_t mapping, const struct address *address);
bool sessions_are_full(const struct nat *nat);
/* Whether a packet may begin a session, as far as its own headers say. */
bool session_may_begin(const struct nat *nat, const struct view *view);
/* A new session of a mapping; there must be room, and its first packet must be noted. */
uint32_t session_start(
	struct nat *nat, uint32_t mapping, const struct endpoint *remote, int64_t now_ns);
/* Notes a packet of it: its state, and its time when this direction refreshes. */
void session_note(struct nat *nat, uint32_t number, const struct passage *passage);
/* Whether no ordinary packet of a direction seen before can change the state. */
bool session_is_steady(const struct session *session, enum protocol protocol);
/* Notes a packet that does not. */
void session_refresh(
	struct nat *nat, uint32_t number, enum nat_direction direction, int64_t now_ns);

/* rule.c: what the firewall forbids whatever the sessions say. */
struct police {
	int64_t free_ns; /* when all that passed would have left at the rate */
};

enum nat_verdict rule_judge(struct nat *nat, const struct passage *passage);

/* trail.c: what became of first fragments, for those that follow. */
enum {
	TRAILS = 256
};

struct trail {
	struct address source, destination;
	uint32_t fragment_id;
	enum protocol protocol;
	enum nat_direction direction;
	enum nat_verdict verdict;
	int64_t until_ns;
	struct rewrite rewrite;
};

void trail_leave(struct nat *nat, const struct passage *passage, enum nat_verdict verdict);
/* The verdict of the first fragment with its rewrite, or NAT_FRAGMENT. */
enum nat_verdict trail_follow(const struct nat *nat, struct passage *passage);

/* translate.c: packets of sessions, old and new. Says what to rewrite and changes no packet. */
enum nat_verdict translate(struct nat *nat, struct passage *passage);

/* icmp.c: errors about packets of a session; changes those that pass. */
/* What becomes of an error and of the beginning of a packet in it. */
struct icmp_report {
	struct view *error, embedded;
	struct rewrite outer, inner;
};

/* What to rewrite, by the endpoints of the embedded packet; changes no packet. */
enum nat_verdict icmp_carry(
	const struct nat *nat, enum nat_direction direction, struct icmp_report *report);
enum nat_verdict icmp_error(
	const struct nat *nat, enum nat_direction direction, struct view *error);

/* judge.c: what becomes of a packet, by rules and tables. */
enum nat_verdict judge(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns);

/* The same of one packet that the rules let through; says what to rewrite and changes no packet. */
enum nat_verdict judge_by_tables(struct nat *nat, struct passage *passage);

/* flow.c: a shortcut for packets whose like passed before. */
struct patch {
	uint32_t address;
	uint16_t port;
	uint16_t addresses, all; /* what changes of addresses, and of ports too, add to a sum */
	uint8_t address_at, port_at, checksum_at;
	bool is_udp;
};

struct flow {
	uint64_t word[5]; /* what its packets share */
	uint32_t session;
	uint32_t noted_tick; /* when the session heard of a packet last */
	struct patch patch;  /* with checksum_at 0 nothing changes */
};

struct flows {
	struct flow *flow; /* by hash; where two meet, the older one is lost */
	struct hash hash;
};

MUST_CHECK int flows_init(struct flows *flows, uint32_t sessions, struct error *err);
void flows_done(struct flows *flows);
/* Notes a packet that passes, before it is changed. */
void flow_learn(struct nat *nat, const struct passage *passage);
/* Ends the flows of a session. */
void flow_forget(struct nat *nat, const struct session *session);

/* check.c: fills in the defaults of what was left out. */
void nat_fill(struct nat_params *params);

/* nat.c */
struct nat {
	struct nat_key key;
	struct nat_params params; /* with defaults filled in */
	struct random random;
	struct mappings mappings;
	struct sessions sessions;
	struct flows flows;
	uint16_t next_port[NAT_MAX_EXTERNAL][PROTOCOLS]; /* sequential */
	struct police police[NAT_DIRECTIONS];
	struct trail trails[TRAILS];
	uint16_t next_identification; /* of a packet of IPv4 that a NAT64 writes */
	uint64_t packets[NAT_DIRECTIONS][NAT_VERDICTS];
};

static inline bool nat_translates(const struct nat *nat, bool is_ipv6)
{
	return nat->params.external_count > 0 && (!is_ipv6 || nat->params.is_nat64);
}

bool nat_owns(const struct nat *nat, const struct address *address);
