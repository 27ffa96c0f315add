/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A package with all it needs, made of nothing: as many store paths as the published package had,
 * with sizes from a few hundred bytes to hundreds of megabytes and references as libraries have
 * them. Equal on every machine, and it compresses about as programs do.
 */
enum {
	CLOSURE_PATHS = 370, /* of the published firefox-144.0.2 */
	CLOSURE_PATH_LENGTH = 64
};

struct closure_path {
	char name[CLOSURE_PATH_LENGTH]; /* "/nix/store/HASH-meshbench-007" */
	uint64_t bytes;                 /* of its one file */
	const size_t *references;       /* earlier paths */
	size_t reference_count;
};

/* Ordered so that a path comes after what it refers to; every size is divided by `divisor`. */
const struct closure_path *closure_paths(struct arena *arena, unsigned divisor);
/* The last path, which needs all the others. */
const char *closure_top(struct arena *arena, unsigned divisor);
/* As `nix-store --export` writes it; 0, or -1 and errno. */
int closure_export(const struct closure_path paths[], FILE *out);
