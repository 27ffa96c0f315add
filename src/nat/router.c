/* SPDX-License-Identifier: MIT */
/* One hop: for whom is it, may it pass, where does it go on. */
#include "nat/router_internal.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <stdlib.h>
#include <string.h>

int router_new(
	const struct nat_key *key, uint32_t sessions, struct router **ret_router, struct error *err)
{
	struct router *router = calloc(1, sizeof(*router));

	if (!router)
		return fail_errno(err, "prepare router %u", key->router);
	if (nat_new(key, sessions, &router->nat, err)) {
		router_free(router);
		return -1;
	}
	*ret_router = router;
	return 0;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	nat_free(router->nat);
	free(router);
}

void router_freep(struct router **router)
{
	router_free(*router);
	*router = NULL;
}

static struct address address_of(const uint8_t ipv6[16])
{
	return (struct address){get64(ipv6), get64(ipv6 + 8)};
}

int router_set(struct router *router, const struct router_params *params, struct error *err)
{
	for (int side = 0; side < ROUTER_SIDES; side++) {
		uint16_t mtu = params->faces[side].mtu;

		if (mtu < 1280 || mtu > ROUTER_MOST_MTU)
			return fail(err, ERROR_USAGE, "router %u: an MTU of %u is not 1280 to %d",
				router->nat->key.router, mtu, ROUTER_MOST_MTU);
	}
	if (nat_set(router->nat, &params->nat, err))
		return -1;
	router->params = *params;
	for (int side = 0; side < ROUTER_SIDES; side++)
		router->plain_most[side] = params->nat.is_nat64 ? 0 : params->faces[!side].mtu;
	router->gateway[0] = address_ipv4(params->gateway_ipv4);
	router->gateway[1] = address_of(params->gateway_ipv6);
	return 0;
}

void router_flush(struct router *router)
{
	nat_flush(router->nat);
}

struct router_totals router_totals(const struct router *router)
{
	struct router_totals totals = {.forwarded = router->forwarded,
		.answered = router->answered,
		.nat = nat_totals(router->nat)};

	memcpy(totals.drops, router->drops, sizeof(totals.drops));
	return totals;
}

/* Where an address is in the table, or the free place where it would be. */
static struct neighbour *place_of(
	struct router *router, enum router_side side, const struct address *address)
{
	uint64_t hash =
		(address->low ^ address->high ^ (uint64_t)side) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(hash >> 55);

	for (;; at = (at + 1) % ROUTER_NEIGHBOURS) {
		struct neighbour *neighbour = &router->neighbours[at];

		if (!neighbour->is_there ||
			(neighbour->side == side && address_equals(neighbour->address, *address)))
			return neighbour;
	}
}

int router_meet(struct router *router, enum router_side side, const uint8_t address[16],
	const uint8_t mac[6], struct error *err)
{
	struct address key = address_of(address);
	struct neighbour *neighbour = place_of(router, side, &key);

	if (!neighbour->is_there) {
		if (router->neighbour_count == ROUTER_NEIGHBOURS / 2)
			return fail(err, ERROR_USAGE, "router %u: has more than %d neighbours",
				router->nat->key.router, ROUTER_NEIGHBOURS / 2);
		router->neighbour_count++;
	}
	*neighbour = (struct neighbour){.address = key, .side = (uint8_t)side, .is_there = true};
	memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
	return 0;
}

static inline const uint8_t *next_hop(const struct hop *hop, enum router_side to)
{
	struct address destination =
		hop->is_ipv6 ? address_of(hop->ip + 24) : address_ipv4(get32(hop->ip + 16));
	const struct neighbour *neighbour = place_of(hop->router, to, &destination);

	if (!neighbour->is_there && to == ROUTER_OUTSIDE)
		neighbour = place_of(hop->router, to, &hop->router->gateway[hop->is_ipv6]);
	return neighbour->is_there ? neighbour->mac : NULL;
}

const uint8_t *router_next_hop(const struct hop *hop, enum router_side to)
{
	return next_hop(hop, to);
}

static void drop(const struct hop *hop, enum router_drop reason)
{
	hop->router->drops[reason]++;
}

static bool is_address_of(const struct router_face *face, const struct hop *hop)
{
	struct address own = hop->is_ipv6 ? address_of(face->ipv6) : address_ipv4(face->ipv4);

	return address_equals(own, hop->destination);
}

/* What the NAT owns it judges itself. */
static bool is_for_router(const struct hop *hop)
{
	const struct router_face *faces = hop->router->params.faces;

	return (is_address_of(&faces[ROUTER_INSIDE], hop) ||
		       is_address_of(&faces[ROUTER_OUTSIDE], hop)) &&
	       (hop->is_ipv6 || !nat_owns(hop->router->nat, &hop->destination));
}

static uint8_t ttl_of(const struct hop *hop)
{
	return hop->ip[hop->is_ipv6 ? 7 : 8];
}

void router_set_ttl(struct hop *hop, uint8_t ttl)
{
	uint8_t *ip = hop->ip;
	uint16_t before = get16(ip + 8);

	if (hop->is_ipv6) {
		ip[7] = ttl;
		return;
	}
	ip[8] = ttl;
	put16(ip + 10, checksum_changed(get16(ip + 10), folded(change16(before, get16(ip + 8)))));
}

