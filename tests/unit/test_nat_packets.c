/* SPDX-License-Identifier: MIT */
#include "nat_packets.h"

#include "tap.h"

static const struct end alice = {ALICE, 5000}, server = {SERVER, 1000}, servant = {SERVANT, 1000};
static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};

enum {
	SYN = 2,
	ACK = 16
};

static struct sample_packet packet_of(uint8_t protocol, struct end from, struct end to)
{
	struct sample_packet p;

	make_packet(&p, protocol, from, to, ACK);
	return p;
}

/* A reply to an echo request has the identifier of the one who asked. */
static struct sample_packet answer_to(const struct sample_packet *p)
{
	struct sample_packet answer;

	if (p->bytes[9] != IPPROTO_ICMP)
		return packet_of(p->bytes[9], destination_of(p), source_of(p));
	answer = packet_of(IPPROTO_ICMP, (struct end){SERVER, source_of(p).port}, source_of(p));
	answer.bytes[20] = 0;
	finish_packet(&answer);
	return answer;
}

static bool payload_is_whole(const struct sample_packet *a, const struct sample_packet *b)
{
	uint32_t at = a->size - PAYLOAD;

	return a->size == b->size && memcmp(a->bytes + at, b->bytes + at, PAYLOAD) == 0;
}

TEST(checksums_of_translated_packets_are_those_of_a_full_sum)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		struct sample_packet p = packet_of(protocols[i], (struct end){BOB, 5000}, server);

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES); /* takes the port */
		for (unsigned k = 0; k < 65536; k++) {                      /* every sum there is */
			struct sample_packet sent = packet_of(protocols[i], alice, server), answer;

			put16(sent.bytes + sent.size - 2, k);
			finish_packet(&sent);
			p = sent;
			CHECK(pass_packet(nat, NAT_OUTBOUND, &p, k) == NAT_PASSES);
			CHECK(packet_is_right(&p) && payload_is_whole(&p, &sent));
			CHECK(protocols[i] != IPPROTO_UDP || get16(p.bytes + 26) != 0);
			CHECK(source_of(&p).address == ROUTER && source_of(&p).port != 5000);
			answer = sent = answer_to(&p);
			CHECK(pass_packet(nat, NAT_INBOUND, &answer, k) == NAT_PASSES);
			CHECK(packet_is_right(&answer) && payload_is_whole(&answer, &sent));
			CHECK(end_is(destination_of(&answer), alice));
		}
	}
}

TEST(udp_without_a_checksum_stays_without_one)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);

	for (int i = 0; i < 2; i++) { /* by the tables and by the shortcut */
		struct sample_packet p = packet_of(IPPROTO_UDP, alice, server);

		put16(p.bytes + 26, 0);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, i) == NAT_PASSES);
		CHECK(get16(p.bytes + 26) == 0 && packet_is_right(&p));
	}
}

/* As a host hands over a super-packet: the sum of the pseudo-header, of the whole length. */
static void make_partial(struct sample_packet *p, uint8_t protocol, unsigned length)
{
	put16(p->bytes + 20 + checksum_at(protocol), pseudo_sum(p->bytes, false, protocol, length));
}

TEST(a_partial_checksum_holds_the_sum_of_the_new_pseudo_header)
{
	static const unsigned lengths[] = {20, 1480, 65000};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(lengths); i++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		uint8_t protocol = protocols[i % 2];

		for (int k = 0; k < 3; k++) {
			struct sample_packet p = packet_of(protocol, alice, server), wanted;

			make_partial(&p, protocol, lengths[i / 2]);
			CHECK(nat_pass(nat, NAT_OUTBOUND,
				      &(struct nat_packet){.bytes = p.bytes,
					      .size = p.size,
					      .checksum_start = 20},
				      k) == NAT_PASSES);
			wanted = p;
			make_partial(&wanted, protocol, lengths[i / 2]);
			CHECK(memcmp(&p, &wanted, sizeof(p)) == 0);
			CHECK(plain_sum(p.bytes, 20, 0) == 0xffff);
		}
	}
}

