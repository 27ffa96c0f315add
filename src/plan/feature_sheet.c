/* SPDX-License-Identifier: MIT */
/* A file of answers to the feature matrix: what was read in one version of a VPN. */
#include "plan/feature.h"

#include "base/near.h"
#include "base/text.h"
#include "plan/feature_internal.h"

#include <string.h>
#include <strings.h>

enum {
	MAX_TEXT = 1024,
	MAX_VALUE = 40,
	MAX_NOTE = 120,
	MAX_LINE = 10 * 1000 * 1000,
	MAX_SAYS = 300,
	MAX_SOURCES = 16,
	MAX_CAUTIONS = 64,
	COMMIT_DIGITS_LEAST = 12, /* as the versions of Go modules have them */
	COMMIT_DIGITS_MOST = 40
};

/* As written, for libcyaml alone: it holds the shape, and the tree of values knows the places. */
struct written_source {
	const char *name, *repo, *commit, *version;
};

struct written_cell {
	const char *is, *at, *sha, *absent, *in, *note, *unknown;
};

struct written_caution {
	const char *kind, *says, *at, *sha, *see;
};

struct written_cells {
	struct written_cell *of_row[FEATURE_MAX_ROWS];
};

struct written_sheet {
	const char *schema, *vpn, *read;
	struct written_source *sources;
	const char **same;
	struct written_caution *security;
	struct written_cells *cells;
	unsigned sources_count, same_count, security_count;
};

#define NEEDED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, flags, type)                                                                     \
	CYAML_FIELD_STRING_PTR(#key, flags, struct written_##type, key, 1, MAX_TEXT)

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT)};

static const cyaml_schema_field_t source_fields[] = {TEXT(name, NEEDED, source),
	TEXT(repo, NEEDED, source), TEXT(commit, NEEDED, source), TEXT(version, OPTIONAL, source),
	CYAML_FIELD_END};
static const cyaml_schema_value_t source_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_source, source_fields)};

static const cyaml_schema_field_t cell_fields[] = {TEXT(is, OPTIONAL, cell),
	TEXT(at, OPTIONAL, cell), TEXT(sha, OPTIONAL, cell), TEXT(absent, OPTIONAL, cell),
	TEXT(in, OPTIONAL, cell), TEXT(note, OPTIONAL, cell), TEXT(unknown, OPTIONAL, cell),
	CYAML_FIELD_END};

static const cyaml_schema_field_t caution_fields[] = {TEXT(kind, NEEDED, caution),
	TEXT(says, NEEDED, caution), TEXT(at, OPTIONAL, caution), TEXT(sha, OPTIONAL, caution),
	TEXT(see, OPTIONAL, caution), CYAML_FIELD_END};
static const cyaml_schema_value_t caution_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_caution, caution_fields)};

static const cyaml_schema_field_t sheet_fields[] = {TEXT(schema, NEEDED, sheet),
	TEXT(vpn, NEEDED, sheet), TEXT(read, NEEDED, sheet),
	CYAML_FIELD_SEQUENCE(
		"sources", NEEDED, struct written_sheet, sources, &source_entry, 1, MAX_SOURCES),
	CYAML_FIELD_SEQUENCE(
		"same", OPTIONAL, struct written_sheet, same, &text_entry, 1, FEATURE_MAX_ROWS),
	CYAML_FIELD_SEQUENCE("security", OPTIONAL, struct written_sheet, security, &caution_entry,
		1, MAX_CAUTIONS),
	CYAML_FIELD_MAPPING_PTR("cells", OPTIONAL, struct written_sheet, cells, cell_fields),
	CYAML_FIELD_END};

enum {
	SHEET_FIELDS = sizeof(sheet_fields) / sizeof(sheet_fields[0]),
	CELLS_FIELD = SHEET_FIELDS - 2
};

/* The keys of `cells` are the ids of the rows. */
struct sheet_schema {
	cyaml_schema_field_t cells[FEATURE_MAX_ROWS + 1], sheet[SHEET_FIELDS];
};

static void make_schema(const struct feature_rows *rows, struct sheet_schema *schema)
{
	for (size_t i = 0; i < rows->count; i++)
		schema->cells[i] = (cyaml_schema_field_t){.key = rows->list[i].id,
			.data_offset = (uint32_t)(i * sizeof(struct written_cell *)),
			.value = {CYAML_VALUE_MAPPING(OPTIONAL, struct written_cell, cell_fields)}};
	schema->cells[rows->count] = (cyaml_schema_field_t)CYAML_FIELD_END;
	memcpy(schema->sheet, sheet_fields, sizeof(sheet_fields));
	schema->sheet[CELLS_FIELD].value.data_size = sizeof(struct written_cells);
	schema->sheet[CELLS_FIELD].value.mapping.fields = schema->cells;
}

