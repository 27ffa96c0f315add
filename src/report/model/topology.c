/* SPDX-License-Identifier: MIT */
/* Where the hosts of a tree were, and what was between them and the public network. */
#include "report/model/results.h"

#include "base/json.h"

#include <string.h>

const char *results_topology(const struct report_results *results)
{
	const json_t *topology = json_object_get(results->environment, "topology");
	const char *name = json_string_at(topology, "/name", NULL);

	return name ? arena_printf(results->arena, "%s (%s)", name,
			      json_string_at(topology, "/title", ""))
		    : NULL;
}

static const json_t *site_named(const json_t *sites, const char *name)
{
	json_t *site;
	size_t i;

	json_array_foreach (sites, i, site) {
		if (strcmp(json_string_at(site, "/name", ""), name) == 0)
			return site;
	}
	return NULL;
}

static bool has_host(const json_t *site, const char *host)
{
	const json_t *hosts = json_object_get(site, "hosts");

	for (size_t i = 0; i < json_array_size(hosts); i++) {
		const char *name = json_string_value(json_array_get(hosts, i));

		if (name && strcmp(name, host) == 0)
			return true;
	}
	return false;
}

/* A change of its keys makes a router another than its name says. */
static bool is_changed(const json_t *site)
{
	static const char *const harmless[] = {"name", "hosts", "nat", "behind", "network",
		"family", "up", "down", "mtu", "uplinks"};
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)site, key, value) {
		size_t i = 0;

		while (i < ARRAY_SIZE(harmless) && strcmp(harmless[i], key) != 0)
			i++;
		if (i == ARRAY_SIZE(harmless))
			return true;
	}
	return false;
}

static const char *kind_of(struct arena *arena, const json_t *site)
{
	const char *nat = json_string_at(site, "/nat", "port-restricted");

	return is_changed(site) ? arena_printf(arena, "%s, changed", nat) : nat;
}

const char *results_router_kind(const struct report_results *results, const json_t *router)
{
	return kind_of(results->arena, router);
}

const char *results_router_of(const struct report_results *results, const char *host)
{
	const json_t *sites = json_at(results->environment, "/topology/sites");
	const json_t *site;
	const char *kind;
	size_t i = 0;

	while (i < json_array_size(sites) && !has_host(json_array_get(sites, i), host))
		i++;
	site = json_array_get(sites, i);
	if (!site)
		return "none";
	kind = kind_of(results->arena, site);
	for (size_t depth = 0; depth < json_array_size(sites); depth++) {
		site = site_named(sites, json_string_at(site, "/behind", ""));
		if (!site)
			break;
		kind = arena_printf(
			results->arena, "%s behind %s", kind, kind_of(results->arena, site));
	}
	return kind;
}

bool results_has_ipv6_alone(const struct report_results *results, const char *host)
{
	const json_t *sites = json_at(results->environment, "/topology/sites"), *site;
	size_t i;

	json_array_foreach (sites, i, site) {
		if (has_host(site, host))
			return strcmp(json_string_at(site, "/family", ""), "ipv6") == 0;
	}
	return false;
}
