/* SPDX-License-Identifier: MIT */
/* Addresses of hosts in a topology, and the neighbours that they are given. */
#include "lab/internal.h"

#include "tap.h"

#include <string.h>

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* server is public, alice and amy are at home, bob is behind two routers, carol behind a firewall.
 */
static struct topology_site sites[] = {
	{.name = "home",
		.hosts = NAMES("alice", "amy"),
		.host_count = 2,
		.behind = TOPOLOGY_PUBLIC,
		.network = 0xc0a80100,
		.prefix = 24,
		.external_count = 2,
		.is_translated = true},
	{.name = "carrier",
		.behind = TOPOLOGY_PUBLIC,
		.network = 0x64400000,
		.prefix = 16,
		.external_count = 1,
		.is_translated = true},
	{.name = "phone",
		.hosts = NAMES("bob"),
		.host_count = 1,
		.behind = 1,
		.network = 0xc0a80100,
		.prefix = 24,
		.external_count = 1,
		.is_translated = true},
	{.name = "campus",
		.hosts = NAMES("carol"),
		.host_count = 1,
		.behind = TOPOLOGY_PUBLIC,
		.network = 0x2c808300,
		.prefix = 24,
		.external_count = 1},
};
static const struct topology world = {.name = "world",
	.publics = NAMES("server"),
	.public_count = 1,
	.sites = sites,
	.site_count = 4};
/* A home with two uplinks in place of the first site. */
static struct topology_site lines[2];
static struct topology_uplink uplinks[] = {
	{.name = "wifi", .site = &lines[0]}, {.name = "lte", .site = &lines[1]}};

static const char *const names[] = {"server", "alice", "amy", "bob", "carol"};

enum {
	SERVER,
	ALICE,
	AMY,
	BOB,
	CAROL,
	HOSTS
};

static struct lab placed(struct lab_node nodes[HOSTS])
{
	struct lab lab = {.nodes = nodes, .count = HOSTS, .topology = &world};

	for (size_t i = 0; i < HOSTS; i++) {
		nodes[i] = (struct lab_node){.name = names[i]};
		site_place_host(&lab, &nodes[i], i);
	}
	return lab;
}

static bool is_at(const struct lab_node *node, const char *own, const char *seen)
{
	printf("# %s: %s, seen as %s\n", node->name, node->ipv4, node->seen);
	return strcmp(node->ipv4, own) == 0 && strcmp(node->seen, seen) == 0;
}

TEST(others_find_a_host_at_its_outermost_router)
{
	struct lab_node nodes[HOSTS];

	placed(nodes);
	CHECK(is_at(&nodes[SERVER], "44.128.0.1", "44.128.0.1"));
	CHECK(is_at(&nodes[ALICE], "192.168.1.2", "44.128.1.1"));
	CHECK(is_at(&nodes[AMY], "192.168.1.3", "44.128.1.1"));
	CHECK(is_at(&nodes[BOB], "192.168.1.2", "44.128.2.1"));
	CHECK(is_at(&nodes[CAROL], "44.128.131.2", "44.128.131.2"));
}

TEST(segments_are_those_of_sites_and_every_card_has_another_address)
{
	struct lab_node nodes[HOSTS];

	placed(nodes);
	CHECK(nodes[SERVER].segment == 0 && nodes[ALICE].segment == 1 && nodes[AMY].segment == 1 &&
		nodes[BOB].segment == 3 && nodes[CAROL].segment == 4);
	for (size_t i = 0; i < HOSTS; i++) {
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(nodes[i].mac, nodes[k].mac) != 0);
	}
}

TEST(a_host_at_home_knows_its_router_and_its_neighbours_and_nobody_else)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_node nodes[HOSTS];
	struct lab lab = placed(nodes);
	const char *text = site_wiring(&lab, arena, ALICE, "cubic");

	CHECK(strcmp(text,
		      "address add 192.168.1.2/24 dev eth0 noprefixroute\n"
		      "link set dev eth0 up\n"
		      "route add 192.168.1.0/24 dev eth0 scope link src 192.168.1.2 congctl cubic\n"
		      "route add default via 192.168.1.1 dev eth0 congctl cubic\n"
		      "neighbour replace 192.168.1.1 lladdr 02:4d:42:01:00:00 dev eth0 nud permanent\n"
		      "neighbour replace 192.168.1.3 lladdr 02:4d:42:00:00:03 dev eth0 nud permanent\n") ==
		0);
}

TEST(a_public_host_knows_every_outside_address_and_firewalled_hosts_at_their_firewall)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_node nodes[HOSTS];
	struct lab lab = placed(nodes);
	const char *text = site_wiring(&lab, arena, SERVER, NULL);

	CHECK(strstr(text, "route add 44.128.0.0/16 dev eth0 scope link src 44.128.0.1\n"));
	CHECK(!strstr(text, "default") && !strstr(text, "192.168") && !strstr(text, "100.64"));
	CHECK(strstr(text, "44.128.1.1 lladdr 02:4d:42:01:01:00") &&
		strstr(text, "44.128.1.2 lladdr 02:4d:42:01:01:00") &&
		strstr(text, "44.128.2.1 lladdr 02:4d:42:01:01:01"));
	CHECK(strstr(text, "44.128.131.2 lladdr 02:4d:42:01:01:03"));
}

