/* SPDX-License-Identifier: MIT */
#pragma once

#include "feature/feature.h"
#include "runner/operation.h"

/* Who sends and hears marks between two hosts, which are the first two unless somebody says else.
 */
struct observer {
	struct operation_run *m;
	struct arena *arena; /* of one trial */
	const char *token;
	double longest_s;       /* of sending */
	int64_t heard_since_ns; /* of the trial */
	size_t source, target;
};

/* The ways over the bare link and over the VPN, which is the same where there is no VPN. */
MUST_CHECK int observer_begin(struct operation_run *m, struct observer *ret_observer,
	struct feature_way ret_ways[2], struct error *err);
/* The same for other hosts: from `source` to `target`. */
MUST_CHECK int observer_turn(struct observer *o, size_t source, size_t target,
	struct feature_way ret_ways[2], struct error *err);
/* The device of a host that has this address. */
MUST_CHECK int observer_end(struct observer *o, size_t host, const char *address,
	struct feature_end *ret_end, struct error *err);
/* Hears what a host sends on the wire, until its account is taken. */
MUST_CHECK int observer_listen(
	struct observer *o, size_t host, struct proc **ret_ear, struct error *err);
MUST_CHECK int observer_take(struct proc *ear, json_t **ret_account, struct error *err);
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
