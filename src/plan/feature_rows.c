/* SPDX-License-Identifier: MIT */
/* The rows of the feature matrix: questions that every VPN answers. */
#include "plan/feature.h"

#include "base/near.h"
#include "plan/feature_internal.h"

#include <string.h>

enum {
	MAX_TEXT = 1024,
	MAX_TITLE = 40,
	MAX_QUESTION = 240,
	MAX_CATEGORIES = 32
};

/* As written; lists and texts are libcyaml's. */
struct written_category {
	const char *id, *title;
};

struct written_row {
	const char *id, *category, *by, *title, *question;
};

struct written_rows {
	const char *schema;
	struct written_category *categories;
	struct written_row *rows;
	unsigned categories_count, rows_count;
};

#define TEXT(key, type)                                                                            \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, struct written_##type, key, 1, MAX_TEXT)

static const cyaml_schema_field_t category_fields[] = {
	TEXT(id, category), TEXT(title, category), CYAML_FIELD_END};
static const cyaml_schema_value_t category_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_category, category_fields)};

static const cyaml_schema_field_t row_fields[] = {TEXT(id, row), TEXT(category, row), TEXT(by, row),
	TEXT(title, row), TEXT(question, row), CYAML_FIELD_END};
static const cyaml_schema_value_t row_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_row, row_fields)};

static const cyaml_schema_field_t rows_fields[] = {TEXT(schema, rows),
	CYAML_FIELD_SEQUENCE("categories", CYAML_FLAG_POINTER, struct written_rows, categories,
		&category_entry, 1, MAX_CATEGORIES),
	CYAML_FIELD_SEQUENCE("rows", CYAML_FLAG_POINTER, struct written_rows, rows, &row_entry, 1,
		FEATURE_MAX_ROWS),
	CYAML_FIELD_END};
static const cyaml_schema_value_t rows_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_rows, rows_fields)};

static int take_id(
	const struct feature_reading *r, const struct yaml_value *value, const char **ret)
{
	const char *id = value->text;

	if (!*id || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return yaml_fail(r->file, value, r->err,
			"id '%s': use lower-case letters, digits and '_'", id);
	*ret = arena_strdup(r->file->arena, id);
	return 0;
}

static const char *category_id(const void *context, size_t index)
{
	const struct feature_rows *rows = context;

	return index < rows->category_count ? rows->categories[index].id : NULL;
}

const char *feature_row_id(const void *context, size_t index)
{
	const struct feature_rows *rows = context;

	return index < rows->count ? rows->list[index].id : NULL;
}

static const struct feature_category *category_named(
	const struct feature_rows *rows, const char *id)
{
	for (size_t i = 0; i < rows->category_count; i++) {
		if (strcmp(rows->categories[i].id, id) == 0)
			return &rows->categories[i];
	}
	return NULL;
}

const struct feature_row *feature_row_named(const struct feature_rows *rows, const char *id)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->list[i].id, id) == 0)
			return &rows->list[i];
	}
	return NULL;
}

static int take_categories(const struct feature_reading *r, struct feature_rows *rows)
{
	const struct yaml_value *list = yaml_child(r->file->root, "categories"), *entry;
	struct feature_category *all =
		arena_alloc(r->file->arena, struct feature_category, MAX_CATEGORIES);

	rows->categories = all;
	while ((entry = yaml_entry(list, rows->category_count))) {
		struct feature_category *category = &all[rows->category_count];
		const struct yaml_value *id = yaml_child(entry, "id");

		if (take_id(r, id, &category->id) ||
			feature_take_text(
				r, yaml_child(entry, "title"), MAX_TITLE, &category->title))
			return -1;
		if (category_named(rows, category->id))
			return yaml_fail(
				r->file, id, r->err, "category '%s' is listed twice", category->id);
		rows->category_count++;
	}
	return 0;
}

/* Rows of a category stand together, or tables by category would tear it apart. */
static int take_category(const struct feature_reading *r, const struct yaml_value *value,
	const struct feature_rows *rows, struct feature_row *row)
{
	const struct feature_category *before =
		rows->count ? rows->list[rows->count - 1].category : rows->categories;
	const char *meant;

	row->category = category_named(rows, value->text);
	if (!row->category) {
		meant = near_name(value->text, category_id, rows);
		return yaml_fail(r->file, value, r->err, "unknown category '%s'%s%s%s", value->text,
			meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	}
	if (row->category < before)
		return yaml_fail(r->file, value, r->err,
			"row '%s' must stand with the other rows of category '%s'", row->id,
			value->text);
	return 0;
}

static int take_by(
	const struct feature_reading *r, const struct yaml_value *value, enum feature_by *ret)
{
	for (enum feature_by by = FEATURE_OBSERVE; by <= FEATURE_BOTH; by++) {
		if (strcmp(value->text, feature_by_name(by)) == 0) {
			*ret = by;
			return 0;
		}
	}
	return yaml_fail(
		r->file, value, r->err, "'%s' is not one of observe, read and both", value->text);
}

static int take_row(const struct feature_reading *r, const struct yaml_value *entry,
	const struct feature_rows *rows, struct feature_row *row)
{
	const struct yaml_value *id = yaml_child(entry, "id");

	if (take_id(r, id, &row->id))
		return -1;
	if (feature_row_named(rows, row->id))
		return yaml_fail(r->file, id, r->err, "row '%s' is listed twice", row->id);
	if (take_category(r, yaml_child(entry, "category"), rows, row) ||
		take_by(r, yaml_child(entry, "by"), &row->by) ||
		feature_take_text(r, yaml_child(entry, "title"), MAX_TITLE, &row->title) ||
		feature_take_text(r, yaml_child(entry, "question"), MAX_QUESTION, &row->question))
		return -1;
	return 0;
}

static int take_rows(const struct feature_reading *r, struct feature_rows *rows)
{
	const struct yaml_value *list = yaml_child(r->file->root, "rows"), *entry;
	struct feature_row *all = arena_alloc(r->file->arena, struct feature_row, FEATURE_MAX_ROWS);

	rows->list = all;
	while ((entry = yaml_entry(list, rows->count))) {
		if (take_row(r, entry, rows, &all[rows->count]))
			return -1;
		rows->count++;
	}
	return 0;
}

int feature_rows_load(
	struct arena *arena, const char *path, struct feature_rows *ret_rows, struct error *err)
{
	struct yaml_file file;
	struct feature_reading reading = {&file, err};
	struct feature_rows rows = {0};
	void *written;

	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &rows_schema, &written, err))
		return -1;
	yaml_unload(&rows_schema, written); /* only its shape matters: the tree knows the places */
	if (feature_check_schema(&reading) || take_categories(&reading, &rows) ||
		take_rows(&reading, &rows))
		return -1;
	*ret_rows = rows;
	return 0;
}

const char *feature_by_name(enum feature_by by)
{
	static const char *const names[] = {"observe", "read", "both"};

	return names[by];
}
