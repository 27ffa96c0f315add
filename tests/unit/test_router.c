/* SPDX-License-Identifier: MIT */
#include "nat/router.h"

#include "nat_packets.h"
#include "tap.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

enum {
	ETHERNET = 14,
	GATE = 0xc0a80101,     /* the router inside; outside it is ROUTER */
	UPSTREAM = 0xcb0071fe, /* its gateway */
	CARRIED_MOST = 8,
	FRAME_MOST = ETHERNET + 2000
};

/* What left the router. */
struct carried {
	enum router_side side;
	uint8_t bytes[FRAME_MOST];
	uint32_t size;
};

struct road {
	struct carried carried[CARRIED_MOST];
	size_t count;
};

static const uint8_t macs[][6] = {
	{2, 0, 0, 0, 0, 1},    /* the router inside */
	{2, 0, 0, 0, 0, 2},    /* and outside */
	{2, 0, 0, 0, 0, 0x10}, /* Alice */
	{2, 0, 0, 0, 0, 0xfe}, /* the gateway */
};

enum {
	MAC_GATE,
	MAC_ROUTER,
	MAC_ALICE,
	MAC_UPSTREAM
};

static const struct end alice = {ALICE, 5000}, server = {SERVER, 80};
static const uint8_t alice_ipv6[16] = {0xfd, 1, [15] = 2}, server_ipv6[16] = {0xfd, 9, [15] = 1},
		     gate_ipv6[16] = {0xfd, 1, [15] = 1}, upstream_ipv6[16] = {0xfd, 2, [15] = 9};

static void keep(void *context, enum router_side side, const struct router_frame *frame)
{
	struct road *road = context;
	struct carried *carried = &road->carried[road->count];

	if (road->count == CARRIED_MOST || frame->size > FRAME_MOST)
		return;
	road->count++;
	carried->side = side;
	carried->size = frame->size;
	memcpy(carried->bytes, frame->bytes, frame->size);
}

static struct router_params params_of(const struct nat_params *nat)
{
	struct router_params params = {.gateway_ipv4 = UPSTREAM, .nat = *nat};

	memcpy(params.gateway_ipv6, upstream_ipv6, 16);
	for (int side = 0; side < ROUTER_SIDES; side++) {
		memcpy(params.faces[side].mac, macs[side], 6);
		params.faces[side].mtu = 1500;
	}
	params.faces[ROUTER_INSIDE].ipv4 = GATE;
	memcpy(params.faces[ROUTER_INSIDE].ipv6, gate_ipv6, 16);
	params.faces[ROUTER_OUTSIDE].ipv4 = ROUTER;
	return params;
}

static int meet(
	struct router *router, enum router_side side, uint32_t ipv4, int mac, struct error *err)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};

	put16(address + 12, ipv4 >> 16);
	put16(address + 14, ipv4 & 0xffff);
	return router_meet(router, side, address, macs[mac], err);
}

/* A router that knows Alice and its gateway; NULL when the parameters are refused. */
static struct router *router_with(const struct router_params *params)
{
	AUTO(router_freep) struct router *router = NULL;
	struct error err = {0};
	struct router *made;

	if (router_new(&(struct nat_key){.seed = 20260101, .router = 1}, 16, &router, &err) ||
		router_set(router, params, &err) ||
		meet(router, ROUTER_INSIDE, ALICE, MAC_ALICE, &err) ||
		meet(router, ROUTER_OUTSIDE, UPSTREAM, MAC_UPSTREAM, &err) ||
		router_meet(router, ROUTER_INSIDE, alice_ipv6, macs[MAC_ALICE], &err) ||
		router_meet(router, ROUTER_OUTSIDE, upstream_ipv6, macs[MAC_UPSTREAM], &err)) {
		printf("# router: %s\n", err.text);
		return NULL;
	}
	made = router;
	router = NULL;
	return made;
}

static struct router *home_router(void)
{
	struct nat_params nat = home();
	struct router_params params = params_of(&nat);

	return router_with(&params);
}

/* Bytes from the IP header on become a frame that comes in. */
static bool pass_bytes(struct router *router, enum router_side from, const uint8_t *ip,
	uint32_t size, struct road *road)
{
	static uint8_t bytes[ETHERNET + 70000];
	bool is_ipv6 = ip[0] >> 4 == 6;

	memcpy(bytes, macs[from], 6);
	memcpy(bytes + 6, macs[from == ROUTER_INSIDE ? MAC_ALICE : MAC_UPSTREAM], 6);
	put16(bytes + 12, is_ipv6 ? 0x86dd : 0x0800);
	memcpy(bytes + ETHERNET, ip, size);
	road->count = 0;
	return router_pass(router, from,
		&(struct router_frame){.bytes = bytes, .size = ETHERNET + size, .largest = size}, 0,
		keep, road);
}

