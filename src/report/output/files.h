/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/beneath.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Files to be written together: checked first, so that nothing is overwritten by surprise. */
struct outputs;

struct outputs *outputs_new(void);
void outputs_freep(struct outputs **outputs);
/*
 * All paths are relative to this folder, which somebody else may have filled: nothing is read or
 * written through a link in it. Borrowed until outputs_write().
 */
void outputs_beneath(struct outputs *outputs, const struct beneath *root);
void outputs_add(struct outputs *outputs, const char *path, const char *text);
void outputs_add_json(struct outputs *outputs, const char *path, const json_t *value);
/*
 * Makes folders and writes what differs from what is there. A file with other content is
 * ERROR_USAGE without `force`, before anything was written.
 */
MUST_CHECK int outputs_write(
	struct outputs *outputs, bool force, size_t *ret_count, struct error *err);
