/* SPDX-License-Identifier: MIT */
/* What checks observed, in the cells of the matrix, next to what was read. */
#include "report/model/matrix.h"

#include "base/json.h"

#include <string.h>

static enum matrix_kind kind_of(const char *is)
{
	if (strcmp(is, "yes") == 0)
		return MATRIX_YES;
	if (strcmp(is, "no") == 0)
		return MATRIX_NO;
	return strncmp(is, "partial", strlen("partial")) == 0 ? MATRIX_PARTIAL : MATRIX_OTHER;
}

static struct matrix_vpn *vpn_named(struct matrix *matrix, const char *name)
{
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (strcmp(matrix->vpns[i].name, name) == 0)
			return &matrix->vpns[i];
	}
	return NULL;
}

static struct matrix_cell *cell_named(
	const struct matrix *matrix, const struct matrix_vpn *vpn, const char *row)
{
	for (size_t i = 0; i < matrix->row_count; i++) {
		if (strcmp(matrix->rows[i].id, row) == 0)
			return &vpn->cells[i];
	}
	return NULL;
}

/* Of several checks of a row one that finds a gap decides. */
static void keep(struct matrix_cell *cell, const struct matrix_observation *seen)
{
	if (!cell->observed.is || (cell->observed.kind == MATRIX_YES && seen->kind == MATRIX_NO))
		cell->observed = *seen;
}

void matrix_observe(
	struct arena *arena, struct matrix *matrix, const char *name, const json_t *answers)
{
	const struct matrix_vpn *vpn = vpn_named(matrix, name);
	const json_t *answer;
	size_t i;

	if (!vpn || !vpn->cells)
		return;
	json_array_foreach (answers, i, answer) {
		const char *is = json_string_at(answer, "/is", NULL);
		struct matrix_cell *cell =
			cell_named(matrix, vpn, json_string_at(answer, "/row", ""));

		if (is && cell)
			keep(cell, &(struct matrix_observation){.is = arena_strdup(arena, is),
					   .kind = kind_of(is),
					   .check = arena_strdup(
						   arena, json_string_at(answer, "/check", "?")),
					   .because = arena_strdup(
						   arena, json_string_at(answer, "/because", ""))});
	}
}

/* What an option or a configuration makes possible is not there by default, which is observed. */
static bool is_conditional(const struct matrix_cell *cell)
{
	return strstr(cell->text, "option") || strstr(cell->text, "if ");
}

/* A number and a name say too much for a comparison of texts. */
bool matrix_contradicts(const struct matrix_cell *cell)
{
	return cell->observed.is && !is_conditional(cell) &&
	       ((cell->kind == MATRIX_YES && cell->observed.kind == MATRIX_NO) ||
		       (cell->kind == MATRIX_NO && cell->observed.kind == MATRIX_YES));
}

const struct matrix_observation *matrix_security_seen(
	const struct matrix *matrix, const struct matrix_vpn *vpn, size_t row)
{
	bool is_seen = vpn->cells && matrix->rows[row].is_security && vpn->cells[row].observed.is;

	return is_seen ? &vpn->cells[row].observed : NULL;
}
