/* SPDX-License-Identifier: MIT */
#include "wire_bench.h"

enum {
	ALICE = 0,   /* port of 10.0.0.1, in segment 1 */
	SERVER = 1,  /* port of 10.0.0.2, in segment 0 */
	GATE = 0xa0, /* of MAC addresses: input() adds one to the last byte */
	OUTSIDE = 0xa1,
	ADDRESS = 0xcb007101,
	SITE = 1
};

struct site {
	struct router_params params;
	uint16_t router;
	const uint16_t *ports; /* of the router */
};

static struct router *router_of(struct bench *bench, uint16_t number)
{
	return bench->fabric.routes[number].router;
}

/* The host 10.0.0.`last` has the MAC address that the frames of this file give it. */
static void tell(struct router *router, enum router_side side, uint8_t last)
{
	const uint8_t address[16] = {[10] = 0xff, 0xff, 10, 0, 0, last};
	struct error err;

	if (router_meet(router, side, address, (const uint8_t[6]){2, 0, 0, 0, 0, last}, &err))
		abort();
}

/* A router between Alice's segment and the server's. */
static struct site site_of(struct bench *bench)
{
	struct router_face inside = {
		.mac = {2, 0, 0, 0, 0, GATE + 1}, .mtu = 1500, .ipv4 = 0x0a0000fe};
	struct router_face outside = {
		.mac = {2, 0, 0, 0, 0, OUTSIDE + 1}, .mtu = 1500, .ipv4 = ADDRESS};
	struct site site = {.params = {.faces = {inside, outside},
				    .nat = {.external = {ADDRESS}, .external_count = 1}}};
	struct fabric *fabric = &bench->fabric;
	struct error err;

	if (route_add(fabric, &site.params, 0, &site.router, &err))
		abort();
	site.ports = fabric->routes[site.router].ports;
	tell(router_of(bench, site.router), ROUTER_INSIDE, ALICE + 1);
	tell(router_of(bench, site.router), ROUTER_OUTSIDE, SERVER + 1);
	fabric_join(fabric, ALICE, SITE);
	fabric_join(fabric, site.ports[ROUTER_INSIDE], SITE);
	bench->count = 0;
	return site;
}

static bool header_is_right(const struct out *out)
{
	return plain_sum(out->head + 14, 20, 0) == 0xffff;
}

/* An answer to the packet in `out`. */
static void make_reply(struct sample_frame *frame, const struct out *out)
{
	uint8_t *ip = frame->bytes + 14;

	plain(frame, 100);
	memcpy(ip + 12, out->head + 30, 4);
	memcpy(ip + 16, out->head + 26, 4);
	put16(ip + 20, get16(out->head + 36));
	put16(ip + 22, get16(out->head + 34));
	put16(ip + 10, 0);
	put16(ip + 10, 0xffff & ~plain_sum(ip, 20, 0));
	put16(ip + 26, pseudo_sum(ip, false, 17, frame->size - frame->l4));
}

TEST(a_router_joins_two_segments_and_translates_both_ways)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	struct out *out = bench->out;

	site_of(bench);
	plain(&frame, 100);
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 1 && out->port == SERVER && out->head[5] == SERVER + 1);
	CHECK(out->head[11] == OUTSIDE + 1 && get32(out->head + 26) == ADDRESS);
	CHECK(out->head[22] == 63 && header_is_right(out));
	make_reply(&frame, out);
	bench->count = 0;
	input(bench, SERVER, &frame, OUTSIDE);
	CHECK(bench->count == 1 && out->port == ALICE && out->head[11] == GATE + 1);
	CHECK(get32(out->head + 30) == 0x0a000001 && header_is_right(out));
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(segments_hear_nothing_of_each_other)
{
	static struct sample_frame frame;
	BENCH(bench, 3, .line_rate_bps = 0);

	site_of(bench);
	plain(&frame, 100);
	input(bench, ALICE, &frame, -1);
	input(bench, ALICE, &frame, SERVER);
	CHECK(bench->count == 0);
	input(bench, SERVER, &frame, -1);
	CHECK(bench->count == 1 && bench->out[0].port == 2);
	fabric_join(&bench->fabric, 2, SITE);
	bench->count = 0;
	input(bench, SERVER, &frame, -1);
	CHECK(bench->count == 0);
	input(bench, ALICE, &frame, -1);
	CHECK(bench->count == 1 && bench->out[0].port == 2);
}

TEST(equal_addresses_in_two_segments_are_two_hosts)
{
	static struct sample_frame frame;
	BENCH(bench, 4, .line_rate_bps = 0);
	uint8_t twin[6] = {2, 0, 0, 0, 0, 0x77};

	fabric_join(&bench->fabric, 2, SITE);
	fabric_join(&bench->fabric, 3, SITE);
	stations_learn(&bench->fabric.stations, 0, twin, 1);
	stations_learn(&bench->fabric.stations, SITE, twin, 3);
	plain(&frame, 100);
	input(bench, 0, &frame, 0x76);
	input(bench, 2, &frame, 0x76);
	CHECK(bench->count == 2 && bench->out[0].port == 1 && bench->out[1].port == 3);
}

