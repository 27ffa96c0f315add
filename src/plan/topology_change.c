/* SPDX-License-Identifier: MIT */
/* A topology with changes of its keys. */
#include "plan/topology_keys.h"

#include <string.h>

/* Uplinks of its own, so that a refused change changes nothing. */
static void copy_uplinks(struct arena *arena, struct topology_site *site)
{
	const struct topology_uplink *former = site->uplinks;

	if (site->uplink_count == 0)
		return;
	site->uplinks = arena_alloc(arena, struct topology_uplink, TOPOLOGY_MOST_UPLINKS);
	memcpy(site->uplinks, former, site->uplink_count * sizeof(*former));
}

/* "lte.nat" is of an uplink; the place of its texts, and `*key` becomes "nat". */
static const char *const **texts_of(struct topology_site *site, char **key)
{
	char *dot = strchr(*key, '.');

	for (size_t i = 0; dot && i < site->uplink_count; i++) {
		const char *name = site->uplinks[i].name;

		if (strlen(name) == (size_t)(dot - *key) &&
			strncmp(name, *key, strlen(name)) == 0) {
			*key = dot + 1;
			return &site->uplinks[i].texts;
		}
	}
	return &site->texts;
}

/* "left.nat=symmetric" */
static int change_one(
	struct arena *arena, struct topology *topology, char *change, struct error *err)
{
	char *value = strchr(change, '='), *dot = strchr(change, '.');
	const char *const **at;
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
	at = texts_of(&topology->sites[site], &dot);
	key = site_key_named(dot);
	if (key < TOPOLOGY_SITE_KEYS && at != &topology->sites[site].texts &&
		site_key_is_shared(dot))
		return fail(err, ERROR_USAGE,
			"'%s' belongs to the site, because its uplinks share it", dot);
	if (key == TOPOLOGY_SITE_KEYS) {
		const char *meant = site_key_near(dot);

		return fail(err, ERROR_USAGE, "unknown key '%s' of a site%s%s%s", dot,
			meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	}
	texts = arena_alloc(arena, const char *, TOPOLOGY_SITE_KEYS);
	memcpy(texts, *at, TOPOLOGY_SITE_KEYS * sizeof(*texts));
	texts[key] = arena_strdup(arena, value);
	*at = texts;
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
	for (size_t i = 0; i < changed.site_count; i++)
		copy_uplinks(arena, &changed.sites[i]);
	while ((change = strsep(&rest, ","))) {
		if (change_one(arena, &changed, change, err))
			return -1;
	}
	for (size_t i = 0; i < changed.site_count; i++) {
		struct topology_blame blame;

		if (topology_derive(&changed, arena, i, &blame, err))
			return fail_in(err, "site %s", changed.sites[i].name);
	}
	if (topology_check_sites(&changed, &site, err))
		return -1;
	changed.name = arena_printf(arena, "%s:%s", topology->name, changes);
	*topology = changed;
	return 0;
}
