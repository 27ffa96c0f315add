/* SPDX-License-Identifier: MIT */
#include "nat_packets.h"

#include "tap.h"

static const struct end alice = {ALICE, 5000}, bob = {BOB, 5001};
static const struct end server = {SERVER, 1000}, servant = {SERVANT, 1000};
static const struct end outside = {ROUTER, 5000};

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16
};

/* Lifetimes that no two classes share, in seconds. */
static struct nat_params lasting(void)
{
	struct nat_params params = {.external = {ROUTER},
		.external_count = 1,
		.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT};

	for (int i = 0; i < NAT_LIFETIMES; i++)
		params.lifetime_ns[i] = (10 + 10 * i) * SECOND;
	return params;
}

static int64_t life(enum nat_lifetime lifetime)
{
	return (10 + 10 * (int)lifetime) * SECOND;
}

TEST(a_session_ends_exactly_when_its_lifetime_is_over)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);

	send_out(nat, alice, server, 0);
	CHECK(end_is(send_in(nat, server, outside, life(NAT_UDP_FRESH) - 1), alice));
	nat_flush(nat);
	send_out(nat, alice, server, 100 * SECOND);
	CHECK(send_in(nat, server, outside, 100 * SECOND + life(NAT_UDP_FRESH)).port == 0);
	CHECK(nat_totals(nat).mappings == 0 && nat_totals(nat).sessions == 0);
}

TEST(udp_in_both_directions_is_a_stream_and_lives_longer)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);

	send_out(nat, alice, server, 0);
	send_in(nat, server, outside, 1);
	CHECK(end_is(send_in(nat, server, outside, life(NAT_UDP_STREAM)), alice));
	CHECK(send_in(nat, server, outside, 2 * life(NAT_UDP_STREAM)).port == 0);
}

TEST(a_young_session_is_no_stream_yet_where_linux_would_wait)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.stream_after_ns = 2 * SECOND;
	nat = nat_with(&params, 10);
	send_out(nat, alice, server, 0);
	send_in(nat, server, outside, 1 * SECOND);
	CHECK(send_in(nat, server, outside, 1 * SECOND + life(NAT_UDP_FRESH)).port == 0);
	send_out(nat, alice, server, 100 * SECOND);
	send_in(nat, server, outside, 101 * SECOND);
	send_out(nat, alice, server, 102 * SECOND);
	CHECK(end_is(
		send_in(nat, server, outside, 102 * SECOND + life(NAT_UDP_STREAM) - 1), alice));
}

TEST(only_the_directions_that_are_set_keep_a_session_alive)
{
	static const bool keeps[][NAT_DIRECTIONS] = {[NAT_BY_BOTH] = {true, true},
		[NAT_BY_OUTBOUND] = {true, false},
		[NAT_BY_INBOUND] = {false, true}};

	for (int i = 0; i < 6; i++) {
		struct nat_params params = lasting();
		AUTO(nat_freep) struct nat *nat = NULL;
		enum nat_direction direction = (enum nat_direction)(i % 2);
		int64_t now_ns = 0;

		params.refresh = (enum nat_refresh)(i / 2);
		nat = nat_with(&params, 10);
		send_out(nat, alice, server, now_ns);
		send_in(nat, server, outside, now_ns);
		for (int k = 0; k < 5; k++) {
			now_ns += life(NAT_UDP_STREAM) / 2;
			if (direction == NAT_OUTBOUND)
				send_out(nat, alice, server, now_ns);
			else
				send_in(nat, server, outside, now_ns);
		}
		/* What goes out opens a new session when the old one has ended. */
		CHECK(nat_totals(nat).sessions == (keeps[i / 2][direction] || i % 2 == 0));
		CHECK((send_in(nat, servant, outside, now_ns).port == 0));
		if (direction == NAT_INBOUND)
			CHECK((send_in(nat, server, outside, now_ns).port != 0) ==
				keeps[i / 2][direction]);
	}
}

