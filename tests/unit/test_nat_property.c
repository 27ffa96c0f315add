/* SPDX-License-Identifier: MIT */
/* Millions of random packets against a simple model, and the shortcut against the tables. */
#include "nat/internal.h"
#include "nat_packets.h"

#include "tap.h"

enum {
	INSIDE = 8,  /* endpoints of hosts inside: four hosts, two ports */
	REMOTE = 8,  /* and outside */
	KINDS = 2,   /* UDP and TCP */
	LIFETIME = 3 /* seconds, of everything */
};

#define NEVER INT64_MIN

/* All there is to know: the port of each mapping, and when each of its sessions was used last. */
struct oracle {
	struct nat_params params;
	int64_t now_ns;
	struct entry {
		uint16_t port;
		int64_t used_ns[REMOTE];
	} entries[KINDS][INSIDE][REMOTE]; /* by the remote part that the mapping looks at */
};

static struct end inside_end(unsigned i)
{
	return (struct end){ALICE + i / 2, (uint16_t)(5000 + i % 2)};
}

static struct end remote_end(unsigned i)
{
	return (struct end){SERVER + i / 2, (uint16_t)(1000 + i % 2)};
}

static unsigned part_of(enum nat_scope scope, unsigned remote)
{
	return scope == NAT_ENDPOINT_INDEPENDENT ? 0
	       : scope == NAT_ADDRESS_DEPENDENT  ? remote / 2 * 2
						 : remote;
}

static bool is_alive(const struct oracle *o, int64_t used_ns)
{
	return used_ns != NEVER && o->now_ns - used_ns < LIFETIME * SECOND;
}

static unsigned sessions_of(const struct oracle *o, const struct entry *entry)
{
	unsigned count = 0;

	for (unsigned r = 0; r < REMOTE; r++)
		count += is_alive(o, entry->used_ns[r]);
	return count;
}

static unsigned sessions_in_all(const struct oracle *o)
{
	const struct entry *entries = &o->entries[0][0][0];
	unsigned count = 0;

	for (unsigned i = 0; i < KINDS * INSIDE * REMOTE; i++)
		count += sessions_of(o, &entries[i]);
	return count;
}

static struct entry *owner_of(
	struct oracle *o, unsigned kind, uint16_t port, unsigned remote, unsigned *ret_inside)
{
	for (unsigned i = 0; i < INSIDE; i++) {
		for (unsigned part = 0; part < REMOTE; part++) {
			struct entry *entry = &o->entries[kind][i][part];

			if (o->params.shares_ports && part != part_of(o->params.mapping, remote))
				continue;
			if (entry->port == port && sessions_of(o, entry) > 0) {
				*ret_inside = i;
				return entry;
			}
		}
	}
	return NULL;
}

static bool filter_admits(const struct oracle *o, const struct entry *entry, unsigned remote)
{
	switch (o->params.filtering) {
	case NAT_ENDPOINT_INDEPENDENT:
		return true;
	case NAT_ADDRESS_DEPENDENT:
		return is_alive(o, entry->used_ns[remote]) ||
		       is_alive(o, entry->used_ns[remote ^ 1]);
	default:
		return is_alive(o, entry->used_ns[remote]);
	}
}

static const uint8_t protocol_of[KINDS] = {IPPROTO_UDP, IPPROTO_TCP};

