#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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

/* The shortest digits that read back as the same number: "0.1", "12.0", "1e-05". */
void print_number(FILE *stream, double value);
/* As Python's json.dump(indent=4): what published trees were written with. */
void print_json(FILE *stream, const json_t *value, int indent);
