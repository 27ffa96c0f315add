/* SPDX-License-Identifier: MIT */
/* Routers of the wire between real hosts: what Linux says of NATs, MTUs and hops that are ours. */
#include "base/json.h"
#include "lab/internal.h"
#include "plan/plan.h"

#include "standing_lab.h"

#include <arpa/inet.h>
#include <signal.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

/*
 * lom and yuki are at home, each as 192.168.1.2 behind a router of its own; luna is outside, as
 * 203.0.113.10 and .11. Routers are 203.0.113.1 and .2 there.
 */
enum {
	LUNA = 2,
	HOMES = 2
};

struct world {
	struct router_params params[HOMES];
	struct wire_router routers[HOMES];
};

static const char home_script[] =
	"ip -batch - <<-EOF\n"
	"address flush dev eth0\n"
	"address add 192.168.1.2/24 dev eth0\n"
	"route add default via 192.168.1.1\n"
	"neighbour replace 192.168.1.1 lladdr 02:00:00:00:01:%02x dev eth0 nud permanent\n"
	"EOF";
static const char luna_script[] =
	"ip -batch - <<-EOF\n"
	"address flush dev eth0\n"
	"address add 203.0.113.10/24 dev eth0\n"
	"address add 203.0.113.11/24 dev eth0\n"
	"neighbour replace 203.0.113.1 lladdr 02:00:00:00:02:00 dev eth0 nud permanent\n"
	"neighbour replace 203.0.113.2 lladdr 02:00:00:00:02:01 dev eth0 nud permanent\n"
	"EOF";

static struct wire_neighbour neighbour_of(
	enum router_side side, const char *ipv4, const struct lab_node *node)
{
	struct wire_neighbour neighbour = {.side = side, .address = {[10] = 0xff, [11] = 0xff}};
	unsigned mac[6] = {0};

	inet_pton(AF_INET, ipv4, neighbour.address + 12);
	sscanf(node->mac, "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5);
	for (int i = 0; i < 6; i++)
		neighbour.mac[i] = (uint8_t)mac[i];
	return neighbour;
}

static int build_home(
	struct standing_lab *s, struct world *world, uint8_t number, struct error *err)
{
	struct lab *lab = s->lab;
	struct router_params *params = &world->params[number];
	struct wire_router *router = &world->routers[number];
	struct wire_neighbour inside =
		neighbour_of(ROUTER_INSIDE, "192.168.1.2", &lab->nodes[number]);
	struct wire_neighbour luna =
		neighbour_of(ROUTER_OUTSIDE, "203.0.113.10", &lab->nodes[LUNA]);
	struct wire_neighbour luna_too =
		neighbour_of(ROUTER_OUTSIDE, "203.0.113.11", &lab->nodes[LUNA]);
	ARENA(arena);