/* One packet out; false when the NAT and the model disagree. */
static bool try_out(struct nat *nat, struct oracle *o, unsigned kind, unsigned i, unsigned remote)
{
	struct entry *entry = &o->entries[kind][i][part_of(o->params.mapping, remote)];
	bool is_known = sessions_of(o, entry) > 0;
	bool is_new = !is_alive(o, entry->used_ns[remote]);
	unsigned owner = i, before = is_new ? sessions_in_all(o) : 0;
	struct sample_packet p;
	enum nat_verdict verdict;
	uint16_t port;

	make_packet(&p, protocol_of[kind], inside_end(i), remote_end(remote), TCP_ACK);
	verdict = pass_packet(nat, NAT_OUTBOUND, &p, o->now_ns);
	if (is_new && before == nat->sessions.slots.count)
		return verdict == NAT_FULL;
	if (verdict == NAT_NO_PORT)
		return !is_known;
	port = source_of(&p).port;
	if (verdict != NAT_PASSES || !packet_is_right(&p) || source_of(&p).address != ROUTER ||
		!end_is(destination_of(&p), remote_end(remote)))
		return false;
	if (is_known ? port != entry->port : owner_of(o, kind, port, remote, &owner) != NULL)
		return false;
	entry->port = port;
	entry->used_ns[remote] = o->now_ns;
	return !is_new || nat_totals(nat).sessions == before + 1;
}

/* One packet in, to whatever port. */
static bool try_in(struct nat *nat, struct oracle *o, unsigned kind, uint16_t port, unsigned remote)
{
	unsigned owner = 0;
	struct entry *entry = owner_of(o, kind, port, remote, &owner);
	bool is_admitted = entry && filter_admits(o, entry, remote);
	bool is_new = is_admitted && !is_alive(o, entry->used_ns[remote]);
	bool is_full = is_new && sessions_in_all(o) == nat->sessions.slots.count;
	struct sample_packet p;
	enum nat_verdict verdict;

	make_packet(&p, protocol_of[kind], remote_end(remote), (struct end){ROUTER, port}, TCP_ACK);
	verdict = pass_packet(nat, NAT_INBOUND, &p, o->now_ns);
	if (is_full)
		return verdict == NAT_FULL;
	if ((verdict == NAT_PASSES) != is_admitted)
		return false;
	if (!is_admitted)
		return verdict == NAT_FILTERED;
	entry->used_ns[remote] = o->now_ns;
	return packet_is_right(&p) && end_is(destination_of(&p), inside_end(owner)) &&
	       end_is(source_of(&p), remote_end(remote));
}

static struct oracle oracle_of(const struct nat_params *params)
{
	struct oracle o = {.params = *params};
	struct entry *entries = &o.entries[0][0][0];

	for (unsigned i = 0; i < KINDS * INSIDE * REMOTE; i++) {
		for (unsigned r = 0; r < REMOTE; r++)
			entries[i].used_ns[r] = NEVER;
	}
	return o;
}

/* Times are tens of milliseconds, so that they are exact in the NAT too. */
static bool agree(const struct nat_params *params, uint32_t room, unsigned packets, uint64_t seed)
{
	AUTO(nat_freep) struct nat *nat = nat_with(params, room);
	struct oracle o = oracle_of(params);
	struct random random = random_seeded(seed);

	for (unsigned i = 0; i < packets; i++) {
		unsigned kind = (unsigned)random_below(&random, KINDS);
		unsigned remote = (unsigned)random_below(&random, REMOTE);
		unsigned one = (unsigned)random_below(&random, INSIDE);
		bool is_right;

		if (random_below(&random, 8) == 0)
			o.now_ns += (int64_t)random_below(&random, 30) * (SECOND / 100);
		if (random_below(&random, 3000) == 0)
			o.now_ns += LIFETIME * SECOND;
		is_right = random_below(&random, 3) == 0
				   ? try_out(nat, &o, kind, one, remote)
				   : try_in(nat, &o, kind,
					     (uint16_t)(params->first_port +
							random_below(&random, 24)),
					     remote);
		if (!is_right) {
			printf("# packet %u at %lld ns\n", i, (long long)o.now_ns);
			return false;
		}
	}
	return nat && nat_totals(nat).packets[NAT_INBOUND][NAT_PASSES] > packets / 100;
}

