/* SPDX-License-Identifier: MIT */
/* A topology that the user names: its changes, the profiles of its uplinks, and what it decides. */
#include "cli/load.h"

#include <string.h>

#define FLAT "lan"

static int load_line(struct arena *arena, const char *words, const struct profile **ret_profile,
	struct error *err)
{
	struct profile *profile;

	*ret_profile = NULL;
	if (!words)
		return 0;
	profile = arena_alloc(arena, struct profile, 1);
	if (load_profile(arena, words, profile, err))
		return -1;
	*ret_profile = profile;
	return 0;
}

/* Of the site as it is at first, and of each uplink. */
static int load_uplinks(struct arena *arena, struct topology_site *site, struct error *err)
{
	if (load_line(arena, site->up_name, &site->up, err) ||
		load_line(arena, site->down_name, &site->down, err))
		return -1;
	for (size_t i = 0; i < site->uplink_count; i++) {
		struct topology_site *other = site->uplinks[i].site;

		if (load_line(arena, other->up_name, &other->up, err) ||
			load_line(arena, other->down_name, &other->down, err))
			return fail_in(err, "uplink %s", site->uplinks[i].name);
	}
	return 0;
}

int load_topology(struct arena *arena, const char *words, const struct topology **ret_topology,
	struct error *err)
{
	struct topology *topology = arena_alloc(arena, struct topology, 1);
	size_t length = strcspn(words, ":");
	const char *path = NULL;

	*ret_topology = NULL;
	if (plan_find(arena, "topologies", arena_strndup(arena, words, length), &path, err)) {
		/* A user's own folder of data may be older than topologies. */
		return strcmp(words, FLAT) == 0 ? 0 : -1;
	}
	if (topology_load(arena, path, topology, err))
		return -1;
	if (words[length] && topology_change(arena, topology, words + length + 1, err))
		return fail_in(err, "--topology %s", words);
	for (size_t i = 0; i < topology->site_count; i++) {
		if (load_uplinks(arena, &topology->sites[i], err))
			return fail_in(err, "%s: site %s", topology->path, topology->sites[i].name);
	}
	if (!topology_is_flat(topology))
		*ret_topology = topology;
	return 0;
}

static bool are_equal(const char *const *a, const char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static const struct setting *setting_of_hosts(void)
{
	size_t i = 0;

	while (strcmp(plan_keys[i].setting.name, "hosts") != 0)
		i++;
	return &plan_keys[i].setting;
}

int load_hosts(
	struct arena *arena, const struct topology *topology, struct plan *plan, struct error *err)
{
	const struct plan standard = plan_default(arena);
	const char *const *hosts;
	size_t count;

	if (!topology)
		return 0;
	hosts = topology_hosts(arena, topology, &count);
	if (!are_equal(plan->hosts, standard.hosts) && !are_equal(plan->hosts, hosts))
		return fail(err, ERROR_USAGE,
			"topology %s has hosts of its own (%s, %s%s), so that no others can be named",
			topology->name, hosts[0], hosts[1], count > 2 ? ", ..." : "");
	plan_set_list(plan, setting_of_hosts(), hosts);
	return 0;
}

static bool is_bare(const struct driver *driver)
{
	return !driver->address_interface && !driver->address_run;
}

/* Whether packets without a VPN reach every host. */
static bool is_open(const struct topology *topology)
{
	for (size_t i = 0; i < topology->site_count; i++) {
		if (!topology->sites[i].nat.is_open)
			return false;
	}
	return true;
}

static bool has_coordinator(const struct driver *driver)
{
	for (size_t i = 0; i < driver->role_count; i++) {
		if (driver->roles[i].take == DRIVER_TAKE_FIRST)
			return true;
	}
	return false;
}

int load_suits(const struct topology *topology, const struct driver *driver, struct error *err)
{
	if (!topology)
		return 0;
	if (!is_open(topology) && is_bare(driver))
		return fail(err, ERROR_USAGE,
			"%s: packets without a VPN do not get through the routers of topology %s, so it has no figures there",
			driver->label, topology->name);
	if (topology_is_ipv6(topology) && !driver->takes_ipv6)
		return fail(err, ERROR_USAGE,
			"%s: its driver writes IPv4 addresses of hosts (no underlay_ipv6 in driver.yml), and topology %s has hosts with IPv6 alone",
			driver->label, topology->name);
	if (topology_has_nat64(topology) && !driver->takes_ipv6)
		return fail(err, ERROR_USAGE,
			"%s: its driver writes IPv4 addresses of hosts (no underlay_ipv6 in driver.yml), and topology %s has hosts behind a NAT64",
			driver->label, topology->name);
	if (topology->public_count == 0 && has_coordinator(driver))
		return fail(err, ERROR_USAGE,
			"%s needs a host that all others can reach, and topology %s has no public host",
			driver->label, topology->name);
	return 0;
}

/* The first host that leaves by the same router as an earlier one; `count` when there is none. */
static size_t find_sharing(const struct topology *topology, size_t count)
{
	size_t first = topology->public_count;

	for (size_t i = first; i < count; i++) {
		for (size_t j = first; j < i; j++) {
			if (topology_outermost(topology, topology_site_of(topology, i)) ==
				topology_outermost(topology, topology_site_of(topology, j)))
				return i;
		}
	}
	return count;
}

int load_suits_workload(struct arena *arena, const struct topology *topology,
	const struct workload *workload, struct error *err)
{
	const char *const *hosts;
	size_t count, sharing;

	if (workload->routers == WORKLOAD_ANY_ROUTERS)
		return 0;
	if (workload->routers == WORKLOAD_LAST_ROUTER)
		return topology && topology->site_count
			       ? 0
			       : fail(err, ERROR_USAGE,
					 "%s is about a host behind a router, which the topology does not have; try --topology pair",
					 workload->name);
	if (!topology || topology->site_count < 2)
		return fail(err, ERROR_USAGE,
			"%s looks at the ways between hosts behind routers, which the topology does not have; try --topology pair",
			workload->name);
	hosts = topology_hosts(arena, topology, &count);
	sharing = find_sharing(topology, count);
	if (sharing < count)
		return fail(err, ERROR_USAGE,
			"%s tells hosts by the outermost router, and in topology %s host %s does not have one of its own; try --topology pair",
			workload->name, topology->name, hosts[sharing]);
	return 0;
}

int load_engine_of(const struct topology *topology, const char *name, bool is_impaired,
	enum lab_engine *ret_engine, struct error *err)
{
	if (load_engine(name, is_impaired || topology, ret_engine, err))
		return -1;
	if (topology && *ret_engine != LAB_ENGINE_WIRE)
		return fail(err, ERROR_USAGE,
			"topology %s has routers, which engine %s does not; use engine wire",
			topology->name, name);
	return 0;
}
