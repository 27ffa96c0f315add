/* SPDX-License-Identifier: MIT */
#include "plan/topology.h"

#include "base/file.h"
#include "base/json.h"
#include "plan/plan.h"

#include "folder.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "title: t\npublic: [server]\nsites:\n"
#define HOME "  home: { hosts: [alice] }\n"

static int load(struct arena *arena, const struct folder *folder, const char *text,
	struct topology *topology, struct error *err)
{
	const char *path = arena_printf(arena, "%s/world.yml", folder->path);

	if (file_write(path, text, strlen(text), 0600, err))
		return -1;
	return topology_load(arena, path, topology, err);
}

/* Refused at this place of the file, for a reason with these words. */
static bool is_refused(const char *text, const char *place, const char *why)
{
	AUTO(folder_remove) struct folder folder = {"/tmp/test_topology.XXXXXX"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct topology topology;

	if (!mkdtemp(folder.path) || load(arena, &folder, text, &topology, &err) == 0)
		return false;
	printf("# %s\n", err.text);
	return err.kind == ERROR_USAGE && strstr(err.text, why) &&
	       strstr(err.text, arena_printf(arena, "world.yml:%s: ", place));
}

#define LOADED(text)                                                                               \
	TEMPORARY_FOLDER(folder);                                                                  \
	AUTO(arena_freep) struct arena *arena = arena_new();                                       \
	struct error err = {0};                                                                    \
	struct topology topology;                                                                  \
	CHECK_OK(load(arena, &folder, text, &topology, &err), err)

TEST(public_hosts_come_first_and_every_host_knows_its_site)
{
	LOADED(HEAD HOME "  office: { hosts: [bob, carol], nat: symmetric }\n");
	size_t count;
	const char *const *hosts = topology_hosts(arena, &topology, &count);

	CHECK(count == 4 && strcmp(hosts[0], "server") == 0 && strcmp(hosts[3], "carol") == 0);
	CHECK(topology_site_of(&topology, 0) == TOPOLOGY_PUBLIC);
	CHECK(topology_site_of(&topology, 1) == 0 && topology_site_of(&topology, 3) == 1);
	CHECK(!topology_is_flat(&topology));
}

TEST(a_topology_without_hosts_is_flat)
{
	LOADED("title: One flat switch\n");

	CHECK(topology_is_flat(&topology) && topology.site_count == 0);
}

TEST(a_named_nat_stands_for_a_router_and_other_keys_change_it_wherever_they_stand)
{
	LOADED(HEAD
		"  home: { udp_fresh: 30s, filtering: address-dependent, hosts: [alice], nat: symmetric,\n"
		"          udp: 53, icmp: blocked, mtu: 1280, black_hole: true, external_addresses: 3 }\n");
	const struct topology_site *site = &topology.sites[0];

	CHECK(site->nat.mapping == NAT_ADDRESS_AND_PORT_DEPENDENT && site->nat.ports == NAT_RANDOM);
	CHECK(site->nat.filtering == NAT_ADDRESS_DEPENDENT);
	CHECK(site->nat.lifetime_ns[NAT_UDP_FRESH] == INT64_C(30000000000));
	CHECK(site->nat.udp.is_blocked && site->nat.udp.except_port == 53);
	CHECK(site->nat.icmp.is_blocked && !site->nat.tcp.is_blocked);
	CHECK(site->mtu == 1280 && site->is_black_hole && site->external_count == 3);
}

TEST(homes_have_the_same_private_network_and_firewalls_public_ones_of_their_own)
{
	LOADED(HEAD HOME "  office: { hosts: [bob] }\n"
			 "  lab-a: { hosts: [carol], nat: firewall }\n"
			 "  lab-b: { hosts: [dave], nat: firewall }\n");

	CHECK(topology.sites[0].network == 0xc0a80100 && topology.sites[1].network == 0xc0a80100);
	CHECK(topology.sites[2].network == 0x2c808200 && topology.sites[3].network == 0x2c808300);
	CHECK(!topology.sites[2].is_translated && topology.sites[0].is_translated);
}

TEST(a_router_without_nat_is_open_and_its_site_public)
{
	LOADED(HEAD "  home: { hosts: [alice], nat: none }\n");

	CHECK(topology.sites[0].nat.is_open && !topology.sites[0].is_translated);
	CHECK(topology.sites[0].network == 0x2c808000);
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: none, filtering: address-dependent }\n",
		"4:25", "filters nothing"));
}

TEST(a_site_behind_a_carrier_has_its_router_in_the_carriers_network)
{
	LOADED(HEAD "  carrier: { nat: carrier }\n"
		    "  phone: { hosts: [alice], behind: carrier, nat: symmetric }\n");

	CHECK(topology.sites[0].network == 0x64400000 && topology.sites[0].nat.block_ports == 1024);
	CHECK(topology.sites[1].behind == 0 && topology.sites[0].behind == TOPOLOGY_PUBLIC);
}