	*params = (struct router_params){
		.faces = {{.mac = {2, 0, 0, 0, 1, number}, .mtu = 1500, .ipv4 = 0xc0a80101},
			{.mac = {2, 0, 0, 0, 2, number}, .mtu = 1500, .ipv4 = 0xcb007101 + number}},
		.nat = {.external = {0xcb007101 + number},
			.external_count = 1,
			.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}};
	if (wire_add_router(lab->wire, params, router, err) ||
		wire_meet(lab->wire, router->number, &inside, err) ||
		wire_meet(lab->wire, router->number, &luna, err) ||
		wire_meet(lab->wire, router->number, &luna_too, err) ||
		wire_join(lab->wire, router->ports[ROUTER_INSIDE], number + 1, err) ||
		wire_join(lab->wire, lab->ports[number], number + 1, err))
		return -1;
	if (!output_on(s, arena, number, SHELL(arena_printf(arena, home_script, number))))
		return fail(err, ERROR_SYSTEM, "the addresses of home %u", number);
	return 0;
}

static int build_world(struct standing_lab *s, struct world *world, struct error *err)
{
	ARENA(arena);

	for (uint8_t i = 0; i < HOMES; i++) {
		if (build_home(s, world, i, err))
			return -1;
	}
	if (!output_on(s, arena, LUNA, SHELL(luna_script)))
		return fail(err, ERROR_SYSTEM, "the addresses of luna");
	return 0;
}

static int narrow(
	struct standing_lab *s, struct world *world, bool is_black_hole, struct error *err)
{
	world->params[0].faces[ROUTER_OUTSIDE].mtu = 1280;
	world->params[0].is_black_hole = is_black_hole;
	return wire_set_router(s->lab->wire, world->routers[0].number, &world->params[0], err);
}

#define WORLD(s, world)                                                                            \
	struct world world;                                                                        \
	struct error err = {0};                                                                    \
	EMULATED_LAB(s, 3, &unshaped);                                                             \
	CHECK_OK(build_world(&(s), &(world), &err), err)

/* Bits per second from lom to luna; 0: none arrived. */
static double tcp_to_luna(struct standing_lab *s, struct arena *arena)
{
	AUTO(proc_freep) struct proc *server = NULL;
	const struct proc_spec serve = {.argv = ARGV("iperf3", "-s", "-1", "--forceflush")};
	json_auto_t *flow = NULL;
	struct error err;
	const char *text;

	if (host_start(lab_host(s->lab, LUNA), &serve, &server, &err) ||
		proc_wait_output(server, "listening", deadline_in(10 * NS_PER_S), &err))
		return 0;
	text = output_on(s, arena, 0, ARGV("iperf3", "-J", "-t", "1", "-c", "203.0.113.10"));
	if (!text || json_parse(text, strlen(text), "iperf3", &flow, &err))
		return 0;
	return json_number_at(flow, "/end/sum_received/bits_per_second", 0);
}

TEST(two_homes_with_the_same_network_reach_the_world_and_it_does_not_reach_them)
{
	WORLD(s, world);
	struct router_totals totals;
	ARENA(arena);

	for (size_t i = 0; i < HOMES; i++)
		CHECK(output_on(&s, arena, i,
			ARGV("ping", "-q", "-c", "3", "-i", "0.1", "-W", "2", "203.0.113.10")));
	CHECK(output_on(&s, arena, 0, ARGV("ping", "-q", "-c", "1", "-W", "2", "192.168.1.1")));
	CHECK(output_on(&s, arena, LUNA, SHELL("! ping -q -c 2 -i 0.1 -W 1 203.0.113.1")));
	CHECK_OK(wire_read_router(s.lab->wire, world.routers[0].number, &totals, &err), err);
	CHECK(totals.forwarded >= 6 && totals.nat.mappings == 1);
	CHECK(totals.nat.packets[NAT_INBOUND][NAT_FILTERED] == 2);
}

TEST(tcp_crosses_a_router_in_super_packets_with_right_checksums)
{
	WORLD(s, world);
	ARENA(arena);
	double bps = tcp_to_luna(&s, arena);

	printf("# %.0f Mbit/s\n", bps / 1e6);
	CHECK(bps > 20e6);
	CHECK(output_on(&s, arena, LUNA,
		SHELL("nstat -az | awk '/CsumErrors/ {n += $2; seen++} END {exit n > 0 || seen < 2}'")));
}

TEST(a_narrow_uplink_says_its_mtu_and_tcp_adapts)
{
	WORLD(s, world);
	ARENA(arena);

	CHECK_OK(narrow(&s, &world, false, &err), err);
	CHECK(output_on(&s, arena, 0,
		SHELL("ping -c 2 -i 0.2 -W 1 -M do -s 1400 203.0.113.10 2>&1 | grep 'mtu *= *1280'")));
	CHECK(output_on(&s, arena, 0,
		ARGV("ping", "-q", "-c", "2", "-i", "0.2", "-W", "1", "-M", "dont", "-s", "1400",
			"203.0.113.10")));
	CHECK(output_on(&s, arena, 0, SHELL("ip route flush cache")));
	CHECK(tcp_to_luna(&s, arena) > 20e6);
}

TEST(a_black_hole_says_nothing)
{
	WORLD(s, world);
	ARENA(arena);

	CHECK_OK(narrow(&s, &world, true, &err), err);
	CHECK(output_on(
		&s, arena, 0, SHELL("! ping -q -c 2 -i 0.2 -W 1 -M do -s 1400 203.0.113.10")));
	CHECK(output_on(&s, arena, 0,
		ARGV("ping", "-q", "-c", "1", "-W", "1", "-M", "do", "-s", "1200",
			"203.0.113.10")));
}

TEST(a_packet_that_has_no_hops_left_is_reported_by_the_router)
{
	WORLD(s, world);
	ARENA(arena);

	CHECK(output_on(&s, arena, 0,
		SHELL("ping -c 1 -W 1 -t 1 203.0.113.10 | grep -q 'From 192.168.1.1 .*Time to live exceeded'")));
}

/* What meshbench-nat says of the way from lom to luna, as JSON; NULL: nothing. */
static json_t *class_seen(struct standing_lab *s, struct arena *arena)
{
	AUTO(proc_freep) struct proc *server = NULL;
	const char *program, *text;
	struct error err;
	json_t *class;

	if (helper_find(arena, "meshbench-nat", &program, &err))
		return NULL;
	const struct proc_spec serve = {
		.argv = ARGV(program, "serve", "203.0.113.10", "203.0.113.11", "--port", "3478",
			"--other-port", "3479")};

	if (host_start(lab_host(s->lab, LUNA), &serve, &server, &err) ||
		proc_wait_output(server, "ready", deadline_in(10 * NS_PER_S), &err))
		return NULL;
	text = output_on(s, arena, 0,
		ARGV(program, "ask", "203.0.113.10", "203.0.113.11", "--port", "3478",
			"--other-port", "3479", "--wait-ms", "50"));
	return text && json_parse(text, strlen(text), "meshbench-nat", &class, &err) == 0 ? class
											  : NULL;
}

#define INDEPENDENT "endpoint-independent"
#define BY_ADDRESS "address-dependent"
#define BY_BOTH "address-and-port-dependent"

TEST(the_kind_of_nat_that_is_measured_is_the_one_that_was_set)
{
	static const struct {
		struct nat_params nat;
		const char *mapping, *filtering, *ports, *peer_first;
	} cases[] = {
		{{.filtering = NAT_ENDPOINT_INDEPENDENT}, INDEPENDENT, INDEPENDENT, "preserved",
			"stays"},
		{{.filtering = NAT_ADDRESS_DEPENDENT}, INDEPENDENT, BY_ADDRESS, "preserved",
			"stays"},
		{{.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, INDEPENDENT, BY_BOTH, "preserved",
			"stays"},
		{{.mapping = NAT_ADDRESS_DEPENDENT,
			 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .ports = NAT_RANDOM},
			BY_ADDRESS, BY_BOTH, "changed", "moves"},
		{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .ports = NAT_RANDOM},
			BY_BOTH, BY_BOTH, "changed", "moves"},
		/* Linux' masquerade, with a closed INPUT and with an open one. */
		{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .shares_ports = true},
			INDEPENDENT, BY_BOTH, "preserved", "stays"},
		{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
			 .shares_ports = true,
			 .unsolicited = NAT_OCCUPIES},
			INDEPENDENT, BY_BOTH, "preserved", "moves"},
	};
	WORLD(s, world);
	ARENA(arena);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct router_params params = world.params[0];
		json_auto_t *seen = NULL, *wanted = NULL;

		params.nat = cases[i].nat;
		params.nat.external[0] = 0xcb007101;
		params.nat.external_count = 1;
		CHECK_OK(wire_set_router(s.lab->wire, world.routers[0].number, &params, &err), err);
		CHECK_OK(wire_flush_router(s.lab->wire, world.routers[0].number, &err), err);
		seen = class_seen(&s, arena);
		wanted = json_make("{s:b, s:b, s:s, s:s, s:s, s:s}", "is_reachable", true,
			"is_translated", true, "mapping", cases[i].mapping, "filtering",
			cases[i].filtering, "ports", cases[i].ports, "peer_first",
			cases[i].peer_first);
		if (!json_equal(seen, wanted))
			printf("# case %zu: %s\n", i, json_dumps(seen, JSON_COMPACT));
		CHECK(json_equal(seen, wanted));
	}
}

