/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <jansson.h>

/* Asks a server of meshbench-rate; the document, which has `error` and `cause`, is owned by the
 * caller. */
MUST_CHECK int rate_ask(const char *address, unsigned port, unsigned trial_ms,
	json_t **ret_document, struct error *err);
/*
 * {whole_bytes, beyond, told_mtu_bytes, cut_bytes, most_bytes}: the largest packets that arrive in
 * one piece and in fragments, of up to most_bytes; 0: none does. The caller owns it.
 */
MUST_CHECK int rate_sizes(
	const char *address, unsigned port, json_t **ret_document, struct error *err);
