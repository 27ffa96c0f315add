/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "nat/nat.h"
#include "plan/profile.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where hosts are, and what stands between them: some in the public network, the others in sites,
 * each behind a router. A topology without hosts is one flat switch for the hosts of any plan.
 */
enum {
	TOPOLOGY_MOST_SITES = 31,
	TOPOLOGY_MOST_HOSTS = 90, /* of a site, and of the public network */
	TOPOLOGY_MOST_BEHIND = 9, /* sites behind one site */
	TOPOLOGY_MOST_UPLINKS = 4,
	TOPOLOGY_SITE_KEYS = 27, /* that a site can have */
	TOPOLOGY_PUBLIC_PREFIX = 16,
	TOPOLOGY_LEAST_MTU = 1280, /* as in struct router_face */
	TOPOLOGY_MOST_MTU = 9216,
	TOPOLOGY_MOST_SESSIONS = 4096 /* for which the wire has room in each router */
};

/* Of the addresses that hosts of a site have. */
enum topology_family {
	TOPOLOGY_IPV4,
	TOPOLOGY_DUAL,
	TOPOLOGY_IPV6
};

#define TOPOLOGY_PUBLIC SIZE_MAX
/* 44.128.0.0/16, a part of AMPRNet that its owners set aside for tests. */
#define TOPOLOGY_PUBLIC_NETWORK UINT32_C(0x2c800000)

/* One of several ways out of a site, of which its router uses one at a time. */
struct topology_uplink {
	const char *name;
	const char *const *texts;   /* its own keys; for this room */
	struct topology_site *site; /* what the site is while this one is in use */
};

struct topology_site {
	const char *name;
	const char *const *hosts;
	size_t host_count;
	size_t behind; /* another site, whose network the router is in; TOPOLOGY_PUBLIC: none */
	enum topology_family family;
	uint32_t network; /* IPv4, of the hosts, in the host's byte order; 0: as the NAT needs it */
	int prefix;
	uint32_t external_count; /* addresses that the router has outside; at least one */
	bool is_translated;      /* otherwise the site has public addresses */
	struct nat_params nat;   /* without addresses */
	uint16_t mtu;            /* of the uplink */
	bool is_black_hole;      /* says nothing about packets that are too large for it */
	/* Names of profiles, possibly with changes; NULL: the run's own, and a clean line. */
	const char *up_name, *down_name;
	/* The same, filled by who loads profiles: what the router sends outside and inside. */
	const struct profile *up, *down;
	const char *const *texts; /* every key as it was written, or NULL; for this room */
	/* None, or at least two: what stands above is of the first, which is in use at first. */
	struct topology_uplink *uplinks;
	size_t uplink_count;
};

struct topology {
	const char *name, *title, *path;
	const char *source; /* where it comes from, or NULL */
	const char *const *publics;
	size_t public_count;
	struct topology_site *sites;
	size_t site_count;
};

/* Reads one topology file. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int topology_load(
	struct arena *arena, const char *path, struct topology *ret_topology, struct error *err);
/*
 * Applies a change in place, as in `--topology pair:left.nat=symmetric,right.udp=blocked` (the part
 * after the colon); keys are those of the file. Of an uplink: `laptop.lte.nat=symmetric`.
 */
MUST_CHECK int topology_change(
	struct arena *arena, struct topology *topology, const char *changes, struct error *err);
/* One switch, and hosts that the plan names. */
bool topology_is_flat(const struct topology *topology);
/* All hosts in their order, those of the public network first; NULL-terminated. */
const char *const *topology_hosts(
	struct arena *arena, const struct topology *topology, size_t *ret_count);
/* The site of a host, by its place in topology_hosts(); TOPOLOGY_PUBLIC: none. */
size_t topology_site_of(const struct topology *topology, size_t host);
/* Whether public hosts have IPv6, too, because a site has it that leads outside as such. */
bool topology_has_ipv6(const struct topology *topology);
/* Whether a site has IPv6 alone and no NAT64; then every host has it, and others find it there. */
bool topology_is_ipv6(const struct topology *topology);
/* Whether hosts of a site find all others at addresses of IPv6 that stand for IPv4. */
bool topology_has_nat64(const struct topology *topology);
/* The site whose router is the last on the way out of this one. */
size_t topology_outermost(const struct topology *topology, size_t site);
/*
 * {name, title, public, sites: [{name, hosts, KEY: as it was written, uplinks: [{name, KEY}]}]}. An
 * uplink has every key that holds while it is in use, the site those of its first. Caller owns it.
 */
json_t *topology_json(const struct topology *topology);
/* The NATs and firewalls that have a name, for messages and manuals; NULL-terminated. */
extern const char *const topology_nats[];
