/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/observer.h"

/* The host that a stranger takes over for a while. */
enum {
	STRANGER = 2
};

/*
 * A check whose source is a stranger. First the host's own member is tried over `way`, or silence
 * would prove nothing; then it leaves, a stranger tries, and the member comes back. Only what ends
 * the run is an error.
 */
MUST_CHECK int outsider_try(struct observer *o, const struct feature_check *check,
	const struct feature_way *way, struct feature_observation answers[], struct error *err);