TEST(a_mapping_lives_as_long_as_one_of_its_sessions)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.ports = NAT_RANDOM;
	nat = nat_with(&params, 10);
	struct end first = send_out(nat, alice, server, 0);
	int64_t now_ns = 0;

	for (int i = 0; i < 10; i++) {
		now_ns += life(NAT_UDP_FRESH) - 1;
		CHECK(end_is(send_out(nat, alice, servant, now_ns), first));
	}
	CHECK(send_in(nat, server, first, now_ns).port == 0); /* this session ended long ago */
	CHECK(end_is(send_in(nat, servant, first, now_ns), alice));
	now_ns += life(NAT_UDP_STREAM);
	CHECK(!end_is(send_out(nat, alice, server, now_ns), first));
}

TEST(sessions_end_each_by_itself_whatever_the_order)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 100);

	for (uint16_t i = 0; i < 100; i++)
		send_out(
			nat, (struct end){ALICE, (uint16_t)(5000 + i)}, server, i * (SECOND / 100));
	for (uint16_t i = 0; i < 100;
		i += 2) /* every other one is refreshed, the last ones first */
		send_out(nat, (struct end){ALICE, (uint16_t)(5098 - i)}, server,
			SECOND + i * (SECOND / 100));
	for (uint16_t i = 0; i < 100; i++) {
		int64_t now_ns = life(NAT_UDP_FRESH) + i * (SECOND / 100);

		send_in(nat, servant, outside, now_ns);
		CHECK(nat_totals(nat).sessions == 50U + (100U - i) / 2);
	}
}

/* What a connection says, in order, and the lifetime that it has then. */
static const struct {
	const char *said; /* S, A, F, R: flags from inside; small letters: from outside */
	enum nat_lifetime lifetime;
} connections[] = {
	{"S", NAT_TCP_OPENING}, {"SS", NAT_TCP_OPENING},
	{"Ss", NAT_TCP_ESTABLISHED}, /* both open: a hole is punched */
	{"SsAa", NAT_TCP_ESTABLISHED}, {"SsAF", NAT_TCP_HALF_CLOSED}, {"SsAf", NAT_TCP_HALF_CLOSED},
	{"SsAFa", NAT_TCP_HALF_CLOSED}, {"SsAFf", NAT_TCP_CLOSED}, {"SsAFfA", NAT_TCP_CLOSED},
	{"SsAR", NAT_TCP_RESET}, {"SsAr", NAT_TCP_RESET}, {"Sr", NAT_TCP_RESET},
	{"SsArA", NAT_TCP_ESTABLISHED},                         /* the reset did not count */
	{"SsAFfAS", NAT_TCP_OPENING},                           /* the port is used again */
	{"SsArS", NAT_TCP_OPENING}, {"A", NAT_TCP_ESTABLISHED}, /* taken in the middle */
};

static uint8_t flags_of(char said)
{
	switch (said & ~0x20) {
	case 'S':
		return SYN;
	case 'F':
		return FIN | ACK;
	case 'R':
		return RST;
	default:
		return ACK;
	}
}

static void say(struct nat *nat, const char *said, int64_t now_ns)
{
	for (; *said; said++) {
		if (*said & 0x20)
			send_tcp(nat, NAT_INBOUND, server, outside, flags_of(*said), now_ns);
		else
			send_tcp(nat, NAT_OUTBOUND, alice, server, flags_of(*said), now_ns);
	}
}

TEST(a_tcp_session_lives_by_its_state)
{
	for (size_t i = 0; i < ARRAY_SIZE(connections); i++) {
		struct nat_params params = lasting();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		int64_t end_ns = life(connections[i].lifetime);

		say(nat, connections[i].said, 0);
		send_in(nat, servant, outside, end_ns - 1);
		if (nat_totals(nat).sessions != 1)
			printf("# %s ended early\n", connections[i].said);
		CHECK(nat_totals(nat).sessions == 1);
		send_in(nat, servant, outside, end_ns);
		if (nat_totals(nat).sessions != 0)
			printf("# %s did not end\n", connections[i].said);
		CHECK(nat_totals(nat).sessions == 0);
	}
}

