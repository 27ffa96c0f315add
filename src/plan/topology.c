/* SPDX-License-Identifier: MIT */
/* Topology files: public hosts, and sites behind routers. The keys stand in topology_keys.c. */
#include "plan/topology.h"

#include "base/json.h"
#include "base/text.h"
#include "plan/name.h"
#include "plan/near.h"
#include "plan/subnet.h"
#include "plan/topology_keys.h"
#include "plan/yaml_file.h"

#include <string.h>

enum {
	MOST_TEXT = 1024
};

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

/* Everything of one site from its texts; `*ret_key` is the one to blame. */
static int derive(const struct topology *topology, struct arena *arena, size_t index,
	size_t *ret_key, struct error *err)
{
	struct topology_site *site = &topology->sites[index];
	struct topology_site fresh = site_default();

	fresh.name = site->name;
	fresh.hosts = site->hosts;
	fresh.host_count = site->host_count;
	fresh.texts = site->texts;
	*site = fresh;
	for (*ret_key = 0; *ret_key < TOPOLOGY_SITE_KEYS; ++*ret_key) {
		if (site->texts[*ret_key] && read_text(topology, arena, index, *ret_key, err))
			return -1;
	}
	choose_network(topology, index);
	*ret_key = site_key_named("nat");
	if (check_router(topology, index, err))
		return -1;
	*ret_key = site_key_named("network");
	return check_network(topology, index, err);
}

static size_t count_behind(const struct topology *topology, size_t index)
{
	size_t count = 0;

	for (size_t i = 0; i < topology->site_count; i++)
		count += topology->sites[i].behind == index;
	return count;
}

/* What only all sites together are wrong in; `*ret_site` is the one to blame. */
static int check_sites(const struct topology *topology, size_t *ret_site, struct error *err)
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
	}
	return 0;
}

/* NULL and no failure: it is not there. */
static int text_at(const struct yaml_file *file, const struct yaml_value *value, struct error *err)
{
	if (value && (value->kind != YAML_KIND_TEXT || !*value->text))
		return yaml_fail(file, value, err, "a text belongs here");
	if (value && strlen(value->text) > MOST_TEXT)
		return yaml_fail(
			file, value, err, "the value is longer than %d characters", MOST_TEXT);
	return 0;
}

static const char *site_key_name(const void *context, size_t index)
{
	(void)context;
	if (index < TOPOLOGY_SITE_KEYS)
		return site_keys[index].name;
	return index == TOPOLOGY_SITE_KEYS ? "hosts" : NULL;
}

static int check_host(const struct yaml_file *file, const struct yaml_value *entry,
	const struct topology *topology, struct error *err)
{
	if (entry->kind != YAML_KIND_TEXT)
		return yaml_fail(file, entry, err, "the name of a host belongs here");
	if (!name_is_label(entry->text) || strcmp(entry->text, "localhost") == 0)
		return yaml_fail(file, entry, err,
			"host name '%s': use lower-case letters, digits and '-'", entry->text);
	for (size_t i = 0; i < topology->public_count; i++) {
		if (strcmp(topology->publics[i], entry->text) == 0)
			return yaml_fail(file, entry, err,
				"host %s is in the public network already", entry->text);
	}
	for (size_t i = 0; i < topology->site_count; i++) {
		for (size_t k = 0; k < topology->sites[i].host_count; k++) {
			if (strcmp(topology->sites[i].hosts[k], entry->text) == 0)
				return yaml_fail(file, entry, err, "host %s is in site %s already",
					entry->text, topology->sites[i].name);
		}
	}
	return 0;
}

/* The hosts go where `list` and `count` point, one by one, so that a name twice is seen. */
static int take_hosts(const struct yaml_file *file, const struct yaml_value *hosts,
	const struct topology *topology, const char *const **list, size_t *count, struct error *err)
{
	const char **names = arena_alloc(file->arena, const char *, TOPOLOGY_MOST_HOSTS + 1);

	*list = names;
	*count = 0;
	if (!hosts)
		return 0;
	if (hosts->kind != YAML_KIND_LIST)
		return yaml_fail(file, hosts, err, "a list of host names belongs here");
	for (const struct yaml_value *entry = hosts->first; entry; entry = entry->next) {
		if (*count == TOPOLOGY_MOST_HOSTS)
			return yaml_fail(file, entry, err, "more than %d hosts are in one network",
				TOPOLOGY_MOST_HOSTS);
		if (check_host(file, entry, topology, err))
			return -1;
		names[*count] = arena_strdup(file->arena, entry->text);
		++*count;
	}
	return 0;
}

