/* SPDX-License-Identifier: MIT */
#include "nat_packets.h"

#include "tap.h"

static const struct end alice = {ALICE, 5000}, bob = {BOB, 5000};
static const struct end first = {SERVER, 1000}, other_port = {SERVER, 1001},
			other_host = {SERVANT, 1000};

static const enum nat_scope scopes[] = {
	NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT};

static struct nat_params modes(enum nat_scope mapping, enum nat_scope filtering)
{
	return (struct nat_params){.external = {ROUTER},
		.external_count = 1,
		.mapping = mapping,
		.filtering = filtering};
}

TEST(a_mapping_is_another_one_where_its_mode_looks)
{
	/* Whether the port towards another port and towards another host is the first one's. */
	static const bool same[][2] = {[NAT_ENDPOINT_INDEPENDENT] = {true, true},
		[NAT_ADDRESS_DEPENDENT] = {true, false},
		[NAT_ADDRESS_AND_PORT_DEPENDENT] = {false, false}};

	for (size_t i = 0; i < 9; i++) {
		struct nat_params params = modes(scopes[i / 3], scopes[i % 3]);
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
		struct end outside = send_out(nat, alice, first, 0);

		CHECK(outside.address == ROUTER && outside.port == alice.port);
		CHECK(end_is(send_out(nat, alice, first, 1), outside));
		CHECK(end_is(send_out(nat, alice, other_port, 1), outside) == same[i / 3][0]);
		CHECK(end_is(send_out(nat, alice, other_host, 1), outside) == same[i / 3][1]);
		CHECK(end_is(send_out(nat, alice, other_host, 2), outside) == same[i / 3][1]);
	}
}

TEST(a_filter_admits_what_its_mode_says_and_nothing_else)
{
	/* Whether another port of a known host may send, and a host that is not known. */
	static const bool admits[][2] = {[NAT_ENDPOINT_INDEPENDENT] = {true, true},
		[NAT_ADDRESS_DEPENDENT] = {true, false},
		[NAT_ADDRESS_AND_PORT_DEPENDENT] = {false, false}};

	for (size_t i = 0; i < 9; i++) {
		struct nat_params params = modes(scopes[i / 3], scopes[i % 3]);
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
		struct end outside = send_out(nat, alice, first, 0);
		struct end next_port = {ROUTER, outside.port + 1},
			   away = {ROUTER + 1, outside.port};

		CHECK(end_is(send_in(nat, other_port, outside, 1), alice) == admits[i % 3][0]);
		CHECK(end_is(send_in(nat, other_host, outside, 1), alice) == admits[i % 3][1]);
		CHECK(end_is(send_in(nat, first, outside, 1), alice));
		CHECK(send_in(nat, first, next_port, 1).port == 0);
		CHECK(send_in(nat, first, away, 1).port == 0);
	}
}

TEST(a_packet_from_outside_that_looks_like_one_from_inside_does_not_pass)
{
	struct nat_params params = modes(NAT_ENDPOINT_INDEPENDENT, NAT_ENDPOINT_INDEPENDENT);
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);

	for (int i = 0; i < 3; i++)
		CHECK(send_out(nat, alice, first, i).port == alice.port);
	CHECK(send_in(nat, alice, first, 3).port == 0);
	CHECK(nat_totals(nat).packets[NAT_INBOUND][NAT_FILTERED] == 1);
}

TEST(what_came_in_through_a_filter_is_answered_from_the_same_endpoint)
{
	for (size_t i = 0; i < 3; i++) {
		struct nat_params params = modes(scopes[i], NAT_ENDPOINT_INDEPENDENT);
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
		struct end outside = send_out(nat, alice, first, 0);

		CHECK(end_is(send_in(nat, other_host, outside, 1), alice));
		/* Only endpoint-independent mapping promises it. */
		CHECK(end_is(send_out(nat, alice, other_host, 2), outside) == (i == 0));
	}
}