TEST(every_uplink_has_addresses_of_its_own_that_all_others_know)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct topology_site home = sites[0];
	struct lab_node nodes[HOSTS];
	struct lab lab;
	const char *text;

	lines[0] = lines[1] = home;
	lines[1].external_count = 1;
	sites[0].uplinks = uplinks;
	sites[0].uplink_count = 2;
	lab = placed(nodes);
	text = site_wiring(&lab, arena, SERVER, NULL);
	sites[0] = home;
	CHECK(is_at(&nodes[ALICE], "192.168.1.2", "44.128.1.1"));
	for (size_t i = 1; i <= 3; i++)
		CHECK(strstr(
			text, arena_printf(arena, "44.128.1.%zu lladdr 02:4d:42:01:01:00", i)));
	CHECK(strstr(text, "44.128.1.33 lladdr 02:4d:42:01:01:00") &&
		strstr(text, "44.128.1.34 lladdr 02:4d:42:01:01:00") &&
		!strstr(text, "44.128.1.35 "));
}

/* alice and amy have both families, bob IPv6 alone behind a router that has both. */
TEST(ipv6_is_not_translated_and_every_router_knows_who_is_behind_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct topology_site former[ARRAY_SIZE(sites)];
	struct lab_node nodes[HOSTS];
	const char *server, *bob;
	struct lab lab;

	memcpy(former, sites, sizeof(sites));
	for (size_t i = 0; i < ARRAY_SIZE(sites); i++)
		sites[i].family = TOPOLOGY_DUAL;
	sites[2].family = TOPOLOGY_IPV6;
	lab = placed(nodes);
	server = site_wiring(&lab, arena, SERVER, NULL);
	bob = site_wiring(&lab, arena, BOB, "cubic");
	CHECK(strcmp(site_own_address(&lab, AMY), "3ffe:4d42:1::3") == 0 &&
		strcmp(nodes[AMY].ipv4, "192.168.1.3") == 0);
	CHECK(strcmp(nodes[BOB].seen, "3ffe:4d42:3::2") == 0 && !nodes[BOB].ipv4[0]);
	memcpy(sites, former, sizeof(sites));
	CHECK(strcmp(bob,
		      "link set dev eth0 up\n"
		      "address add 3ffe:4d42:3::2/64 dev eth0 nodad noprefixroute\n"
		      "route add 3ffe:4d42:3::/64 dev eth0 congctl cubic\n"
		      "route add ::/0 via 3ffe:4d42:3::1 dev eth0 congctl cubic\n"
		      "neighbour replace 3ffe:4d42:3::1 lladdr 02:4d:42:01:00:02 dev eth0 nud permanent\n") ==
		0);
	CHECK(strstr(server, "route add 3ffe:4d42::/32 dev eth0\n"));
	CHECK(strstr(server, "3ffe:4d42:1::2 lladdr 02:4d:42:01:01:00") &&
		strstr(server, "3ffe:4d42:3::2 lladdr 02:4d:42:01:01:01"));
}

TEST(a_host_behind_a_nat64_finds_others_at_addresses_that_stand_for_ipv4)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct topology_site former = sites[0];
	struct lab_node nodes[HOSTS];
	const char *inside, *outside;
	struct lab lab;

	sites[0].family = TOPOLOGY_IPV6;
	sites[0].nat.is_nat64 = true;
	lab = placed(nodes);
	inside = address_hosts_file(&lab, arena, AMY, NULL);
	outside = address_hosts_file(&lab, arena, SERVER, NULL);
	CHECK(strcmp(lab_underlay_for(&lab, arena, AMY, SERVER), "64:ff9b::2c80:1") == 0);
	CHECK(strcmp(lab_underlay_for(&lab, arena, AMY, AMY), "44.128.1.1") == 0);
	CHECK(strcmp(lab_underlay_for(&lab, arena, SERVER, AMY), "44.128.1.1") == 0);
	sites[0] = former;
	CHECK(strcmp(inside,
		      "127.0.0.1 localhost\n64:ff9b::2c80:1 server\n3ffe:4d42:1::2 alice\n"
		      "3ffe:4d42:1::3 amy\n64:ff9b::2c80:201 bob\n64:ff9b::2c80:8302 carol\n") ==
		0);
	CHECK(strstr(outside, "44.128.1.1 alice\n44.128.1.1 amy\n"));
	CHECK(!nodes[AMY].ipv4[0] && !nodes[SERVER].ipv6[0]);
}

TEST(without_ipv6_nobody_has_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_node nodes[HOSTS];
	struct lab lab = placed(nodes);

	CHECK(!nodes[SERVER].ipv6[0] && !nodes[ALICE].ipv6[0]);
	CHECK(!strstr(site_wiring(&lab, arena, SERVER, NULL), "3ffe"));
}

TEST(hosts_of_one_site_are_joined_and_public_ones_with_all)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_node nodes[HOSTS];
	struct lab lab = placed(nodes);

	CHECK(site_joins(&lab, ALICE, AMY) && site_joins(&lab, BOB, SERVER));
	CHECK(!site_joins(&lab, ALICE, BOB) && !site_joins(&lab, SERVER, CAROL));
	CHECK(strcmp(address_hosts_file(&lab, arena, AMY, NULL),
		      "127.0.0.1 localhost\n44.128.0.1 server\n192.168.1.2 alice\n192.168.1.3 amy\n"
		      "44.128.2.1 bob\n44.128.131.2 carol\n") == 0);
}