TEST(a_checksum_that_starts_elsewhere_is_a_complete_one)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);

	for (int i = 0; i < 2; i++) {
		struct sample_packet p = packet_of(IPPROTO_UDP, alice, server);

		CHECK(nat_pass(nat, NAT_OUTBOUND,
			      &(struct nat_packet){
				      .bytes = p.bytes, .size = p.size, .checksum_start = 28},
			      i) == NAT_PASSES);
		CHECK(packet_is_right(&p));
	}
}

/* Makes `p` an error about another packet, of which it quotes so many bytes. */
static void make_error(struct sample_packet *p, const struct sample_packet *about, struct end from,
	struct end to, uint32_t quoted)
{
	make_packet(p, IPPROTO_ICMP, from, to, 0);
	p->bytes[20] = 3; /* destination unreachable, */
	p->bytes[21] = 4; /* fragmentation needed */
	put16(p->bytes + 24, 0);
	put16(p->bytes + 26, 1280);
	memcpy(p->bytes + 28, about->bytes, quoted);
	p->size = 28 + quoted;
	put16(p->bytes + 2, p->size);
	finish_packet(p);
}

TEST(an_error_from_outside_shows_the_packet_as_the_host_inside_sent_it)
{
	for (size_t i = 0; i < 6; i++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		struct sample_packet sent = packet_of(protocols[i / 2], alice, server), p, error;
		uint32_t quoted = i % 2 ? 28 : sent.size;

		p = sent;
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
		make_error(&error, &p, servant, (struct end){ROUTER, 0}, quoted);
		CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_PASSES);
		CHECK(packet_is_right(&error));
		CHECK(get32(error.bytes + 12) == SERVANT && get32(error.bytes + 16) == ALICE);
		CHECK(memcmp(error.bytes + 28, sent.bytes, quoted) == 0);
	}
}

TEST(an_error_from_inside_shows_the_packet_as_it_came_from_outside)
{
	static const uint32_t reporters[] = {ALICE, ALICE + 9}; /* the host, a router before it */

	for (size_t i = 0; i < 4; i++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		struct sample_packet p = packet_of(protocols[i / 2], alice, server), came, error;

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
		came = answer_to(&p);
		p = came;
		CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_PASSES);
		make_error(&error, &p, (struct end){reporters[i % 2], 0}, server, p.size);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &error, 1) == NAT_PASSES);
		CHECK(packet_is_right(&error));
		CHECK(get32(error.bytes + 12) == ROUTER && get32(error.bytes + 16) == SERVER);
		CHECK(memcmp(error.bytes + 28, came.bytes, came.size) == 0);
	}
}

TEST(an_error_about_a_packet_of_no_session_does_not_pass)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct sample_packet p, error;
	struct end seen = send_out(nat, alice, server, 0);

	p = packet_of(IPPROTO_UDP, seen, servant); /* nobody sent that */
	make_error(&error, &p, servant, (struct end){ROUTER, 0}, p.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_FILTERED);
	p = packet_of(IPPROTO_UDP, seen, server);
	make_error(&error, &p, servant, (struct end){ROUTER + 1, 0}, p.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_FILTERED);
	make_error(&error, &p, servant, (struct end){ROUTER, 0}, 27);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_MALFORMED);
	p = packet_of(IPPROTO_UDP, server, alice);
	make_error(&error, &p, alice, servant, p.size);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &error, 1) == NAT_PASSES);
	p = packet_of(IPPROTO_UDP, servant, alice);
	make_error(&error, &p, alice, servant, p.size);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &error, 1) == NAT_FILTERED);
}

