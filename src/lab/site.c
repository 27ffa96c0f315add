/* SPDX-License-Identifier: MIT */
/* A topology made real: the address and the segment of every host, and the routers between. */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PUBLIC_SEGMENT = 0,
	SECOND_ADDRESS = 128, /* so much above the first, of a public host */
	FIRST_HOST = 2,       /* .1 is the router */
	FIRST_BEHIND = 100,   /* of the addresses that routers have in another site's network */
	PER_UPLINK = 32,      /* addresses outside, of which the last is for when it moves */
};

/* A card that others of its segment reach by this address: of a host, or of a router. */
struct station {
	uint16_t segment;
	uint32_t ipv4;
	uint8_t mac[6];
	size_t host;   /* SIZE_MAX: a router's */
	size_t router; /* SIZE_MAX: a host's */
};

static const struct topology_site *spec_of(const struct lab *lab, size_t site)
{
	return &lab->topology->sites[site];
}

static size_t uplinks_of(const struct topology_site *spec)
{
	return spec->uplink_count ? spec->uplink_count : 1;
}

/* The site as it is while one of its uplinks is in use. */
static const struct topology_site *with_uplink(const struct lab *lab, size_t site, size_t uplink)
{
	const struct topology_site *spec = spec_of(lab, site);

	return spec->uplink_count ? spec->uplinks[uplink].site : spec;
}

uint16_t site_segment(size_t site)
{
	return site == TOPOLOGY_PUBLIC ? PUBLIC_SEGMENT : (uint16_t)(site + 1);
}

static void text_of(char text[ADDRESS_SIZE], uint32_t ipv4)
{
	snprintf(text, ADDRESS_SIZE, "%u.%u.%u.%u", ipv4 >> 24, ipv4 >> 16 & 0xff, ipv4 >> 8 & 0xff,
		ipv4 & 0xff);
}

void site_host_mac(uint8_t mac[6], const struct lab_node *node)
{
	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)strtoul(node->mac + 3 * i, NULL, 16);
}

void site_router_mac(uint8_t mac[6], size_t site, enum router_side side)
{
	const uint8_t bytes[6] = {0x02, 0x4d, 0x42, 1, (uint8_t)side, (uint8_t)site};

	memcpy(mac, bytes, sizeof(bytes));
}

