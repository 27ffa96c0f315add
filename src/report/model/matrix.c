/* SPDX-License-Identifier: MIT */
/* The feature matrix: reads features.json, counts its answers and finds where VPNs differ. */
#include "report/model/matrix.h"

#include "base/json.h"

#include <string.h>

enum {
	MAX_ROWS = 1024,
	MAX_VPNS = 256,
	MAX_CAUTIONS = 256,
	MAX_LINE = 10 * 1000 * 1000
};

/* One document while it is read. */
struct reading {
	struct arena *arena;
	const json_t *document;
	struct matrix *matrix;
};

/* A copy; NULL where there is no such text. */
static const char *text_at(struct arena *arena, const json_t *value, const char *pointer)
{
	const char *text = json_string_at(value, pointer, NULL);

	return text ? arena_strdup(arena, text) : NULL;
}

/* Which of `names` stands at a pointer; `count` when none does. */
static size_t word_at(
	const json_t *value, const char *pointer, const char *const names[], size_t count)
{
	const char *text = json_string_at(value, pointer, "");
	size_t i = 0;

	while (i < count && strcmp(text, names[i]) != 0)
		i++;
	return i;
}

static const char *const kind_names[MATRIX_KINDS] = {"yes", "no", "partial", "other", "unknown"};
static const char *const standing_names[MATRIX_STANDINGS] = {
	"as_read", "same_lines", "other_version"};

const char *matrix_kind_name(enum matrix_kind kind)
{
	return kind_names[kind];
}

const char *matrix_standing_name(enum matrix_standing standing)
{
	return standing_names[standing];
}

static const char *title_of_category(const struct reading *r, const char *id)
{
	const json_t *list = json_object_get(r->document, "categories"), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		if (strcmp(json_string_at(entry, "/id", ""), id) == 0)
			return json_string_at(entry, "/title", id);
	}
	return id;
}

static int read_row(
	const struct reading *r, const json_t *entry, struct matrix_row *row, struct error *err)
{
	const char *category = json_string_at(entry, "/category", NULL);

	*row = (struct matrix_row){.id = text_at(r->arena, entry, "/id"),
		.title = text_at(r->arena, entry, "/title"),
		.question = text_at(r->arena, entry, "/question"),
		.by = text_at(r->arena, entry, "/by")};
	if (!row->id || !row->title || !row->question || !row->by || !category)
		return fail(err, ERROR_PARSE,
			"a row needs an id, a category, a title, a question and 'by'");
	row->category = arena_strdup(r->arena, title_of_category(r, category));
	row->is_security = strcmp(category, "encryption") == 0 || strcmp(category, "security") == 0;
	return 0;
}

static int read_rows(const struct reading *r, struct error *err)
{
	const json_t *list = json_object_get(r->document, "rows"), *entry;
	size_t count = json_array_size(list), i;

	if (!count || count > MAX_ROWS)
		return fail(err, ERROR_PARSE, "it has %zu rows; from 1 to %d are expected", count,
			MAX_ROWS);
	r->matrix->rows = arena_alloc(r->arena, struct matrix_row, count);
	r->matrix->row_count = count;
	json_array_foreach (list, i, entry) {
		if (read_row(r, entry, &r->matrix->rows[i], err))
			return -1;
	}
	return 0;
}

static int line_at(const json_t *place, const char *pointer)
{
	double line = json_number_at(place, pointer, 0);

	return line >= 1 && line <= MAX_LINE ? (int)line : 0;
}

/* A place whose source is not among those of the VPN is none. */
static struct matrix_place read_place(struct arena *arena, const json_t *vpn, const json_t *entry)
{
	const json_t *place = json_object_get(entry, "place");
	double number = json_number_at(place, "/source", -1);
	const json_t *source =
		number >= 0 && number < MAX_ROWS
			? json_array_get(json_object_get(vpn, "sources"), (size_t)number)
			: NULL;
	const struct matrix_place found = {.repo = text_at(arena, source, "/repo"),
		.commit = text_at(arena, source, "/commit"),
		.file = text_at(arena, place, "/file"),
		.first_line = line_at(place, "/first_line"),
		.last_line = line_at(place, "/last_line")};
	bool is_whole =
		found.repo && found.commit && found.file && found.first_line && found.last_line;

	return is_whole ? found : (struct matrix_place){0};
}

static enum matrix_standing standing_of(const json_t *entry)
{
	size_t standing = word_at(entry, "/standing", standing_names, MATRIX_STANDINGS);

	return standing < MATRIX_STANDINGS ? standing : MATRIX_OTHER_VERSION;
}

static struct matrix_cell read_cell(struct arena *arena, const json_t *vpn, const json_t *entry)
{
	size_t kind = word_at(entry, "/kind", kind_names, MATRIX_KINDS);
	bool is_known = kind < MATRIX_UNKNOWN;
	struct matrix_cell cell = {.kind = kind < MATRIX_KINDS ? kind : MATRIX_UNKNOWN,
		.standing = standing_of(entry),
		.text = text_at(arena, entry, is_known ? "/is" : "/unknown"),
		.note = text_at(arena, entry, "/note"),
		.absent = text_at(arena, entry, "/absent"),
		.in = text_at(arena, entry, "/in"),
		.read = text_at(arena, entry, "/read"),
		.place = read_place(arena, vpn, entry)};

