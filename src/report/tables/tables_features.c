/* SPDX-License-Identifier: MIT */
/* What VPNs can do: the feature matrix of a tree, its evidence, and how often each answer is given.
 */
#include "report/tables/tables.h"

#include "base/attribute.h"
#include "base/json.h"

#include <math.h>

static struct table *add(
	struct tables *tables, const char *id, const char *title, enum table_audience audience)
{
	struct table *table = table_add_own(tables, id, title, "");

	table->audience = audience;
	return table;
}

/* "~yes": read in another version than the one that ran. */
static const char *value_of(struct arena *arena, const struct matrix_cell *cell)
{
	return arena_printf(arena, "%s%s", matrix_mark(cell), matrix_value(cell));
}

static void add_text_columns(struct table *table, const char *const columns[][2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_text_column(table, columns[i][0], columns[i][1]);
}

static void add_matrix(
	const struct report_results *results, struct tables *tables, const struct matrix *matrix)
{
	struct table *table = add(tables, "features", "What the VPNs can do", TABLE_NOT_FOR_PAGE);

	table_text_column(table, "category", "Category");
	table_text_column(table, "id", "Row");
	table_text_column(table, "feature", "Feature");
	for (size_t i = 0; i < matrix->vpn_count; i++)
		if (matrix->vpns[i].cells)
			table_text_column(table, matrix->vpns[i].name,
				vpn_title(results, matrix->vpns[i].name));
	for (size_t r = 0; r < matrix->row_count; r++) {
		struct row *row = table_row(tables, table);

		row_text(row, matrix->rows[r].category);
		row_text(row, matrix->rows[r].id);
		row_text(row, matrix->rows[r].title);
		for (size_t i = 0; i < matrix->vpn_count; i++)
			if (matrix->vpns[i].cells)
				row_text(row, value_of(tables->arena, &matrix->vpns[i].cells[r]));
	}
	table_note(tables, table,
		"Read in source code, but for what was observed: * marks that, and ! what was read otherwise. ~ marks what was read in another version than the one that ran.");
}

static void add_cell(const struct report_results *results, struct tables *tables,
	struct table *table, const struct matrix *matrix, const struct matrix_vpn *vpn, size_t r)
{
	const struct matrix_cell *cell = &vpn->cells[r];
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn_title(results, vpn->name));
	row_text(row, matrix->rows[r].id);
	row_text(row, matrix_kind_name(cell->kind));
	row_text(row, cell->text);
	row_text(row, cell->note);
	row_text(row, matrix_place(tables->arena, &cell->place));
	row_text(row, cell->place.commit);
	row_text(row, cell->absent);
	row_text(row, cell->in);
	row_text(row, cell->read);
	row_text(row, matrix_standing_name(cell->standing));
	row_text(row, cell->observed.is);
	row_text(row, cell->observed.because);
	row_text(row, cell->observed.is ? NULL : cell->doubt.why);
}

static void add_cells(
	const struct report_results *results, struct tables *tables, const struct matrix *matrix)
{
	static const char *const columns[][2] = {{"vpn", "VPN"}, {"id", "Row"}, {"kind", "Kind"},
		{"value", "Answer"}, {"note", "Note"}, {"place", "Place"}, {"commit", "Commit"},
		{"absent", "Absent"}, {"in", "In"}, {"read", "Read in"}, {"standing", "Standing"},
		{"observed", "Observed"}, {"because", "Because"}, {"not_decided", "Not decided"}};
	struct table *table = add(tables, "feature_cells",
		"What the VPNs can do, with the evidence", TABLE_FOR_FILES);

	add_text_columns(table, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < matrix->vpn_count; i++)
		for (size_t r = 0; matrix->vpns[i].cells && r < matrix->row_count; r++)
			add_cell(results, tables, table, matrix, &matrix->vpns[i], r);
}

static void add_counts(
	const struct report_results *results, struct tables *tables, const struct matrix *matrix)
{
	struct table *table =
		add(tables, "feature_counts", "How often each answer is given", TABLE_NOT_FOR_PAGE);

	table_text_column(table, "vpn", "VPN");
	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		table_column(table, matrix_kind_name((enum matrix_kind)kind),
			matrix_kind_name((enum matrix_kind)kind), "", 0);
	table_column(table, "other_version", "of another version", "", 0);
	table_column(table, "observed", "observed", "", 0);
	table_column(table, "unlike", "observed unlike it was read", "", 0);
	table_text_column(table, "read", "Read in");
	table_text_column(table, "ran", "Ran");
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &matrix->vpns[i];
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn_title(results, vpn->name));
		for (int kind = 0; kind < MATRIX_KINDS; kind++)
			row_number(row, vpn->cells ? (double)vpn->counts[kind] : NAN, NULL);
		row_number(row, vpn->cells ? (double)vpn->pale : NAN, NULL);
		row_number(row, vpn->cells ? (double)vpn->observed : NAN, NULL);
		row_number(row, vpn->cells ? (double)vpn->unlike : NAN, NULL);
		row_text(row, vpn->read);
		row_text(row, vpn->ran);
	}
	table_note(tables, table,
		"Counted from the cells, yes to unknown as they were read. Nobody has read the VPNs without numbers, so nothing is known of them.");
}