TEST(udp_that_a_firewall_blocks_is_seen_as_unreachable)
{
	WORLD(s, world);
	json_auto_t *seen = NULL;
	ARENA(arena);

	world.params[0].nat.udp.is_blocked = true;
	CHECK_OK(
		wire_set_router(s.lab->wire, world.routers[0].number, &world.params[0], &err), err);
	seen = class_seen(&s, arena);
	CHECK(seen && json_is_false(json_object_get(seen, "is_reachable")));
	CHECK(json_is_null(json_object_get(seen, "mapping")));
	CHECK(tcp_to_luna(&s, arena) > 20e6);
}

/* A lab in a topology of ours, its hosts in the order of topology_hosts(). */
static int up_in(struct standing_lab *s, struct arena *arena, const char *words, struct error *err)
{
	struct topology *topology = arena_alloc(arena, struct topology, 1);
	const char *path;
	size_t count;

	if (plan_find(arena, "topologies", arena_strndup(arena, words, strcspn(words, ":")), &path,
		    err) ||
		topology_load(arena, path, topology, err) ||
		(strchr(words, ':') &&
			topology_change(arena, topology, strchr(words, ':') + 1, err)))
		return -1;
	strcpy(s->dir, "/tmp/meshbench-test.XXXXXX");
	if (!mkdtemp(s->dir))
		return fail_errno(err, "make a folder");
	const struct lab_spec spec = {.names = topology_hosts(arena, topology, &count),
		.count = count,
		.engine = LAB_ENGINE_WIRE,
		.profile = &unshaped,
		.topology = topology,
		.state_dir = s->dir,
		.congestion = "cubic"};
	return namespace_enter(err) || procs_new(&s->procs, err) ||
			       lab_up(s->procs, &spec, &s->lab, err)
		       ? -1
		       : 0;
}

