/* SPDX-License-Identifier: MIT */
/* Columns that are as wide as their widest text. */
#include "cli/grid.h"

#include <string.h>

struct grid grid_new(struct arena *arena, size_t rows, size_t columns)
{
	struct grid grid = {.arena = arena,
		.rows = rows,
		.columns = columns,
		.texts = arena_alloc(arena, const char *, rows *columns)};

	for (size_t i = 0; i < rows * columns; i++)
		grid.texts[i] = "";
	return grid;
}

const char **grid_at(const struct grid *grid, size_t row, size_t column)
{
	return &grid->texts[row * grid->columns + column];
}

static size_t column_width(const struct grid *grid, size_t column)
{
	size_t width = 0;

	for (size_t row = 0; row < grid->rows; row++) {
		size_t length = strlen(*grid_at(grid, row, column));

		width = length > width ? length : width;
	}
	return width;
}

static const char between[] = "   ";

size_t grid_width(const struct grid *grid)
{
	size_t width = 0;

	for (size_t column = 0; column < grid->columns; column++)
		width += column_width(grid, column) + (column ? strlen(between) : 0);
	return width;
}

void grid_print(const struct grid *grid, FILE *out)
{
	for (size_t row = 0; row < grid->rows; row++) {
		for (size_t column = 0; column < grid->columns; column++) {
			size_t width = column_width(grid, column);

			if (column + 1 == grid->columns)
				width = 0; /* nothing follows that it would have to be apart from */
			fprintf(out, "%-*s%s", (int)width, *grid_at(grid, row, column),
				column + 1 == grid->columns ? "\n" : between);
		}
	}
}