static void add_cautions(
	const struct report_results *results, struct tables *tables, const struct matrix *matrix)
{
	static const char *const columns[][2] = {{"vpn", "VPN"}, {"kind", "Kind"},
		{"says", "What to know"}, {"see", "Published in"}, {"place", "Place"},
		{"commit", "Commit"}, {"read", "Read in"}, {"standing", "Standing"},
		{"observed", "Observed"}, {"because", "Because"}};
	struct table *table =
		add(tables, "security", "What to know before choosing", TABLE_NOT_FOR_PAGE);

	add_text_columns(table, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		for (size_t k = 0; k < matrix->vpns[i].caution_count; k++) {
			const struct matrix_caution *caution = &matrix->vpns[i].cautions[k];
			struct row *row = table_row(tables, table);

			row_vpn(row, matrix->vpns[i].name,
				vpn_title(results, matrix->vpns[i].name));
			row_text(row, caution->kind);
			row_text(row, caution->says);
			row_text(row, caution->see);
			row_text(row, matrix_place(tables->arena, &caution->place));
			row_text(row, caution->place.commit);
			row_text(row, caution->read);
			row_text(row, matrix_standing_name(caution->standing));
		}
	}
}

static void add_difference(const struct report_results *results, struct tables *tables,
	struct table *table, const struct matrix_vpn *vpn, const struct matrix_row *asked,
	const struct matrix_cell *cell)
{
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn_title(results, vpn->name));
	row_text(row, asked->id);
	row_text(row, asked->title);
	row_text(row, cell->observed.is);
	row_text(row, cell->observed.because);
	row_text(row, cell->observed.check);
	row_text(row, cell->text);
	row_text(row, cell->note);
	row_text(row, matrix_place(tables->arena, &cell->place));
	row_text(row, cell->read);
}

/* Cells that were observed unlike they were read: the reading is wrong, the VPN is, or the check.
 */
static void add_differences(
	const struct report_results *results, struct tables *tables, const struct matrix *matrix)
{
	static const char *const columns[][2] = {{"vpn", "VPN"}, {"id", "Row"},
		{"feature", "Feature"}, {"observed", "Observed"}, {"because", "Because"},
		{"check", "Check"}, {"read", "Read"}, {"note", "Note"}, {"place", "Place"},
		{"version", "Read in"}};
	struct table *table = NULL;

	for (size_t i = 0; i < matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &matrix->vpns[i];

		for (size_t r = 0; vpn->unlike && r < matrix->row_count; r++) {
			if (!matrix_contradicts(&vpn->cells[r]))
				continue;
			if (!table) {
				table = add(tables, "feature_differences",
					"What was observed unlike it was read", TABLE_NOT_FOR_PAGE);
				add_text_columns(table, columns, ARRAY_SIZE(columns));
			}
			add_difference(
				results, tables, table, vpn, &matrix->rows[r], &vpn->cells[r]);
		}
	}
}

static void add_control(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const struct report_condition *condition, const json_t *answer)
{
	static const char *const keys[] = {
		"/check", "/row", "/known", "/control", "/control_because"};
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(condition->profile));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = json_string_at(answer, keys[i], NULL);

		row_text(row, text ? arena_strdup(tables->arena, text) : NULL);
	}
}

/* Checks that are not believed, since the bare link did not answer what is known of it. */
static void add_controls(const struct report_results *results, struct tables *tables)
{
	static const char *const columns[][2] = {{"vpn", "VPN"}, {"profile", "Profile"},
		{"check", "Check"}, {"row", "Row"}, {"known", "Known of the bare link"},
		{"control", "It answered"}, {"because", "Because"}};
	struct table *table = NULL;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
			const json_t *answer;
			size_t i;

			json_array_foreach (c->observed, i, answer) {
				if (!matrix_control_failed(answer))
					continue;
				if (!table) {
					table = add(tables, "feature_controls",
						"Checks that are not believed: their control on the bare link failed",
						TABLE_NOT_FOR_PAGE);
					add_text_columns(table, columns, ARRAY_SIZE(columns));
				}
				add_control(tables, table, vpn, c, answer);
			}
		}
	}
}

void tables_features(const struct report_results *results, struct tables *tables)
{
	if (!results->matrix)
		return;
	add_matrix(results, tables, results->matrix);
	add_cells(results, tables, results->matrix);
	add_counts(results, tables, results->matrix);
	add_differences(results, tables, results->matrix);
	add_controls(results, tables);
	if (matrix_has_cautions(results->matrix))
		add_cautions(results, tables, results->matrix);
}