static bool pass(struct router *router, enum router_side from, const struct sample_packet *p,
	struct road *road)
{
	return pass_bytes(router, from, p->bytes, p->size, road);
}

static bool goes(const struct road *road, size_t at, enum router_side side, int from, int to)
{
	const struct carried *carried = &road->carried[at];

	return at < road->count && carried->side == side &&
	       memcmp(carried->bytes, macs[to], 6) == 0 &&
	       memcmp(carried->bytes + 6, macs[from], 6) == 0;
}

static struct sample_packet packet_in(const struct road *road)
{
	struct sample_packet p = {.size = road->carried[0].size - ETHERNET};

	memcpy(p.bytes, road->carried[0].bytes + ETHERNET,
		p.size < sizeof(p.bytes) ? p.size : sizeof(p.bytes));
	return p;
}

TEST(a_packet_from_inside_leaves_translated_to_the_gateway_with_one_hop_less)
{
	AUTO(router_freep) struct router *router = home_router();
	struct sample_packet p;
	struct road road;

	CHECK(router);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road));
	CHECK(road.count == 1 && goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	p = packet_in(&road);
	CHECK(packet_is_right(&p));
	CHECK(p.bytes[8] == 63);
	CHECK(source_of(&p).address == ROUTER && end_is(destination_of(&p), server));
}

TEST(an_answer_comes_back_to_the_host_inside)
{
	AUTO(router_freep) struct router *router = home_router();
	struct sample_packet p;
	struct road road;

	CHECK(router);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road));
	p = packet_in(&road);
	make_packet(&p, IPPROTO_UDP, server, source_of(&p), 0);
	CHECK(pass(router, ROUTER_OUTSIDE, &p, &road));
	CHECK(road.count == 1 && goes(&road, 0, ROUTER_INSIDE, MAC_GATE, MAC_ALICE));
	p = packet_in(&road);
	CHECK(packet_is_right(&p) && end_is(destination_of(&p), alice));
}

TEST(what_is_for_others_or_nobody_is_not_forwarded)
{
	AUTO(router_freep) struct router *router = home_router();
	static const uint8_t stranger[6] = {2, 9, 9, 9, 9, 9};
	uint8_t bytes[ETHERNET + 40] = {0};
	struct sample_packet p;
	struct road road;

	CHECK(router);
	memcpy(bytes, stranger, 6);
	CHECK(router_pass(router, ROUTER_INSIDE,
		&(struct router_frame){.bytes = bytes, .size = sizeof(bytes)}, 0, keep, &road));
	CHECK(router_totals(router).forwarded == 0 &&
		router_totals(router).drops[ROUTER_NOT_IP] == 0);
	memcpy(bytes, macs[MAC_GATE], 6);
	put16(bytes + 12, 0x0806);
	CHECK(router_pass(router, ROUTER_INSIDE,
		&(struct router_frame){.bytes = bytes, .size = sizeof(bytes)}, 0, keep, &road));
	CHECK(router_totals(router).drops[ROUTER_NOT_IP] == 1);
	make_packet(&p, IPPROTO_UDP, (struct end){BOB, 1}, server, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road) && road.count == 1);
	p = packet_in(&road);
	make_packet(&p, IPPROTO_UDP, server, source_of(&p), 0);
	CHECK(pass(router, ROUTER_OUTSIDE, &p, &road) && road.count == 0);
	CHECK(router_totals(router).drops[ROUTER_NO_NEIGHBOUR] == 1);
}

/* The error in the first frame that left: to Alice, sound, of this kind, about this packet. */
static bool is_error_about(
	const struct road *road, const uint8_t *packet, uint8_t type, uint8_t code)
{
	const uint8_t *ip = road->carried[0].bytes + ETHERNET;
	uint32_t size = road->carried[0].size - ETHERNET;

	return road->count == 1 && goes(road, 0, ROUTER_INSIDE, MAC_GATE, MAC_ALICE) &&
	       size <= 576 && plain_sum(ip, 20, 0) == 0xffff && get32(ip + 12) == GATE &&
	       get32(ip + 16) == get32(packet + 12) && get16(ip + 2) == size &&
	       plain_sum(ip + 20, size - 20, 0) == 0xffff && ip[20] == type && ip[21] == code &&
	       memcmp(ip + 28, packet, size - 28) == 0;
}