TEST(a_change_is_as_if_the_file_had_said_it)
{
	LOADED(HEAD "  home: { hosts: [alice], udp_fresh: 30s }\n");

	CHECK_OK(topology_change(arena, &topology, "home.nat=full-cone,home.udp=blocked", &err),
		err);
	CHECK(topology.sites[0].nat.filtering == NAT_ENDPOINT_INDEPENDENT);
	CHECK(topology.sites[0].nat.udp.is_blocked);
	CHECK(topology.sites[0].nat.lifetime_ns[NAT_UDP_FRESH] == INT64_C(30000000000));
	CHECK(strcmp(topology.name, "world:home.nat=full-cone,home.udp=blocked") == 0);
}

TEST(a_refused_change_changes_nothing_and_says_what_was_meant)
{
	LOADED(HEAD HOME);

	CHECK(topology_change(arena, &topology, "home.nat=fullcone", &err));
	CHECK(strstr(err.text, "did you mean 'full-cone'"));
	CHECK(topology_change(arena, &topology, "home.filterin=random", &err));
	CHECK(strstr(err.text, "did you mean 'filtering'"));
	CHECK(topology_change(arena, &topology, "hom.nat=linux", &err));
	CHECK(strstr(err.text, "no site 'hom'"));
	CHECK(topology_change(arena, &topology, "nat=linux", &err));
	CHECK(strstr(err.text, "SITE.KEY=VALUE"));
	CHECK(topology.sites[0].nat.filtering == NAT_ADDRESS_AND_PORT_DEPENDENT);
}

#define LAPTOP                                                                                     \
	"  home:\n    hosts: [alice]\n    udp_fresh: 30s\n    uplinks:\n"                          \
	"      wifi: { up: wifi-good }\n      lte: { nat: symmetric, down: lte, udp_fresh: 20s }\n"

TEST(a_site_with_several_uplinks_is_at_first_what_the_first_one_says)
{
	LOADED(HEAD LAPTOP);
	const struct topology_site *site = &topology.sites[0], *wifi, *lte;

	CHECK(site->uplink_count == 2 && strcmp(site->uplinks[1].name, "lte") == 0);
	wifi = site->uplinks[0].site;
	lte = site->uplinks[1].site;
	CHECK(site->nat.mapping == NAT_ENDPOINT_INDEPENDENT &&
		strcmp(site->up_name, "wifi-good") == 0 && !site->down_name);
	CHECK(strcmp(wifi->up_name, "wifi-good") == 0 && !lte->up_name);
	CHECK(lte->nat.mapping == NAT_ADDRESS_AND_PORT_DEPENDENT &&
		strcmp(lte->down_name, "lte") == 0 && lte->host_count == 1);
	CHECK(wifi->nat.lifetime_ns[NAT_UDP_FRESH] == INT64_C(30000000000) &&
		lte->nat.lifetime_ns[NAT_UDP_FRESH] == INT64_C(20000000000));
}

TEST(a_change_is_of_one_uplink_or_of_all)
{
	LOADED(HEAD LAPTOP);
	struct topology former = topology;
	json_auto_t *json = NULL;

	CHECK_OK(topology_change(arena, &topology, "home.lte.nat=linux,home.mtu=1400", &err), err);
	CHECK(topology.sites[0].uplinks[1].site->nat.unsolicited == NAT_OCCUPIES);
	CHECK(topology.sites[0].mtu == 1400 && topology.sites[0].uplinks[1].site->mtu == 1400);
	CHECK(topology.sites[0].nat.unsolicited == NAT_IGNORED);
	CHECK(former.sites[0].uplinks[1].site->nat.unsolicited == NAT_IGNORED);
	CHECK(topology_change(arena, &topology, "home.lte.network=10.0.0.0/24", &err) &&
		strstr(err.text, "belongs to the site"));
	CHECK(topology_change(arena, &topology, "home.5g.nat=linux", &err));
	json = topology_json(&topology);
	CHECK(strcmp(json_string_at(json, "/sites/0/up", ""), "wifi-good") == 0);
	CHECK(strcmp(json_string_at(json, "/sites/0/uplinks/1/nat", ""), "linux") == 0);
	CHECK(strcmp(json_string_at(json, "/sites/0/uplinks/1/mtu", ""), "1400") == 0);
}