TEST(tcp_begins_with_a_syn_only_where_that_is_strict)
{
	static const uint8_t flags[] = {SYN, ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, 0};
	static const bool begins[][2] = {{true, true}, {true, false}, {false, false},
		{false, false}, {false, false}, {false, false}, {true, false}};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(flags); i++) {
		struct nat_params params = lasting();
		AUTO(nat_freep) struct nat *nat = NULL;
		bool may_begin = begins[i / 2][i % 2];

		params.is_tcp_strict = i % 2;
		params.filtering = NAT_ENDPOINT_INDEPENDENT;
		nat = nat_with(&params, 10);
		CHECK((send_tcp(nat, NAT_OUTBOUND, alice, server, flags[i / 2], 0) == NAT_PASSES) ==
			may_begin);
		CHECK(nat_totals(nat).mappings == may_begin);
		send_tcp(nat, NAT_OUTBOUND, alice, server, SYN, 0);
		CHECK((send_tcp(nat, NAT_INBOUND, servant, outside, flags[i / 2], 0) ==
			      NAT_PASSES) == may_begin);
	}
}

TEST(a_full_table_drops_what_is_new_and_counts_it)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	params.unsolicited = NAT_OCCUPIES;
	nat = nat_with(&params, 3);
	for (uint16_t i = 0; i < 3; i++)
		CHECK(send_out(nat, (struct end){ALICE, (uint16_t)(5000 + i)}, server, 0).port !=
			0);
	CHECK(send_out(nat, bob, server, 1).port == 0);
	CHECK(send_in(nat, servant, outside, 1).port == 0);
	CHECK(send_in(nat, server, (struct end){ROUTER, 6000}, 1).port == 0);
	CHECK(nat_totals(nat).packets[NAT_OUTBOUND][NAT_FULL] == 1);
	CHECK(nat_totals(nat).packets[NAT_INBOUND][NAT_FULL] == 2);
	CHECK(nat_totals(nat).mappings == 3 && nat_totals(nat).sessions == 3);
	/* Old sessions go on, and what ends makes room. */
	CHECK(end_is(send_in(nat, server, outside, 2), alice));
	CHECK(send_out(nat, bob, server, life(NAT_UDP_FRESH)).port != 0);
}

TEST(a_limit_below_the_room_is_met_as_a_full_table_is)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.most_sessions = 2;
	nat = nat_with(&params, 8);
	CHECK(send_out(nat, alice, server, 0).port != 0 && send_out(nat, bob, server, 0).port != 0);
	CHECK(send_out(nat, (struct end){ALICE, 5001}, server, 1).port == 0);
	CHECK(nat_totals(nat).packets[NAT_OUTBOUND][NAT_FULL] == 1);
	CHECK(send_out(nat, alice, server, 2).port != 0);
}

TEST(a_router_that_restarts_forgets_its_sessions_and_no_random_numbers)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct end before, after;

	params.ports = NAT_RANDOM;
	nat = nat_with(&params, 10);
	before = send_out(nat, alice, server, 0);
	nat_flush(nat);
	CHECK(nat_totals(nat).sessions == 0);
	CHECK(send_in(nat, server, before, 1).port == 0);
	after = send_out(nat, alice, server, 2);
	CHECK(after.port != 0 && after.port != before.port);
}

TEST(another_address_outside_ends_all_mappings_and_other_rules_do_not)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct error err = {0};

	send_out(nat, alice, server, 0);
	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	CHECK_OK(nat_set(nat, &params, &err), err);
	CHECK(end_is(send_in(nat, servant, outside, 1), alice));
	params.external[0] = ROUTER + 1;
	CHECK_OK(nat_set(nat, &params, &err), err);
	CHECK(send_in(nat, server, outside, 1).port == 0);
	CHECK(send_out(nat, alice, server, 1).address == ROUTER + 1);
}

TEST(a_rule_that_comes_later_holds_for_sessions_that_are_there)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct error err = {0};

	send_out(nat, alice, server, 0);
	CHECK(end_is(send_in(nat, server, outside, 1), alice));
	CHECK(end_is(send_in(nat, server, outside, 2), alice));
	params.udp.is_blocked = true;
	CHECK_OK(nat_set(nat, &params, &err), err);
	CHECK(send_in(nat, server, outside, 3).port == 0);
	CHECK(send_out(nat, alice, server, 3).port == 0);
}

TEST(shorter_lifetimes_hold_at_once)
{
	struct nat_params params = lasting();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct error err = {0};

	send_out(nat, alice, server, 0);
	params.lifetime_ns[NAT_UDP_FRESH] = 2 * SECOND;
	CHECK_OK(nat_set(nat, &params, &err), err);
	CHECK(send_in(nat, server, outside, 2 * SECOND).port == 0);
}
