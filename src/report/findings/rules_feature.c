/* SPDX-License-Identifier: MIT */
/* The rule about features: what was observed and what was read. */
#include "report/findings/rules.h"

#include <string.h>

static void look_at_cells(
	struct look *look, const struct matrix *matrix, const struct matrix_vpn *vpn)
{
	for (size_t row = 0; vpn->cells && row < matrix->row_count; row++) {
		const struct matrix_cell *cell = &vpn->cells[row];

		if (!matrix_contradicts(cell))
			continue;
		look_say(look,
			"A check observed something else than was read in the source code: the reading is wrong, the VPN is, or the check.");
		look_show(look, NULL, "%s: observed %s (%s), read %s", matrix->rows[row].title,
			cell->observed.is, cell->observed.because, cell->text);
	}
}

void rule_feature_differs(struct look *look)
{
	const struct matrix *matrix = look->findings->results->matrix;

	for (size_t i = 0; matrix && i < matrix->vpn_count; i++) {
		if (strcmp(matrix->vpns[i].name, look->vpn->name) == 0)
			look_at_cells(look, matrix, &matrix->vpns[i]);
	}
}