	if (cell.text)
		return cell;
	return (struct matrix_cell){.kind = MATRIX_UNKNOWN,
		.standing = cell.standing,
		.text = "nothing is written about it"};
}

/* What says nothing is left out. */
static void read_cautions(struct arena *arena, const json_t *value, struct matrix_vpn *vpn)
{
	const json_t *list = json_object_get(value, "security"), *entry;
	size_t i;

	vpn->cautions = arena_alloc(arena, struct matrix_caution, MAX_CAUTIONS);
	json_array_foreach (list, i, entry) {
		struct matrix_caution caution = {.kind = text_at(arena, entry, "/kind"),
			.says = text_at(arena, entry, "/says"),
			.see = text_at(arena, entry, "/see"),
			.read = text_at(arena, entry, "/read"),
			.standing = standing_of(entry),
			.place = read_place(arena, value, entry)};

		if (caution.kind && caution.says && vpn->caution_count < MAX_CAUTIONS)
			vpn->cautions[vpn->caution_count++] = caution;
	}
}

static void read_vpn(
	const struct reading *r, const char *name, const json_t *value, struct matrix_vpn *vpn)
{
	const json_t *cells = json_object_get(value, "cells");

	*vpn = (struct matrix_vpn){.name = arena_strdup(r->arena, name),
		.ran = text_at(r->arena, value, "/ran"),
		.read = text_at(r->arena, value, "/read")};
	if (!vpn->read)
		return;
	read_cautions(r->arena, value, vpn);
	vpn->cells = arena_alloc(r->arena, struct matrix_cell, r->matrix->row_count);
	for (size_t i = 0; i < r->matrix->row_count; i++) {
		const json_t *entry = json_object_get(cells, r->matrix->rows[i].id);

		vpn->cells[i] = read_cell(r->arena, value, entry);
		vpn->counts[vpn->cells[i].kind]++;
		vpn->pale += vpn->cells[i].standing == MATRIX_OTHER_VERSION;
	}
}

int matrix_read(
	struct arena *arena, const json_t *document, struct matrix *ret_matrix, struct error *err)
{
	struct matrix matrix = {0};
	const struct reading reading = {arena, document, &matrix};
	json_t *vpns = json_object_get(document, "vpns"), *value;
	const char *name;

	if (json_number_at(document, "/schema", 0) != 1)
		return fail(err, ERROR_PARSE, "its schema is not 1");
	if (read_rows(&reading, err))
		return -1;
	if (json_object_size(vpns) > MAX_VPNS)
		return fail(err, ERROR_PARSE, "it has more than %d VPNs", MAX_VPNS);
	matrix.vpns = arena_alloc(arena, struct matrix_vpn, json_object_size(vpns) + 1);
	json_object_foreach (vpns, name, value)
		read_vpn(&reading, name, value, &matrix.vpns[matrix.vpn_count++]);
	*ret_matrix = matrix;
	return 0;
}

bool matrix_has_cautions(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (matrix->vpns[i].caution_count)
			return true;
	}
	return false;
}

/* Two values of no kind, such as two numbers, differ by their text. */
static bool is_alike(const struct matrix_cell *a, const struct matrix_cell *b)
{
	return a->kind == b->kind && (a->kind != MATRIX_OTHER || strcmp(a->text, b->text) == 0);
}

bool matrix_differs(const struct matrix *matrix, size_t row)
{
	const struct matrix_cell *first = NULL;

	for (size_t i = 0; i < matrix->vpn_count; i++) {
		const struct matrix_cell *cell =
			matrix->vpns[i].cells ? &matrix->vpns[i].cells[row] : NULL;

		if (!cell || cell->kind == MATRIX_UNKNOWN)
			continue;
		if (first && !is_alike(first, cell))
			return true;
		first = cell;
	}
	return false;
}

const char *matrix_place(struct arena *arena, const struct matrix_place *place)
{
	if (!place->repo)
		return NULL;
	if (place->first_line == place->last_line)
		return arena_printf(arena, "%s %s:%d", place->repo, place->file, place->first_line);
	return arena_printf(arena, "%s %s:%d-%d", place->repo, place->file, place->first_line,
		place->last_line);
}

const char *matrix_reason(struct arena *arena, const struct matrix_vpn *vpn, const char *read,
	enum matrix_standing standing)
{
	read = read ? read : vpn->read;
	if (standing == MATRIX_AS_READ)
		return arena_printf(arena, "read in %s, the version that runs", read);
	if (standing == MATRIX_SAME_LINES)
		return arena_printf(
			arena, "read in %s; its lines are the same in the version that runs", read);
	if (!vpn->ran)
		return arena_printf(arena, "read in %s; which version runs is not known", read);
	return arena_printf(
		arena, "read in %s; the version that runs is another: %s", read, vpn->ran);
}
