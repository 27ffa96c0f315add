/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/load.h"
#include "runner/versions.h"
#include "virtual/virtual.h"

/*
 * Two versions in virtual time: pairs of guests that differ in nothing but the version, so that
 * identical versions give identical trees, and blocks of one pair are as good as their number.
 */
struct pairs_request {
	const struct virtual_machine *machine;
	const struct runner_plan *plan; /* its drivers are OLD and NEW */
	const char *const *words;       /* the user's for both */
	const char *vpn;                /* words are folders with programs of this one; or NULL */
	const struct request *request;  /* what the user changed in the plan */
	const struct versions_rule *rule;
	double time_s;   /* of this machine: no pair begins that would end after it */
	const char *out; /* for the trees old-1, new-1, old-2, ... */
};

/* The tree of one version in the pair with this number, from 1. */
const char *pairs_tree(struct arena *arena, const char *out, size_t version, size_t pair);

/* Until it is known, the time is up, or the plan's blocks are measured. `*ret_ended`: by Ctrl-C. */
MUST_CHECK int pairs_measure(struct arena *arena, const struct pairs_request *request,
	struct versions *ret_versions, bool *ret_ended, struct error *err);