static bool is_hexadecimal(const char *text, size_t least, size_t most)
{
	size_t length = strlen(text);

	return length >= least && length <= most && strspn(text, "0123456789abcdef") == length;
}

static const char *source_name(const void *context, size_t index)
{
	const struct feature_sheet *sheet = context;

	return index < sheet->source_count ? sheet->sources[index].name : NULL;
}

static const struct feature_source *source_named(
	const struct feature_sheet *sheet, const char *name)
{
	for (size_t i = 0; i < sheet->source_count; i++) {
		if (strcmp(sheet->sources[i].name, name) == 0)
			return &sheet->sources[i];
	}
	return NULL;
}

static int take_source(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_sheet *sheet, struct feature_source *source)
{
	const struct yaml_value *name = yaml_child(entry, "name"),
				*repo = yaml_child(entry, "repo");
	const struct yaml_value *commit = yaml_child(entry, "commit");
	const struct yaml_value *version = yaml_child(entry, "version");

	if (feature_take_text(r, name, MAX_VALUE, &source->name) ||
		feature_take_text(r, repo, MAX_NOTE, &source->repo) ||
		feature_take_text(r, commit, MAX_NOTE, &source->commit) ||
		(version && feature_take_text(r, version, MAX_VALUE, &source->version)))
		return -1;
	if (strchr(source->name, ' '))
		return yaml_fail(r->file, name, r->err, "the name of a source is one word");
	if (source_named(sheet, source->name))
		return yaml_fail(
			r->file, name, r->err, "source '%s' is listed twice", source->name);
	if (strspn(source->repo, "/") || !strchr(source->repo, '/') || strstr(source->repo, ".."))
		return yaml_fail(r->file, repo, r->err, "'%s' is not OWNER/NAME", source->repo);
	if (!is_hexadecimal(source->commit, COMMIT_DIGITS_LEAST, COMMIT_DIGITS_MOST))
		return yaml_fail(r->file, commit, r->err,
			"'%s' is not a commit of %d to %d hexadecimal digits", source->commit,
			COMMIT_DIGITS_LEAST, COMMIT_DIGITS_MOST);
	return 0;
}

static int take_sources(const struct feature_reading *r, struct feature_sheet *sheet)
{
	const struct yaml_value *list = yaml_child(r->file->root, "sources"), *entry;
	struct feature_source *sources =
		arena_alloc(r->file->arena, struct feature_source, MAX_SOURCES);

	sheet->sources = sources;
	while ((entry = yaml_entry(list, sheet->source_count))) {
		if (take_source(r, entry, sheet, &sources[sheet->source_count]))
			return -1;
		sheet->source_count++;
	}
	return 0;
}

/* "12" or "12-15". */
static bool read_lines(struct arena *arena, const char *text, struct feature_place *place)
{
	const char *dash = strchr(text, '-');
	struct error ignored;

	if (text_integer(arena_strndup(arena, text, strcspn(text, "-")), 1, MAX_LINE,
		    &place->first_line, &ignored))
		return false;
	place->last_line = place->first_line;
	return !dash || text_integer(dash + 1, place->first_line, MAX_LINE, &place->last_line,
				&ignored) == 0;
}