#define TOPOLOGY(s, words)                                                                         \
	AUTO(standing_lab_done) struct standing_lab s = {.lab = NULL};                             \
	struct error err = {0};                                                                    \
	ARENA(arena);                                                                              \
	CHECK_OK(up_in(&(s), arena, words, &err), err)

enum {
	SERVER,
	ALICE,
	BOB
};

static bool answers(struct standing_lab *s, struct arena *arena, size_t from, const char *whom)
{
	return output_on(s, arena, from,
		       ARGV("ping", "-q", "-c", "2", "-i", "0.1", "-W", "1", whom)) != NULL;
}

TEST(hosts_of_a_topology_reach_the_public_one_and_find_each_other_at_their_routers)
{
	TOPOLOGY(s, "home-office");

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(answers(&s, arena, ALICE, "server") && answers(&s, arena, BOB, "server"));
	CHECK(strcmp(s.lab->nodes[ALICE].ipv4, s.lab->nodes[BOB].ipv4) == 0);
	CHECK(strcmp(lab_underlay(s.lab, ALICE), "44.128.1.1") == 0 &&
		strcmp(lab_underlay(s.lab, BOB), "44.128.2.1") == 0);
	CHECK(!answers(&s, arena, ALICE, "bob") && !answers(&s, arena, SERVER, "alice"));
}

