/* SPDX-License-Identifier: MIT */
/*
 * A client whose answer is known punches through every two kinds of router: both ask a server how
 * they look from outside, send to what the other looked like, and answer where they hear something
 * from (RFC 5128, 3.3). Whether they meet must be what theory says, from which findings judge VPNs.
 */
#include "plan/topology.h"
#include "report/model/ways.h"

#include "base/file.h"

#include "folder.h"
#include "nat_packets.h"
#include "tap.h"

#include <stdlib.h>

enum {
	ROUNDS = 20, /* of sending to each other */
	EVERY = 100  /* milliseconds */
};

static const char *const kinds[] = {"full-cone", "address-restricted", "port-restricted",
	"firewall", "symmetric", "symmetric-sequential"};

/* One host, its router, and what it knows of the other. */
struct side {
	struct nat *nat;
	struct end inside, looks; /* from inside, and to the server */
	struct end other;         /* where it sends to */
	bool hears;
};

static int parameters_of(
	struct arena *arena, const char *kind, struct nat_params *ret_params, struct error *err)
{
	AUTO(folder_remove) struct folder folder = {"/tmp/test_nat_punch.XXXXXX"};
	const char *text = arena_printf(arena,
		"title: t\npublic: [server]\nsites:\n  home: { hosts: [alice], nat: %s }\n", kind);
	struct topology topology;
	const char *path;

	if (!mkdtemp(folder.path))
		return fail_errno(err, "make a folder");
	path = arena_printf(arena, "%s/world.yml", folder.path);
	if (file_write(path, text, strlen(text), 0600, err) ||
		topology_load(arena, path, &topology, err))
		return -1;
	*ret_params = topology.sites[0].nat;
	ret_params->external_count = topology.sites[0].is_translated;
	return 0;
}

/* Both homes have the same private network; behind a firewall hosts have public addresses. */
static struct side side_of(struct nat_params params, uint32_t outside)
{
	struct side side = {.inside = {params.external_count ? ALICE : outside, 4500}};

	params.external[0] = params.external_count ? outside : 0;
	side.nat = nat_with(&params, 100);
	side.looks = send_out(side.nat, side.inside, (struct end){SERVER, 3478}, 0);
	return side;
}

static void send_to_other(struct side *from, struct side *to, int64_t now_ns)
{
	struct end source = send_out(from->nat, from->inside, from->other, now_ns);

	if (source.port == 0 || from->other.address != to->looks.address ||
		!end_is(send_in(to->nat, source, from->other, now_ns), to->inside))
		return;
	to->hears = true;
	to->other = source;
}

static bool do_meet(const struct nat_params *one, const struct nat_params *other)
{
	struct side a = side_of(*one, ROUTER), b = side_of(*other, ROUTER + 1);

	a.other = b.looks;
	b.other = a.looks;
	for (int i = 0; i < ROUNDS && a.nat && b.nat; i++) {
		int64_t now_ns = (i + 1) * EVERY * SECOND / 1000;

		send_to_other(&a, &b, now_ns);
		send_to_other(&b, &a, now_ns);
	}
	nat_freep(&a.nat);
	nat_freep(&b.nat);
	return a.hears && b.hears;
}

TEST(a_known_client_meets_the_other_exactly_where_theory_says_so)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct nat_params params[ARRAY_SIZE(kinds)];
	struct error err = {0};
	size_t pairs = 0, met = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		CHECK_OK(parameters_of(arena, kinds[i], &params[i], &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (size_t k = 0; k <= i; k++) {
			bool is_direct = do_meet(&params[i], &params[k]);

			printf("# %s and %s: %s\n", kinds[i], kinds[k],
				is_direct ? "direct" : "no way");
			CHECK(is_direct == ways_can_be_direct(kinds[i], kinds[k]));
			pairs++;
			met += is_direct;
		}
	}
	CHECK(pairs == 21 && met == 14);
}