static bool may_be_fragmented(const struct hop *hop)
{
	return !hop->is_ipv6 && !(hop->ip[6] & 0x40);
}

static inline void send_on(struct hop *hop, enum router_side to, const uint8_t mac[6])
{
	memcpy(hop->frame->bytes, mac, 6);
	memcpy(hop->frame->bytes + 6, hop->router->params.faces[to].mac, 6);
	hop->router->forwarded++;
	hop->output(hop->context, to, hop->frame);
}

void router_send_on(struct hop *hop, enum router_side to, const uint8_t mac[6])
{
	send_on(hop, to, mac);
}

/* It passed the NAT, and `head` is what it was before. */
static void leave(struct hop *hop, enum router_side to, const uint8_t *head)
{
	uint16_t mtu = hop->router->params.faces[to].mtu;
	bool fits = hop->frame->largest <= mtu;
	const uint8_t *mac;

	if (!fits && !may_be_fragmented(hop)) {
		router_say_too_big(hop, mtu, head);
		return;
	}
	mac = next_hop(hop, to);
	if (!mac) {
		drop(hop, ROUTER_NO_NEIGHBOUR);
		return;
	}
	router_set_ttl(hop, ttl_of(hop) - 1);
	if (fits)
		send_on(hop, to, mac);
	else
		router_fragment(hop, to, mac, mtu);
}

/*
 * As Linux does: what comes from inside and cannot leave makes no session. What comes from outside
 * is looked up first, so that the unknown is not answered.
 */
static bool is_stopped_before_nat(struct hop *hop, uint16_t mtu)
{
	bool is_expired = ttl_of(hop) <= 1;

	if (is_expired && hop->from == ROUTER_OUTSIDE &&
		nat_translates(hop->router->nat, hop->is_ipv6))
		drop(hop, ROUTER_EXPIRED);
	else if (is_expired)
		router_say_expired(hop);
	else if (hop->from == ROUTER_INSIDE && hop->frame->largest > mtu && !may_be_fragmented(hop))
		router_say_too_big(hop, mtu, NULL);
	else
		return false;
	return true;
}

static void forward(struct hop *hop, int64_t now_ns)
{
	enum router_side other = hop->from == ROUTER_INSIDE ? ROUTER_OUTSIDE : ROUTER_INSIDE;
	uint16_t mtu = hop->router->params.faces[other].mtu;
	const struct router_frame *frame = hop->frame;
	struct nat_packet packet = {hop->ip, hop->size,
		frame->checksum_start ? frame->checksum_start - ETHERNET_BYTES : 0};
	uint8_t head[QUOTED_HEAD];
	enum nat_verdict verdict;

	if (is_stopped_before_nat(hop, mtu))
		return;
	memcpy(head, hop->ip, hop->size < sizeof(head) ? hop->size : sizeof(head));
	verdict = nat_pass(hop->router->nat,
		hop->from == ROUTER_INSIDE ? NAT_OUTBOUND : NAT_INBOUND, &packet, now_ns);
	if (verdict == NAT_PASSES)
		leave(hop, other, head);
	else if (verdict == NAT_HAIRPINS)
		leave(hop, hop->from, head);
	else if (verdict == NAT_LOCAL)
		router_answer(hop);
}

/* Of what is not plain by its size: it is translated to the other family, or comes one by one. */
static bool is_special(const struct hop *hop)
{
	return hop->router->params.nat.is_nat64 || (hop->frame->is_super && may_be_fragmented(hop));
}

/* Whether its network header is in it. */
static bool read_header(struct hop *hop)
{
	uint16_t type = get16(hop->frame->bytes + 12);
	uint32_t header;

	hop->is_ipv6 = type == ETHERNET_IPV6;
	header = hop->is_ipv6 ? IPV6_BYTES : IPV4_BYTES;
	if (hop->size < header || hop->ip[0] >> 4 != (hop->is_ipv6 ? 6 : 4))
		return false;
	hop->destination =
		hop->is_ipv6 ? address_of(hop->ip + 24) : address_ipv4(get32(hop->ip + 16));
	return true;
}

bool router_pass(struct router *router, enum router_side from, const struct router_frame *frame,
	int64_t now_ns, router_output *output, void *context)
{
	struct hop hop = {.router = router,
		.frame = frame,
		.ip = frame->bytes + ETHERNET_BYTES,
		.size = frame->size - ETHERNET_BYTES,
		.from = from,
		.output = output,
		.context = context};
	uint16_t type;

	if (frame->size < ETHERNET_BYTES) {
		drop(&hop, ROUTER_MALFORMED);
		return true;
	}
	if (memcmp(frame->bytes, router->params.faces[from].mac, 6) != 0)
		return true; /* for somebody else, or for all */
	type = get16(frame->bytes + 12);
	if (type != ETHERNET_IPV4 && type != ETHERNET_IPV6)
		drop(&hop, ROUTER_NOT_IP);
	else if (!read_header(&hop))
		drop(&hop, ROUTER_MALFORMED);
	else if (is_for_router(&hop))
		router_answer(&hop);
	else if (frame->largest > router->plain_most[from] && is_special(&hop))
		return router->params.nat.is_nat64 && router_cross64(&hop, now_ns);
	else
		forward(&hop, now_ns);
	return true;
}
