/* SPDX-License-Identifier: MIT */
/*
 * IPv6 in sites: every site has a network of its own, which its router filters and does not
 * translate. Who reaches whom is said to everybody, as with IPv4, so no router advertises anything.
 */
#include "lab/internal.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <string.h>

/*
 * A part of 3ffe::/16, which the 6bone handed back (RFC 3701) and nobody has since: within
 * 2000::/3, so that VPNs take it for public, unlike the networks for documentation.
 */
#define PUBLIC_NETWORK "3ffe:4d42::"

enum {
	PUBLIC_PREFIX = 32,
	SITE_PREFIX = 64,
	FIRST_HOST = 2,         /* ::1 is the router */
	FIRST_ROUTER = 0x10000, /* of the addresses that routers have in another network */
};

struct address6 {
	uint8_t bytes[16];
};

/* A card that others of its segment reach by this address. */
struct station6 {
	uint16_t segment;
	struct address6 address;
	uint8_t mac[6];
	size_t host, router; /* SIZE_MAX: the other one's */
};

struct stations6 {
	struct station6 *list;
	size_t count;
};

static const struct topology_site *spec_of(const struct lab *lab, size_t site)
{
	return &lab->topology->sites[site];
}

static bool has_ipv6(const struct lab *lab, size_t site)
{
	return site == TOPOLOGY_PUBLIC ? topology_has_ipv6(lab->topology)
				       : spec_of(lab, site)->family != TOPOLOGY_IPV4;
}

/* The public network is number 0, those of sites follow. */
static struct address6 address_in(size_t site, uint32_t number)
{
	uint16_t network = site == TOPOLOGY_PUBLIC ? 0 : (uint16_t)(site + 1);
	struct address6 address = {
		.bytes = {0x3f, 0xfe, 0x4d, 0x42, (uint8_t)(network >> 8), (uint8_t)network}};

	for (int i = 0; i < 4; i++)
		address.bytes[15 - i] = (uint8_t)(number >> (8 * i));
	return address;
}

static const char *text_of(struct arena *arena, struct address6 address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, address.bytes, text, sizeof(text));
	return arena_strdup(arena, text);
}

static struct address6 inside_of(size_t site)
{
	return address_in(site, 1);
}

static struct address6 outside_of(const struct lab *lab, size_t site)
{
	return address_in(spec_of(lab, site)->behind, FIRST_ROUTER + (uint32_t)site + 1);
}

static struct address6 address_of_host(const struct lab *lab, size_t index, size_t site)
{
	uint32_t rank = 0;

	if (site == TOPOLOGY_PUBLIC)
		return address_in(site, (uint32_t)index + 1);
	for (size_t i = 0; i < index; i++)
		rank += topology_site_of(lab->topology, i) == site;
	return address_in(site, FIRST_HOST + rank);
}

void site6_place_host(const struct lab *lab, struct lab_node *node, size_t index)
{
	node->ipv6[0] = '\0';
	if (has_ipv6(lab, node->site))
		inet_ntop(AF_INET6, address_of_host(lab, index, node->site).bytes, node->ipv6,
			sizeof(node->ipv6));
	if (node->site != TOPOLOGY_PUBLIC && spec_of(lab, node->site)->family == TOPOLOGY_IPV6)
		node->ipv4[0] = '\0';
}

void site6_fill(const struct lab *lab, size_t site, struct router_params *params)
{
	size_t behind = spec_of(lab, site)->behind;

	if (!has_ipv6(lab, site))
		return;
	memcpy(params->faces[ROUTER_INSIDE].ipv6, inside_of(site).bytes, 16);
	memcpy(params->faces[ROUTER_OUTSIDE].ipv6, outside_of(lab, site).bytes, 16);
	if (behind != TOPOLOGY_PUBLIC)
		memcpy(params->gateway_ipv6, inside_of(behind).bytes, 16);
}

static void add_station(struct stations6 *stations, struct station6 station)
{
	stations->list[stations->count++] = station;
}

static void add_router(struct stations6 *stations, const struct lab *lab, size_t site)
{
	struct station6 inside = {.segment = site_segment(site),
		.address = inside_of(site),
		.host = SIZE_MAX,
		.router = site};
	struct station6 outside = {.segment = site_segment(spec_of(lab, site)->behind),
		.address = outside_of(lab, site),
		.host = SIZE_MAX,
		.router = site};

	site_router_mac(inside.mac, site, ROUTER_INSIDE);
	site_router_mac(outside.mac, site, ROUTER_OUTSIDE);
	add_station(stations, inside);
	add_station(stations, outside);
}

/* At its own card, and on its way to the public network at the card of each router. */
static void add_host(struct stations6 *stations, const struct lab *lab, size_t index)
{
	const struct lab_node *node = &lab->nodes[index];
	struct station6 station = {.segment = node->segment,
		.address = address_of_host(lab, index, node->site),
		.host = index,
		.router = SIZE_MAX};

	site_host_mac(station.mac, node);
	add_station(stations, station);
	station.host = SIZE_MAX;
	for (size_t site = node->site; site != TOPOLOGY_PUBLIC; site = spec_of(lab, site)->behind) {
		station.segment = site_segment(spec_of(lab, site)->behind);
		station.router = site;
		site_router_mac(station.mac, site, ROUTER_OUTSIDE);
		add_station(stations, station);
	}
}

