/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "plan/driver.h"

#include <stddef.h>

/*
 * A template: lines with names, and blocks between `@each others` (or `@each all`) and `@end` that
 * are repeated for those hosts. `@each others between ,` puts a ',' at the end of all repetitions
 * but the last.
 */
struct template_part {
	enum driver_each each; /* DRIVER_EACH_NONE: stands once */
	const char *text;      /* whole lines with their ends */
	const char *between;   /* ends the last line of each repetition but the last; "": nothing */
	unsigned line;         /* of its first line in the file */
};

struct template
{
	const char *path;
	const struct template_part *parts;
	size_t count;
};

/* Errors are ERROR_USAGE; those inside the file start with its file:line:column. */
MUST_CHECK int template_load(
	struct arena *arena, const char *path, struct template *ret_template, struct error *err);
/* As template_load, from memory; `path` names it in errors. */
MUST_CHECK int template_parse(struct arena *arena, const char *path, const char *text,
	struct template *ret_template, struct error *err);