static int take_texts(const struct yaml_file *file, const struct yaml_value *entry,
	const char **texts, struct error *err)
{
	for (const struct yaml_value *value = entry->first; value; value = value->next) {
		size_t key = site_key_named(value->key);
		const char *meant;

		if (strcmp(value->key, "hosts") == 0)
			continue;
		if (key == TOPOLOGY_SITE_KEYS) {
			meant = near_name(value->key, site_key_name, NULL);
			return yaml_fail_key(file, value, err, "unknown key '%s'%s%s%s", value->key,
				meant ? "; did you mean '" : "", meant ? meant : "",
				meant ? "'?" : "");
		}
		if (text_at(file, value, err))
			return -1;
		texts[key] = arena_strdup(file->arena, value->text);
	}
	return 0;
}

static int take_site(const struct yaml_file *file, const struct yaml_value *entry,
	struct topology *topology, struct error *err)
{
	const char **texts = arena_alloc(file->arena, const char *, TOPOLOGY_SITE_KEYS);
	struct topology_site *site = &topology->sites[topology->site_count];
	const struct yaml_value *blamed;
	size_t key;

	if (!name_is_label(entry->key))
		return yaml_fail_key(file, entry, err,
			"site name '%s': use lower-case letters, digits and '-'", entry->key);
	if (entry->kind != YAML_KIND_MAPPING)
		return yaml_fail(file, entry, err, "a mapping of keys to values belongs here");
	*site = (struct topology_site){
		.name = arena_strdup(file->arena, entry->key), .texts = texts};
	topology->site_count++;
	if (take_hosts(file, yaml_child(entry, "hosts"), topology, &site->hosts, &site->host_count,
		    err) ||
		take_texts(file, entry, texts, err))
		return -1;
	if (derive(topology, file->arena, topology->site_count - 1, &key, err) == 0)
		return 0;
	blamed = yaml_child(entry, site_keys[key].name);
	return yaml_fail_in(file, blamed ? blamed : entry, 0, err);
}

static int take_sites(const struct yaml_file *file, const struct yaml_value *sites,
	struct topology *topology, struct error *err)
{
	size_t site;

	topology->sites = arena_alloc(file->arena, struct topology_site, TOPOLOGY_MOST_SITES);
	if (!sites)
		return 0;
	if (sites->kind != YAML_KIND_MAPPING)
		return yaml_fail(file, sites, err, "a mapping of site names to sites belongs here");
	for (const struct yaml_value *entry = sites->first; entry; entry = entry->next) {
		if (topology->site_count == TOPOLOGY_MOST_SITES)
			return yaml_fail_key(file, entry, err, "a topology has at most %d sites",
				TOPOLOGY_MOST_SITES);
		if (take_site(file, entry, topology, err))
			return -1;
	}
	if (check_sites(topology, &site, err))
		return yaml_fail_in(file, yaml_child(sites, topology->sites[site].name), 0, err);
	return 0;
}

static int check_keys(const struct yaml_file *file, struct error *err)
{
	static const char *const known[] = {"title", "source", "public", "sites"};

	for (const struct yaml_value *entry = file->root->first; entry; entry = entry->next) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && strcmp(known[i], entry->key) != 0)
			i++;
		if (i == ARRAY_SIZE(known))
			return yaml_fail_key(file, entry, err,
				"unknown key '%s'; a topology has title, source, public and sites",
				entry->key);
	}
	return 0;
}