TEST(without_addresses_outside_nothing_is_translated_and_the_filter_remains)
{
	static const bool admits[][2] = {[NAT_ENDPOINT_INDEPENDENT] = {true, true},
		[NAT_ADDRESS_DEPENDENT] = {true, false},
		[NAT_ADDRESS_AND_PORT_DEPENDENT] = {false, false}};

	for (size_t i = 0; i < 9; i++) {
		struct nat_params params = {.mapping = scopes[i / 3], .filtering = scopes[i % 3]};
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);

		CHECK(send_in(nat, first, alice, 0).port == 0);
		CHECK(end_is(send_out(nat, alice, first, 0), alice));
		CHECK(end_is(send_out(nat, bob, first, 0), bob));
		CHECK(end_is(send_in(nat, other_port, alice, 1), alice) == admits[i % 3][0]);
		CHECK(end_is(send_in(nat, other_host, alice, 1), alice) == admits[i % 3][1]);
		CHECK(end_is(send_in(nat, first, alice, 1), alice));
	}
}

TEST(an_open_router_lets_everything_in_that_no_rule_forbids)
{
	struct nat_params params = {.is_open = true, .udp = {.is_blocked = true}};
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
	struct error err;

	CHECK(send_in(nat, first, alice, 0).port == 0);
	params.udp.is_blocked = false;
	CHECK_OK(nat_set(nat, &params, &err), err);
	CHECK(end_is(send_in(nat, first, alice, 0), alice));
	CHECK(end_is(send_out(nat, alice, first, 0), alice));
	CHECK(nat_totals(nat).sessions == 0);
	params.filtering = NAT_ADDRESS_DEPENDENT;
	CHECK(nat_set(nat, &params, &err) && strstr(err.text, "filters nothing"));
	params = (struct nat_params){.is_open = true, .external = {1}, .external_count = 1};
	CHECK(nat_set(nat, &params, &err) && strstr(err.text, "only what has a mapping"));
}

TEST(an_open_router_forwards_what_it_does_not_know)
{
	struct nat_params params = {.is_open = true, .icmp = {.is_blocked = true}};
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);
	struct sample_packet p;

	make_packet(&p, IPPROTO_UDP, first, alice, 2);
	p.bytes[9] = IPPROTO_GRE;
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_PASSES);
	make_packet(&p, IPPROTO_ICMP, first, alice, 2);
	p.bytes[20] = 13; /* ICMP that asks for the time */
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_RULE);
}

static enum nat_verdict to_router(
	struct nat *nat, uint8_t protocol, struct end from, uint16_t port, int64_t now_ns)
{
	struct sample_packet p, before;
	enum nat_verdict verdict;

	make_packet(&p, protocol, from, (struct end){ROUTER, port}, 2);
	before = p;
	verdict = pass_packet(nat, NAT_INBOUND, &p, now_ns);
	return memcmp(&p, &before, sizeof(p)) == 0 ? verdict : NAT_VERDICTS;
}

