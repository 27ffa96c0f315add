/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <stddef.h>
#include <stdio.h>

/* A table of texts for a terminal, its columns as wide as they need to be. */
struct grid {
	struct arena *arena;
	size_t rows, columns;
	const char **texts; /* see grid_at() */
};

/* All texts are "" at first. */
struct grid grid_new(struct arena *arena, size_t rows, size_t columns);
const char **grid_at(const struct grid *grid, size_t row, size_t column);
/* Of its longest line. */
size_t grid_width(const struct grid *grid);
void grid_print(const struct grid *grid, FILE *out);
