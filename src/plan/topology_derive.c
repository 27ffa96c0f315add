/* SPDX-License-Identifier: MIT */
/* What a site is by the texts of its keys, and what contradicts itself or another site. */
#include "plan/topology_keys.h"

#include "plan/subnet.h"

#include <string.h>

#define HOME_NETWORK UINT32_C(0xc0a80100)   /* 192.168.1.0, as most homes have */
#define SHARED_NETWORK UINT32_C(0x64400000) /* 100.64.0.0, RFC 6598 */
/* 44.128.128.0, the half of the public network that belongs to sites without translation */
#define FIREWALLED_NETWORK (TOPOLOGY_PUBLIC_NETWORK + 0x8000)

enum {
	FIREWALLED_PREFIX = 17,
	HOME_PREFIX = 24,
	SHARED_PREFIX = 16
};

static bool overlaps(uint32_t a, int a_prefix, uint32_t b, int b_prefix)
{
	return ((a ^ b) & subnet_mask(a_prefix < b_prefix ? a_prefix : b_prefix)) == 0;
}

/* Homes have the same private network, as real ones do. */
static void choose_network(const struct topology *topology, size_t index)
{
	struct topology_site *site = &topology->sites[index];

	if (site->network)
		return;
	if (!site->is_translated) {
		site->network = FIREWALLED_NETWORK + ((uint32_t)index << 8);
		site->prefix = HOME_PREFIX;
	} else if (site->nat.block_ports > 0) {
		site->network = SHARED_NETWORK;
		site->prefix = SHARED_PREFIX;
	} else {
		site->network = HOME_NETWORK;
		site->prefix = HOME_PREFIX;
	}
}

static int check_network(const struct topology *topology, size_t index, struct error *err)
{
	const struct topology_site *site = &topology->sites[index];

	if (site->is_translated && overlaps(site->network, site->prefix, TOPOLOGY_PUBLIC_NETWORK,
					   TOPOLOGY_PUBLIC_PREFIX))
		return fail(err, ERROR_USAGE,
			"network: 44.128.0.0/16 is the public network, and site %s is behind a NAT",
			site->name);
	if (!site->is_translated && (site->prefix < FIREWALLED_PREFIX ||
					    !overlaps(site->network, site->prefix,
						    FIREWALLED_NETWORK, FIREWALLED_PREFIX)))
		return fail(err, ERROR_USAGE,
			"network: nothing translates the addresses of site %s, and 44.128.128.0/17 is where others reach those",
			site->name);
	for (size_t i = 0; i < index; i++) {
		const struct topology_site *other = &topology->sites[i];
		bool is_outside = site->behind == i;
		bool are_public = !site->is_translated && !other->is_translated;

		if ((is_outside || are_public) &&
			overlaps(site->network, site->prefix, other->network, other->prefix))
			return fail(err, ERROR_USAGE,
				"network: that of site %s overlaps with that of site %s, %s",
				site->name, other->name,
				is_outside ? "in which its router is"
					   : "and the public network can reach both");
	}
	return 0;
}

/* Inside is IPv6 alone, and outside IPv4: whatever says otherwise contradicts it. */
static int check_nat64(
	const struct topology *topology, size_t index, size_t *ret_key, struct error *err)
{
	struct topology_site *site = &topology->sites[index];
	size_t family = site_key_named("family"), network = site_key_named("network");
	bool is_behind = site->behind != TOPOLOGY_PUBLIC;

	*ret_key = site_key_named("behind");
	if (is_behind && topology->sites[site->behind].nat.is_nat64)
		return fail(err, ERROR_USAGE,
			"behind: site %s is behind a NAT64, where no other router finds IPv4",
			topology->sites[site->behind].name);
	if (!site->nat.is_nat64)
		return 0;
	if (is_behind && topology->sites[site->behind].family == TOPOLOGY_IPV6)
		return fail(err, ERROR_USAGE,
			"behind: the NAT64 of site %s needs IPv4 outside, which site %s has not",
			site->name, topology->sites[site->behind].name);
	*ret_key = family;
	if (site->texts[family] && site->family != TOPOLOGY_IPV6)
		return fail(err, ERROR_USAGE,
			"family: hosts of site %s have IPv6 alone, because their router is a NAT64 and translates no IPv4",
			site->name);
	*ret_key = network;
	if (site->texts[network])
		return fail(err, ERROR_USAGE,
			"network: hosts of site %s have no IPv4, because their router is a NAT64",
			site->name);
	site->family = TOPOLOGY_IPV6;
	return 0;
}

