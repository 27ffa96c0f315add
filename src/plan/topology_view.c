/* SPDX-License-Identifier: MIT */
/* What a topology says: its hosts, where each is, and all of it as JSON. */
#include "plan/topology_keys.h"

#include "base/json.h"

#include <string.h>

bool topology_is_flat(const struct topology *topology)
{
	return topology->public_count == 0 && topology->site_count == 0;
}

const char *const *topology_hosts(
	struct arena *arena, const struct topology *topology, size_t *ret_count)
{
	const char **names;
	size_t count = topology->public_count;

	for (size_t i = 0; i < topology->site_count; i++)
		count += topology->sites[i].host_count;
	names = arena_alloc(arena, const char *, count + 1);
	*ret_count = 0;
	for (size_t i = 0; i < topology->public_count; i++)
		names[(*ret_count)++] = topology->publics[i];
	for (size_t i = 0; i < topology->site_count; i++) {
		for (size_t k = 0; k < topology->sites[i].host_count; k++)
			names[(*ret_count)++] = topology->sites[i].hosts[k];
	}
	return names;
}

size_t topology_site_of(const struct topology *topology, size_t host)
{
	if (host < topology->public_count)
		return TOPOLOGY_PUBLIC;
	host -= topology->public_count;
	for (size_t i = 0; i < topology->site_count; i++) {
		if (host < topology->sites[i].host_count)
			return i;
		host -= topology->sites[i].host_count;
	}
	return TOPOLOGY_PUBLIC;
}

bool topology_has_ipv6(const struct topology *topology)
{
	for (size_t i = 0; i < topology->site_count; i++) {
		if (topology->sites[i].family != TOPOLOGY_IPV4 && !topology->sites[i].nat.is_nat64)
			return true;
	}
	return false;
}

bool topology_is_ipv6(const struct topology *topology)
{
	for (size_t i = 0; i < topology->site_count; i++) {
		if (topology->sites[i].family == TOPOLOGY_IPV6 && !topology->sites[i].nat.is_nat64)
			return true;
	}
	return false;
}

bool topology_has_nat64(const struct topology *topology)
{
	for (size_t i = 0; i < topology->site_count; i++) {
		if (topology->sites[i].nat.is_nat64)
			return true;
	}
	return false;
}

size_t topology_outermost(const struct topology *topology, size_t site)
{
	while (topology->sites[site].behind != TOPOLOGY_PUBLIC)
		site = topology->sites[site].behind;
	return site;
}

static json_t *names_json(const char *const *names, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_text(names[i]));
	return list;
}

static void add_texts(json_t *json, const char *const *texts)
{
	for (size_t k = 0; k < TOPOLOGY_SITE_KEYS; k++) {
		if (texts[k])
			json_object_set_new(json, site_keys[k].name, json_text(texts[k]));
	}
}

static void add_uplinks(json_t *json, const struct topology_site *site)
{
	json_t *uplinks = json_array();

	for (size_t i = 0; i < site->uplink_count; i++) {
		json_t *uplink = json_make("{s:s}", "name", site->uplinks[i].name);

		add_texts(uplink, site->uplinks[i].site->texts);
		json_array_append_new(uplinks, uplink);
	}
	json_object_set_new(json, "uplinks", uplinks);
}

json_t *topology_json(const struct topology *topology)
{
	json_t *sites = json_array();

	for (size_t i = 0; i < topology->site_count; i++) {
		const struct topology_site *site = &topology->sites[i];
		json_t *json = json_make("{s:s, s:o}", "name", site->name, "hosts",
			names_json(site->hosts, site->host_count));

		add_texts(json, site->uplink_count ? site->uplinks[0].site->texts : site->texts);
		if (site->uplink_count)
			add_uplinks(json, site);
		json_array_append_new(sites, json);
	}
	return json_make("{s:s, s:s, s:o, s:o}", "name", topology->name, "title", topology->title,
		"public", names_json(topology->publics, topology->public_count), "sites", sites);
}