TEST(uplinks_that_cannot_be_changed_are_refused_with_their_place)
{
	CHECK(is_refused(HEAD "  a: { hosts: [x], uplinks: { w: { mtu: 1400 } } }\n", "4:29",
		"at least two uplinks"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], uplinks: { w: { mtu: 9 }, l: { up: lte } } }\n",
		"4:41", "mtu"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], uplinks: { w: { up: lte }, l: { nat: firewall } } }\n",
		"4:57", "nothing translates them"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], uplinks: { w: { nat: nat64 }, l: { nat: symmetric } } }\n",
		"4:41", "a NAT64 on all or on none"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], uplinks: { w: { up: lte }, l: { nat: nat64 } } }\n",
		"4:6", "a NAT64 on all or on none"));
	CHECK(is_refused(HEAD
		"  a: { nat: carrier }\n"
		"  b: { hosts: [x], behind: a, uplinks: { w: { up: lte }, l: { mtu: 1400 } } }\n",
		"5:28", "only a router in the public network"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], uplinks: { w: { up: lte }, l: { hosts: [y] } } }\n",
		"4:52", "belongs to the site"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], uplinks: [w, l] }\n", "4:29",
		"a mapping of uplink names"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], uplinks: { a: {mtu: 1300}, b: {mtu: 1300}, c: {mtu: 1300}, d: {mtu: 1300}, e: {mtu: 1300} } }\n",
		"4:95", "at most 4 uplinks"));
}

TEST(a_site_can_have_a_nat64_on_every_uplink)
{
	LOADED(HEAD
		"  a: { hosts: [x], nat: nat64, uplinks: { w: { mtu: 1400 }, l: { udp_fresh: 30s } } }\n");

	CHECK(topology.sites[0].family == TOPOLOGY_IPV6 && topology_has_nat64(&topology));
	CHECK(topology.sites[0].uplinks[1].site->nat.is_nat64);
	CHECK(!topology_is_ipv6(&topology));
}

TEST(a_site_with_ipv6_alone_makes_the_topology_one_of_ipv6)
{
	LOADED(HEAD "  home: { hosts: [alice], family: dual }\n");

	CHECK(topology_has_ipv6(&topology) && !topology_is_ipv6(&topology));
	CHECK_OK(topology_change(arena, &topology, "home.family=ipv6", &err), err);
	CHECK(topology_is_ipv6(&topology) && topology.sites[0].family == TOPOLOGY_IPV6);
	CHECK_OK(topology_change(arena, &topology, "home.family=ipv4", &err), err);
	CHECK(!topology_has_ipv6(&topology));
}

TEST(families_that_cannot_meet_are_refused_with_their_place)
{
	CHECK(is_refused(HEAD "  a: { hosts: [x], family: ipv6 }\n  b: { hosts: [y] }\n", "5:6",
		"IPv4 alone and another IPv6 alone"));
	CHECK(is_refused(HEAD
		"  a: { nat: carrier }\n  b: { hosts: [x], behind: a, family: dual }\n",
		"5:39", "in site a, which has IPv4 alone"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], family: dual, uplinks: { w: { up: lte }, l: { mtu: 1400 } } }\n",
		"4:28", "other IPv6 addresses on each uplink"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], family: ipx }\n", "4:28", "not one of"));
}

TEST(a_nat64_has_ipv6_inside_and_its_contradictions_are_refused_with_their_place)
{
	LOADED(HEAD HOME "  phone: { hosts: [p], nat: nat64 }\n");

	CHECK(topology.sites[1].family == TOPOLOGY_IPV6 && topology_has_nat64(&topology));
	CHECK(!topology_is_ipv6(&topology) && !topology_has_ipv6(&topology));
	CHECK(is_refused(
		HEAD "  a: { hosts: [x], nat: nat64, family: dual }\n", "4:40", "have IPv6 alone"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: nat64, network: 10.0.0.0/24 }\n", "4:41",
		"have no IPv4"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], nat: nat64 }\n  b: { hosts: [y], behind: a, network: 10.0.0.0/24 }\n",
		"5:28", "behind a NAT64"));
	CHECK(is_refused("title: t\nsites:\n  a: { hosts: [x], nat: nat64 }\n  b: { hosts: [y] }\n",
		"3:6", "no public host"));
	CHECK(is_refused(HEAD
		"  a: { hosts: [x], nat: nat64 }\n  b: { hosts: [y], family: ipv6 }\n",
		"4:6", "neither finds the other"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: nat64, hairpin: true }\n", "4:25",
		"turns nothing back"));
}

TEST(every_topology_of_ours_is_valid_and_has_at_most_forty_lines)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *names, *path;
	struct topology topology;
	struct error err = {0};
	size_t size;

	CHECK_OK(plan_list(arena, "topologies", &names, &err), err);
	CHECK(names[0]);
	for (; *names; names++) {
		size_t lines = 0;
		char *text;

		CHECK_OK(plan_find(arena, "topologies", *names, &path, &err), err);
		CHECK_OK(topology_load(arena, path, &topology, &err), err);
		CHECK_OK(file_read(arena, path, 1 << 16, &text, &size, &err), err);
		for (const char *at = text; (at = strchr(at, '\n')); at++)
			lines++;
		printf("# %s: %zu lines\n", *names, lines);
		CHECK(lines <= 40);
	}
}

