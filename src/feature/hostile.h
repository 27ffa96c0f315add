/* SPDX-License-Identifier: MIT */
#pragma once

#include "feature/feature.h"

/*
 * Packets that an attacker on the way could send to a running mesh: what its hosts send each other,
 * once more, cut, changed, or back to its sender. Every mark is followed by some of them, in either
 * direction, so that daemons have them under load. The packets themselves go on as they are.
 */
enum feature_hostile {
	FEATURE_REPLAYED,
	FEATURE_TRUNCATED,
	FEATURE_MUTATED,
	FEATURE_REFLECTED,
	FEATURE_HOSTILES
};

enum {
	FEATURE_HOSTILE_COPIES = 4, /* of every packet */
	FEATURE_HOSTILE_US = 500,   /* between marks */
	FEATURE_HOSTILE_CALM = 2000 /* marks while nobody is hostile */
};

const char *feature_hostile_name(enum feature_hostile kind);
/* About so many hostile packets, of one kind. */
void feature_hostile_plan(enum feature_hostile kind, const struct feature_way *way, int64_t packets,
	struct arena *arena, struct feature_trial *ret_trial);
/* The same marks for a second, while nobody is hostile: what a mesh carries without an attack. */
void feature_hostile_calm(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial);
/*
 * {sent, arrived, again, altered, pieces, returned, readable, carrier}: marks that were sent, that
 * arrived at all, twice, altered or cut, that came back to their sender, and that could be read
 * outside; and what carried them: udp, tcp, other or null.
 */
json_t *feature_hostile_counts(const struct feature_heard *heard);
/* Whether such packets are seen there as they are on a link without a VPN. */
bool feature_hostile_is_seen(enum feature_hostile kind, const json_t *counts);
