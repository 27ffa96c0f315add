/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Files to be written together: checked first, so that nothing is overwritten by surprise. */
struct outputs;

struct outputs *outputs_new(void);
void outputs_freep(struct outputs **outputs);
void outputs_add(struct outputs *outputs, const char *path, const char *text);
void outputs_add_json(struct outputs *outputs, const char *path, const json_t *value);
/*
 * Makes folders and writes what differs from what is there. A file with other content is
 * ERROR_USAGE without `force`, before anything was written.
 */
MUST_CHECK int outputs_write(
	struct outputs *outputs, bool force, size_t *ret_count, struct error *err);