/* "SOURCE FILE:FIRST-LAST" */
static int take_place(const struct feature_reading *r, const struct yaml_value *value,
	const struct feature_sheet *sheet, struct feature_place *place)
{
	const char *at, *blank, *colon, *name, *meant;

	if (feature_take_text(r, value, MAX_TEXT, &at))
		return -1;
	blank = strchr(at, ' ');
	colon = strrchr(at, ':');
	if (!blank || !colon || colon <= blank + 1 || blank[1] == '/' || strstr(blank, "..") ||
		!read_lines(r->file->arena, colon + 1, place))
		return yaml_fail(r->file, value, r->err,
			"'%s' is not a place such as 'SOURCE src/file.c:10-12'", at);
	name = arena_strndup(r->file->arena, at, (size_t)(blank - at));
	place->source = source_named(sheet, name);
	place->file = arena_strndup(r->file->arena, blank + 1, (size_t)(colon - blank - 1));
	if (place->source)
		return 0;
	meant = near_name(name, source_name, sheet);
	return yaml_fail(r->file, value, r->err, "'%s' is not among the sources%s%s%s", name,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
}

/* The place together with the hash of its lines. */
static int take_lines(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_sheet *sheet, struct feature_place *place)
{
	const struct yaml_value *sha = yaml_child(entry, "sha");

	if (take_place(r, yaml_child(entry, "at"), sheet, place) ||
		feature_take_text(r, sha, MAX_TEXT, &place->sha))
		return -1;
	if (is_hexadecimal(place->sha, FEATURE_SHA_DIGITS, FEATURE_SHA_DIGITS))
		return 0;
	return yaml_fail(r->file, sha, r->err,
		"'%s' is not the first %d hexadecimal digits of a SHA-256", place->sha,
		FEATURE_SHA_DIGITS);
}

/* Yes and No would be values of their own: every count would miss them. */
static int check_first_word(
	const struct feature_reading *r, const struct yaml_value *value, const char *is)
{
	static const char *const words[] = {"yes", "no", "partial", "n/a"};
	size_t length = strcspn(is, " ,;");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == length && strncasecmp(is, words[i], length) == 0 &&
			strncmp(is, words[i], length) != 0)
			return yaml_fail(r->file, value, r->err, "'%s': write '%s'", is, words[i]);
	}
	return 0;
}

static int take_known(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_sheet *sheet, struct feature_cell *cell)
{
	static const char *const keys[] = {"is", "at", "sha", "note"};
	const struct yaml_value *absent = yaml_child(entry, "absent"),
				*in = yaml_child(entry, "in");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!yaml_child(entry, keys[i]))
			return yaml_fail(r->file, entry, r->err, "key '%s' is missing", keys[i]);
	}
	if (feature_take_text(r, yaml_child(entry, "is"), MAX_VALUE, &cell->is) ||
		check_first_word(r, yaml_child(entry, "is"), cell->is) ||
		take_lines(r, entry, sheet, &cell->place) ||
		feature_take_text(r, yaml_child(entry, "note"), MAX_NOTE, &cell->note) ||
		(absent && feature_take_text(r, absent, MAX_TEXT, &cell->absent)) ||
		(in && feature_take_text(r, in, MAX_TEXT, &cell->in)))
		return -1;
	if (absent && !in)
		return yaml_fail_key(
			r->file, absent, r->err, "'absent' needs 'in': the paths without it");
	if (in && !absent)
		return yaml_fail_key(
			r->file, in, r->err, "'in' needs 'absent': what these paths do not have");
	return 0;
}

static int take_cell(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_sheet *sheet, struct feature_cell *cell)
{
	const struct yaml_value *unknown = yaml_child(entry, "unknown");

	if (!unknown)
		return take_known(r, entry, sheet, cell);
	if (entry->first->next)
		return yaml_fail_key(r->file, unknown, r->err,
			"a cell that is 'unknown' gives the reason and nothing else");
	return feature_take_text(r, unknown, MAX_NOTE, &cell->unknown);
}

static int take_cells(const struct feature_reading *r, const struct feature_rows *rows,
	bool is_whole, struct feature_sheet *sheet)
{
	const struct yaml_value *all = yaml_child(r->file->root, "cells");
	const struct feature_cell **cells =
		arena_alloc(r->file->arena, const struct feature_cell *, rows->count);

	sheet->cells = cells;
	for (size_t i = 0; i < rows->count; i++) {
		const struct yaml_value *entry = yaml_child(all, rows->list[i].id);
		struct feature_cell *cell;

		if (!entry && is_whole)
			return yaml_fail(r->file, all, r->err,
				"row '%s' is neither answered nor unknown with a reason",
				rows->list[i].id);
		if (!entry)
			continue;
		cell = arena_alloc(r->file->arena, struct feature_cell, 1);
		if (take_cell(r, entry, sheet, cell))
			return -1;
		cells[i] = cell;
	}
	return 0;
}

