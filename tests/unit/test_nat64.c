/* SPDX-License-Identifier: MIT */
/* Headers, ICMP and sums between IPv6 inside and IPv4 outside. */
#include "nat64_packets.h"

#include "base/random.h"
#include "tap.h"

#include <arpa/inet.h>

static bool is_text(uint32_t ipv4, const char *text)
{
	uint8_t made[16], expected[16];
	uint32_t back;

	nat64_synthesise(ipv4, made);
	return inet_pton(AF_INET6, text, expected) == 1 && memcmp(made, expected, 16) == 0 &&
	       nat64_extract(made, &back) && back == ipv4;
}

TEST(addresses_are_those_of_rfc_6052)
{
	static const uint8_t other[16] = {0, 0x64, 0xff, 0x9b, 0, 1, [15] = 1};
	uint32_t ipv4;

	CHECK(is_text(0xc0000221, "64:ff9b::192.0.2.33"));
	CHECK(is_text(0xffffffff, "64:ff9b::ffff:ffff") && is_text(0, "64:ff9b::"));
	CHECK(!nat64_extract(other, &ipv4) && !nat64_extract(carol, &ipv4));
}

TEST(a_header_of_ipv6_becomes_one_of_ipv4_field_by_field)
{
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);
	struct wide_packet p;

	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1400);
	put16(p.bytes, 0x6b81); /* traffic class 0xb8, and a flow label, which is lost */
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES && is_right4(&p));
	CHECK(p.size == 1420 && p.bytes[0] == 0x45 && p.bytes[1] == 0xb8 && p.bytes[8] == 64);
	CHECK(get16(p.bytes + 4) == 0 && get16(p.bytes + 6) == 0x4000);
	CHECK(p.bytes[9] == IPPROTO_UDP && get32(p.bytes + 12) == ROUTER &&
		get32(p.bytes + 16) == SERVER);
	CHECK(get16(p.bytes + 20) >= 47001 && get16(p.bytes + 22) == 80);
	/* What is small may be cut on its way (RFC 7915, section 5.1). */
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1240);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES && is_right4(&p));
	CHECK(p.size == 1260 && get16(p.bytes + 6) == 0 && get16(p.bytes + 4) != 0);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1241);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES);
	CHECK(p.size == 1261 && get16(p.bytes + 6) == 0x4000);
}

TEST(a_header_of_ipv4_becomes_one_of_ipv6_field_by_field)
{
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);
	struct wide_packet p;
	uint16_t port;

	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES);
	port = (uint16_t)get16(p.bytes + 20);
	make_wide4(&p, IPPROTO_UDP, port, 1400);
	p.bytes[1] = 0x2e;
	p.bytes[8] = 17;
	finish_wide(&p, 20, IPPROTO_UDP);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES && is_right6(&p));
	CHECK(p.size == 1440 && get32(p.bytes) == 0x62e00000 && p.bytes[6] == IPPROTO_UDP &&
		p.bytes[7] == 17);
	CHECK(is_synthesised(p.bytes + 8, SERVER) && memcmp(p.bytes + 24, carol, 16) == 0);
	CHECK(get16(p.bytes + 40) == 80 && get16(p.bytes + 42) == CAROL_PORT);
	/* A sum that UDP may do without in IPv4 only. */
	make_wide4(&p, IPPROTO_UDP, port, 101);
	put16(p.bytes + 26, 0);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES && is_right6(&p));
	CHECK(get16(p.bytes + 46) != 0);
}

TEST(what_is_of_the_wrong_family_or_for_nobody_does_not_pass)
{
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);
	struct wide_packet p;

	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	p.bytes[24] = 0x20;
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_UNSUPPORTED);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_UNSUPPORTED);
	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	put_synthesised(p.bytes + 8, SERVER);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_NO_HAIRPIN);
	make_wide4(&p, IPPROTO_UDP, 47001, 100);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_FILTERED);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_UNSUPPORTED);
	CHECK(nat_totals(nat).sessions == 0);
	params.hairpins = true;
	CHECK(!nat_with(&params, 8));
}

/* Random sizes, ports and bytes, out and back. */
TEST(sums_are_right_after_translation_both_ways)
{
	static const uint8_t inside[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMPV6};
	static const uint8_t outside[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};
	struct nat_params params = carrying();
	struct random random = random_seeded(64);
	AUTO(nat_freep) struct nat *nat = NULL;
	unsigned right = 0, tries = 30000;

	params.first_port = params.last_port = 0;
	nat = nat_with(&params, 65536);
	for (unsigned i = 0; i < tries; i++) {
		size_t kind = random_below(&random, 3);
		uint16_t port = (uint16_t)(1 + random_below(&random, 60000)), mapped;
		uint32_t size = 20 + (uint32_t)random_below(&random, 1400);
		struct wide_packet p;

		make_wide6(&p, inside[kind], port, size);
		p.bytes[40 + size - 1] = (uint8_t)random_next(&random);
		finish_wide(&p, 40, inside[kind]);
		if (pass_wide(nat, NAT_OUTBOUND, &p) != NAT_PASSES || !is_right4(&p))
			break;
		mapped = (uint16_t)get16(p.bytes + (kind == 2 ? 24 : 20));
		make_wide4(&p, outside[kind], mapped, size);
		p.bytes[20 + size - 1] = (uint8_t)random_next(&random);
		finish_wide(&p, 20, outside[kind]);
		if (pass_wide(nat, NAT_INBOUND, &p) != NAT_PASSES || !is_right6(&p))
			break;
		right += get16(p.bytes + (kind == 2 ? 44 : 42)) == port;
	}
	printf("# %u of %u\n", right, tries);
	CHECK(right == tries);
}

