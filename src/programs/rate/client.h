/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <jansson.h>

/* Asks a server of meshbench-rate; the document, which has `error` and `cause`, is owned by the
 * caller. */
MUST_CHECK int rate_ask(const char *address, unsigned port, unsigned trial_ms,
	json_t **ret_document, struct error *err);
