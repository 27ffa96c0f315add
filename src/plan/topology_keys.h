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
/* What a site is without any key. */
struct topology_site site_default(void);
MUST_CHECK int site_read_key(struct arena *arena, const struct site_key *key, const char *text,
	struct topology_site *site, struct error *err);
