/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <cyaml/cyaml.h>
#include <stddef.h>

/*
 * A YAML file of ours: its values through libcyaml, and where each of them stands. Stays inside
 * this room. Lines and columns count from 1.
 */
struct yaml_mark {
	unsigned line, column;
};

enum yaml_kind {
	YAML_KIND_TEXT,
	YAML_KIND_LIST,
	YAML_KIND_MAPPING
};

struct yaml_value {
	enum yaml_kind kind;
	const char *key; /* NULL in a list */
	const char *text;
	struct yaml_mark key_at, at;
	int text_column; /* of the text's first character; 0 when it spans lines or is escaped */
	struct yaml_value *first, *next;
};

struct yaml_file {
	const char *path;
	struct arena *arena;
	const char *text;
	size_t size;
	struct yaml_value *root;
};

/* Reads and parses; aliases, tags, a second document, depth and size beyond bounds are refused. */
MUST_CHECK int yaml_open(
	struct arena *arena, const char *path, struct yaml_file *ret_file, struct error *err);
/* Fills the schema's struct; release it with yaml_unload. */
MUST_CHECK int yaml_load(const struct yaml_file *file, const cyaml_schema_value_t *schema,
	void **ret_data, struct error *err);
/* "plans/quick.yml" is called quick; arena-owned. */
const char *yaml_stem(const struct yaml_file *file);
void yaml_unload(const cyaml_schema_value_t *schema, void *data);

/* The entry of a mapping, or NULL. `value` may be NULL. */
const struct yaml_value *yaml_child(const struct yaml_value *value, const char *key);
/* The nth entry, from 0, or NULL. */
const struct yaml_value *yaml_entry(const struct yaml_value *value, size_t index);

/* ERROR_USAGE "path:line:column: ..."; a NULL value means the file as a whole. */
int yaml_fail(const struct yaml_file *file, const struct yaml_value *value, struct error *err,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same at the key instead of the value. */
int yaml_fail_key(const struct yaml_file *file, const struct yaml_value *value, struct error *err,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Puts "path:line:column: " of the text's character `offset` before what is in `err`. */
int yaml_fail_in(const struct yaml_file *file, const struct yaml_value *value, size_t offset,
	struct error *err);
