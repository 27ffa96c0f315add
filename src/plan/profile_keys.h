/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/profile.h"

#include <stddef.h>

/* Every key of a profile: its name, where it goes, how it reads. Stays inside this room. */
enum key_kind {
	KEY_NAME, /* becomes part of paths and names */
	KEY_TEXT,
	KEY_WORD, /* one of `words`, into an enum */
	KEY_RATE,
	KEY_DURATION,
	KEY_PERCENT,
	KEY_COUNT,  /* uint32_t from `low` on */
	KEY_SIGNED, /* int32_t */
	KEY_SEED,
	KEY_BYTES,
	KEY_NETEM,    /* the words of tc, for everything at once */
	KEY_SCHEDULE, /* CSV in the file itself */
	KEY_REPLAY,   /* a file next to the profile */
};

struct profile_key {
	const char *name;
	const char *field; /* what netem_check() calls it; NULL: it is not an impairment */
	size_t offset;     /* in struct profile */
	enum key_kind kind;
	bool is_required;
	int64_t low;
	const char *const *words;
	enum netem_loss_kind loss; /* the loss model that the key belongs to */
};

enum {
	PROFILE_KEYS = 51
};
extern const struct profile_key profile_keys[PROFILE_KEYS];

/* Where values come from; `path` NULL: from a change on the command line. */
struct profile_source {
	struct arena *arena;
	const char *path;
	unsigned line;   /* of the value in the file */
	size_t bad_word; /* after a refused KEY_NETEM: offset of the word */
	bool has_place;  /* after a refusal: the error says its place already */
};

/* Reads one value; a loss model that was begun may only be replaced by a change. */
MUST_CHECK int profile_read_key(struct profile_source *source, const struct profile_key *key,
	const char *text, struct profile *profile, struct error *err);
/* What follows from all keys together, such as defaults that depend on the loss model. */
void profile_finish(struct profile *profile);

/*
 * What a profile is wrong in or surprises with. `is_given` says which keys were; `ret_key` is the
 * index of the one to blame.
 */
struct profile_finding {
	size_t key;
	bool is_error;
	char text[240];
};
size_t profile_findings(const struct profile *profile, const bool is_given[],
	struct profile_finding list[], size_t room);