TEST(a_packet_on_its_last_hop_is_reported_and_makes_no_session)
{
	AUTO(router_freep) struct router *router = home_router();
	struct sample_packet p;
	struct road road;

	CHECK(router);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	p.bytes[8] = 1;
	finish_packet(&p);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road));
	CHECK(is_error_about(&road, p.bytes, ICMP_TIME_EXCEEDED, 0));
	CHECK(router_totals(router).nat.sessions == 0);
	CHECK(router_totals(router).drops[ROUTER_EXPIRED] == 1);
	make_packet(&p, IPPROTO_ICMP, (struct end){ALICE, 7}, (struct end){SERVER, 0}, 0);
	p.bytes[8] = 1;
	p.bytes[20] = ICMP_TIME_EXCEEDED;
	finish_packet(&p);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road) && road.count == 0);
}

/* A UDP datagram from Alice to the server; size of the IP packet. */
static void make_large(uint8_t *ip, uint32_t size, bool may_be_fragmented)
{
	memset(ip, 0, 28);
	ip[0] = 0x45;
	put16(ip + 2, size);
	put16(ip + 4, 0x1234);
	ip[6] = may_be_fragmented ? 0 : 0x40;
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	put_end(ip + 12, ip + 20, alice);
	put_end(ip + 16, ip + 22, server);
	put16(ip + 24, size - 20);
	for (uint32_t i = 28; i < size; i++)
		ip[i] = (uint8_t)(i * 7);
	put16(ip + 10, 0xffff & ~plain_sum(ip, 20, 0));
	put16(ip + 26, 0xffff & ~plain_sum(ip + 20, size - 20,
					pseudo_sum(ip, false, IPPROTO_UDP, size - 20)));
}

static struct router *narrow_router(bool is_black_hole)
{
	struct nat_params nat = home();
	struct router_params params = params_of(&nat);

	params.faces[ROUTER_OUTSIDE].mtu = 1280;
	params.is_black_hole = is_black_hole;
	return router_with(&params);
}