TEST(an_error_that_quotes_no_beginning_of_a_packet_does_not_pass)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct sample_packet p, quoted, error;

	params.first_port = params.last_port = 0;
	nat = nat_with(&params, 10);
	p = packet_of(IPPROTO_ICMP, (struct end){ALICE, 0}, (struct end){SERVER, 0});
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	make_error(&error, &p, servant, (struct end){ROUTER, 0}, p.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_PASSES);
	quoted = p;
	put16(quoted.bytes + 6, 4); /* a later fragment */
	make_error(&error, &quoted, servant, (struct end){ROUTER, 0}, quoted.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_FILTERED);
	quoted = p;
	quoted.bytes[20] = 3; /* another error */
	make_error(&error, &quoted, servant, (struct end){ROUTER, 0}, quoted.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_FILTERED);
	memset(&quoted, 0, sizeof(quoted)); /* IPv6 in IPv4 */
	quoted.bytes[0] = 0x60;
	quoted.bytes[6] = IPPROTO_UDP;
	make_error(&error, &quoted, servant, (struct end){ROUTER, 0}, 60);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_MALFORMED);
}

TEST(an_error_does_not_keep_a_session_alive)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct sample_packet p, error;
	struct end seen;

	params.lifetime_ns[NAT_UDP_FRESH] = 10 * SECOND;
	nat = nat_with(&params, 10);
	seen = send_out(nat, alice, server, 0);
	p = packet_of(IPPROTO_UDP, seen, server);
	make_error(&error, &p, servant, (struct end){ROUTER, 0}, p.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 9 * SECOND) == NAT_PASSES);
	CHECK(send_in(nat, server, seen, 10 * SECOND).port == 0);
}

TEST(an_error_about_a_hairpin_goes_back_inside)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct end bob = {BOB, 6000}, of_alice, of_bob;
	struct sample_packet sent, p, error;

	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	nat = nat_with(&params, 10);
	of_alice = send_out(nat, alice, server, 0);
	of_bob = send_out(nat, bob, server, 0);
	sent = p = packet_of(IPPROTO_UDP, alice, of_bob);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 1) == NAT_HAIRPINS);
	make_error(&error, &p, bob, of_alice, p.size);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &error, 2) == NAT_HAIRPINS);
	CHECK(packet_is_right(&error));
	CHECK(get32(error.bytes + 12) == of_bob.address && get32(error.bytes + 16) == ALICE);
	CHECK(memcmp(error.bytes + 28, sent.bytes, sent.size) == 0);
}

TEST(an_echo_from_outside_reaches_nobody_inside)
{
	for (int i = 0; i < 2; i++) {
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = NULL;
		struct sample_packet p = packet_of(IPPROTO_ICMP, (struct end){ALICE, 0}, server);

		params.filtering = NAT_ENDPOINT_INDEPENDENT;
		params.first_port = params.last_port = 0;
		params.unsolicited = i ? NAT_ANSWERED : NAT_IGNORED;
		nat = nat_with(&params, 10);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
		p = packet_of(IPPROTO_ICMP, (struct end){SERVER, 0}, (struct end){ROUTER, 0});
		CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == (i ? NAT_LOCAL : NAT_FILTERED));
		p = packet_of(IPPROTO_ICMP, (struct end){ALICE, 0}, (struct end){SERVER, 0});
		p.bytes[20] = 0; /* a reply to what nobody asked */
		finish_packet(&p);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_FILTERED);
	}
}

/* Part `i` of three of a datagram. */
static struct sample_packet fragment_of(struct end from, struct end to, unsigned id, unsigned i)
{
	struct sample_packet p = packet_of(IPPROTO_UDP, from, to);
	unsigned sum = get16(p.bytes + 26);

	put16(p.bytes + 4, id);
	put16(p.bytes + 6, (i < 2 ? 0x2000 : 0) | i * 4);
	if (i > 0)
		memset(p.bytes + 20, (int)(0x40 + i), p.size - 20);
	put16(p.bytes + 10, 0);
	put16(p.bytes + 10, 0xffff & ~plain_sum(p.bytes, 20, 0));
	if (i == 0)
		put16(p.bytes + 26, sum);
	return p;
}

