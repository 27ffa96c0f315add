/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/lab.h"

#include <jansson.h>

/* What to measure a profile with. */
struct calibration {
	struct procs *procs;
	const struct profile *profile;
	enum lab_engine engine;
	size_t cpus;           /* as in struct lab_spec */
	const char *state_dir; /* of the two hosts; must be free, and stays */
	double seconds;        /* of sending probes */
	/* Machines that SSH reaches, and the names of their hosts; NULL: hosts are made here. */
	const struct lab_machine *machines;
	const char *const *names;
};

/*
 * Brings up two hosts, sends numbered packets from one to the other and tells what the profile says
 * (nominal) and what they met (effective): {profile, engine, nominal, effective, wire}.
 */
MUST_CHECK int calibrate(
	const struct calibration *calibration, json_t **ret_calibration, struct error *err);

/* Clocks that are known to more than this share of a one-way delay tell nothing about it. */
#define CALIBRATE_CLOCK_SHARE 0.1
/*
 * Delays of a probe's report that were measured by two clocks, by one clock; where that is known
 * too badly they become null, and "delay_unknown" says why. Pure.
 */
void calibrate_correct_delays(json_t *effective, const struct lab_clocks *clocks);