const char *site_mac_text(struct arena *arena, const uint8_t mac[6])
{
	return arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

/* How many sites stand before this one behind the same router. */
static uint32_t rank_behind(const struct lab *lab, size_t site)
{
	uint32_t rank = 0;

	for (size_t i = 0; i < site; i++)
		rank += spec_of(lab, i)->behind == spec_of(lab, site)->behind;
	return rank;
}

static uint32_t outside_address(const struct lab *lab, size_t site, size_t uplink, uint32_t number)
{
	size_t behind = spec_of(lab, site)->behind;

	if (behind == TOPOLOGY_PUBLIC)
		return TOPOLOGY_PUBLIC_NETWORK + ((uint32_t)(site + 1) << 8) + 1 +
		       (uint32_t)uplink * PER_UPLINK + number;
	return spec_of(lab, behind)->network + FIRST_BEHIND +
	       rank_behind(lab, site) * NAT_MAX_EXTERNAL + number;
}

static uint32_t inside_address(const struct lab *lab, size_t site)
{
	return spec_of(lab, site)->network + 1;
}

/* The outermost router's address is where the world meets a host behind NATs. */
static uint32_t seen_address(const struct lab *lab, size_t site, uint32_t own)
{
	if (!spec_of(lab, site)->is_translated)
		return own;
	return outside_address(lab, topology_outermost(lab->topology, site), 0, 0);
}

static uint32_t host_address(const struct lab *lab, size_t index, size_t site)
{
	uint32_t rank = 0;

	if (site == TOPOLOGY_PUBLIC)
		return TOPOLOGY_PUBLIC_NETWORK + 1 + (uint32_t)index;
	for (size_t i = 0; i < index; i++)
		rank += topology_site_of(lab->topology, i) == site;
	return spec_of(lab, site)->network + FIRST_HOST + rank;
}

const char *site_second_address(const struct lab *lab, struct arena *arena, size_t host)
{
	char text[ADDRESS_SIZE];

	text_of(text, host_address(lab, host, TOPOLOGY_PUBLIC) + SECOND_ADDRESS);
	return arena_strdup(arena, text);
}

void site_place_host(const struct lab *lab, struct lab_node *node, size_t index)
{
	size_t site = topology_site_of(lab->topology, index);
	uint32_t own = host_address(lab, index, site);

	address_fill(node, index);
	node->site = site;
	node->segment = site_segment(site);
	node->prefix =
		site == TOPOLOGY_PUBLIC ? TOPOLOGY_PUBLIC_PREFIX : spec_of(lab, site)->prefix;
	text_of(node->ipv4, own);
	text_of(node->seen, site == TOPOLOGY_PUBLIC ? own : seen_address(lab, site, own));
	site6_place_host(lab, node, index);
	if (topology_is_ipv6(lab->topology))
		snprintf(node->seen, sizeof(node->seen), "%s", node->ipv6);
}

/* A host behind a NAT64 has no other address. */
const char *site_own_address(const struct lab *lab, size_t host)
{
	bool is_ipv6 = lab->topology && topology_is_ipv6(lab->topology);

	return is_ipv6 || !lab->nodes[host].ipv4[0] ? lab->nodes[host].ipv6 : lab->nodes[host].ipv4;
}

static struct router_params params_of(const struct lab *lab, size_t site)
{
	const struct lab_site *made = &lab->sites[site];
	const struct topology_site *spec = with_uplink(lab, site, made->uplink);
	uint32_t first = made->has_moved;
	struct router_params params = {.nat = spec->nat,
		.is_black_hole = made->mtu ? made->is_black_hole : spec->is_black_hole};
	struct router_face *inside = &params.faces[ROUTER_INSIDE];
	struct router_face *outside = &params.faces[ROUTER_OUTSIDE];

	*inside = (struct router_face){.mtu = made->mtu ? made->mtu : LAB_MTU,
		.ipv4 = spec->nat.is_nat64 ? 0 : inside_address(lab, site)};
	*outside = (struct router_face){.mtu = made->mtu ? made->mtu : spec->mtu,
		.ipv4 = outside_address(lab, site, made->uplink, first)};
	site_router_mac(inside->mac, site, ROUTER_INSIDE);
	site_router_mac(outside->mac, site, ROUTER_OUTSIDE);
	for (uint32_t i = 0; spec->is_translated && i < spec->external_count; i++)
		params.nat.external[params.nat.external_count++] =
			outside_address(lab, site, made->uplink, first + i);
	for (int i = 0; lab->sites[site].lifetime_ns && i < NAT_LIFETIMES; i++)
		params.nat.lifetime_ns[i] = lab->sites[site].lifetime_ns;
	if (spec->behind != TOPOLOGY_PUBLIC)
		params.gateway_ipv4 = inside_address(lab, spec->behind);
	site6_fill(lab, site, &params);
	return params;
}

struct stations {
	struct station *list;
	size_t count;
};

static void add_station(struct stations *stations, struct station station)
{
	stations->list[stations->count++] = station;
}

/* With one more in the public network, for when it moves. */
static void add_outside(struct stations *stations, const struct lab *lab, size_t site,
	size_t uplink, struct station outside)
{
	const struct topology_site *spec = with_uplink(lab, site, uplink);
	uint32_t count = spec->external_count + (spec->behind == TOPOLOGY_PUBLIC);

	for (uint32_t i = 0; i < count; i++) {
		outside.ipv4 = outside_address(lab, site, uplink, i);
		add_station(stations, outside);
	}
}

static void add_router(struct stations *stations, const struct lab *lab, size_t site)
{
	const struct topology_site *spec = spec_of(lab, site);
	struct station inside = {.segment = site_segment(site),
		.ipv4 = inside_address(lab, site),
		.host = SIZE_MAX,
		.router = site};
	struct station outside = {
		.segment = site_segment(spec->behind), .host = SIZE_MAX, .router = site};

	site_router_mac(inside.mac, site, ROUTER_INSIDE);
	add_station(stations, inside);
	site_router_mac(outside.mac, site, ROUTER_OUTSIDE);
	for (size_t uplink = 0; uplink < uplinks_of(spec); uplink++)
		add_outside(stations, lab, site, uplink, outside);
}

/* A firewall's hosts are reached by their own addresses outside, at its card. */
static void add_host(struct stations *stations, const struct lab *lab, size_t index)
{
	const struct lab_node *node = &lab->nodes[index];
	struct station station = {.segment = node->segment,
		.ipv4 = host_address(lab, index, node->site),
		.host = index,
		.router = SIZE_MAX};

	site_host_mac(station.mac, node);
	add_station(stations, station);
	if (node->site == TOPOLOGY_PUBLIC) {
		station.ipv4 += SECOND_ADDRESS;
		add_station(stations, station);
		return;
	}
	if (spec_of(lab, node->site)->is_translated)
		return;
	station.segment = PUBLIC_SEGMENT;
	station.host = SIZE_MAX;
	station.router = node->site;
	site_router_mac(station.mac, node->site, ROUTER_OUTSIDE);
	add_station(stations, station);
}

static struct stations stations_of(const struct lab *lab, struct arena *arena)
{
	size_t per_site = 1 + TOPOLOGY_MOST_UPLINKS * (1 + NAT_MAX_EXTERNAL);
	size_t most = 3 * lab->count + lab->topology->site_count * per_site;
	struct stations stations = {.list = arena_alloc(arena, struct station, most)};

	for (size_t i = 0; i < lab->topology->site_count; i++)
		add_router(&stations, lab, i);
	for (size_t i = 0; i < lab->count; i++)
		add_host(&stations, lab, i);
	return stations;
}

/* Routes and neighbours of a host that has IPv4. */
static void write_ipv4(
	const struct lab *lab, struct arena *arena, size_t self, const char *pin, FILE *stream)
{
	const struct lab_node *node = &lab->nodes[self];
	struct stations stations = stations_of(lab, arena);
	char ipv4[ADDRESS_SIZE];

	text_of(ipv4, node->site == TOPOLOGY_PUBLIC ? TOPOLOGY_PUBLIC_NETWORK
						    : spec_of(lab, node->site)->network);
	fprintf(stream, "route add %s/%d dev eth0 scope link src %s%s\n", ipv4, node->prefix,
		node->ipv4, pin);
	if (node->site != TOPOLOGY_PUBLIC) {
		text_of(ipv4, inside_address(lab, node->site));
		fprintf(stream, "route add default via %s dev eth0%s\n", ipv4, pin);
	}
	for (size_t i = 0; i < stations.count; i++) {
		const struct station *other = &stations.list[i];

		if (other->segment != node->segment || other->host == self)
			continue;
		text_of(ipv4, other->ipv4);
		fprintf(stream, "neighbour replace %s lladdr %s dev eth0 nud permanent\n", ipv4,
			site_mac_text(arena, other->mac));
	}
}

char *site_wiring(const struct lab *lab, struct arena *arena, size_t self, const char *congestion)
{
	AUTO(text_freep) char *text = NULL;
	AUTO(stream_closep) FILE *stream = NULL;
	const struct lab_node *node = &lab->nodes[self];
	const char *pin = congestion ? arena_printf(arena, " congctl %s", congestion) : "";
	size_t size = 0;

	stream = open_memstream(&text, &size);
	if (node->ipv4[0])
		fprintf(stream, "address add %s/%d dev eth0 noprefixroute\n", node->ipv4,
			node->prefix);
	fputs("link set dev eth0 up\n", stream);
	if (node->ipv4[0])
		write_ipv4(lab, arena, self, pin, stream);
	site6_wire(lab, arena, self, pin, stream);
	fflush(stream);
	return arena_strndup(arena, text, size);
}

static int meet_segment(struct lab *lab, const struct stations *stations, size_t site,
	enum router_side side, struct error *err)
{
	size_t behind = spec_of(lab, site)->behind;
	uint16_t segment = site_segment(side == ROUTER_INSIDE ? site : behind);

	for (size_t i = 0; i < stations->count; i++) {
		const struct station *other = &stations->list[i];
		struct wire_neighbour neighbour = {
			.side = side, .address = {[10] = 0xff, [11] = 0xff}};

		if (other->segment != segment || other->router == site)
			continue;
		for (int byte = 0; byte < 4; byte++)
			neighbour.address[12 + byte] = (uint8_t)(other->ipv4 >> (24 - 8 * byte));
		memcpy(neighbour.mac, other->mac, sizeof(neighbour.mac));
		if (wire_meet(lab->wire, lab->sites[site].router.number, &neighbour, err))
			return fail_in(err, "site %s", spec_of(lab, site)->name);
	}
	return 0;
}

/* What a router sends into a site meets no impairment there unless the topology says so. */
static int shape_face(struct lab *lab, size_t site, enum router_side side, struct error *err)
{
	const struct topology_site *spec = with_uplink(lab, site, lab->sites[site].uplink);
	const struct profile *profile = side == ROUTER_OUTSIDE ? spec->up : spec->down;
	struct profile clean = site_profile(lab);
	struct wire_params params;

	if (!profile)
		profile = side == ROUTER_OUTSIDE && spec->behind == TOPOLOGY_PUBLIC ? &lab->profile
										    : &clean;
	params = emulated_params(profile);
	return wire_set_params(lab->wire, lab->sites[site].router.ports[side], &params,
		profile_has_timeline(profile) ? &profile->timeline : NULL, err);
}

static int join_face(struct lab *lab, size_t site, enum router_side side, struct error *err)
{
	size_t behind = spec_of(lab, site)->behind;

	return wire_join(lab->wire, lab->sites[site].router.ports[side],
		site_segment(side == ROUTER_INSIDE ? site : behind), err);
}

static int begin_router(
	struct lab *lab, const struct stations *stations, size_t site, struct error *err)
{
	struct lab_site *made = &lab->sites[site];

	made->params = params_of(lab, site);
	if (wire_add_router(lab->wire, &made->params, &made->router, err))
		return fail_in(err, "site %s", spec_of(lab, site)->name);
	for (int side = 0; side < ROUTER_SIDES; side++) {
		if (join_face(lab, site, side, err) || shape_face(lab, site, side, err) ||
			meet_segment(lab, stations, site, side, err) ||
			site6_meet(lab, site, side, err))
			return -1;
	}
	return 0;
}

int site_begin(struct lab *lab, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct stations stations;

	if (!lab->topology)
		return 0;
	stations = stations_of(lab, arena);
	lab->sites = arena_alloc(lab->arena, struct lab_site, lab->topology->site_count);
	for (size_t i = 0; i < lab->topology->site_count; i++) {
		if (begin_router(lab, &stations, i, err))
			return -1;
	}
	return 0;
}

int site_reshape(struct lab *lab, struct error *err)
{
	for (size_t i = 0; lab->topology && i < lab->topology->site_count; i++) {
		if (shape_face(lab, i, ROUTER_INSIDE, err) ||
			shape_face(lab, i, ROUTER_OUTSIDE, err))
			return -1;
	}
	return 0;
}

static size_t outermost_of_host(const struct lab *lab, size_t host)
{
	return topology_outermost(lab->topology, lab->nodes[host].site);
}

int lab_forget_router(struct lab *lab, size_t host, struct error *err)
{
	struct lab_site *made = &lab->sites[outermost_of_host(lab, host)];

	return wire_flush_router(lab->wire, made->router.number, err) ? emulated_blame(lab, err)
								      : 0;
}

static int set_router(struct lab *lab, size_t site, struct error *err)
{
	struct lab_site *made = &lab->sites[site];

	made->params = params_of(lab, site);
	return wire_set_router(lab->wire, made->router.number, &made->params, err)
		       ? emulated_blame(lab, err)
		       : 0;
}

int lab_move_router(struct lab *lab, size_t host, struct error *err)
{
	size_t site = outermost_of_host(lab, host);

	lab->sites[site].has_moved = !lab->sites[site].has_moved;
	return set_router(lab, site, err);
}

size_t lab_uplinks(const struct lab *lab, size_t host)
{
	if (!lab->topology || lab->nodes[host].site == TOPOLOGY_PUBLIC)
		return 0;
	return spec_of(lab, outermost_of_host(lab, host))->uplink_count;
}

size_t lab_uplink(const struct lab *lab, size_t host)
{
	return lab->sites[outermost_of_host(lab, host)].uplink;
}

const char *lab_uplink_name(const struct lab *lab, size_t host, size_t uplink)
{
	return spec_of(lab, outermost_of_host(lab, host))->uplinks[uplink].name;
}

int lab_use_uplink(struct lab *lab, size_t host, size_t uplink, struct error *err)
{
	size_t site = outermost_of_host(lab, host);

	lab->sites[site].uplink = uplink;
	lab->sites[site].has_moved = false;
	if (set_router(lab, site, err))
		return -1;
	return shape_face(lab, site, ROUTER_OUTSIDE, err) ||
			       shape_face(lab, site, ROUTER_INSIDE, err)
		       ? emulated_blame(lab, err)
		       : 0;
}

int lab_limit_router(struct lab *lab, size_t host, int64_t lifetime_ns, struct error *err)
{
	size_t site = outermost_of_host(lab, host);

	lab->sites[site].lifetime_ns = lifetime_ns;
	return set_router(lab, site, err);
}

int lab_narrow_router(
	struct lab *lab, size_t host, uint16_t mtu, bool is_black_hole, struct error *err)
{
	size_t site = outermost_of_host(lab, host);

	lab->sites[site].mtu = mtu;
	lab->sites[site].is_black_hole = is_black_hole;
	return set_router(lab, site, err);
}

int lab_size_cards(struct lab *lab, uint16_t mtu, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);
	const char *input = arena_printf(
		arena, "link set dev eth0 mtu %u\nroute flush cache\n", mtu ? mtu : LAB_MTU);

	for (size_t i = 0; i < lab->count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i].host,
			.what = "set the MTU of eth0",
			.argv = ARENA_LIST(arena, "ip", "-batch", "-"),
			.input = input};
	return errands_run(lab->procs, arena, errands, lab->count, err);
}