TEST(an_unsolicited_packet_meets_what_is_set)
{
	static const enum nat_verdict expected[] = {[NAT_IGNORED] = NAT_FILTERED,
		[NAT_ANSWERED] = NAT_LOCAL,
		[NAT_OCCUPIES] = NAT_LOCAL};

	for (int i = NAT_IGNORED; i <= NAT_OCCUPIES; i++) {
		struct nat_params params =
			modes(NAT_ADDRESS_AND_PORT_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
		AUTO(nat_freep) struct nat *nat = NULL;

		params.shares_ports = true;
		params.unsolicited = (enum nat_unsolicited)i;
		nat = nat_with(&params, 100);
		CHECK(to_router(nat, IPPROTO_UDP, first, 5000, 0) == expected[i]);
		CHECK(to_router(nat, IPPROTO_TCP, first, 5000, 0) == expected[i]);
		CHECK(to_router(nat, IPPROTO_ICMP, first, 5000, 0) == expected[i]);
		CHECK(nat_totals(nat).sessions == (i == NAT_OCCUPIES ? 2 : 0));
	}
}

TEST(a_peer_that_speaks_first_moves_the_mapping_only_where_it_occupies_the_endpoint)
{
	for (int i = NAT_IGNORED; i <= NAT_OCCUPIES; i++) {
		struct nat_params params =
			modes(NAT_ADDRESS_AND_PORT_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
		AUTO(nat_freep) struct nat *nat = NULL;
		struct end moved;

		params.shares_ports = true;
		params.unsolicited = (enum nat_unsolicited)i;
		nat = nat_with(&params, 100);
		CHECK(send_out(nat, alice, other_host, 0).port == alice.port);
		to_router(nat, IPPROTO_UDP, first, alice.port, 1);
		moved = send_out(nat, alice, first, 2);
		CHECK(moved.port != 0);
		CHECK((moved.port != alice.port) == (i == NAT_OCCUPIES));
		CHECK((send_in(nat, first, (struct end){ROUTER, alice.port}, 3).port != 0) ==
			(i != NAT_OCCUPIES));
		CHECK(end_is(send_in(nat, first, moved, 3), alice));
	}
}

TEST(an_endpoint_that_the_router_occupies_is_free_again_when_its_session_ends)
{
	struct nat_params params =
		modes(NAT_ADDRESS_AND_PORT_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
	AUTO(nat_freep) struct nat *nat = NULL;

	params.unsolicited = NAT_OCCUPIES;
	params.shares_ports = true;
	params.lifetime_ns[NAT_UDP_FRESH] = 30 * SECOND;
	nat = nat_with(&params, 100);
	CHECK(to_router(nat, IPPROTO_UDP, first, alice.port, 0) == NAT_LOCAL);
	CHECK(send_out(nat, alice, first, 30 * SECOND).port == alice.port);
}

TEST(an_endpoint_that_the_router_occupies_answers_every_peer)
{
	struct nat_params params = modes(NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
	AUTO(nat_freep) struct nat *nat = NULL;

	params.unsolicited = NAT_OCCUPIES;
	nat = nat_with(&params, 100);
	CHECK(to_router(nat, IPPROTO_UDP, first, alice.port, 0) == NAT_LOCAL);
	CHECK(to_router(nat, IPPROTO_UDP, other_host, alice.port, 1) == NAT_LOCAL);
	CHECK(nat_totals(nat).mappings == 1 && nat_totals(nat).sessions == 2);
	CHECK(send_out(nat, alice, first, 2).port != alice.port);
}

TEST(hosts_inside_meet_at_their_endpoints_outside_only_with_hairpinning)
{
	for (size_t i = 0; i < 6; i++) {
		struct nat_params params = modes(NAT_ENDPOINT_INDEPENDENT, scopes[i % 3]);
		AUTO(nat_freep) struct nat *nat = NULL;
		struct end of_alice, of_bob;
		struct sample_packet p;
		enum nat_verdict verdict;

		params.hairpins = i < 3;
		nat = nat_with(&params, 100);
		of_alice = send_out(nat, alice, first, 0);
		of_bob = send_out(nat, bob, first, 0);
		CHECK(!end_is(of_alice, of_bob));
		/* Bob opens his own filter, as he would for a peer outside. */
		make_packet(&p, IPPROTO_UDP, bob, of_alice, 0);
		pass_packet(nat, NAT_OUTBOUND, &p, 1);
		make_packet(&p, IPPROTO_UDP, alice, of_bob, 0);
		verdict = pass_packet(nat, NAT_OUTBOUND, &p, 2);
		CHECK(verdict == (params.hairpins ? NAT_HAIRPINS : NAT_NO_HAIRPIN));
		if (!params.hairpins)
			continue;
		CHECK(packet_is_right(&p));
		CHECK(end_is(source_of(&p), of_alice) && end_is(destination_of(&p), bob));
	}
}

TEST(a_hairpin_meets_the_filter_of_its_destination)
{
	struct nat_params params = modes(NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
	AUTO(nat_freep) struct nat *nat = NULL;
	struct end of_bob;
	struct sample_packet p, before;

	params.hairpins = true;
	nat = nat_with(&params, 100);
	of_bob = send_out(nat, bob, first, 0);
	make_packet(&p, IPPROTO_UDP, alice, of_bob, 0);
	before = p;
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 1) == NAT_FILTERED);
	CHECK(memcmp(&p, &before, sizeof(p)) == 0);
}

TEST(two_nats_in_a_row_translate_one_after_the_other)
{
	struct nat_params home = modes(NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT);
	struct nat_params carrier = home;
	AUTO(nat_freep) struct nat *inner = NULL;
	AUTO(nat_freep) struct nat *outer = NULL;
	struct end between, outside;

	home.external[0] = 0x64400001; /* 100.64.0.1 */
	carrier.ports = NAT_RANDOM;
	inner = nat_with(&home, 10);
	outer = nat_with(&carrier, 10);
	between = send_out(inner, alice, first, 0);
	outside = send_out(outer, between, first, 0);
	CHECK(between.address == 0x64400001 && outside.address == ROUTER);
	CHECK(end_is(send_in(outer, first, outside, 1), between));
	CHECK(end_is(send_in(inner, first, between, 1), alice));
	CHECK(send_in(outer, other_port, outside, 1).port == 0);
}
