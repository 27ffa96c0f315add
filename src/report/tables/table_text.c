/* SPDX-License-Identifier: MIT */
/* Tables as JSON, CSV, Markdown and LaTeX. */
#include "report/tables/table.h"

#include "base/json.h"

#include "report/output/escape.h"
#include "report/output/number.h"

#include <stdlib.h>
#include <string.h>

static json_t *value_json(const struct column *column, const struct value *value)
{
	if (!value->is_there || value->is_below)
		return json_null();
	return column->is_text ? json_text(value->text) : json_real(value->number);
}

static json_t *columns_json(const struct table *table)
{
	json_t *columns = json_array();

	for (size_t i = 0; i < table->column_count; i++)
		json_array_append_new(columns, json_text(table->columns[i].key));
	return columns;
}

static json_t *units_json(const struct table *table)
{
	json_t *units = json_object();

	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].unit[0])
			json_object_set_new(
				units, table->columns[i].key, json_text(table->columns[i].unit));
	return units;
}

/* The keys of the columns whose values are marked; NULL when none is. */
static json_t *marks_json(const struct table *table, const struct row *row)
{
	json_t *keys = NULL;

	for (size_t i = 0; i < table->column_count; i++) {
		if (!row->values[i].is_marked)
			continue;
		if (!keys)
			keys = json_array();
		json_array_append_new(keys, json_text(table->columns[i].key));
	}
	return keys;
}

static json_t *rows_json(const struct table *table)
{
	json_t *rows = json_array();

	for (const struct row *row = table->rows; row; row = row->next) {
		json_t *object = json_object();

		for (size_t i = 0; i < table->column_count; i++)
			json_object_set_new(object, table->columns[i].key,
				value_json(&table->columns[i], &row->values[i]));
		if (table_has_marks(table)) {
			json_t *marked = marks_json(table, row);

			json_object_set_new(object, "marked", marked ? marked : json_array());
		}
		json_array_append_new(rows, object);
	}
	return rows;
}

static json_t *notes_json(const struct table *table)
{
	json_t *notes = json_array();

	for (const struct note *note = table->notes; note; note = note->next)
		json_array_append_new(notes, json_text(note->text));
	return notes;
}

json_t *tables_json(const struct tables *tables)
{
	json_t *list = json_array();

	for (const struct table *table = tables->first; table; table = table->next)
		json_array_append_new(list,
			json_make("{s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "id", table->id, "title",
				table->title, "unit", table->unit, "view", table->view, "columns",
				columns_json(table), "units", units_json(table), "rows",
				rows_json(table), "notes", notes_json(table)));
	return json_make("{s:o}", "tables", list);
}

/* A number stays one that programs read; a column of its own says which are marked. */
static void print_csv_marks(FILE *out, const struct table *table, const struct row *row)
{
	const char *before = "";

	fputc(',', out);
	for (size_t i = 0; i < table->column_count; i++) {
		if (!row->values[i].is_marked)
			continue;
		fprintf(out, "%s%s", before, table->columns[i].key);
		before = " ";
	}
}

void table_print_csv(FILE *out, const struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(i ? "," : "", out);
		escape_csv(out, table->columns[i].key);
	}
	fputs(table_has_marks(table) ? ",marked\r\n" : "\r\n", out);
	for (const struct row *row = table->rows; row; row = row->next) {
		for (size_t i = 0; i < table->column_count; i++) {
			const struct value *value = &row->values[i];

			fputs(i ? "," : "", out);
			if (value->is_there && table->columns[i].is_text)
				escape_csv(out, value->text);
			else if (value->is_there && !value->is_below)
				print_number(out, value->number);
		}
		if (table_has_marks(table))
			print_csv_marks(out, table, row);
		fputs("\r\n", out);
	}
}

const char *value_text(struct arena *arena, const struct column *column, const struct value *value)
{
	const char *text;

	if (!value->is_there)
		return "--";
	text = value->title      ? value->title
	       : column->is_text ? value->text
				 : number_text(arena, value->number, column->decimals);
	return arena_printf(arena, "%s%s%s", value->is_below ? "below " : "", text,
		value->is_marked ? "*" : "");
}

void table_print_markdown(FILE *out, struct arena *arena, const struct table *table)
{
	fprintf(out, "### %s (%s, %s)\n\n", table->title, table->id, table->view);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		fputs("| ", out);
		escape_markdown(out, column->title);
		fprintf(out, "%s%s ", column->unit[0] ? ", " : "", column->unit);
	}
	fputs("|\n", out);
	for (size_t i = 0; i < table->column_count; i++)
		fputs(table->columns[i].is_text ? "|---" : "|---:", out);
	fputs("|\n", out);
	for (const struct row *row = table->rows; row; row = row->next) {
		for (size_t i = 0; i < table->column_count; i++) {
			fputs("| ", out);
			escape_markdown(
				out, value_text(arena, &table->columns[i], &row->values[i]));
			fputc(' ', out);
		}
		fputs("|\n", out);
	}
	for (const struct note *note = table->notes; note; note = note->next) {
		fputs("\n- ", out);
		escape_markdown(out, note->text);
	}
	fputs(table->notes ? "\n\n" : "\n", out);
}

void table_print_latex(FILE *out, struct arena *arena, const struct table *table)
{
	fputs("\\begin{table}\n  \\centering\n  \\caption{", out);
	escape_latex(out, table->title);
	fprintf(out, "}\n  \\label{tab:%s}\n  \\begin{tabular}{", table->id);
	for (size_t i = 0; i < table->column_count; i++)
		fputc(table->columns[i].is_text ? 'l' : 'r', out);
	fputs("}\n    \\toprule\n    ", out);
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(i ? " & " : "", out);
		escape_latex(out, table->columns[i].title);
		if (table->columns[i].unit[0]) {
			fputs(" (", out);
			escape_latex(out, table->columns[i].unit);
			fputc(')', out);
		}
	}
	fputs(" \\\\\n    \\midrule\n", out);
	for (const struct row *row = table->rows; row; row = row->next) {
		fputs("    ", out);
		for (size_t i = 0; i < table->column_count; i++) {
			fputs(i ? " & " : "", out);
			escape_latex(out, value_text(arena, &table->columns[i], &row->values[i]));
		}
		fputs(" \\\\\n", out);
	}
	fputs("    \\bottomrule\n  \\end{tabular}\n", out);
	for (const struct note *note = table->notes; note; note = note->next) {
		fputs("  \\par\\footnotesize ", out);
		escape_latex(out, note->text);
		fputc('\n', out);
	}
	fputs("\\end{table}\n", out);
}