/* An error from a router outside about the packet in `p`, which left. */
static void make_error4(struct wide_packet *p, uint8_t type, uint8_t code, uint32_t word)
{
	struct wide_packet quoted = *p;
	uint32_t size = quoted.size < 500 ? quoted.size : 500;

	make_wide4(p, IPPROTO_ICMP, 0, 8 + size);
	put16(p->bytes + 12, 0x0a01); /* from a router on the way */
	put16(p->bytes + 20, (unsigned)type << 8 | code);
	put16(p->bytes + 24, word >> 16);
	put16(p->bytes + 26, word & 0xffff);
	memcpy(p->bytes + 28, quoted.bytes, size);
	finish_wide(p, 20, IPPROTO_ICMP);
}

/* From Carol about the packet in `p`, which reached her. */
static void make_error6(struct wide_packet *p, uint8_t type, uint8_t code, uint32_t word)
{
	struct wide_packet quoted = *p;
	uint32_t size = quoted.size < 1000 ? quoted.size : 1000;

	make_wide6(p, IPPROTO_ICMPV6, 0, 8 + size);
	put16(p->bytes + 40, (unsigned)type << 8 | code);
	put16(p->bytes + 44, word >> 16);
	put16(p->bytes + 46, word & 0xffff);
	memcpy(p->bytes + 48, quoted.bytes, size);
	finish_wide(p, 40, IPPROTO_ICMPV6);
}

struct words {
	uint8_t type, code;
	uint32_t word;
	bool is_translated;
	uint8_t to_type, to_code;
	uint32_t to_word;
};

TEST(errors_of_ipv4_become_those_of_ipv6_by_the_table_of_rfc_7915)
{
	static const struct words table[] = {{3, 0, 0, true, 1, 0, 0}, {3, 1, 0, true, 1, 0, 0},
		{3, 2, 0, true, 4, 1, 6}, {3, 3, 0, true, 1, 4, 0}, {3, 4, 1400, true, 2, 0, 1420},
		{3, 4, 1300, true, 2, 0, 1320}, {3, 4, 9000, true, 2, 0, 1500},
		{3, 4, 576, true, 2, 0, 1280}, {3, 4, 0, true, 2, 0, 1280},
		{3, 5, 0, true, 1, 0, 0}, {3, 6, 0, true, 1, 0, 0}, {3, 9, 0, true, 1, 1, 0},
		{3, 10, 0, true, 1, 1, 0}, {3, 12, 0, true, 1, 0, 0}, {3, 13, 0, true, 1, 1, 0},
		{3, 14, 0, false, 0, 0, 0}, {3, 15, 0, true, 1, 1, 0}, {3, 16, 0, false, 0, 0, 0},
		{11, 0, 0, true, 3, 0, 0}, {11, 1, 0, true, 3, 1, 0},
		{12, 0, 8U << 24, true, 4, 0, 7}, {12, 0, 12U << 24, true, 4, 0, 8},
		{12, 2, 16U << 24, true, 4, 0, 24}, {12, 0, 4U << 24, false, 0, 0, 0},
		{12, 1, 0, false, 0, 0, 0}, {4, 0, 0, false, 0, 0, 0}, {5, 0, 0, false, 0, 0, 0}};
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct words *w = &table[i];
		struct wide_packet p, sent;
		bool passes;

		make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 1400);
		sent = p;
		CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES);
		make_error4(&p, w->type, w->code, w->word);
		passes = pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES;
		CHECK(passes == w->is_translated);
		if (!passes)
			continue;
		CHECK(is_right6(&p) && p.bytes[40] == w->to_type && p.bytes[41] == w->to_code &&
			get32(p.bytes + 44) == w->to_word);
		CHECK(memcmp(p.bytes + 24, carol, 16) == 0 && p.bytes[20] == 0x0a);
		/* What it quotes is what was sent, with its sum. */
		CHECK(memcmp(p.bytes + 48, sent.bytes, 48) == 0 && p.size == 48 + 520);
	}
}