/* The router of a site that has IPv6 gets it from outside. */
static int check_family(const struct topology *topology, size_t index, struct error *err)
{
	const struct topology_site *site = &topology->sites[index];

	if (site->family == TOPOLOGY_IPV4 || site->nat.is_nat64 ||
		site->behind == TOPOLOGY_PUBLIC ||
		topology->sites[site->behind].family != TOPOLOGY_IPV4)
		return 0;
	return fail(err, ERROR_USAGE,
		"family: the router of site %s is in site %s, which has IPv4 alone", site->name,
		topology->sites[site->behind].name);
}

static int find_site(const struct topology *topology, const char *name, size_t below, size_t *ret,
	struct error *err)
{
	for (size_t i = 0; i < below; i++) {
		if (strcmp(topology->sites[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	}
	return fail(err, ERROR_USAGE,
		"behind: '%s' is not a site that stands above this one in the file", name);
}

static int read_text(const struct topology *topology, struct arena *arena, size_t index, size_t key,
	struct error *err)
{
	struct topology_site *site = &topology->sites[index];
	const char *text = site->texts[key];

	if (site_keys[key].kind == SITE_BEHIND)
		return find_site(topology, text, index, &site->behind, err);
	return site_read_key(arena, &site_keys[key], text, site, err);
}

static int check_router(const struct topology *topology, size_t index, struct error *err)
{
	struct topology_site *site = &topology->sites[index];
	struct nat_params params = site->nat;

	for (uint32_t i = 0; site->is_translated && i < site->external_count; i++)
		params.external[params.external_count++] = TOPOLOGY_PUBLIC_NETWORK + i + 1;
	if (!site->is_translated && site->behind != TOPOLOGY_PUBLIC)
		return fail(err, ERROR_USAGE,
			"nat: a site behind another needs a NAT, because a firewall's public addresses cannot be reached there");
	return nat_check(&params, err);
}

/* Everything of one site from these texts; `*ret_key` is the one to blame. */
static int derive_from(const struct topology *topology, struct arena *arena, size_t index,
	const char *const *texts, size_t *ret_key, struct error *err)
{
	struct topology_site *site = &topology->sites[index];
	struct topology_site fresh = site_default();

	fresh.name = site->name;
	fresh.hosts = site->hosts;
	fresh.host_count = site->host_count;
	fresh.uplinks = site->uplinks;
	fresh.uplink_count = site->uplink_count;
	fresh.texts = texts;
	*site = fresh;
	for (*ret_key = 0; *ret_key < TOPOLOGY_SITE_KEYS; ++*ret_key) {
		if (site->texts[*ret_key] && read_text(topology, arena, index, *ret_key, err))
			return -1;
	}
	choose_network(topology, index);
	if (check_nat64(topology, index, ret_key, err))
		return -1;
	*ret_key = site_key_named("nat");
	if (check_router(topology, index, err))
		return -1;
	*ret_key = site_key_named("family");
	if (check_family(topology, index, err))
		return -1;
	*ret_key = site_key_named("network");
	return check_network(topology, index, err);
}

/* Uplinks are derived from the last to the first: whether one behind this one needs other hosts,
 * which have IPv6 alone behind a NAT64. */
static bool is_of_other_hosts(const struct topology_site *site, size_t uplink)
{
	for (size_t i = uplink + 1; i < site->uplink_count; i++) {
		if (site->uplinks[i].site->nat.is_nat64 != site->nat.is_nat64)
			return true;
	}
	return false;
}

/* A change of the uplink must change nothing but what the router does. */
static int check_uplink(
	const struct topology_site *site, size_t uplink, size_t *ret_key, struct error *err)
{
	*ret_key = site_key_named("behind");
	if (site->behind != TOPOLOGY_PUBLIC)
		return fail(err, ERROR_USAGE,
			"behind: only a router in the public network has several uplinks, and that of site %s is in a site",
			site->name);
	*ret_key = site_key_named("family");
	if (site->family != TOPOLOGY_IPV4 && !site->nat.is_nat64)
		return fail(err, ERROR_USAGE,
			"family: hosts of site %s would need other IPv6 addresses on each uplink, because nothing translates them",
			site->name);
	*ret_key = site_key_named("nat");
	if (is_of_other_hosts(site, uplink))
		return fail(err, ERROR_USAGE,
			"nat: hosts of site %s would have IPv6 alone on one uplink and IPv4 on another; give it a NAT64 on all or on none",
			site->name);
	if (!site->is_translated)
		return fail(err, ERROR_USAGE,
			"nat: hosts of site %s would need other addresses on each uplink, because nothing translates them",
			site->name);
	return 0;
}

/* The site's texts, with those of an uplink in their place. */
static const char *const *overlaid(
	struct arena *arena, const char *const *texts, const struct topology_uplink *uplink)
{
	const char **merged = arena_alloc(arena, const char *, TOPOLOGY_SITE_KEYS);

	for (size_t i = 0; i < TOPOLOGY_SITE_KEYS; i++)
		merged[i] = uplink->texts[i] ? uplink->texts[i] : texts[i];
	return merged;
}

static int derive_uplink(const struct topology *topology, struct arena *arena, size_t index,
	size_t uplink, size_t *ret_key, struct error *err)
{
	struct topology_site *site = &topology->sites[index], *kept;
	const char *const *own = site->texts;
	int failed = derive_from(topology, arena, index,
			     overlaid(arena, own, &site->uplinks[uplink]), ret_key, err) ||
		     check_uplink(site, uplink, ret_key, err);

	kept = arena_alloc(arena, struct topology_site, 1);
	*kept = *site;
	site->uplinks[uplink].site = kept;
	site->texts = own;
	return failed ? -1 : 0;
}

int topology_derive(const struct topology *topology, struct arena *arena, size_t index,
	struct topology_blame *ret_blame, struct error *err)
{
	struct topology_site *site = &topology->sites[index];

	*ret_blame = (struct topology_blame){.uplink = SIZE_MAX};
	if (site->uplink_count == 0)
		return derive_from(topology, arena, index, site->texts, &ret_blame->key, err);
	for (size_t i = site->uplink_count; i-- > 0;) {
		ret_blame->uplink = i;
		if (derive_uplink(topology, arena, index, i, &ret_blame->key, err))
			return fail_in(err, "uplink %s", site->uplinks[i].name);
	}
	return 0;
}

static size_t count_behind(const struct topology *topology, size_t index)
{
	size_t count = 0;

	for (size_t i = 0; i < topology->site_count; i++)
		count += topology->sites[i].behind == index;
	return count;
}

int topology_check_sites(const struct topology *topology, size_t *ret_site, struct error *err)
{
	for (*ret_site = 0; *ret_site < topology->site_count; ++*ret_site) {
		const struct topology_site *site = &topology->sites[*ret_site];
		size_t behind = count_behind(topology, *ret_site);

		if (site->host_count == 0 && behind == 0)
			return fail(err, ERROR_USAGE,
				"site %s has no hosts, and no site is behind it", site->name);
		if (behind > TOPOLOGY_MOST_BEHIND)
			return fail(err, ERROR_USAGE,
				"%zu sites are behind site %s; at most %d can be", behind,
				site->name, TOPOLOGY_MOST_BEHIND);
		if (site->nat.is_nat64 && topology->public_count == 0)
			return fail(err, ERROR_USAGE,
				"site %s is behind a NAT64, and no public host has IPv4 that it could lead to",
				site->name);
		if (site->nat.is_nat64 && topology_is_ipv6(topology))
			return fail(err, ERROR_USAGE,
				"the NAT64 of site %s leads to IPv4, and another site has IPv6 without one, so that neither finds the other",
				site->name);
		if (site->family == TOPOLOGY_IPV4 && topology_is_ipv6(topology))
			return fail(err, ERROR_USAGE,
				"site %s has IPv4 alone and another IPv6 alone, so that neither finds the other; give it 'family: dual'",
				site->name);
	}
	return 0;
}