/* Rows whose lines another version has word for word. */
static int take_same(const struct feature_reading *r, const struct feature_rows *rows,
	bool is_whole, struct feature_sheet *sheet)
{
	const struct yaml_value *list = yaml_child(r->file->root, "same"),
				*entry = list ? list->first : NULL;
	bool *is_same = arena_alloc(r->file->arena, bool, rows->count);

	sheet->is_same = is_same;
	if (list && is_whole)
		return yaml_fail_key(r->file, list, r->err,
			"'same' belongs into a file for another version, features@VERSION.yml");
	for (; entry; entry = entry->next) {
		const struct feature_row *row = feature_row_named(rows, entry->text);
		const char *meant = near_name(entry->text, feature_row_id, rows);

		if (!row)
			return yaml_fail(r->file, entry, r->err, "unknown row '%s'%s%s%s",
				entry->text, meant ? "; did you mean '" : "", meant ? meant : "",
				meant ? "'?" : "");
		if (sheet->cells[row - rows->list] || is_same[row - rows->list])
			return yaml_fail(
				r->file, entry, r->err, "row '%s' is answered twice", row->id);
		is_same[row - rows->list] = true;
	}
	return 0;
}

static int take_caution_kind(const struct feature_reading *r, const struct yaml_value *value,
	enum feature_caution_kind *ret_kind)
{
	for (enum feature_caution_kind kind = FEATURE_DESIGN; kind <= FEATURE_KNOWN; kind++) {
		if (strcmp(value->text, feature_caution_name(kind)) == 0) {
			*ret_kind = kind;
			return 0;
		}
	}
	return yaml_fail(r->file, value, r->err, "'%s' is not one of design, property and known",
		value->text);
}

/* Nothing is said here without its source, and nothing is called known that is not published. */
static int take_caution(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_sheet *sheet, struct feature_caution *caution)
{
	const struct yaml_value *at = yaml_child(entry, "at"), *sha = yaml_child(entry, "sha");
	const struct yaml_value *see = yaml_child(entry, "see");

	if (take_caution_kind(r, yaml_child(entry, "kind"), &caution->kind) ||
		feature_take_text(r, yaml_child(entry, "says"), MAX_SAYS, &caution->says) ||
		(see && feature_take_text(r, see, MAX_NOTE, &caution->see)))
		return -1;
	if (caution->kind == FEATURE_KNOWN && !see)
		return yaml_fail(r->file, entry, r->err,
			"what is 'known' needs 'see': where it was published");
	if (!at && !see)
		return yaml_fail(r->file, entry, r->err, "a line needs its source: 'at' or 'see'");
	if (!at != !sha)
		return yaml_fail(r->file, entry, r->err, "'at' and 'sha' belong together");
	return at ? take_lines(r, entry, sheet, &caution->place) : 0;
}

static int take_cautions(const struct feature_reading *r, struct feature_sheet *sheet)
{
	const struct yaml_value *list = yaml_child(r->file->root, "security"), *entry;
	struct feature_caution *cautions =
		arena_alloc(r->file->arena, struct feature_caution, MAX_CAUTIONS);

	sheet->cautions = cautions;
	while ((entry = yaml_entry(list, sheet->caution_count))) {
		if (take_caution(r, entry, sheet, &cautions[sheet->caution_count]))
			return -1;
		sheet->caution_count++;
	}
	return 0;
}

static int take_sheet(const struct feature_reading *r, const struct feature_rows *rows,
	bool is_whole, struct feature_sheet *sheet)
{
	if (feature_check_schema(r) ||
		feature_take_text(r, yaml_child(r->file->root, "vpn"), MAX_VALUE, &sheet->vpn) ||
		feature_take_text(r, yaml_child(r->file->root, "read"), MAX_VALUE, &sheet->read) ||
		take_sources(r, sheet) || take_cells(r, rows, is_whole, sheet) ||
		take_cautions(r, sheet))
		return -1;
	return take_same(r, rows, is_whole, sheet);
}

int feature_sheet_load(struct arena *arena, const struct feature_rows *rows, const char *path,
	bool is_whole, struct feature_sheet *ret_sheet, struct error *err)
{
	struct sheet_schema fields;
	const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_sheet, fields.sheet)};
	struct yaml_file file;
	struct feature_reading reading = {&file, err};
	struct feature_sheet sheet = {.path = arena_strdup(arena, path)};
	void *written;

	make_schema(rows, &fields);
	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &schema, &written, err))
		return -1;
	yaml_unload(&schema, written);
	if (take_sheet(&reading, rows, is_whole, &sheet))
		return -1;
	*ret_sheet = sheet;
	return 0;
}

const char *feature_caution_name(enum feature_caution_kind kind)
{
	static const char *const names[] = {"design", "property", "known"};

	return names[kind];
}