TEST(a_host_behind_a_router_reaches_the_world_again_after_its_reboot_and_a_new_wire)
{
	TOPOLOGY(s, "home-office");

	CHECK_OK(lab_reboot_host(s.lab, ALICE, &err), err);
	CHECK(answers(&s, arena, ALICE, "server"));
	CHECK(kill(proc_pid(lab_wire_program(s.lab)), SIGKILL) == 0);
	CHECK_OK(proc_wait(s.lab->wire_program, deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(lab_restart_wire(s.lab, 1, &err), err);
	CHECK(answers(&s, arena, ALICE, "server") && answers(&s, arena, BOB, "server"));
}

TEST(a_small_table_drops_what_is_new_and_the_record_says_so)
{
	TOPOLOGY(s, "home-office:home.sessions=2");
	json_auto_t *report = NULL;

	CHECK(answers(&s, arena, ALICE, "server") && answers(&s, arena, ALICE, "server"));
	CHECK(!answers(&s, arena, ALICE, "server") && answers(&s, arena, BOB, "server"));
	CHECK_OK(lab_wire_report(s.lab, &report, &err), err);
	CHECK(json_number_at(report, "/routers/0/outbound/full", 0) == 2);
	CHECK(json_number_at(report, "/routers/0/sessions", 0) == 2);
}

TEST(two_nats_in_a_row_and_a_firewall_lead_to_the_public_host)
{
	TOPOLOGY(s, "carrier:home.nat=firewall");
	json_auto_t *report = NULL;

	CHECK(answers(&s, arena, ALICE, "server") && answers(&s, arena, BOB, "server"));
	CHECK(!answers(&s, arena, SERVER, "bob"));
	CHECK_OK(lab_wire_report(s.lab, &report, &err), err);
	CHECK(json_number_at(report, "/routers/0/forwarded", 0) >= 4 &&
		json_number_at(report, "/routers/1/forwarded", 0) >= 4);
	CHECK(json_number_at(report, "/routers/2/inbound/filtered", 0) == 2);
}

TEST(a_router_without_nat_is_open_in_both_directions_and_becomes_narrow_in_both)
{
	TOPOLOGY(s, "uplink");

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(answers(&s, arena, SERVER, "laptop") && answers(&s, arena, ALICE, "server"));
	CHECK_OK(lab_narrow_router(s.lab, ALICE, 1280, false, &err), err);
	CHECK(output_on(&s, arena, ALICE,
		SHELL("ping -c 2 -i 0.2 -W 1 -M do -s 1400 server 2>&1 | grep 'mtu *= *1280'")));
	CHECK(output_on(&s, arena, SERVER,
		SHELL("ping -c 2 -i 0.2 -W 1 -M do -s 1400 laptop 2>&1 | grep 'mtu *= *1280'")));
	CHECK_OK(lab_narrow_router(s.lab, ALICE, 9000, false, &err), err);
	CHECK_OK(lab_size_cards(s.lab, 9000, &err), err);
	CHECK(output_on(&s, arena, ALICE,
		SHELL("ping -q -c 1 -W 1 -M do -s 8972 server && ! ping -q -c 1 -W 1 -M do -s 8973 server")));
}

TEST(a_dual_site_has_ipv4_behind_a_nat_and_ipv6_behind_a_firewall)
{
	TOPOLOGY(s, "dual");

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(answers(&s, arena, ALICE, "server") && answers(&s, arena, ALICE, "3ffe:4d42::1"));
	CHECK(!answers(&s, arena, SERVER, s.lab->nodes[ALICE].ipv6) &&
		!answers(&s, arena, BOB, s.lab->nodes[ALICE].ipv6));
	CHECK(strcmp(lab_underlay(s.lab, ALICE), "44.128.1.1") == 0);
}

TEST(a_host_with_ipv6_alone_reaches_the_public_one_and_is_told_at_its_own_address)
{
	TOPOLOGY(s, "ipv6");
	const size_t phone = 2;

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(answers(&s, arena, phone, "server") && answers(&s, arena, ALICE, "server"));
	CHECK(!answers(&s, arena, phone, "44.128.0.1"));
	CHECK(strcmp(lab_underlay(s.lab, phone), s.lab->nodes[phone].ipv6) == 0);
	CHECK_OK(lab_reboot_host(s.lab, phone, &err), err);
	CHECK(answers(&s, arena, phone, "server"));
	CHECK(output_on(&s, arena, phone,
		SHELL("ip -6 route get 3ffe:4d42::1 | grep -q 'via 3ffe:4d42:2::1'")));
}

/* Whether the router of a host was reached, translates, and is of this kind. */
static bool is_class_of(
	const json_t *classes, const char *host, const char *mapping, const char *filtering)
{
	const json_t *class;
	size_t i;

	json_array_foreach (classes, i, class) {
		if (strcmp(json_string_at(class, "/host", ""), host) == 0)
			return json_is_true(json_object_get(class, "is_translated")) &&
			       strcmp(json_string_at(class, "/mapping", ""), mapping) == 0 &&
			       strcmp(json_string_at(class, "/filtering", ""), filtering) == 0;
	}
	return false;
}

TEST(a_host_with_ipv6_alone_reaches_the_public_ipv4_one_through_a_nat64)
{
	TOPOLOGY(s, "nat64");
	const size_t phone = 2;
	json_auto_t *classes = NULL;
	AUTO(proc_freep) struct proc *server = NULL;
	const struct proc_spec serve = {.argv = ARGV("iperf3", "-s", "--forceflush")};
	const char *text;

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(answers(&s, arena, phone, "server") && !answers(&s, arena, phone, "44.128.0.1"));
	CHECK(strcmp(lab_underlay(s.lab, phone), "44.128.2.1") == 0);
	CHECK(output_on(
		&s, arena, phone, SHELL("getent ahosts server | grep -q '^64:ff9b::2c80:1 '")));
	/* The largest packet that leaves is 20 bytes larger inside; then the line becomes narrow.
	 */
	CHECK(output_on(&s, arena, phone,
		ARGV("ping", "-q", "-c", "1", "-W", "1", "-s", "1452", "server")));
	CHECK_OK(lab_narrow_router(s.lab, phone, 1400, false, &err), err);
	CHECK(output_on(&s, arena, phone,
		SHELL("ping -c 2 -i 0.2 -W 1 -M do -s 1400 server 2>&1 | grep -q 'mtu *= *1400'")));
	CHECK_OK(lab_classify_routers(s.lab, &classes, &err), err);
	CHECK(is_class_of(classes, "alice", INDEPENDENT, BY_BOTH) &&
		is_class_of(classes, "bob", INDEPENDENT, BY_BOTH));
	CHECK_OK(host_start(lab_host(s.lab, SERVER), &serve, &server, &err), err);
	CHECK_OK(proc_wait_output(server, "listening", deadline_in(10 * NS_PER_S), &err), err);
	text = output_on(&s, arena, phone, ARGV("iperf3", "-c", "server", "-n", "2M"));
	CHECK(text && strstr(text, "receiver"));
	text = output_on(&s, arena, phone,
		ARGV("iperf3", "-c", "server", "-u", "-n", "200K", "-b", "10M", "-l", "1200"));
	CHECK(text && strstr(text, "(0%)"));
}

TEST(a_router_between_networks_of_ipv6_is_open_where_it_filters_nothing)
{
	TOPOLOGY(s, "dual:home.nat=none");

	CHECK(answers(&s, arena, SERVER, s.lab->nodes[ALICE].ipv6) &&
		answers(&s, arena, BOB, s.lab->nodes[ALICE].ipv6));
}

/* Of two pings; 0 without an answer. */
static double round_trip_ms(struct standing_lab *s, struct arena *arena, size_t from)
{
	const char *text = output_on(
		s, arena, from, ARGV("ping", "-q", "-c", "2", "-i", "0.1", "-W", "2", "server"));
	double ms = 0;

	if (!text || !strstr(text, "= ") || sscanf(strstr(text, "= "), "= %lf", &ms) != 1)
		return 0;
	printf("# %.2f ms\n", ms);
	return ms;
}

TEST(another_uplink_is_another_line_another_address_and_another_nat_at_once)
{
	static const struct profile slow = {.name = "slow",
		.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 20 * NS_PER_MS}};
	TOPOLOGY(s, "laptop");
	const size_t laptop = 2;
	struct topology_site *site = &s.lab->topology->sites[1];
	json_auto_t *classes = NULL;

	site->uplinks[1].site->up = site->uplinks[1].site->down = &slow;
	CHECK(lab_uplinks(s.lab, laptop) == 2 && lab_uplinks(s.lab, SERVER) == 0);
	CHECK(round_trip_ms(&s, arena, laptop) > 0 && round_trip_ms(&s, arena, laptop) < 20);
	CHECK(s.lab->sites[1].params.faces[ROUTER_OUTSIDE].ipv4 == 0x2c800201);
	CHECK_OK(lab_use_uplink(s.lab, laptop, 1, &err), err);
	CHECK(strcmp(lab_uplink_name(s.lab, laptop, lab_uplink(s.lab, laptop)), "lte") == 0);
	CHECK(s.lab->sites[1].params.faces[ROUTER_OUTSIDE].ipv4 == 0x2c800221);
	CHECK(round_trip_ms(&s, arena, laptop) >= 40);
	CHECK_OK(lab_classify_routers(s.lab, &classes, &err), err);
	CHECK(strcmp(json_string_at(classes, "/0/mapping", ""), "endpoint-independent") == 0);
	CHECK(strcmp(json_string_at(classes, "/1/mapping", ""), "address-and-port-dependent") == 0);
	CHECK_OK(lab_use_uplink(s.lab, laptop, 0, &err), err);
	CHECK(round_trip_ms(&s, arena, laptop) > 0 && round_trip_ms(&s, arena, laptop) < 20);
}

TEST(a_nat64_leads_out_by_the_uplink_that_is_in_use)
{
	TOPOLOGY(s, "laptop:home.wifi.nat=nat64,home.lte.nat=nat64");
	const size_t laptop = 2;

	CHECK(answers(&s, arena, laptop, "server"));
	CHECK_OK(lab_use_uplink(s.lab, laptop, 1, &err), err);
	CHECK(s.lab->sites[1].params.faces[ROUTER_OUTSIDE].ipv4 == 0x2c800221);
	CHECK(answers(&s, arena, laptop, "server"));
}

TEST(a_site_meets_the_profile_once_each_way_at_its_uplink)
{
	const struct profile slow = {.name = "slow",
		.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 20 * NS_PER_MS}};
	TOPOLOGY(s, "home-office");
	double ms = 0;
	const char *text;

	CHECK_OK(lab_set_profile(s.lab, &slow, &err), err);
	text = output_on(
		&s, arena, ALICE, ARGV("ping", "-q", "-c", "3", "-i", "0.2", "-W", "2", "server"));
	CHECK(text && strstr(text, "= ") && sscanf(strstr(text, "= "), "= %lf", &ms) == 1);
	printf("# %.2f ms\n", ms);
	CHECK(ms >= 40 && ms < 60);
}
