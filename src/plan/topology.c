/* SPDX-License-Identifier: MIT */
/* Topology files: public hosts, and sites behind routers. The keys stand in topology_keys.c. */
#include "plan/topology.h"

#include "base/text.h"
#include "plan/name.h"
#include "plan/topology_keys.h"
#include "plan/yaml_file.h"

#include <string.h>

enum {
	MOST_TEXT = 1024
};

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

static int take_texts(const struct yaml_file *file, const struct yaml_value *entry, bool is_uplink,
	const char **texts, struct error *err)
{
	for (const struct yaml_value *value = entry->first; value; value = value->next) {
		size_t key = site_key_named(value->key);
		const char *meant;

		if (is_uplink && site_key_is_shared(value->key))
			return yaml_fail_key(file, value, err,
				"'%s' belongs to the site, because its uplinks share it",
				value->key);
		if (key == TOPOLOGY_SITE_KEYS && site_key_is_shared(value->key))
			continue;
		if (key == TOPOLOGY_SITE_KEYS) {
			meant = site_key_near(value->key);
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

static int take_uplink(const struct yaml_file *file, const struct yaml_value *entry,
	struct topology_site *site, struct error *err)
{
	const char **texts = arena_alloc(file->arena, const char *, TOPOLOGY_SITE_KEYS);

	if (!name_is_label(entry->key))
		return yaml_fail_key(file, entry, err,
			"uplink name '%s': use lower-case letters, digits and '-'", entry->key);
	if (entry->kind != YAML_KIND_MAPPING)
		return yaml_fail(file, entry, err, "a mapping of keys to values belongs here");
	if (site->uplink_count == TOPOLOGY_MOST_UPLINKS)
		return yaml_fail_key(
			file, entry, err, "a site has at most %d uplinks", TOPOLOGY_MOST_UPLINKS);
	site->uplinks[site->uplink_count++] = (struct topology_uplink){
		.name = arena_strdup(file->arena, entry->key), .texts = texts};
	return take_texts(file, entry, true, texts, err);
}

static int take_uplinks(const struct yaml_file *file, const struct yaml_value *uplinks,
	struct topology_site *site, struct error *err)
{
	if (!uplinks)
		return 0;
	if (uplinks->kind != YAML_KIND_MAPPING)
		return yaml_fail(
			file, uplinks, err, "a mapping of uplink names to keys belongs here");
	site->uplinks = arena_alloc(file->arena, struct topology_uplink, TOPOLOGY_MOST_UPLINKS);
	for (const struct yaml_value *entry = uplinks->first; entry; entry = entry->next) {
		if (take_uplink(file, entry, site, err))
			return -1;
	}
	if (site->uplink_count < 2)
		return yaml_fail(file, uplinks, err,
			"a site has at least two uplinks, or none and then its own keys");
	return 0;
}

/* The value that is wrong: of the uplink, of the site, or all of it. */
static const struct yaml_value *blamed_in(const struct yaml_value *entry,
	const struct topology_site *site, const struct topology_blame *blame)
{
	const char *key = site_keys[blame->key].name;
	const struct yaml_value *value = NULL;

	if (blame->uplink != SIZE_MAX)
		value = yaml_child(
			yaml_child(yaml_child(entry, "uplinks"), site->uplinks[blame->uplink].name),
			key);
	if (!value)
		value = yaml_child(entry, key);
	return value ? value : entry;
}

static int take_site(const struct yaml_file *file, const struct yaml_value *entry,
	struct topology *topology, struct error *err)
{
	const char **texts = arena_alloc(file->arena, const char *, TOPOLOGY_SITE_KEYS);
	struct topology_site *site = &topology->sites[topology->site_count];
	struct topology_blame blame;

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
		take_texts(file, entry, false, texts, err) ||
		take_uplinks(file, yaml_child(entry, "uplinks"), site, err))
		return -1;
	if (topology_derive(topology, file->arena, topology->site_count - 1, &blame, err) == 0)
		return 0;
	return yaml_fail_in(file, blamed_in(entry, site, &blame), 0, err);
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
	if (topology_check_sites(topology, &site, err))
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