int lab_flush_routers(struct lab *lab, struct error *err)
{
	for (size_t i = 0; lab->topology && i < lab->topology->site_count; i++) {
		if (wire_flush_router(lab->wire, lab->sites[i].router.number, err))
			return emulated_blame(lab, err);
	}
	return 0;
}

struct profile site_profile(const struct lab *lab)
{
	struct profile clean = lab->profile;

	clean.impairment = (struct netem_params){.model = NETEM_NONE};
	clean.timeline = (struct netem_timeline){0};
	return clean;
}

bool site_joins(const struct lab *lab, size_t from, size_t to)
{
	const struct lab_node *target = &lab->nodes[to];

	return !lab->topology || target->site == TOPOLOGY_PUBLIC ||
	       target->site == lab->nodes[from].site || spec_of(lab, target->site)->nat.is_open;
}

static const char *const router_drops[ROUTER_DROPS] = {[ROUTER_MALFORMED] = "malformed",
	[ROUTER_NOT_IP] = "not_ip",
	[ROUTER_LOCAL] = "local",
	[ROUTER_EXPIRED] = "expired",
	[ROUTER_TOO_BIG] = "too_big",
	[ROUTER_NO_NEIGHBOUR] = "no_neighbour"};

/* What the NAT or firewall decided, packets by verdict; those that never came are left out. */
static json_t *verdicts_json(const uint64_t packets[NAT_VERDICTS])
{
	json_t *json = json_object();

	for (int i = 0; i < NAT_VERDICTS; i++) {
		if (packets[i])
			json_object_set_new(json, nat_verdict_name((enum nat_verdict)i),
				json_integer((json_int_t)packets[i]));
	}
	return json;
}

