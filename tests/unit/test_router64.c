/* SPDX-License-Identifier: MIT */
/* Hops through a NAT64: where packets go on, and what is said of those that are too large. */
#include "nat/router.h"

#include "nat64_packets.h"
#include "tap.h"

enum {
	ETHERNET = 14,
	UPSTREAM = 0xcb0071fe,
	LEFT_MOST = 4
};

static const uint8_t macs[][6] = {
	{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}, {2, 0, 0, 0, 0, 4}};

enum {
	MAC_INSIDE,
	MAC_OUTSIDE,
	MAC_CAROL,
	MAC_UPSTREAM
};

struct left {
	struct wide_packet packets[LEFT_MOST]; /* from the IP header on */
	enum router_side sides[LEFT_MOST];
	bool is_framed; /* for its side: kind, and both MAC addresses */
	size_t count;
};

static void keep(void *context, enum router_side side, const struct router_frame *frame)
{
	struct left *left = context;
	const uint8_t *bytes = frame->bytes;

	if (left->count == LEFT_MOST || frame->size > ETHERNET + MOST_BYTES)
		return;
	left->is_framed = memcmp(bytes, macs[side + MAC_CAROL], 6) == 0 &&
			  memcmp(bytes + 6, macs[side], 6) == 0 &&
			  get16(bytes + 12) == (side == ROUTER_INSIDE ? 0x86dd : 0x0800);
	left->sides[left->count] = side;
	left->packets[left->count].size = frame->size - ETHERNET;
	memcpy(left->packets[left->count++].bytes, bytes + ETHERNET, frame->size - ETHERNET);
}

static struct router *router_of(uint16_t mtu_outside)
{
	struct router_params params = {.gateway_ipv4 = UPSTREAM, .nat = carrying()};
	uint8_t upstream[16] = {[10] = 0xff, 0xff, 0xcb, 0, 0x71, 0xfe};
	struct router *router;
	struct error err;

	memcpy(params.faces[ROUTER_INSIDE].mac, macs[MAC_INSIDE], 6);
	memcpy(params.faces[ROUTER_OUTSIDE].mac, macs[MAC_OUTSIDE], 6);
	params.faces[ROUTER_INSIDE].mtu = 1500;
	params.faces[ROUTER_OUTSIDE].mtu = mtu_outside;
	params.faces[ROUTER_OUTSIDE].ipv4 = ROUTER;
	memcpy(params.faces[ROUTER_INSIDE].ipv6, carol, 16);
	params.faces[ROUTER_INSIDE].ipv6[15] = 1;
	if (router_new(&(struct nat_key){.seed = 64}, 16, &router, &err))
		return NULL;
	if (router_set(router, &params, &err) ||
		router_meet(router, ROUTER_INSIDE, carol, macs[MAC_CAROL], &err) ||
		router_meet(router, ROUTER_OUTSIDE, upstream, macs[MAC_UPSTREAM], &err))
		router_freep(&router);
	return router;
}

static bool pass_frame(struct router *router, enum router_side from, const struct wide_packet *p,
	const struct router_frame *how, struct left *left)
{
	static uint8_t bytes[ETHERNET + MOST_BYTES];
	struct router_frame frame = *how;

	memcpy(bytes, macs[from], 6);
	memcpy(bytes + 6, macs[from + MAC_CAROL], 6);
	put16(bytes + 12, from == ROUTER_INSIDE ? 0x86dd : 0x0800);
	memcpy(bytes + ETHERNET, p->bytes, p->size);
	frame.bytes = bytes;
	frame.size = ETHERNET + p->size;
	frame.largest = frame.is_super ? 1500 : p->size;
	left->count = 0;
	return router_pass(router, from, &frame, 0, keep, left);
}

static bool goes(struct router *router, enum router_side from, const struct wide_packet *p,
	struct left *left)
{
	return pass_frame(router, from, p, &(struct router_frame){0}, left);
}

/* UDP from Carol has left; the port it has outside. */
static uint16_t open_port(struct router *router)
{
	static struct left left;
	struct wide_packet p;

	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	if (!goes(router, ROUTER_INSIDE, &p, &left) || left.count != 1)
		return 0;
	return (uint16_t)get16(left.packets[0].bytes + 20);
}

