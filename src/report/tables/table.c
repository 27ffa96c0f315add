/* SPDX-License-Identifier: MIT */
/* Tables as values: columns, rows and the sentences that belong to them. */
#include "report/tables/table.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

struct tables *tables_new(struct arena *arena)
{
	struct tables *tables = arena_alloc(arena, struct tables, 1);

	tables->arena = arena;
	tables->end = &tables->first;
	return tables;
}

struct table *table_add(struct tables *tables, const char *id, const char *title, const char *unit,
	bool is_corrected)
{
	struct table *table = arena_alloc(tables->arena, struct table, 1);

	table->arena = tables->arena;
	table->printed = arena_strdup(tables->arena, id);
	table->id = is_corrected ? arena_printf(tables->arena, "%s_corrected", id) : table->printed;
	table->title = arena_strdup(tables->arena, title);
	table->unit = unit;
	table->view = is_corrected ? "corrected" : "printed";
	*tables->end = table;
	tables->end = &table->next;
	return table;
}

struct table *table_add_own(
	struct tables *tables, const char *id, const char *title, const char *unit)
{
	struct table *table = table_add(tables, id, title, unit, true);

	table->id = table->printed;
	return table;
}

/* Every row has room for a value in every column. */
static void reserve(struct arena *arena, struct row *row, size_t room)
{
	struct value *more;

	if (row->room >= room)
		return;
	more = arena_alloc(arena, struct value, room);
	if (row->filled)
		memcpy(more, row->values, row->filled * sizeof(*more));
	row->values = more;
	row->room = room;
}

static void add_column(struct table *table, struct column column)
{
	if (table->column_count == table->column_room) {
		struct column *more;

		table->column_room = table->column_room ? 2 * table->column_room : 8;
		more = arena_alloc(table->arena, struct column, table->column_room);
		if (table->column_count)
			memcpy(more, table->columns, table->column_count * sizeof(*more));
		table->columns = more;
	}
	table->columns[table->column_count++] = column;
	for (struct row *row = table->rows; row; row = row->next)
		reserve(table->arena, row, table->column_room);
}

void table_text_column(struct table *table, const char *key, const char *title)
{
	add_column(table, (struct column){.key = key, .title = title, .unit = "", .is_text = true});
}

void table_column(
	struct table *table, const char *key, const char *title, const char *unit, int decimals)
{
	add_column(table,
		(struct column){.key = key, .title = title, .unit = unit, .decimals = decimals});
}

struct row *table_row(struct tables *tables, struct table *table)
{
	struct row **at = &table->rows;

	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(tables->arena, struct row, 1);
	reserve(tables->arena, *at, table->column_room);
	table->row_count++;
	return *at;
}

static void add_value(struct row *row, struct value value)
{
	assert(row->filled < row->room);
	row->values[row->filled++] = value;
}

void row_text(struct row *row, const char *text)
{
	add_value(row, (struct value){.is_there = text != NULL, .text = text});
}

void row_vpn(struct row *row, const char *name, const char *title)
{
	add_value(row, (struct value){.is_there = true, .text = name, .title = title});
}

void row_number(struct row *row, double number, const char *place)
{
	add_value(row,
		(struct value){.is_there = isfinite(number), .number = number, .place = place});
}

void row_below(struct row *row, double bound, const char *place)
{
	add_value(row, (struct value){.is_there = isfinite(bound),
			       .number = bound,
			       .place = place,
			       .is_below = true});
}

void row_mark(struct row *row)
{
	struct value *last = row->filled ? &row->values[row->filled - 1] : NULL;

	if (last)
		last->is_marked = last->is_there;
}

bool table_has_marks(const struct table *table)
{
	for (const struct row *row = table->rows; row; row = row->next) {
		for (size_t i = 0; i < row->filled; i++) {
			if (row->values[i].is_marked)
				return true;
		}
	}
	return false;
}

static bool row_has_figures(const struct table *table, const struct row *row)
{
	for (size_t i = 0; i < row->filled; i++) {
		if (!table->columns[i].is_text && row->values[i].is_there)
			return true;
	}
	return false;
}

bool table_has_figures(const struct table *table)
{
	bool has_numbers = false;

	for (size_t i = 0; i < table->column_count; i++)
		has_numbers = has_numbers || !table->columns[i].is_text;
	if (!has_numbers)
		return table->row_count > 0;
	for (const struct row *row = table->rows; row; row = row->next) {
		if (row_has_figures(table, row))
			return true;
	}
	return false;
}

const char *tables_without_figures(const struct tables *tables, enum table_audience most)
{
	const char *ids = NULL;

	for (const struct table *table = tables->first; table; table = table->next) {
		if (table->row_count == 0 || table->audience > most || table_has_figures(table))
			continue;
		ids = ids ? arena_printf(tables->arena, "%s, %s", ids, table->id) : table->id;
	}
	return ids;
}

static bool is_before(const struct row *a, const struct row *b, size_t column, bool descending)
{
	const struct value *left = &a->values[column], *right = &b->values[column];

	if (!left->is_there || !right->is_there)
		return left->is_there && !right->is_there;
	return descending ? left->number > right->number : left->number < right->number;
}

void table_sort(struct table *table, size_t column, bool descending)
{
	struct row *sorted = NULL;

	while (table->rows) {
		struct row *row = table->rows;
		struct row **at = &sorted;

		table->rows = row->next;
		while (*at && !is_before(row, *at, column, descending))
			at = &(*at)->next;
		row->next = *at;
		*at = row;
	}
	table->rows = sorted;
}

void table_note(struct tables *tables, struct table *table, const char *fmt, ...)
{
	struct note **at = &table->notes;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(tables->arena, struct note, 1);
	(*at)->text = arena_strdup(tables->arena, text);
}

const struct table *table_named(const struct tables *tables, const char *id)
{
	const struct table *table = tables->first;

	while (table && strcmp(table->id, id) != 0)
		table = table->next;
	return table;
}