TEST(later_fragments_go_where_the_first_one_went)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct end outside = {0};

	for (unsigned i = 0; i < 3; i++) {
		struct sample_packet p = fragment_of(alice, server, 77, i), sent = p;

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, i) == NAT_PASSES);
		CHECK(plain_sum(p.bytes, 20, 0) == 0xffff);
		CHECK(get32(p.bytes + 12) == ROUTER && get32(p.bytes + 16) == SERVER);
		if (i == 0)
			outside = source_of(&p);
		if (i > 0)
			CHECK(memcmp(p.bytes + 20, sent.bytes + 20, p.size - 20) == 0);
		else
			CHECK(packet_is_right(&p));
	}
	for (unsigned i = 0; i < 3; i++) {
		struct sample_packet p = fragment_of(server, outside, 78, i);

		CHECK(pass_packet(nat, NAT_INBOUND, &p, 9) == NAT_PASSES);
		CHECK(plain_sum(p.bytes, 20, 0) == 0xffff);
		CHECK(get32(p.bytes + 12) == SERVER && get32(p.bytes + 16) == ALICE);
	}
}

TEST(a_fragment_without_its_first_one_does_not_pass)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct end outside = send_out(nat, alice, server, 0);
	struct sample_packet p;

	p = fragment_of(server, outside, 5, 1);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FRAGMENT); /* none before it */
	p = fragment_of(servant, outside, 5, 0);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FILTERED);
	p = fragment_of(servant, outside, 5, 1);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FILTERED); /* as the first one */
	p = fragment_of(server, outside, 6, 0);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_PASSES);
	p = fragment_of(server, outside, 7, 1);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FRAGMENT); /* of another datagram */
	p = fragment_of(server, outside, 6, 1);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, NAT_FRAGMENT_SECONDS * SECOND) == NAT_FRAGMENT);
}

TEST(a_fragment_of_something_else_does_not_follow)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct sample_packet p = fragment_of(alice, server, 9, 0);

	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	p = fragment_of(alice, server, 9, 1);
	CHECK(pass_packet(nat, NAT_INBOUND, &p, 0) == NAT_FRAGMENT); /* from the other side */
	p = fragment_of(alice, server, 9, 1);
	p.bytes[9] = IPPROTO_TCP;
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_FRAGMENT);
	p = fragment_of(alice, server, 9, 1);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	nat_flush(nat);
	p = fragment_of(alice, server, 9, 2);
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_FRAGMENT);
}

TEST(later_fragments_share_the_exception_of_the_first_one)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.udp = (struct nat_rule){.is_blocked = true, .except_port = server.port};
	nat = nat_with(&params, 10);
	for (unsigned i = 0; i < 3; i++) {
		struct sample_packet p = fragment_of(alice, server, 9, i);

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
	}
}

TEST(fragments_are_dropped_where_that_is_set)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;

	params.drops_fragments = true;
	nat = nat_with(&params, 10);
	for (unsigned i = 0; i < 3; i++) {
		struct sample_packet p = fragment_of(alice, server, 77, i);

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, i) == NAT_FRAGMENT);
	}
	CHECK(nat_totals(nat).sessions == 0);
}

/* What a firewall lets out: UDP, DNS, TCP, HTTPS, an echo. */
TEST(rules_forbid_what_they_say_in_both_directions)
{
	static const struct {
		struct nat_rule tcp, udp, icmp;
		bool passes[5];
	} cases[] = {
		{.passes = {true, true, true, true, true}},
		{.udp = {true, 0}, .passes = {false, false, true, true, true}},
		{.udp = {true, 53}, .passes = {false, true, true, true, true}},
		{.udp = {true, 0},
			.tcp = {true, 443},
			.icmp = {true, 0},
			.passes = {false, false, false, true, false}},
		{.icmp = {true, 0}, .passes = {true, true, true, true, false}},
	};
	static const struct {
		uint8_t protocol;
		uint16_t port;
	} kinds[] = {{IPPROTO_UDP, 51820}, {IPPROTO_UDP, 53}, {IPPROTO_TCP, 80}, {IPPROTO_TCP, 443},
		{IPPROTO_ICMP, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(kinds); i++) {
		size_t rule = i / ARRAY_SIZE(kinds), kind = i % ARRAY_SIZE(kinds);
		struct nat_params params = home();
		AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
		struct end remote = {SERVER, kinds[kind].port};
		struct sample_packet p = packet_of(kinds[kind].protocol, alice, remote), answer;
		enum nat_verdict expected = cases[rule].passes[kind] ? NAT_PASSES : NAT_RULE;
		struct error err = {0};

		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
		answer = answer_to(&p);
		params.tcp = cases[rule].tcp;
		params.udp = cases[rule].udp;
		params.icmp = cases[rule].icmp;
		CHECK_OK(nat_set(nat, &params, &err), err);
		CHECK(pass_packet(nat, NAT_INBOUND, &answer, 1) == expected);
		p = packet_of(kinds[kind].protocol, alice, remote);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 2) == expected);
	}
}

