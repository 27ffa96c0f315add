#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum profile_model {
	PROFILE_MODEL_NONE,       /* nothing but the line rate */
	PROFILE_MODEL_NETEM,      /* bug-compatible with the kernel's sch_netem */
	PROFILE_MODEL_CALIBRATED, /* does what the words say */
};

/* One-way impairment of what a host sends, per port; fractions are 0..1. */
struct profile {
	const char *name;   /* "low" */
	const char *folder; /* its folder in result trees: "low_impairment" */
	const char *title;
	const char *source; /* where its numbers come from */
	enum profile_model model;
	double line_rate_bps; /* of every port, both ways; 0: unshaped */
	int64_t delay_ns, jitter_ns;
	double loss, reorder, reorder_correlation;
	int64_t limit_packets; /* the impairment's queue; 0: as the engine needs it */
};

/* Reads one profile file. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int profile_load(
	struct arena *arena, const char *path, struct profile *ret_profile, struct error *err);
/*
 * Applies a change in place, as in `--profile low:rate=100mbit,delay=5ms` (the part after the
 * colon); names are those of the file.
 */
MUST_CHECK int profile_change(
	struct arena *arena, struct profile *profile, const char *changes, struct error *err);
bool profile_has_impairment(const struct profile *profile);
