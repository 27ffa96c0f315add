/* SPDX-License-Identifier: MIT */
/* features.json of a tree that somebody else wrote: what is read can be shown and adds up. */
#include "report/model/matrix.h"

#include "base/json.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

static void check_vpn(
	struct arena *arena, const struct matrix *matrix, const struct matrix_vpn *vpn)
{
	size_t sum = 0;

	assert(!vpn->read == !vpn->cells);
	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		sum += vpn->counts[kind];
	assert(sum == (vpn->cells ? matrix->row_count : 0) && vpn->pale <= sum);
	for (size_t row = 0; vpn->cells && row < matrix->row_count; row++) {
		const struct matrix_cell *cell = &vpn->cells[row];

		assert(cell->text && matrix_reason(arena, vpn, cell->read, cell->standing));
		assert(!cell->place.repo == !matrix_place(arena, &cell->place));
		assert(!cell->place.repo ||
			(cell->place.commit && cell->place.file && cell->place.first_line > 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err = {0};
	struct matrix matrix;

	if (json_parse((const char *)data, size, "features.json", &document, &err))
		return 0;
	if (matrix_read(arena, document, &matrix, &err)) {
		assert(err.kind == ERROR_PARSE && err.text[0]);
		return 0;
	}
	assert(matrix.row_count > 0);
	for (size_t row = 0; row < matrix.row_count; row++)
		(void)matrix_differs(&matrix, row);
	for (size_t i = 0; i < matrix.vpn_count; i++)
		check_vpn(arena, &matrix, &matrix.vpns[i]);
	return 0;
}