static json_t *totals_json(const char *site, const struct router_totals *totals)
{
	json_t *json = json_make("{s:s, s:I, s:I, s:I, s:I}", "site", site, "forwarded",
		(json_int_t)totals->forwarded, "answered", (json_int_t)totals->answered, "mappings",
		(json_int_t)totals->nat.mappings, "sessions", (json_int_t)totals->nat.sessions);
	json_t *drops = json_object();

	for (int i = 0; i < ROUTER_DROPS; i++)
		json_object_set_new(
			drops, router_drops[i], json_integer((json_int_t)totals->drops[i]));
	json_object_set_new(json, "drops", drops);
	json_object_set_new(json, "outbound", verdicts_json(totals->nat.packets[NAT_OUTBOUND]));
	json_object_set_new(json, "inbound", verdicts_json(totals->nat.packets[NAT_INBOUND]));
	return json;
}

int site_report(struct lab *lab, json_t *report, struct error *err)
{
	json_t *routers;

	if (!lab->topology)
		return 0;
	routers = json_array();
	json_object_set_new(report, "routers", routers);
	for (size_t i = 0; i < lab->topology->site_count; i++) {
		struct router_totals totals;

		if (wire_read_router(lab->wire, lab->sites[i].router.number, &totals, err))
			return emulated_blame(lab, err);
		json_array_append_new(routers, totals_json(spec_of(lab, i)->name, &totals));
	}
	return 0;
}