TEST(a_packet_that_is_too_large_is_reported_with_the_mtu)
{
	AUTO(router_freep) struct router *router = narrow_router(false);
	AUTO(router_freep) struct router *hole = narrow_router(true);
	uint8_t ip[1500];
	struct road road;

	CHECK(router && hole);
	make_large(ip, 1281, false);
	CHECK(pass_bytes(router, ROUTER_INSIDE, ip, 1281, &road));
	CHECK(is_error_about(&road, ip, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED));
	CHECK(get16(road.carried[0].bytes + ETHERNET + 26) == 1280);
	CHECK(router_totals(router).nat.sessions == 0);
	CHECK(pass_bytes(hole, ROUTER_INSIDE, ip, 1281, &road) && road.count == 0);
	CHECK(router_totals(hole).drops[ROUTER_TOO_BIG] == 1);
	make_large(ip, 1280, false);
	CHECK(pass_bytes(router, ROUTER_INSIDE, ip, 1280, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
}

/* Puts fragments together; 0: they do not fit. */
static uint32_t assemble(const struct road *road, uint8_t *ip)
{
	uint32_t end = 20;

	for (size_t i = 0; i < road->count; i++) {
		const uint8_t *piece = road->carried[i].bytes + ETHERNET;
		uint32_t size = road->carried[i].size - ETHERNET;
		bool is_last = i + 1 == road->count;

		if (size > 1280 || plain_sum(piece, 20, 0) != 0xffff || get16(piece + 2) != size ||
			(get16(piece + 6) & 0x1fff) * 8 != end - 20 ||
			!(piece[6] & 0x20) != is_last)
			return 0;
		memcpy(ip + end, piece + 20, size - 20);
		end += size - 20;
	}
	memcpy(ip, road->carried[0].bytes + ETHERNET, 20);
	return end;
}

TEST(one_that_may_be_fragmented_leaves_in_pieces_that_make_the_same_datagram)
{
	AUTO(router_freep) struct router *router = narrow_router(false);
	uint8_t ip[1500], whole[4000];
	struct road road;

	CHECK(router);
	make_large(ip, 1500, true);
	CHECK(pass_bytes(router, ROUTER_INSIDE, ip, 1500, &road) && road.count == 2);
	CHECK(goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	CHECK(goes(&road, 1, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	CHECK(assemble(&road, whole) == 1500);
	CHECK(get32(whole + 12) == ROUTER && whole[8] == 63);
	CHECK(memcmp(whole + 28, ip + 28, 1472) == 0);
	CHECK(plain_sum(whole + 20, 1480, pseudo_sum(whole, false, IPPROTO_UDP, 1480)) == 0xffff);
}

TEST(a_checksum_that_a_card_would_fill_in_is_there_before_a_packet_is_fragmented)
{
	AUTO(router_freep) struct router *router = narrow_router(false);
	uint8_t bytes[ETHERNET + 1500], *ip = bytes + ETHERNET, whole[4000];
	struct road road = {0};

	CHECK(router);
	memcpy(bytes, macs[MAC_GATE], 6);
	memcpy(bytes + 6, macs[MAC_ALICE], 6);
	put16(bytes + 12, 0x0800);
	make_large(ip, 1500, true);
	put16(ip + 26, pseudo_sum(ip, false, IPPROTO_UDP, 1480) % 0xffff);
	CHECK(router_pass(router, ROUTER_INSIDE,
		&(struct router_frame){.bytes = bytes,
			.size = sizeof(bytes),
			.largest = 1500,
			.checksum_start = ETHERNET + 20,
			.checksum_at = ETHERNET + 26},
		0, keep, &road));
	CHECK(assemble(&road, whole) == 1500);
	CHECK(plain_sum(whole + 20, 1480, pseudo_sum(whole, false, IPPROTO_UDP, 1480)) == 0xffff);
}

TEST(a_super_packet_passes_whole_or_is_wanted_packet_by_packet)
{
	AUTO(router_freep) struct router *router = narrow_router(false);
	static uint8_t bytes[ETHERNET + 20000];
	struct router_frame frame = {
		.bytes = bytes, .size = sizeof(bytes), .largest = 1400, .is_super = true};
	struct road road = {0};

	CHECK(router);
	make_large(bytes + ETHERNET, 20000, true);
	memcpy(bytes, macs[MAC_GATE], 6);
	put16(bytes + 12, 0x0800);
	CHECK(!router_pass(router, ROUTER_INSIDE, &frame, 0, keep, &road));
	CHECK(router_totals(router).nat.sessions == 0);
	frame.largest = 1280;
	CHECK(router_pass(router, ROUTER_INSIDE, &frame, 0, keep, &road));
	CHECK(router_totals(router).forwarded == 1);
}

TEST(the_router_answers_pings_inside_and_only_if_asked_to_outside)
{
	AUTO(router_freep) struct router *router = home_router();
	struct nat_params nat = home();
	struct router_params params = params_of(&nat);
	struct sample_packet p;
	struct road road;
	struct error err;

	CHECK(router);
	make_packet(&p, IPPROTO_ICMP, (struct end){ALICE, 7}, (struct end){GATE, 0}, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_INSIDE, MAC_GATE, MAC_ALICE));
	p = packet_in(&road);
	CHECK(packet_is_right(&p) && p.bytes[20] == ICMP_ECHOREPLY);
	CHECK(get32(p.bytes + 12) == GATE && get32(p.bytes + 16) == ALICE);
	make_packet(&p, IPPROTO_ICMP, (struct end){SERVER, 7}, (struct end){ROUTER, 0}, 0);
	CHECK(pass(router, ROUTER_OUTSIDE, &p, &road) && road.count == 0);
	params.nat.unsolicited = NAT_ANSWERED;
	CHECK(router_set(router, &params, &err) == 0);
	CHECK(pass(router, ROUTER_OUTSIDE, &p, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	make_packet(&p, IPPROTO_UDP, alice, (struct end){GATE, 53}, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road) && road.count == 0);
	CHECK(router_totals(router).drops[ROUTER_LOCAL] == 1);
}

/* Carries a packet that left one router outside into the next one from inside. */
TEST(two_routers_in_a_row_translate_twice)
{
	AUTO(router_freep) struct router *near = home_router();
	struct nat_params nat = home();
	struct router_params params;
	AUTO(router_freep) struct router *far = NULL;
	struct sample_packet p;
	struct road road;
	struct error err;

	nat.external[0] = 0xcb007201;
	params = params_of(&nat);
	far = router_with(&params);
	CHECK(near && far && meet(far, ROUTER_INSIDE, ROUTER, MAC_ROUTER, &err) == 0);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(pass(near, ROUTER_INSIDE, &p, &road));
	p = packet_in(&road);
	CHECK(pass(far, ROUTER_INSIDE, &p, &road) && road.count == 1);
	p = packet_in(&road);
	CHECK(packet_is_right(&p) && source_of(&p).address == 0xcb007201 && p.bytes[8] == 62);
	make_packet(&p, IPPROTO_UDP, server, source_of(&p), 0);
	CHECK(pass(far, ROUTER_OUTSIDE, &p, &road));
	CHECK(goes(&road, 0, ROUTER_INSIDE, MAC_GATE, MAC_ROUTER));
	p = packet_in(&road);
	CHECK(pass(near, ROUTER_OUTSIDE, &p, &road));
	p = packet_in(&road);
	CHECK(packet_is_right(&p) && end_is(destination_of(&p), alice));
}

static uint32_t make_ipv6(uint8_t *ip, const uint8_t from[16], const uint8_t to[16], uint32_t size)
{
	memset(ip, 0, size);
	ip[0] = 0x60;
	put16(ip + 4, size - 40);
	ip[6] = IPPROTO_UDP;
	ip[7] = 64;
	memcpy(ip + 8, from, 16);
	memcpy(ip + 24, to, 16);
	put16(ip + 40, 5000);
	put16(ip + 42, 80);
	put16(ip + 44, size - 40);
	put16(ip + 46, 0xffff & ~plain_sum(ip + 40, size - 40,
					pseudo_sum(ip, true, IPPROTO_UDP, size - 40)));
	return size;
}

TEST(ipv6_passes_a_firewall_and_is_never_fragmented)
{
	AUTO(router_freep) struct router *router = narrow_router(false);
	const uint8_t *answer;
	uint8_t ip[1500];
	struct road road;
	uint32_t size;

	CHECK(router);
	size = make_ipv6(ip, alice_ipv6, server_ipv6, 200);
	CHECK(pass_bytes(router, ROUTER_INSIDE, ip, size, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	CHECK(road.carried[0].bytes[ETHERNET + 7] == 63);
	size = make_ipv6(ip, alice_ipv6, server_ipv6, 1400);
	CHECK(pass_bytes(router, ROUTER_INSIDE, ip, size, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_INSIDE, MAC_GATE, MAC_ALICE));
	answer = road.carried[0].bytes + ETHERNET;
	size = road.carried[0].size - ETHERNET;
	CHECK(size == 1280 && get16(answer + 4) == size - 40 && answer[6] == IPPROTO_ICMPV6);
	CHECK(memcmp(answer + 8, gate_ipv6, 16) == 0 && memcmp(answer + 24, alice_ipv6, 16) == 0);
	CHECK(answer[40] == ICMP6_PACKET_TOO_BIG && get32(answer + 44) == 1280);
	CHECK(plain_sum(answer + 40, size - 40,
		      pseudo_sum(answer, true, IPPROTO_ICMPV6, size - 40)) == 0xffff);
	CHECK(memcmp(answer + 48, ip, size - 48) == 0);
}

TEST(what_comes_too_large_from_outside_is_reported_as_its_sender_knows_it)
{
	struct nat_params nat = home();
	struct router_params params = params_of(&nat);
	AUTO(router_freep) struct router *router = NULL;
	uint8_t ip[1500];
	const uint8_t *answer;
	struct sample_packet p;
	struct road road;

	params.faces[ROUTER_INSIDE].mtu = 1280;
	router = router_with(&params);
	CHECK(router);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road));
	p = packet_in(&road);
	make_large(ip, 1400, false);
	put_end(ip + 12, ip + 20, server);
	put_end(ip + 16, ip + 22, source_of(&p));
	put16(ip + 10, 0);
	put16(ip + 10, 0xffff & ~plain_sum(ip, 20, 0));
	put16(ip + 26, 0);
	CHECK(pass_bytes(router, ROUTER_OUTSIDE, ip, 1400, &road) && road.count == 1);
	CHECK(goes(&road, 0, ROUTER_OUTSIDE, MAC_ROUTER, MAC_UPSTREAM));
	answer = road.carried[0].bytes + ETHERNET;
	CHECK(get32(answer + 16) == SERVER && get32(answer + 12) == ROUTER);
	CHECK(memcmp(answer + 28, ip, 500) == 0);
}

TEST(another_address_outside_forgets_what_was_mapped)
{
	AUTO(router_freep) struct router *router = home_router();
	struct nat_params nat = home();
	struct router_params params;
	struct sample_packet p;
	struct road road;
	struct error err;

	CHECK(router);
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(pass(router, ROUTER_INSIDE, &p, &road) && router_totals(router).nat.mappings == 1);
	nat.external[0] = 0xcb007109;
	params = params_of(&nat);
	params.faces[ROUTER_OUTSIDE].ipv4 = 0xcb007109;
	CHECK(router_set(router, &params, &err) == 0);
	CHECK(router_totals(router).nat.mappings == 0);
	params.faces[ROUTER_INSIDE].mtu = 500;
	CHECK(router_set(router, &params, &err) == -1 && strstr(err.text, "an MTU of 500"));
}
