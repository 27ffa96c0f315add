/* SPDX-License-Identifier: MIT */
#include "nat_packets.h"

#include "tap.h"

static const struct end alice = {ALICE, 5000}, bob = {BOB, 5000};
static const struct end server = {SERVER, 1000}, servant = {SERVANT, 1000};

static struct nat_params choosing(enum nat_ports ports)
{
	return (struct nat_params){.external = {ROUTER},
		.external_count = 1,
		.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
		.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
		.ports = ports};
}

static struct end remote(unsigned i)
{
	return (struct end){SERVER, (uint16_t)(1000 + i)};
}

TEST(a_preserved_port_is_kept_and_another_one_given_when_it_is_taken)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct end outside;

	CHECK(send_out(nat, alice, server, 0).port == 5000);
	outside = send_out(nat, bob, server, 0);
	CHECK(outside.port != 5000 && outside.port >= 1024);
	CHECK(end_is(send_in(nat, server, outside, 1), bob));
}

TEST(shared_ports_serve_two_hosts_as_long_as_their_peers_differ)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = NULL;
	struct end outside = {ROUTER, 5000};

	params.shares_ports = true;
	nat = nat_with(&params, 10);
	CHECK(end_is(send_out(nat, alice, server, 0), outside));
	CHECK(end_is(send_out(nat, bob, servant, 0), outside));
	CHECK(end_is(send_in(nat, server, outside, 1), alice));
	CHECK(end_is(send_in(nat, servant, outside, 1), bob));
	CHECK(send_out(nat, bob, server, 2).port != 5000);
}

TEST(an_endpoint_that_lost_its_port_keeps_the_new_one_towards_others)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = NULL;
	struct end moved;

	params.shares_ports = true;
	nat = nat_with(&params, 10);
	CHECK(send_out(nat, alice, server, 0).port == 5000);
	moved = send_out(nat, bob, server, 0);
	CHECK(moved.port != 5000);
	CHECK(end_is(send_out(nat, bob, servant, 0), moved));
}

TEST(ports_outside_the_range_are_not_preserved)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = NULL;

	params.first_port = 6000;
	params.last_port = 6003;
	nat = nat_with(&params, 10);
	for (uint16_t port = 5000; port < 5004; port++) {
		struct end outside = send_out(nat, (struct end){ALICE, port}, server, 0);

		CHECK(outside.port >= 6000 && outside.port <= 6003);
	}
	CHECK(send_out(nat, (struct end){ALICE, 5004}, server, 0).port == 0);
	CHECK(nat_totals(nat).packets[NAT_OUTBOUND][NAT_NO_PORT] == 1);
	CHECK(nat_totals(nat).mappings == 4);
}

TEST(a_well_known_port_is_preserved_unless_somebody_has_it_or_the_router_has_a_range)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	const struct end from = {ALICE, 655}, rival = {BOB, 655};
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	AUTO(nat_freep) struct nat *carrier = NULL;
	struct end outside = send_out(nat, from, server, 0);

	CHECK(outside.port == 655 && end_is(send_in(nat, server, outside, 1), from));
	CHECK(send_out(nat, rival, server, 0).port >= 1024);
	params.block_ports = 1024;
	carrier = nat_with(&params, 10);
	CHECK(send_out(carrier, from, server, 0).port >= 1024);
}

TEST(parity_is_kept_and_the_port_is_not)
{
	struct nat_params params = choosing(NAT_PARITY);
	AUTO(nat_freep) struct nat *nat = NULL;
	unsigned kept = 0;

	params.first_port = 1025; /* odd, and an odd number of ports */
	params.last_port = 65535;
	nat = nat_with(&params, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		struct end from = {ALICE, (uint16_t)(5000 + i)};
		struct end outside = send_out(nat, from, server, 0);

		CHECK(outside.port != 0 && (outside.port & 1) == (from.port & 1));
		kept += outside.port == from.port;
	}
	CHECK(kept < 5);
}

TEST(sequential_ports_follow_each_other_and_wrap)
{
	struct nat_params params = choosing(NAT_SEQUENTIAL);
	AUTO(nat_freep) struct nat *nat = NULL;
	unsigned last;

	params.first_port = 2000;
	params.last_port = 2099;
	nat = nat_with(&params, 1000);
	last = send_out(nat, alice, remote(0), 0).port;
	for (unsigned i = 1; i < 100; i++) {
		unsigned port = send_out(nat, alice, remote(i), 0).port;

		CHECK(port == (last == 2099 ? 2000 : last + 1));
		last = port;
	}
	CHECK(send_out(nat, alice, remote(100), 0).port == 0);
}

TEST(random_ports_are_spread_evenly_and_depend_on_seed_and_router_alone)
{
	struct nat_params params = choosing(NAT_RANDOM);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 8192);
	AUTO(nat_freep) struct nat *again = nat_with(&params, 8192);
	AUTO(nat_freep) struct nat *other = NULL;
	struct error err = {0};
	unsigned counts[16] = {0}, equal = 0;
	double chi = 0;

	CHECK(nat_new(&(struct nat_key){.seed = 20260101, .router = 2}, 8192, &other, &err) == 0);
	CHECK(nat_set(other, &params, &err) == 0);
	for (unsigned i = 0; i < 8000; i++) {
		unsigned port = send_out(nat, alice, remote(i), 0).port;

		CHECK(port >= 1024);
		CHECK(port == send_out(again, alice, remote(i), 0).port);
		equal += port == send_out(other, alice, remote(i), 0).port;
		counts[(port - 1024) * 16 / 64512]++;
	}
	for (int i = 0; i < 16; i++)
		chi += (counts[i] - 500.0) * (counts[i] - 500.0) / 500.0;
	CHECK(chi < 37.7); /* 15 degrees of freedom: one seed in a thousand exceeds it */
	CHECK(equal < 10);
}