TEST(contradictions_are_refused_with_their_place)
{
	CHECK(is_refused(HEAD HOME "  b: { hosts: [alice] }\n", "5:16", "in site home already"));
	CHECK(is_refused(
		HEAD "  b: { hosts: [server] }\n", "4:16", "in the public network already"));
	CHECK(is_refused(HEAD "  b: { hosts: [x], behind: c }\n", "4:28", "stands above"));
	CHECK(is_refused(
		HEAD "  b: { nat: linux }\n", "4:6", "no hosts, and no site is behind it"));
	CHECK(is_refused(HEAD "  a: { hosts: [x] }\n  b: { hosts: [y], behind: a }\n", "5:6",
		"overlaps with that of site a, in which its router is"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], network: 44.128.3.0/24 }\n", "4:29",
		"44.128.0.0/16 is the public network"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: firewall, network: 44.128.200.0/24 }\n"
			      "  b: { hosts: [y], nat: firewall, network: 44.128.200.0/24 }\n",
		"5:44", "the public network can reach both"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: firewall, network: 198.51.100.0/24 }\n",
		"4:44", "44.128.128.0/17"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: firewall, network: 44.128.0.0/16 }\n",
		"4:44", "44.128.128.0/17"));
	CHECK(is_refused(HEAD
		"  a: { nat: carrier }\n  b: { hosts: [y], behind: a, nat: firewall }\n",
		"5:36", "needs a NAT"));
	CHECK(is_refused("title: t\npublic: [one]\n", "1:1", "at least two hosts"));
}

TEST(a_site_has_room_for_nine_routers_behind_it)
{
	AUTO(arena_freep) struct arena *texts = arena_new();
	const char *nine = HEAD "  carrier: { nat: carrier }\n", *ten;

	for (char name = 'a'; name < 'a' + TOPOLOGY_MOST_BEHIND; name++)
		nine = arena_printf(
			texts, "%s  %c: { hosts: [h-%c], behind: carrier }\n", nine, name, name);
	ten = arena_printf(texts, "%s  z: { hosts: [h-z], behind: carrier }\n", nine);
	LOADED(nine);
	CHECK(topology.site_count == TOPOLOGY_MOST_BEHIND + 1);
	CHECK(is_refused(ten, "4:12", "10 sites are behind site carrier; at most 9"));
}

TEST(values_that_mean_nothing_are_refused_with_their_place)
{
	CHECK(is_refused(HEAD "  a: { hosts: [x], natt: linux }\n", "4:20", "did you mean 'nat'"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], nat: linus }\n", "4:25", "did you mean 'linux'"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], mtu: 1279 }\n", "4:25", "mtu"));
	CHECK(is_refused(HEAD "  a: { hosts: [x], sessions: 4097 }\n", "4:30", "sessions"));
	CHECK(is_refused(
		HEAD "  a: { hosts: [x], icmp: 443 }\n", "4:26", "neither open nor blocked"));
	CHECK(is_refused(
		HEAD "  a: { hosts: [x], hairpin: yes }\n", "4:29", "neither true nor false"));
	CHECK(is_refused(
		HEAD "  a: { hosts: [x], network: 10.0.0.1/24 }\n", "4:29", "not an IPv4 network"));
	CHECK(is_refused(HEAD "  a: { hosts: [Alice] }\n", "4:16", "lower-case"));
	CHECK(is_refused(HEAD "  a: { hosts: x }\n", "4:15", "a list of host names"));
	CHECK(is_refused(HEAD "  a: 3\n", "4:6", "a mapping of keys"));
	CHECK(is_refused("public: [a, b]\n", "1:1", "'title' is missing"));
	CHECK(is_refused("title: t\nhosts: [a]\n", "2:1", "unknown key 'hosts'"));
}

TEST(json_says_every_key_as_it_was_written)
{
	LOADED(HEAD "  home: { hosts: [alice], nat: linux, udp_fresh: 30s }\n");
	json_auto_t *json = topology_json(&topology);

	CHECK(strcmp(json_string_at(json, "/sites/0/nat", ""), "linux") == 0);
	CHECK(strcmp(json_string_at(json, "/sites/0/udp_fresh", ""), "30s") == 0);
	CHECK(strcmp(json_string_at(json, "/sites/0/hosts/0", ""), "alice") == 0);
	CHECK(strcmp(json_string_at(json, "/public/0", ""), "server") == 0);
	CHECK(json_object_size(json_at(json, "/sites/0")) == 4);
}