TEST(blocked_icmp_hides_that_a_packet_was_too_big)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct sample_packet p, error;
	struct end seen;

	params.icmp.is_blocked = true;
	nat = nat_with(&params, 10);
	seen = send_out(nat, alice, server, 0);
	p = packet_of(IPPROTO_UDP, seen, server);
	make_error(&error, &p, servant, (struct end){ROUTER, 0}, p.size);
	CHECK(pass_packet(nat, NAT_INBOUND, &error, 1) == NAT_RULE);
}

TEST(policed_udp_passes_at_its_rate_and_a_burst_before)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = NULL;
	struct sample_packet model = packet_of(IPPROTO_UDP, alice, server);
	unsigned passed = 0, first = 0;

	params.udp_rate_bps = 8.0 * model.size * 100; /* a hundred packets a second */
	params.udp_burst_bytes = 10 * model.size;
	nat = nat_with(&params, 10);
	for (int64_t now_ns = 0; now_ns < 10 * SECOND; now_ns += SECOND / 1000) {
		struct sample_packet p = model, tcp = packet_of(IPPROTO_TCP, alice, server);
		enum nat_verdict verdict = pass_packet(nat, NAT_OUTBOUND, &p, now_ns);

		CHECK(verdict == NAT_PASSES || verdict == NAT_POLICED);
		CHECK(pass_packet(nat, NAT_OUTBOUND, &tcp, now_ns) == NAT_PASSES);
		passed += verdict == NAT_PASSES;
		if (now_ns == 10 * (SECOND / 1000))
			first = passed;
	}
	CHECK(first == 11);
	CHECK(passed >= 1009 && passed <= 1012);
	CHECK(nat_totals(nat).packets[NAT_OUTBOUND][NAT_POLICED] == 10000 - passed);
	do
		first++;
	while (send_out(nat, alice, server, 10 * SECOND).port != 0 && first < 1000);
	CHECK(first < 1000);
	nat_flush(nat); /* and a router that restarts owes nothing */
	CHECK(send_out(nat, alice, server, 10 * SECOND).port != 0);
}

TEST(what_a_nat_does_not_know_it_drops)
{
	struct nat_params params = home();
	AUTO(nat_freep) struct nat *nat = nat_with(&params, 10);
	struct sample_packet p = packet_of(IPPROTO_UDP, alice, server);

	p.bytes[9] = 50; /* ESP */
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_UNSUPPORTED);
	p.bytes[0] = 0x55;
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_MALFORMED);
	p = packet_of(IPPROTO_ICMP, alice, server);
	p.bytes[20] = 5; /* redirect */
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_UNSUPPORTED);
	for (uint32_t size = 0; size < 40; size++) {
		p = packet_of(IPPROTO_TCP, alice, server);
		p.size = size;
		CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_MALFORMED);
	}
	p.size = 40;
	CHECK(pass_packet(nat, NAT_OUTBOUND, &p, 0) == NAT_PASSES);
}

TEST(every_verdict_has_a_name_of_its_own)
{
	for (int i = 0; i < NAT_VERDICTS; i++) {
		for (int k = 0; k < i; k++)
			CHECK(strcmp(nat_verdict_name((enum nat_verdict)i),
				      nat_verdict_name((enum nat_verdict)k)) != 0);
	}
}
