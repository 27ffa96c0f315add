/* SPDX-License-Identifier: MIT */
#include "programs/nat/class.h"

#include "tap.h"

#include <string.h>

enum {
	OWN = 1,
	ROUTER = 2 /* addresses; only whether they are equal counts */
};

static struct nat_mapped at(uint32_t address, uint16_t port)
{
	return (struct nat_mapped){true, {address}, port};
}

/* A home router that keeps ports and lets in only those that were spoken to. */
static struct nat_sight home(void)
{
	return (struct nat_sight){.own_address = {OWN},
		.own_port = 5000,
		.to_server = at(ROUTER, 5000),
		.to_other_port = at(ROUTER, 5000),
		.to_other_address = at(ROUTER, 5000),
		.before_peer = at(ROUTER, 5001),
		.after_peer = at(ROUTER, 5001)};
}

static bool is(const char *word, const char *wanted)
{
	return word && strcmp(word, wanted) == 0;
}

TEST(equal_mappings_to_all_are_endpoint_independent)
{
	struct nat_sight sight = home();
	struct nat_class class = nat_classify(&sight);

	CHECK(class.is_translated && is(class.mapping, "endpoint-independent"));
	CHECK(is(class.filtering, "address-and-port-dependent"));
	CHECK(is(class.ports, "preserved") && is(class.peer_first, "stays"));
}

TEST(another_mapping_for_another_address_or_port_depends_on_it)
{
	struct nat_sight sight = home();

	sight.to_other_address = at(ROUTER, 6000);
	CHECK(is(nat_classify(&sight).mapping, "address-dependent"));
	sight.to_other_port = at(ROUTER, 6001);
	CHECK(is(nat_classify(&sight).mapping, "address-and-port-dependent"));
	sight.to_other_port = at(ROUTER + 1, 5000);
	CHECK(is(nat_classify(&sight).mapping, "address-and-port-dependent"));
}

TEST(who_is_heard_says_what_is_filtered)
{
	struct nat_sight sight = home();

	sight.hears_other_port = true;
	CHECK(is(nat_classify(&sight).filtering, "address-dependent"));
	sight.hears_other_address = true;
	CHECK(is(nat_classify(&sight).filtering, "endpoint-independent"));
}

TEST(a_mapping_may_move_when_the_peer_speaks_first)
{
	struct nat_sight sight = home();

	sight.after_peer.port++;
	CHECK(is(nat_classify(&sight).peer_first, "moves"));
	sight.after_peer.is_there = false;
	CHECK(!nat_classify(&sight).peer_first);
}

TEST(what_was_not_seen_is_not_said)
{
	struct nat_sight sight = {.own_address = {OWN}};
	struct nat_class class = nat_classify(&sight);

	CHECK(!class.mapping && !class.filtering && !class.ports && !class.is_translated);
	sight = home();
	sight.to_other_address.is_there = false;
	CHECK(!nat_classify(&sight).mapping);
	sight.own_address.s_addr = ROUTER;
	CHECK(!nat_classify(&sight).is_translated);
}
