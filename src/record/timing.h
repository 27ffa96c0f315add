/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

/*
 * timing_breakdown.json of one VPN. It grows while the VPN is set up and measured, and every
 * profile's file holds what happened until then, as published. Times are wall-clock seconds.
 */
struct timing_operation {
	const char *name; /* "tc_stabilization" */
	double start_s, duration_s;
	const char *error; /* NULL when it succeeded */
};

/* The caller owns it; `vpn` is what users type. */
json_t *timing_new(const char *vpn, double start_s);
/* Starts a phase ("vpn_installation", "benchmarking"); `profile` may be NULL. */
void timing_begin_phase(json_t *timing, const char *phase, const char *profile, double start_s);
/* Adds to the phase that was begun last; there must be one. */
void timing_add(json_t *timing, const struct timing_operation *operation);
/* Ends the phase that was begun last, and with it the whole so far. */
void timing_end_phase(json_t *timing, double end_s);