TEST(a_router_is_known_before_it_speaks)
{
	static struct sample_frame frame;
	BENCH(bench, 4, .line_rate_bps = 0); /* with a listener in each segment */

	fabric_join(&bench->fabric, 2, SITE);
	site_of(bench);
	plain(&frame, 100);
	input(bench, SERVER, &frame, OUTSIDE); /* unsolicited, so it ends at the router */
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 1 && bench->out[0].port == SERVER);
}

TEST(a_packet_on_its_way_does_not_follow_a_host_into_another_segment)
{
	static struct sample_frame frame;
	BENCH(bench, 3, .impairment = {.model = NETEM_CALIBRATED, .delay_ns = 10 * MS});

	introduce(bench, 3);
	plain(&frame, 100);
	input(bench, SERVER, &frame, 2);
	fabric_join(&bench->fabric, 2, SITE);
	drain(bench, bench->now_ns + 20 * MS);
	CHECK(bench->count == 1 && bench->out[0].port == ALICE); /* a flood of what is left */
}

TEST(a_super_packet_crosses_as_one)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	site_of(bench);
	sample_make(&frame, &(struct sample_spec){.payload = 30000});
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 1 && bench->out[0].size == frame.size);
	CHECK(bench->out[0].vnet.gso_size == SAMPLE_MSS && header_is_right(&bench->out[0]));
	CHECK(bench->out[0].last == frame.bytes[frame.size - 1]);
}

TEST(one_whose_packets_are_too_large_crosses_in_fragments)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	struct site site = site_of(bench);
	uint32_t bytes = 0;
	struct error err;

	site.params.faces[ROUTER_OUTSIDE].mtu = 1280;
	CHECK(route_set(&bench->fabric, site.router, &site.params, &err) == 0);
	sample_make(&frame, &(struct sample_spec){.payload = 2800, .is_udp = true});
	frame.vnet.gso_size = 1400;
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 4);
	for (int i = 0; i < 4; i++) {
		CHECK(bench->out[i].size <= 14 + 1280 && header_is_right(&bench->out[i]));
		CHECK(!(bench->out[i].head[20] & 0x20) == (i % 2 == 1));
		bytes += bench->out[i].size - 34;
	}
	CHECK(bytes == 2 * 1408);
	CHECK(bench->fabric.pool.in_use == 0);
}

TEST(the_ports_of_a_router_impair_as_those_of_hosts_do)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	struct site site = site_of(bench);
	struct wire_params slow = {.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 10 * MS}};
	struct error err;

	CHECK_OK(fabric_set(&bench->fabric, site.ports[ROUTER_OUTSIDE], &slow, NULL, bench->now_ns,
			 &err),
		err);
	plain(&frame, 100);
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 0);
	drain(bench, bench->now_ns + 20 * MS);
	CHECK(bench->count == 1 && bench->out[0].port == SERVER);
	CHECK(bench->out[0].at_ns == 10 * MS);
}

TEST(two_routers_in_a_row_are_two_hops)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	struct site home = site_of(bench), carrier = {.params = home.params};
	struct fabric *fabric = &bench->fabric;
	const uint8_t home_address[16] = {[10] = 0xff, 0xff, 0xcb, 0, 0x71, 1};
	const uint8_t server_address[16] = {[10] = 0xff, 0xff, 10, 0, 0, SERVER + 1};
	struct error err;

	carrier.params.faces[ROUTER_INSIDE].mac[5] = 0xb1;
	carrier.params.faces[ROUTER_OUTSIDE].mac[5] = 0xb2;
	carrier.params.nat.external[0] = ADDRESS + 0x100;
	CHECK_OK(route_add(fabric, &carrier.params, 0, &carrier.router, &err), err);
	carrier.ports = fabric->routes[carrier.router].ports;
	tell(router_of(bench, carrier.router), ROUTER_OUTSIDE, SERVER + 1);
	CHECK_OK(router_meet(router_of(bench, carrier.router), ROUTER_INSIDE, home_address,
			 home.params.faces[ROUTER_OUTSIDE].mac, &err),
		err);
	CHECK_OK(router_meet(router_of(bench, home.router), ROUTER_OUTSIDE, server_address,
			 carrier.params.faces[ROUTER_INSIDE].mac, &err),
		err);
	fabric_join(fabric, home.ports[ROUTER_OUTSIDE], 2);
	fabric_join(fabric, carrier.ports[ROUTER_INSIDE], 2);
	plain(&frame, 100);
	input(bench, ALICE, &frame, GATE);
	CHECK(bench->count == 1 && bench->out[0].port == SERVER);
	CHECK(bench->out[0].head[22] == 62 && get32(bench->out[0].head + 26) == ADDRESS + 0x100);
	make_reply(&frame, &bench->out[0]);
	bench->count = 0;
	input(bench, SERVER, &frame, 0xb1);
	CHECK(bench->count == 1 && bench->out[0].port == ALICE);
}

TEST(there_is_a_bound_to_routers)
{
	BENCH(bench, 2, .line_rate_bps = 0);
	struct site site = site_of(bench);
	struct error err;

	for (int i = 1; i < WIRE_MAX_ROUTERS; i++)
		CHECK_OK(route_add(&bench->fabric, &site.params, 0, &site.router, &err), err);
	CHECK(route_add(&bench->fabric, &site.params, 0, &site.router, &err) == -1);
	CHECK(strstr(err.text, "no more than 32 routers"));
}
