/* SPDX-License-Identifier: MIT */
/*
 * The way of a packet, with a shortcut for TCP and UDP: packets whose like passed before, and that
 * change nothing but the time of their session, take one look-up and a patch in place of all the
 * tables. A flow ends with any change in its session.
 */
#include "nat/internal.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <netinet/in.h>
#include <stdlib.h>

enum {
	IPV4_SIZE = 20,
	IPV4_PLAIN = 0x45, /* version 4, no options */
	IPV4_CHECKSUM = 10,
	IPV4_SOURCE = 12,
	IPV4_DESTINATION = 16,
	FRAGMENT = 0x3fff, /* more to come, or an offset */
	IPV6_SIZE = 40,
	IPV6_SOURCE = 8,
	TCP_SIZE = 20,
	TCP_FLAGS = 13,
	TCP_CHECKSUM = 16,
	TCP_CHANGES_STATE = TCP_FIN | TCP_SYN | TCP_RST,
	UDP_SIZE = 8,
	UDP_CHECKSUM = 6,
	TICK_BITS = 22 /* of nanoseconds: about 4 ms */
};

/* Sessions hear of the packets of a flow once a tick. */
static inline uint32_t tick_of(int64_t now_ns)
{
	return (uint32_t)(now_ns >> TICK_BITS);
}

int flows_init(struct flows *flows, uint32_t sessions, struct error *err)
{
	/* Two directions each, and as many places again. */
	hash_init(&flows->hash, UINT64_C(4) * sessions);
	flows->flow = calloc(UINT64_C(1) << flows->hash.bits, sizeof(*flows->flow));
	return flows->flow ? 0 : fail_errno(err, "keep the flows of %u sessions", sessions);
}

void flows_done(struct flows *flows)
{
	free(flows->flow);
}

static inline uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Ports, and what else tells two flows apart; never zero, as in a place without a flow. */
static inline uint64_t last_word(
	const uint8_t *ports, uint64_t protocol, uint64_t direction, uint64_t is_ipv6)
{
	uint32_t word;

	memcpy(&word, ports, sizeof(word));
	return word | protocol << 32 | direction << 40 | is_ipv6 << 41;
}

/* What TCP and UDP have in common behind an IP header; false for packets that make no flow. */
static inline bool read_transport(
	const struct nat_packet *packet, uint32_t transport, uint8_t protocol)
{
	if (protocol == IPPROTO_TCP)
		return packet->size >= transport + TCP_SIZE &&
		       !(packet->bytes[transport + TCP_FLAGS] & TCP_CHANGES_STATE);
	return protocol == IPPROTO_UDP;
}

/* What packets of a flow share, as it is in their headers: words 0 and 4, and all with IPv6. */
static inline bool read_ipv4(
	const struct nat_packet *packet, enum nat_direction direction, uint64_t word[5])
{
	const uint8_t *ip = packet->bytes;

	if (packet->size < IPV4_SIZE + UDP_SIZE || ip[0] != IPV4_PLAIN ||
		get16(ip + 6) & FRAGMENT || !read_transport(packet, IPV4_SIZE, ip[9]))
		return false;
	word[0] = word_at(ip + IPV4_SOURCE);
	word[4] = last_word(ip + IPV4_SIZE, ip[9], direction, false);
	return true;
}

static inline bool read_ipv6(
	const struct nat_packet *packet, enum nat_direction direction, uint64_t word[5])
{
	const uint8_t *ip = packet->bytes;

	if (packet->size < IPV6_SIZE + UDP_SIZE || ip[0] >> 4 != 6 ||
		!read_transport(packet, IPV6_SIZE, ip[6]))
		return false;
	for (unsigned i = 0; i < 4; i++)
		word[i] = word_at(ip + IPV6_SOURCE + i * sizeof(word[i]));
	word[4] = last_word(ip + IPV6_SIZE, ip[6], direction, true);
	return true;
}

static inline struct flow *place_of(const struct nat *nat, const uint64_t word[5], bool is_ipv6)
{
	const struct hash *hash = &nat->flows.hash;
	uint64_t sum = word[0] * hash->multiplier[0] + word[4] * hash->multiplier[4];

	for (unsigned i = 1; is_ipv6 && i < 4; i++)
		sum += word[i] * hash->multiplier[i];
	return &nat->flows.flow[sum >> hash->shift];
}

static inline bool has_words(const struct flow *flow, const uint64_t word[5], bool is_ipv6)
{
	uint64_t difference = 0;

	if (flow->word[0] != word[0] || flow->word[4] != word[4])
		return false;
	for (unsigned i = 1; is_ipv6 && i < 4; i++)
		difference |= flow->word[i] ^ word[i];
	return difference == 0;
}

/* Numbers as they are in packets, so that none is turned around in each of them. */
static struct patch patch_of(const struct rewrite *rewrite, const struct view *view)
{
	bool is_source = rewrite->has_source, is_udp = view->protocol == PROTOCOL_UDP;
	const struct endpoint *before = is_source ? &view->source : &view->destination;
	uint32_t address = is_source ? rewrite->source : rewrite->destination;
	uint16_t port = is_source ? rewrite->source_port : rewrite->destination_port;
	uint32_t addresses = change32((uint32_t)before->address.low, address);

