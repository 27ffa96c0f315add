/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "netem/netem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* One-way impairment of what a host sends, per port, and the port's line. */
struct profile {
	const char *name;   /* "low" */
	const char *folder; /* its folder in result trees: "low_impairment" */
	const char *title;
	const char *source; /* where its numbers come from */
	struct netem_params impairment;
	struct netem_timeline timeline; /* with neither steps nor opportunities: none */
	double line_rate_bps;           /* of every port, both ways; 0: unshaped */
	uint64_t line_buffer_bytes;     /* of each direction; 0: as the engine has it */
	int64_t merge_ns;               /* as in struct wire_params */
	/* What is legal but surprising, each with its place; NULL-terminated, or NULL. */
	const char *const *warnings;
};

/* Reads one profile file. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int profile_load(
	struct arena *arena, const char *path, struct profile *ret_profile, struct error *err);
/*
 * Applies a change in place, as in `--profile low:rate=100mbit,delay=5ms` (the part after the
 * colon); names are those of the file, and `rate` is the line's.
 */
MUST_CHECK int profile_change(
	struct arena *arena, struct profile *profile, const char *changes, struct error *err);
bool profile_has_impairment(const struct profile *profile);
bool profile_has_timeline(const struct profile *profile);
/* The narrower of the line and the impairment's rate; 0 when neither limits. */
double profile_narrowest_bps(const struct profile *profile);
/* "none", "netem", "calibrated". */
const char *profile_model(const struct profile *profile);
/* The words of an enum's key in profile files, such as "unit"; NULL-terminated. */
const char *const *profile_words(const char *key);
/* Every parameter that is not zero, with units in the names. Caller owns it. */
json_t *profile_json(const struct profile *profile);
