/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/marker/mark.h"

#include "base/error.h"

#include <jansson.h>

struct listen_spec {
	const char *device;
	struct mark_token token;
	bool outgoing;            /* what the host sends there, instead of what comes */
	const char *const *texts; /* to look for; NULL-terminated, or NULL */
	double seconds;           /* at most; ends earlier with SIGTERM */
	size_t header_bytes;      /* also headers of UDP packets that carry so many; 0: no */
};

/* Prints "ready" when it hears. The caller owns the account; see tally_json() and, under
 * "headers", headers_json(). */
MUST_CHECK int marker_listen(
	const struct listen_spec *spec, json_t **ret_account, struct error *err);
