/* SPDX-License-Identifier: MIT */
/* What a question needs of a VPN, by the feature matrix: what was observed counts before what was
 * read. */
#include "report/findings/answer.h"

#include <string.h>

static const struct matrix_cell *cell_of(
	const struct report_results *results, const struct report_vpn *vpn, const char *row)
{
	const struct matrix *matrix = results->matrix;

	for (size_t i = 0; matrix && i < matrix->vpn_count; i++) {
		if (strcmp(matrix->vpns[i].name, vpn->name) != 0 || !matrix->vpns[i].cells)
			continue;
		for (size_t k = 0; k < matrix->row_count; k++) {
			if (strcmp(matrix->rows[k].id, row) == 0)
				return &matrix->vpns[i].cells[k];
		}
	}
	return NULL;
}

/* Where there is no centre the question of what goes on without it does not arise. */
static bool is_enough(enum matrix_kind kind, const char *text)
{
	return kind == MATRIX_YES || strncmp(text, "n/a", strlen("n/a")) == 0 ||
	       (strstr(text, "hosts rejoin") && strstr(text, "new pairs form"));
}

bool need_is_met(const struct report_results *results, const struct report_vpn *vpn,
	const char *row, const char **ret_why)
{
	const struct matrix_cell *cell = cell_of(results, vpn, row);

	if (!cell || (!cell->observed.is && cell->kind == MATRIX_UNKNOWN)) {
		*ret_why = "nobody has read or observed it";
		return false;
	}
	if (cell->observed.is) {
		*ret_why = arena_printf(results->arena, "observed: %s", cell->observed.is);
		return is_enough(cell->observed.kind, cell->observed.is);
	}
	*ret_why = arena_printf(results->arena, "read: %s", cell->text);
	return is_enough(cell->kind, cell->text);
}
