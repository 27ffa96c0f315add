/* SPDX-License-Identifier: MIT */
#include "nat_packets.h"

#include "tap.h"

/* UDP over IPv6 with so many bytes of an extension header of this kind before it; 0: none. */
static struct sample_packet ipv6_packet(bool is_back, uint8_t extension, unsigned kind_size)
{
	struct sample_packet p = {.size = 48 + kind_size};

	p.bytes[0] = 0x60;
	p.bytes[6] = extension ? extension : IPPROTO_UDP;
	p.bytes[7] = 64;
	p.bytes[8] = p.bytes[24] = 0x20;
	p.bytes[is_back ? 39 : 23] = 1;
	p.bytes[is_back ? 23 : 39] = 2;
	put16(p.bytes + 4, p.size - 40);
	if (extension) {
		p.bytes[40] = IPPROTO_UDP;
		p.bytes[41] = extension == IPPROTO_FRAGMENT ? 0 : (uint8_t)(kind_size / 8 - 1);
	}
	put16(p.bytes + 40 + kind_size, is_back ? 53 : 4000);
	put16(p.bytes + 42 + kind_size, is_back ? 4000 : 53);
	return p;
}

TEST(ipv6_passes_the_filter_untranslated)
{
	for (int filtering = 0; filtering < 3; filtering++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = NULL;
		struct sample_packet p, other;

		params.filtering = (enum nat_scope)filtering;
		nat = nat_with(&params, 10);
		p = ipv6_packet(true, 0, 0);
		CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FILTERED);
		for (int i = 0; i < 3; i++) {
			struct sample_packet out = ipv6_packet(false, IPPROTO_DSTOPTS, 16);
			struct sample_packet sent = out;

			CHECK(pass_packet(nat, NAT_OUTBOUND, &out, 1) == NAT_PASSES);
			CHECK(memcmp(&out, &sent, sizeof(out)) == 0);
			p = ipv6_packet(true, 0, 0);
			CHECK(pass_packet(nat, NAT_INBOUND, &p, 2) == NAT_PASSES);
		}
		other = ipv6_packet(true, 0, 0);
		other.bytes[12] = 9; /* in the middle of the address */
		CHECK((pass_packet(nat, NAT_INBOUND, &other, 2) == NAT_PASSES) ==
			(filtering == NAT_ENDPOINT_INDEPENDENT));
	}
}

TEST(a_flow_of_ipv6_is_known_by_its_whole_addresses)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 1); /* so that flows share places */
	struct sample_packet p = ipv6_packet(false, 0, 0);

	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	for (int i = 0; i < 2; i++) {
		p = ipv6_packet(true, 0, 0);
		CHECK(pass_packet(nat, NAT_INBOUND, &p, 1) == NAT_PASSES);
	}
	for (unsigned i = 0; i < 3 * 255; i++) {
		static const unsigned places[] = {17, 25, 33}; /* of words 1, 2 and 3 */

		p = ipv6_packet(true, 0, 0);
		p.bytes[places[i % 3]] = (uint8_t)(1 + i / 3);
		CHECK(pass_packet(nat, NAT_INBOUND, &p, 2) == NAT_FILTERED);
	}
}

TEST(fragments_of_ipv6_follow_the_first_one)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct sample_packet first = ipv6_packet(false, IPPROTO_FRAGMENT, 8), later = first;

	first.bytes[43] = 1;
	put16(later.bytes + 42, 8);
	memset(later.bytes + 48, 0xff, 8);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &later, 0) == NAT_FRAGMENT);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &first, 0) == NAT_PASSES);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &later, 0) == NAT_PASSES);
	later.bytes[47] = 1;
	CHECK(pass_packet(nat, NAT_OUTBOUND, &later, 0) == NAT_FRAGMENT);
}
