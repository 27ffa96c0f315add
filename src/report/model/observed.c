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

bool matrix_control_failed(const json_t *answer)
{
	const char *known = json_string_at(answer, "/known", NULL);
	const char *control = json_string_at(answer, "/control", NULL);
	const char *reason = json_string_at(answer, "/control_because", NULL);

	/* What could be tried on neither says nothing about the check. */
	if (!control && reason && strcmp(json_string_at(answer, "/because", ""), reason) == 0)
		return false;
	return known && (!control || strcmp(control, known) != 0);
}

static const char *copy_of(struct arena *arena, const json_t *answer, const char *pointer)
{
	const char *text = json_string_at(answer, pointer, NULL);

	return text ? arena_strdup(arena, text) : NULL;
}

/* The first that says why is kept, and before all one whose control failed. */
static void keep_doubt(struct arena *arena, struct matrix_cell *cell, const json_t *answer)
{
	bool has_failed_control = matrix_control_failed(answer);

	if (!json_string_at(answer, "/not_decided", NULL) ||
		(cell->doubt.check && (cell->doubt.has_failed_control || !has_failed_control)))
		return;
	cell->doubt = (struct matrix_doubt){
		.check = arena_strdup(arena, json_string_at(answer, "/check", "?")),
		.why = copy_of(arena, answer, "/not_decided"),
		.known = copy_of(arena, answer, "/known"),
		.control = copy_of(arena, answer, "/control"),
		.has_failed_control = has_failed_control};
}

static void count_observed(const struct matrix *matrix, struct matrix_vpn *vpn)
{
	vpn->observed = vpn->unlike = 0;
	for (size_t row = 0; row < matrix->row_count; row++) {
		vpn->observed += vpn->cells[row].observed.is != NULL;
		vpn->unlike += matrix_contradicts(&vpn->cells[row]);
	}
}

void matrix_observe(
	struct arena *arena, struct matrix *matrix, const char *name, const json_t *answers)
{
	struct matrix_vpn *vpn = vpn_named(matrix, name);
	const json_t *answer;
	size_t i;

	if (!vpn || !vpn->cells)
		return;
	json_array_foreach (answers, i, answer) {
		const char *is = json_string_at(answer, "/is", NULL);
		struct matrix_cell *cell =
			cell_named(matrix, vpn, json_string_at(answer, "/row", ""));

		if (cell && !is)
			keep_doubt(arena, cell, answer);
		else if (cell)
			keep(cell, &(struct matrix_observation){.is = arena_strdup(arena, is),
					   .kind = kind_of(is),
					   .check = arena_strdup(
						   arena, json_string_at(answer, "/check", "?")),
					   .because = arena_strdup(
						   arena, json_string_at(answer, "/because", ""))});
	}
	count_observed(matrix, vpn);
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

bool matrix_row_contradicts(const struct matrix *matrix, size_t row)
{
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (matrix->vpns[i].cells && matrix_contradicts(&matrix->vpns[i].cells[row]))
			return true;
	}
	return false;
}

const char *matrix_value(const struct matrix_cell *cell)
{
	if (cell->observed.is)
		return cell->observed.is;
	return cell->kind == MATRIX_UNKNOWN ? "unknown" : cell->text;
}

enum matrix_kind matrix_kind_of(const struct matrix_cell *cell)
{
	return cell->observed.is ? cell->observed.kind : cell->kind;
}

const char *matrix_mark(const struct matrix_cell *cell)
{
	if (cell->observed.is)
		return matrix_contradicts(cell) ? "!" : "*";
	return cell->standing == MATRIX_OTHER_VERSION ? "~" : "";
}

const struct matrix_observation *matrix_security_seen(
	const struct matrix *matrix, const struct matrix_vpn *vpn, size_t row)
{
	bool is_seen = vpn->cells && matrix->rows[row].is_security && vpn->cells[row].observed.is;

	return is_seen ? &vpn->cells[row].observed : NULL;
}