static int take_title(const struct yaml_file *file, struct topology *topology, struct error *err)
{
	const struct yaml_value *title = yaml_child(file->root, "title");
	const struct yaml_value *source = yaml_child(file->root, "source");

	if (text_at(file, title, err) || text_at(file, source, err))
		return -1;
	if (!title)
		return yaml_fail(file, file->root, err, "key 'title' is missing");
	topology->title = arena_strdup(file->arena, title->text);
	topology->source = source ? arena_strdup(file->arena, source->text) : NULL;
	return 0;
}

int topology_load(
	struct arena *arena, const char *path, struct topology *ret_topology, struct error *err)
{
	struct topology topology = {.path = arena_strdup(arena, path)};
	struct yaml_file file;
	size_t count;

	if (yaml_open(arena, path, &file, err) || check_keys(&file, err) ||
		take_title(&file, &topology, err) ||
		take_hosts(&file, yaml_child(file.root, "public"), &topology, &topology.publics,
			&topology.public_count, err) ||
		take_sites(&file, yaml_child(file.root, "sites"), &topology, err))
		return -1;
	topology.name = yaml_stem(&file);
	topology_hosts(arena, &topology, &count);
	if (!topology_is_flat(&topology) && count < 2)
		return yaml_fail(&file, NULL, err,
			"a topology has at least two hosts, or none and then those of the plan");
	*ret_topology = topology;
	return 0;
}

/* "left.nat=symmetric" */
static int change_one(
	struct arena *arena, struct topology *topology, char *change, struct error *err)
{
	char *value = strchr(change, '='), *dot = strchr(change, '.');
	const char **texts;
	size_t site = 0, key;

	if (!value || !dot || dot > value)
		return fail(err, ERROR_USAGE, "'%s' is not SITE.KEY=VALUE", change);
	*value++ = *dot++ = '\0';
	while (site < topology->site_count && strcmp(topology->sites[site].name, change) != 0)
		site++;
	if (site == topology->site_count)
		return fail(
			err, ERROR_USAGE, "topology %s has no site '%s'", topology->name, change);
	key = site_key_named(dot);
	if (key == TOPOLOGY_SITE_KEYS) {
		const char *meant = near_name(dot, site_key_name, NULL);

		return fail(err, ERROR_USAGE, "unknown key '%s' of a site%s%s%s", dot,
			meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	}
	texts = arena_alloc(arena, const char *, TOPOLOGY_SITE_KEYS);
	memcpy(texts, topology->sites[site].texts, TOPOLOGY_SITE_KEYS * sizeof(*texts));
	texts[key] = arena_strdup(arena, value);
	topology->sites[site].texts = texts;
	return 0;
}

int topology_change(
	struct arena *arena, struct topology *topology, const char *changes, struct error *err)
{
	struct topology changed = *topology;
	char *rest = arena_strdup(arena, changes), *change;
	size_t site;

	changed.sites = arena_alloc(arena, struct topology_site, TOPOLOGY_MOST_SITES);
	memcpy(changed.sites, topology->sites, topology->site_count * sizeof(*changed.sites));
	while ((change = strsep(&rest, ","))) {
		if (change_one(arena, &changed, change, err))
			return -1;
	}
	for (size_t i = 0; i < changed.site_count; i++) {
		size_t key;

		if (derive(&changed, arena, i, &key, err))
			return fail_in(err, "site %s", changed.sites[i].name);
	}
	if (check_sites(&changed, &site, err))
		return -1;
	changed.name = arena_printf(arena, "%s:%s", topology->name, changes);
	*topology = changed;
	return 0;
}

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

json_t *topology_json(const struct topology *topology)
{
	json_t *sites = json_array();

	for (size_t i = 0; i < topology->site_count; i++) {
		const struct topology_site *site = &topology->sites[i];
		json_t *json = json_make("{s:s, s:o}", "name", site->name, "hosts",
			names_json(site->hosts, site->host_count));

		for (size_t k = 0; k < TOPOLOGY_SITE_KEYS; k++) {
			if (site->texts[k])
				json_object_set_new(
					json, site_keys[k].name, json_text(site->texts[k]));
		}
		json_array_append_new(sites, json);
	}
	return json_make("{s:s, s:s, s:o, s:o}", "name", topology->name, "title", topology->title,
		"public", names_json(topology->publics, topology->public_count), "sites", sites);
}