TEST(a_seed_that_starts_over_gives_the_same_ports_again)
{
	struct nat_params params = choosing(NAT_RANDOM);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
	unsigned before[20];

	nat_restart(nat, 7);
	for (unsigned i = 0; i < 20; i++)
		before[i] = send_out(nat, alice, remote(i), 0).port;
	nat_restart(nat, 7);
	CHECK(nat_totals(nat).mappings == 0);
	for (unsigned i = 0; i < 20; i++)
		CHECK(before[i] == send_out(nat, alice, remote(i), 0).port);
}

TEST(every_host_behind_a_carrier_has_a_block_of_its_own)
{
	struct nat_params params = choosing(NAT_RANDOM);
	AUTO(nat_freep) struct nat *nat = NULL;

	params.external_count = 2;
	params.external[1] = ROUTER + 1;
	params.first_port = 10000;
	params.last_port = 10399; /* four blocks at each address */
	params.block_ports = 100;
	nat = nat_with(&params, 10000);
	for (uint32_t host = 0; host < 8; host++) {
		uint32_t block = (ALICE + host) % 8;

		for (unsigned i = 0; i < 100; i++) {
			struct end outside =
				send_out(nat, (struct end){ALICE + host, 4000}, remote(i), 0);

			CHECK(outside.address == ROUTER + block / 4);
			CHECK(outside.port >= 10000 + block % 4 * 100);
			CHECK(outside.port < 10100 + block % 4 * 100);
		}
		CHECK(send_out(nat, (struct end){ALICE + host, 4000}, remote(100), 0).port == 0);
	}
}

/* Which of its addresses a NAT with four of them shows for this host, a bit for each. */
static unsigned addresses_of(struct nat *nat, uint32_t host)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < 50; i++) {
		struct end outside = send_out(nat, (struct end){host, 4000}, remote(i), 0);

		seen |= 1U << (outside.address - ROUTER);
	}
	return seen;
}

TEST(a_host_keeps_one_of_several_addresses_only_with_pairing)
{
	for (int i = 0; i < 2; i++) {
		struct nat_params params = choosing(NAT_PRESERVED);
		AUTO(nat_freep) struct nat *nat = NULL;
		unsigned seen = 0;

		params.is_paired = i;
		params.external_count = 4;
		for (uint32_t k = 0; k < 4; k++)
			params.external[k] = ROUTER + k;
		nat = nat_with(&params, 1000);
		for (uint32_t host = ALICE; host < ALICE + 8; host++) {
			unsigned of_host = addresses_of(nat, host);

			CHECK(__builtin_popcount(of_host) == (params.is_paired ? 1 : 4));
			seen |= of_host;
		}
		CHECK(seen == 0xf); /* all are in use */
	}
}

TEST(identifiers_of_queries_are_preserved_below_the_range_of_ports)
{
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct sample_packet p;

	make_packet(&p, IPPROTO_ICMP, (struct end){ALICE, 7}, server, 0);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	CHECK(end_is(source_of(&p), (struct end){ROUTER, 7}) && packet_is_right(&p));
	make_packet(&p, IPPROTO_ICMP, (struct end){BOB, 7}, server, 0);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	CHECK(source_of(&p).port != 7 && packet_is_right(&p));
}

TEST(parameters_that_contradict_themselves_are_refused_by_name)
{
	static const struct {
		const char *field;
		struct nat_params params;
	} refused[] = {
		{"mapping", {.mapping = (enum nat_scope)3}},
		{"ports", {.ports = (enum nat_ports) - 1}},
		{"external", {.external_count = NAT_MAX_EXTERNAL + 1}},
		{"external", {.external_count = 1}},
		{"external", {.external_count = 2, .external = {ROUTER, ROUTER}}},
		{"first_port", {.first_port = 5, .last_port = 4}},
		{"first_port", {.last_port = 4}},
		{"block_ports", {.first_port = 5, .last_port = 9, .block_ports = 6}},
		{"ports", {.ports = NAT_PARITY, .block_ports = 1}},
		{"shares_ports", {.shares_ports = true, .mapping = NAT_ADDRESS_DEPENDENT}},
		{"tcp", {.tcp = {.except_port = 443}}},
		{"icmp", {.icmp = {.is_blocked = true, .except_port = 443}}},
		{"udp_rate_bps", {.udp_rate_bps = 1}},
		{"udp_rate_bps", {.udp_rate_bps = __builtin_nan("")}},
		{"udp_burst_bytes", {.udp_burst_bytes = 1}},
		{"lifetime_ns", {.lifetime_ns = {[NAT_TCP_RESET] = -1}}},
		{"stream_after_ns", {.stream_after_ns = -1}},
	};
	struct nat_params params = choosing(NAT_PRESERVED);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);

	CHECK(send_out(nat, alice, server, 0).port == 5000);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = {0};

		CHECK(nat_set(nat, &refused[i].params, &err) == -1);
		CHECK(err.kind == ERROR_USAGE);
		CHECK(strncmp(err.text, refused[i].field, strlen(refused[i].field)) == 0);
		CHECK(end_is(send_in(nat, server, (struct end){ROUTER, 5000}, 1), alice));
	}
}