TEST(a_packet_goes_on_in_the_other_family_and_its_answer_comes_back)
{
	AUTO(router_freep) struct router *router = router_of(1500);
	static struct left left;
	struct wide_packet p;
	uint16_t port;

	CHECK(router);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	CHECK(goes(router, ROUTER_INSIDE, &p, &left) && left.count == 1 && left.is_framed);
	CHECK(left.sides[0] == ROUTER_OUTSIDE && is_right4(&left.packets[0]) &&
		left.packets[0].bytes[8] == 63);
	port = (uint16_t)get16(left.packets[0].bytes + 20);
	make_wide4(&p, IPPROTO_UDP, port, 200);
	CHECK(goes(router, ROUTER_OUTSIDE, &p, &left) && left.count == 1 && left.is_framed);
	CHECK(left.sides[0] == ROUTER_INSIDE && is_right6(&left.packets[0]) &&
		left.packets[0].bytes[7] == 63 &&
		memcmp(left.packets[0].bytes + 24, carol, 16) == 0);
}

TEST(a_super_packet_is_wanted_packet_by_packet_and_a_sum_that_a_card_would_fill_in_is_there)
{
	AUTO(router_freep) struct router *router = router_of(1500);
	const struct router_frame super = {.is_super = true},
				  partial = {.checksum_start = ETHERNET + 40,
					  .checksum_at = ETHERNET + 46};
	static struct left left;
	struct wide_packet p;

	CHECK(router);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1000);
	CHECK(!pass_frame(router, ROUTER_INSIDE, &p, &super, &left) && left.count == 0);
	put16(p.bytes + 46, pseudo_sum(p.bytes, true, IPPROTO_UDP, 1000) % 0xffff);
	CHECK(pass_frame(router, ROUTER_INSIDE, &p, &partial, &left) && left.count == 1);
	CHECK(is_right4(&left.packets[0]) && router_totals(router).forwarded == 1);
}

TEST(what_is_too_large_is_said_in_the_senders_family_with_the_size_that_fits)
{
	AUTO(router_freep) struct router *router = router_of(1400), *other = router_of(1500);
	static struct left left;
	struct wide_packet p;

	CHECK(router && other);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1381);
	CHECK(goes(router, ROUTER_INSIDE, &p, &left) && left.count == 1 && left.is_framed);
	CHECK(left.sides[0] == ROUTER_INSIDE && is_right6(&left.packets[0]));
	CHECK(left.packets[0].bytes[40] == ICMP6_PACKET_TOO_BIG &&
		get32(left.packets[0].bytes + 44) == 1420);
	CHECK(router_totals(router).nat.sessions == 0);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1380);
	CHECK(goes(router, ROUTER_INSIDE, &p, &left) && left.sides[0] == ROUTER_OUTSIDE);
	make_wide4(&p, IPPROTO_UDP, open_port(other), 1461);
	CHECK(goes(other, ROUTER_OUTSIDE, &p, &left) && left.count == 1 && left.is_framed);
	CHECK(left.sides[0] == ROUTER_OUTSIDE && is_right4(&left.packets[0]));
	CHECK(left.packets[0].bytes[20] == ICMP_DEST_UNREACH &&
		left.packets[0].bytes[21] == ICMP_FRAG_NEEDED &&
		get32(left.packets[0].bytes + 24) == 1480);
}

TEST(what_may_be_cut_arrives_in_pieces_that_fit_everywhere)
{
	AUTO(router_freep) struct router *router = router_of(1500);
	static struct left left;
	struct wide_packet p, whole;
	uint32_t first;

	CHECK(router);
	make_wide4(&p, IPPROTO_UDP, open_port(router), 1400);
	p.bytes[6] = 0;
	finish_wide(&p, 20, IPPROTO_UDP);
	CHECK(goes(router, ROUTER_OUTSIDE, &p, &left) && left.count == 2 && left.is_framed);
	CHECK(left.packets[0].size <= 1280 && left.packets[1].size <= 1280);
	CHECK(get16(left.packets[0].bytes + 42) == 1);
	first = left.packets[0].size - 48;
	CHECK(get16(left.packets[1].bytes + 42) == first && first % 8 == 0);
	CHECK(first + left.packets[1].size - 48 == 1400);
	memcpy(whole.bytes, left.packets[0].bytes, 40);
	memcpy(whole.bytes + 40, left.packets[0].bytes + 48, first);
	memcpy(whole.bytes + 40 + first, left.packets[1].bytes + 48, 1400 - first);
	whole.bytes[6] = IPPROTO_UDP;
	put16(whole.bytes + 4, 1400);
	whole.size = 1440;
	CHECK(is_right6(&whole));
}
