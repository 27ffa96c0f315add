/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What was applied to every port, one-way: tc_settings.json. Fractions are 0..1. */
struct settings {
	const char *alias;    /* the profile's folder: "low_impairment" */
	const char *model;    /* "none", "netem", "calibrated" */
	bool is_impaired;     /* false: the line alone, published as null */
	double line_rate_bps; /* 0: unshaped */
	int64_t delay_ns, jitter_ns;
	double loss, reorder, reorder_correlation;
	int64_t limit_packets; /* 0: as the engine needs it */
	json_t *parameters;    /* all of the profile, with units in the names; borrowed, or NULL */
};

/*
 * {alias, settings, one_way}. Published `settings` hold both ports of a path together, so all but
 * the correlation is twice what a port does; `one_way` says what was applied, and
 * `parameters` all of the profile.
 */
json_t *settings_json(const struct settings *settings);