TEST(errors_of_ipv6_become_those_of_ipv4_by_the_table_of_rfc_7915)
{
	static const struct words table[] = {{1, 0, 0, true, 3, 1, 0}, {1, 1, 0, true, 3, 10, 0},
		{1, 2, 0, true, 3, 1, 0}, {1, 3, 0, true, 3, 1, 0}, {1, 4, 0, true, 3, 3, 0},
		{1, 5, 0, false, 0, 0, 0}, {2, 0, 1420, true, 3, 4, 1400},
		{2, 0, 9000, true, 3, 4, 1480}, {2, 0, 1000, true, 3, 4, 1260},
		{3, 0, 0, true, 11, 0, 0}, {3, 1, 0, true, 11, 1, 0},
		{4, 0, 4, true, 12, 0, 2U << 24}, {4, 0, 6, true, 12, 0, 9U << 24},
		{4, 0, 24, true, 12, 0, 16U << 24}, {4, 0, 2, false, 0, 0, 0},
		{4, 0, 40, false, 0, 0, 0}, {4, 1, 6, true, 3, 2, 0}, {4, 2, 0, false, 0, 0, 0}};
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct words *w = &table[i];
		struct wide_packet p, sent;
		bool passes;

		make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
		CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES);
		make_wide4(&p, IPPROTO_UDP, (uint16_t)get16(p.bytes + 20), 200);
		sent = p;
		CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES);
		make_error6(&p, w->type, w->code, w->word);
		passes = pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES;
		CHECK(passes == w->is_translated);
		if (!passes)
			continue;
		CHECK(is_right4(&p) && p.bytes[20] == w->to_type && p.bytes[21] == w->to_code &&
			get32(p.bytes + 24) == w->to_word);
		CHECK(get32(p.bytes + 12) == ROUTER && get32(p.bytes + 16) == SERVER);
		/* But for identification, flags and their sum, what it quotes is what was sent. */
		CHECK(memcmp(p.bytes + 40, sent.bytes + 12, 16) == 0 && p.size == 28 + 220);
	}
}

/* The first fragment of two, of `size` bytes of UDP, which says it has more. */
static void make_fragment6(struct wide_packet *p, uint32_t size)
{
	make_wide6(p, IPPROTO_UDP, CAROL_PORT, size);
	memmove(p->bytes + 48, p->bytes + 40, size);
	memcpy(p->bytes + 40, (const uint8_t[]){IPPROTO_UDP, 0, 0, 1, 0, 7, 0x12, 0x34}, 8);
	p->bytes[6] = IPPROTO_FRAGMENT;
	put16(p->bytes + 4, size + 8);
	p->size += 8;
}

TEST(fragments_are_translated_one_by_one_and_those_of_icmp_are_not)
{
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);
	struct wide_packet p;
	uint16_t port;

	make_fragment6(&p, 800);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES && p.size == 820);
	CHECK(get16(p.bytes + 4) == 0x1234 && get16(p.bytes + 6) == 0x2000);
	port = (uint16_t)get16(p.bytes + 20);
	make_fragment6(&p, 160);
	put16(p.bytes + 42, 800);
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES && p.size == 180);
	CHECK(get16(p.bytes + 6) == 100 && get32(p.bytes + 16) == SERVER &&
		get32(p.bytes + 12) == ROUTER && plain_sum(p.bytes, 20, 0) == 0xffff);
	make_wide4(&p, IPPROTO_UDP, port, 160);
	put16(p.bytes + 4, 0x4321);
	put16(p.bytes + 6, 0x2000);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES && p.size == 208);
	CHECK(p.bytes[6] == IPPROTO_FRAGMENT && p.bytes[40] == IPPROTO_UDP &&
		get16(p.bytes + 42) == 1 && get32(p.bytes + 44) == 0x4321);
	make_wide4(&p, IPPROTO_UDP, 0, 160);
	put16(p.bytes + 4, 0x4321);
	put16(p.bytes + 6, 20);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_PASSES && get16(p.bytes + 42) == 160);
	CHECK(memcmp(p.bytes + 24, carol, 16) == 0);
	make_wide4(&p, IPPROTO_ICMP, 1, 160);
	put16(p.bytes + 6, 0x2000);
	CHECK(pass_wide(nat, NAT_INBOUND, &p) == NAT_FRAGMENT);
}

TEST(a_source_route_that_is_not_at_its_end_is_not_translated)
{
	struct nat_params params = carrying();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8);
	struct wide_packet p;

	make_wide6(&p, IPPROTO_UDP, CAROL_PORT, 100);
	memmove(p.bytes + 48, p.bytes + 40, 100);
	memcpy(p.bytes + 40, (const uint8_t[]){IPPROTO_UDP, 0, 0, 1, 0, 0, 0, 0}, 8);
	p.bytes[6] = IPPROTO_ROUTING;
	put16(p.bytes + 4, 108);
	p.size += 8;
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_UNSUPPORTED);
	p.bytes[43] = 0;
	CHECK(pass_wide(nat, NAT_OUTBOUND, &p) == NAT_PASSES && is_right4(&p) && p.size == 120);
}
