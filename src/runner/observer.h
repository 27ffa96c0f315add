/* SPDX-License-Identifier: MIT */
#pragma once

#include "feature/feature.h"
#include "runner/operation.h"

/* Who sends and hears marks between the first two hosts. */
struct observer {
	struct operation_run *m;
	struct arena *arena; /* of one trial */
	const char *token;
	double longest_s;       /* of sending */
	int64_t heard_since_ns; /* of the trial */
};

/* The ways over the bare link and over the VPN, which is the same where there is no VPN. */
MUST_CHECK int observer_begin(struct operation_run *m, struct observer *ret_observer,
	struct feature_way ret_ways[2], struct error *err);
/* Until every pair answers: a trial before may have left the mesh in parts. */
MUST_CHECK int observer_await_mesh(struct observer *o, struct error *err);
/*
 * Sends while the wire has the trial's rules, and fills `accounts`: arrived, outside, back, sent.
 * The rules stay. ERROR_CRASHED when a daemon ended meanwhile.
 */
MUST_CHECK int observer_try(struct observer *o, const struct feature_way *way,
	const struct feature_trial *trial, json_t *accounts, struct error *err);
/* Rules must not outlive their trial. */
MUST_CHECK int observer_end_rules(
	struct observer *o, const struct feature_trial *trial, struct error *err);
