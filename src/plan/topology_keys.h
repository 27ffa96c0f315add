/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/topology.h"

/* Every key of a site but `hosts`, and how it reads. Stays inside this room. */
enum site_key_kind {
	SITE_NAT,  /* a name that stands for a whole router */
	SITE_WORD, /* one of `words`, into an enum */
	SITE_FLAG,
	SITE_COUNT, /* uint32_t from `low` to `high` */
	SITE_SHORT, /* uint16_t likewise */
	SITE_RULE,  /* open, blocked, or the only port that is open */
	SITE_RATE,
	SITE_DURATION,
	SITE_NETWORK,
	SITE_PROFILE,
	SITE_BEHIND, /* another site; read by who knows all sites */
};

struct site_key {
	const char *name;
	enum site_key_kind kind;
	size_t offset; /* in struct topology_site */
	const char *const *words;
	int64_t low, high;
};

/* The first is `nat`, so that the others change what it stands for. */
extern const struct site_key site_keys[TOPOLOGY_SITE_KEYS + 1];

/* The index of a key; TOPOLOGY_SITE_KEYS when there is none. */
size_t site_key_named(const char *name);
/* The one that was meant, of all that a site has; NULL: none is like it. */
const char *site_key_near(const char *name);
/* What has parts instead of a text, or is the same whichever uplink is in use. */
bool site_key_is_shared(const char *name);
/* What a site is without any key. */
struct topology_site site_default(void);
MUST_CHECK int site_read_key(struct arena *arena, const struct site_key *key, const char *text,
	struct topology_site *site, struct error *err);

/* What of a site is to blame: a key, and of which uplink. */
struct topology_blame {
	size_t uplink, key; /* SIZE_MAX: of the site */
};

/* Everything of one site from its texts, with all its uplinks, the first last. */
MUST_CHECK int topology_derive(const struct topology *topology, struct arena *arena, size_t index,
	struct topology_blame *ret_blame, struct error *err);
/* What only all sites together are wrong in; `*ret_site` is the one to blame. */
MUST_CHECK int topology_check_sites(
	const struct topology *topology, size_t *ret_site, struct error *err);