static struct stations6 stations_of(const struct lab *lab, struct arena *arena)
{
	size_t sites = lab->topology->site_count;
	struct stations6 stations = {
		.list = arena_alloc(arena, struct station6, lab->count * (sites + 1) + 2 * sites)};

	for (size_t i = 0; i < sites; i++) {
		if (has_ipv6(lab, i))
			add_router(&stations, lab, i);
	}
	for (size_t i = 0; i < lab->count; i++) {
		if (has_ipv6(lab, lab->nodes[i].site))
			add_host(&stations, lab, i);
	}
	return stations;
}

/* A public host finds everybody on its own segment, behind a router or not. */
static void write_routes(
	FILE *stream, struct arena *arena, const struct lab_node *node, const char *pin)
{
	if (node->site == TOPOLOGY_PUBLIC) {
		fprintf(stream, "route add " PUBLIC_NETWORK "/%d dev eth0%s\n", PUBLIC_PREFIX, pin);
		return;
	}
	fprintf(stream, "route add %s/%d dev eth0%s\n", text_of(arena, address_in(node->site, 0)),
		SITE_PREFIX, pin);
	fprintf(stream, "route add ::/0 via %s dev eth0%s\n", text_of(arena, inside_of(node->site)),
		pin);
}

void site6_wire(
	const struct lab *lab, struct arena *arena, size_t self, const char *pin, FILE *stream)
{
	const struct lab_node *node = &lab->nodes[self];
	struct stations6 stations;

	if (!node->ipv6[0])
		return;
	stations = stations_of(lab, arena);
	fprintf(stream, "address add %s/%d dev eth0 nodad noprefixroute\n", node->ipv6,
		SITE_PREFIX);
	write_routes(stream, arena, node, pin);
	for (size_t i = 0; i < stations.count; i++) {
		const struct station6 *other = &stations.list[i];

		if (other->segment == node->segment && other->host != self)
			fprintf(stream, "neighbour replace %s lladdr %s dev eth0 nud permanent\n",
				text_of(arena, other->address), site_mac_text(arena, other->mac));
	}
}

int site6_meet(struct lab *lab, size_t site, enum router_side side, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t behind = spec_of(lab, site)->behind;
	uint16_t segment = site_segment(side == ROUTER_INSIDE ? site : behind);
	struct stations6 stations;

	if (!has_ipv6(lab, site))
		return 0;
	stations = stations_of(lab, arena);
	for (size_t i = 0; i < stations.count; i++) {
		const struct station6 *other = &stations.list[i];
		struct wire_neighbour neighbour = {.side = side};

		if (other->segment != segment || other->router == site)
			continue;
		memcpy(neighbour.address, other->address.bytes, sizeof(neighbour.address));
		memcpy(neighbour.mac, other->mac, sizeof(neighbour.mac));
		if (wire_meet(lab->wire, lab->sites[site].router.number, &neighbour, err))
			return fail_in(err, "site %s", spec_of(lab, site)->name);
	}
	return 0;
}

static bool is_behind_nat64(const struct lab *lab, size_t host)
{
	size_t site = lab->nodes[host].site;

	return site != TOPOLOGY_PUBLIC && spec_of(lab, site)->nat.is_nat64;
}

/* What a DNS64 would say: hosts behind a NAT64 find all others at addresses that stand for IPv4. */
static const char *synthesised(struct arena *arena, const char *ipv4)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr address;
	uint8_t ipv6[16];

	if (inet_pton(AF_INET, ipv4, &address) != 1)
		return ipv4;
	nat64_synthesise(ntohl(address.s_addr), ipv6);
	return arena_strdup(arena, inet_ntop(AF_INET6, ipv6, text, sizeof(text)));
}

const char *site_ipv4_for(const struct lab *lab, struct arena *arena, size_t self, const char *ipv4)
{
	if (is_behind_nat64(lab, self))
		return synthesised(arena, ipv4);
	return lab->nodes[self].ipv4[0] ? ipv4 : NULL;
}

const char *site_address_for(const struct lab *lab, struct arena *arena, size_t self, size_t host)
{
	const struct lab_node *node = &lab->nodes[host];

	if (!lab->topology)
		return node->ipv4;
	if (!is_behind_nat64(lab, self))
		return site_joins(lab, self, host) ? site_own_address(lab, host) : node->seen;
	return lab->nodes[self].site == node->site ? node->ipv6 : synthesised(arena, node->seen);
}

const char *lab_underlay_for(const struct lab *lab, struct arena *arena, size_t self, size_t host)
{
	bool is_other = lab->topology && self != host && is_behind_nat64(lab, self);

	return is_other ? site_address_for(lab, arena, self, host) : lab_underlay(lab, host);
}
