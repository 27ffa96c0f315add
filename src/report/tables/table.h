/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Tables as values; how they are printed is decided elsewhere. */
struct column {
	const char *key, *title, *unit;
	bool is_text;
	int decimals; /* below zero: that many significant digits */
};

struct value {
	bool is_there;
	double number;
	const char *text;  /* of a text column */
	const char *title; /* the same for people, where that differs; NULL-able */
	const char *place; /* "Wireguard/baseline": where its samples are shown; NULL-able */
	bool is_marked;    /* something else than the VPN may have made it; shown as "138*" */
	bool is_below;     /* the number is a bound that the value stays below, which is unknown */
};

struct row {
	struct row *next;
	size_t filled, room;
	struct value *values; /* at least as many as the table has columns */
};

struct note {
	struct note *next;
	const char *text;
};

/* Who a table is for: some would be too long to read, or are on the page in another form. */
enum table_audience {
	TABLE_FOR_ALL,
	TABLE_NOT_FOR_PAGE,
	TABLE_FOR_FILES, /* JSON, CSV and LaTeX only */
};

struct table {
	struct table *next;
	const char *id, *title, *unit;
	const char *view;    /* "printed" or "corrected" */
	const char *printed; /* id of the same table as printed; its own id there */
	enum table_audience audience;
	struct arena *arena;
	struct column *columns;
	size_t column_count, column_room;
	struct row *rows;
	size_t row_count;
	struct note *notes; /* why the views differ, one sentence each */
};

struct tables {
	struct arena *arena;
	struct table *first, **end;
};

struct tables *tables_new(struct arena *arena);
/* `is_corrected` puts "_corrected" behind the id. */
struct table *table_add(struct tables *tables, const char *id, const char *title, const char *unit,
	bool is_corrected);
/* One that the thesis has not: there is nothing to correct, so it keeps its id. */
struct table *table_add_own(
	struct tables *tables, const char *id, const char *title, const char *unit);
void table_text_column(struct table *table, const char *key, const char *title);
void table_column(
	struct table *table, const char *key, const char *title, const char *unit, int decimals);
struct row *table_row(struct tables *tables, struct table *table);
/* In the order of the columns; NAN and NULL are "not there". */
void row_text(struct row *row, const char *text);
/* Programs read the key, people the title. */
void row_vpn(struct row *row, const char *name, const char *title);
void row_number(struct row *row, double number, const char *place);
/* Marks the value that was put last, if it is there. */
void row_mark(struct row *row);
/* "below 1.01": for people a bound, for programs no value. */
void row_below(struct row *row, double bound, const char *place);
bool table_has_marks(const struct table *table);
/* False where it has columns of numbers, and no row has one: nothing that it is about was measured.
 */
bool table_has_figures(const struct table *table);
/* The ids of the tables for `audience` without figures, with commas between them; NULL if there is
 * none; the arena's. */
const char *tables_without_figures(const struct tables *tables, enum table_audience most);
/* "138", "138*", or "--"; the arena's. */
const char *value_text(struct arena *arena, const struct column *column, const struct value *value);
/* By a column of numbers; rows without one go last, equals keep their order. */
void table_sort(struct table *table, size_t column, bool descending);
void table_note(struct tables *tables, struct table *table, const char *fmt, ...) PRINTF_LIKE(3, 4);
const struct table *table_named(const struct tables *tables, const char *id);

/* {"tables":[{"id","title","unit","columns":[...],"rows":[{...}]}]} */
json_t *tables_json(const struct tables *tables);
void table_print_csv(FILE *out, const struct table *table);
void table_print_markdown(FILE *out, struct arena *arena, const struct table *table);
void table_print_latex(FILE *out, struct arena *arena, const struct table *table);