static struct nat_params random_case(unsigned i)
{
	struct nat_params params = {.external = {ROUTER},
		.external_count = 1,
		.mapping = (enum nat_scope)(i % 3),
		.filtering = (enum nat_scope)(i / 3 % 3),
		.ports = (enum nat_ports)(i / 9 % 4),
		.first_port = 4996,
		.last_port = 5019};

	for (int k = 0; k < NAT_LIFETIMES; k++)
		params.lifetime_ns[k] = LIFETIME * SECOND;
	params.shares_ports = i / 36 % 2 && params.filtering >= params.mapping;
	return params;
}

TEST(nothing_passes_that_the_filter_forbids_and_replies_reach_who_asked)
{
	for (unsigned i = 0; i < 72; i++) {
		struct nat_params params = random_case(i);
		bool is_right = agree(&params, 1000, 25000, i);

		if (!is_right)
			printf("# case %u\n", i);
		CHECK(is_right);
	}
}

TEST(a_small_table_is_full_exactly_when_its_sessions_are)
{
	for (unsigned i = 0; i < 9; i++) {
		struct nat_params params = random_case(i);
		bool is_right = agree(&params, 7, 40000, i);

		if (!is_right)
			printf("# case %u\n", i);
		CHECK(is_right);
	}
}

/* A packet of any protocol between a few endpoints, sometimes broken. */
static struct sample_packet random_packet(struct random *random, enum nat_direction direction)
{
	static const uint8_t protocols[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};
	static const uint8_t flags[] = {2, 16, 16, 16, 18, 17, 4};
	struct end in = inside_end((unsigned)random_below(random, INSIDE));
	struct end remote = remote_end((unsigned)random_below(random, REMOTE));
	struct end out = {ROUTER, (uint16_t)(4996 + random_below(random, 24))};
	bool is_out = direction == NAT_OUTBOUND;
	struct sample_packet p;

	if (random_below(random, 10) == 0)
		remote = (struct end){ROUTER, (uint16_t)(4996 + random_below(random, 24))};
	make_packet(&p, protocols[random_below(random, ARRAY_SIZE(protocols))],
		is_out ? in : remote, is_out ? remote : out,
		flags[random_below(random, ARRAY_SIZE(flags))]);
	if (random_below(random, 10) == 0)
		p.bytes[random_below(random, 34)] ^= (uint8_t)(1U << random_below(random, 8));
	if (random_below(random, 50) == 0)
		p.size = (uint32_t)random_below(random, p.size);
	return p;
}

TEST(the_shortcut_decides_as_the_tables_do)
{
	for (unsigned i = 0; i < 72; i++) {
		struct nat_params params = random_case(i);
		AUTO(nat_freep) struct nat *quick = NULL;
		AUTO(nat_freep) struct nat *slow = NULL;
		struct random random = random_seeded(i);
		int64_t now_ns = 0;

		params.hairpins = true;
		params.unsolicited = (enum nat_unsolicited)(i % 3);
		params.refresh = (enum nat_refresh)(i % 3);
		params.stream_after_ns = i % 2 * SECOND;
		quick = nat_with(&params, 60);
		slow = nat_with(&params, 60);
		for (unsigned k = 0; k < 10000; k++) {
			enum nat_direction direction = (enum nat_direction)random_below(&random, 2);
			struct sample_packet p = random_packet(&random, direction), q = p;
			struct nat_packet packet = {
				.bytes = p.bytes, .size = p.size, .checksum_start = k % 2 * 20};
			struct nat_packet twin = {
				.bytes = q.bytes, .size = q.size, .checksum_start = k % 2 * 20};

			now_ns += (int64_t)random_below(&random, 3) * (SECOND / 100);
			sessions_forget_flows(slow);
			CHECK(nat_pass(quick, direction, &packet, now_ns) ==
				nat_pass(slow, direction, &twin, now_ns));
			CHECK(memcmp(&p, &q, sizeof(p)) == 0);
		}
		CHECK(nat_totals(quick).sessions == nat_totals(slow).sessions);
	}
}