	return (struct patch){.address = htobe32(address),
		.port = htobe16(port),
		.addresses = htobe16(folded(addresses)),
		.all = htobe16(folded(addresses + change16(before->port, port))),
		.address_at = is_source ? IPV4_SOURCE : IPV4_DESTINATION,
		.port_at = is_source ? IPV4_SIZE : IPV4_SIZE + 2,
		.checksum_at = IPV4_SIZE + (is_udp ? UDP_CHECKSUM : TCP_CHECKSUM),
		.is_udp = is_udp};
}

static inline void apply(const struct patch *patch, uint8_t *ip, bool is_partial)
{
	uint16_t sum;

	memcpy(ip + patch->address_at, &patch->address, sizeof(patch->address));
	memcpy(ip + patch->port_at, &patch->port, sizeof(patch->port));
	memcpy(&sum, ip + IPV4_CHECKSUM, sizeof(sum));
	sum = checksum_changed(sum, patch->addresses);
	memcpy(ip + IPV4_CHECKSUM, &sum, sizeof(sum));
	memcpy(&sum, ip + patch->checksum_at, sizeof(sum));
	if (is_partial)
		sum = sum16(sum, patch->addresses);
	else if (patch->is_udp)
		sum = checksum_changed_udp(sum, patch->all);
	else
		sum = checksum_changed(sum, patch->all);
	memcpy(ip + patch->checksum_at, &sum, sizeof(sum));
}

/* Policed packets are counted one by one, so they make no flow. */
void flow_learn(struct nat *nat, const struct passage *passage)
{
	const struct view *view = &passage->view;
	const struct nat_packet packet = {.bytes = view->ip, .size = view->size};
	struct session *session = &nat->sessions.session[passage->session];
	struct flow flow = {.session = passage->session, .noted_tick = tick_of(passage->now_ns)},
		    *place;

	if (!session_is_steady(session, view->protocol) ||
		(view->protocol == PROTOCOL_UDP && nat->params.udp_rate_bps > 0) ||
		!(view->is_ipv6 ? read_ipv6(&packet, passage->direction, flow.word)
				: read_ipv4(&packet, passage->direction, flow.word)))
		return;
	if (nat_translates(nat, view->is_ipv6))
		flow.patch = patch_of(&passage->rewrite, view);
	place = place_of(nat, flow.word, view->is_ipv6);
	*place = flow;
	session->flow[passage->direction] = (uint32_t)(place - nat->flows.flow);
}

void flow_forget(struct nat *nat, const struct session *session)
{
	for (int i = 0; i < NAT_DIRECTIONS; i++) {
		struct flow *flow = &nat->flows.flow[session->flow[i]];

		if (session == &nat->sessions.session[flow->session])
			*flow = (struct flow){0};
	}
}

static __attribute__((noinline)) enum nat_verdict note(
	struct nat *nat, struct flow *flow, enum nat_direction direction, int64_t now_ns)
{
	flow->noted_tick = tick_of(now_ns);
	session_refresh(nat, flow->session, direction, now_ns);
	return NAT_PASSES;
}

/* No call but in the last place, here and below, so that a packet of a flow saves no registers. */
static inline enum nat_verdict follow(struct nat *nat, struct flow *flow,
	enum nat_direction direction, const struct nat_packet *packet, int64_t now_ns)
{
	if (flow->patch.checksum_at > 0)
		apply(&flow->patch, packet->bytes, packet->checksum_start == IPV4_SIZE);
	nat->packets[direction][NAT_PASSES]++;
	if (flow->noted_tick == tick_of(now_ns))
		return NAT_PASSES;
	return note(nat, flow, direction, now_ns);
}

static __attribute__((noinline)) enum nat_verdict pass_ipv6(struct nat *nat,
	enum nat_direction direction, const struct nat_packet *packet, int64_t now_ns)
{
	struct flow *flow;
	uint64_t word[5];

	if (!read_ipv6(packet, direction, word))
		return judge(nat, direction, packet, now_ns);
	flow = place_of(nat, word, true);
	if (!has_words(flow, word, true))
		return judge(nat, direction, packet, now_ns);
	return follow(nat, flow, direction, packet, now_ns);
}

enum nat_verdict nat_pass(struct nat *nat, enum nat_direction direction,
	const struct nat_packet *packet, int64_t now_ns)
{
	struct flow *flow;
	uint64_t word[5];

	if (now_ns >= nat->sessions.next_expiry_ns)
		return judge(nat, direction, packet, now_ns);
	if (!read_ipv4(packet, direction, word))
		return pass_ipv6(nat, direction, packet, now_ns);
	flow = place_of(nat, word, false);
	if (!has_words(flow, word, false))
		return judge(nat, direction, packet, now_ns);
	return follow(nat, flow, direction, packet, now_ns);
}
