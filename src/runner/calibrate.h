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
