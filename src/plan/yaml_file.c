/* SPDX-License-Identifier: MIT */
/* A YAML file as a tree of values that know their place; what could exhaust memory is refused. */
#include "plan/yaml_file.h"

#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum {
	MAX_BYTES = 256 * 1024,
	MAX_DEPTH = 12,
	MAX_VALUES = 4096
};

struct parse {
	yaml_parser_t parser;
	struct yaml_file *file;
	size_t values;
};

static void parser_done(struct parse *parse)
{
	yaml_parser_delete(&parse->parser);
}

static struct yaml_mark mark_of(yaml_mark_t mark)
{
	return (struct yaml_mark){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

PRINTF_LIKE(4, 0)
static int fail_at(const struct yaml_file *file, struct yaml_mark mark, struct error *err,
	const char *fmt, va_list args)
{
	char reason[sizeof(err->text)];

	vsnprintf(reason, sizeof(reason), fmt, args);
	return fail(err, ERROR_USAGE, "%s:%u:%u: %s", file->path, mark.line, mark.column, reason);
}

int yaml_fail(const struct yaml_file *file, const struct yaml_value *value, struct error *err,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail_at(file, value ? value->at : (struct yaml_mark){1, 1}, err, fmt, args);
	va_end(args);
	return -1;
}

int yaml_fail_key(const struct yaml_file *file, const struct yaml_value *value, struct error *err,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail_at(file, value->key ? value->key_at : value->at, err, fmt, args);
	va_end(args);
	return -1;
}

int yaml_fail_in(const struct yaml_file *file, const struct yaml_value *value, size_t offset,
	struct error *err)
{
	struct yaml_mark at = value ? value->at : (struct yaml_mark){1, 1};

	if (value && value->text_column)
		at.column = (unsigned)value->text_column + (unsigned)offset;
	fail_in(err, "%s:%u:%u", file->path, at.line, at.column);
	err->kind = ERROR_USAGE;
	return -1;
}

static int syntax_error(struct parse *parse, struct error *err)
{
	const yaml_parser_t *parser = &parse->parser;
	struct yaml_value at = {.at = mark_of(parser->problem_mark)};

	return yaml_fail(parse->file, &at, err, "%s%s%s",
		parser->problem ? parser->problem : "this is not YAML", parser->context ? " " : "",
		parser->context ? parser->context : "");
}

static int next_event(struct parse *parse, yaml_event_t *ret_event, struct error *err)
{
	if (!yaml_parser_parse(&parse->parser, ret_event))
		return syntax_error(parse, err);
	return 0;
}

/* Only a text on one line without escapes has columns that can be counted. */
static int text_column_of(const yaml_event_t *event)
{
	yaml_scalar_style_t style = event->data.scalar.style;
	size_t columns = event->end_mark.column - event->start_mark.column;
	size_t quotes = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;

	if (event->start_mark.line != event->end_mark.line ||
		columns != event->data.scalar.length + quotes)
		return 0;
	return (int)(event->start_mark.column + quotes / 2 + 1);
}

static bool is_tagged(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag || event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag || event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag || event->data.mapping_start.anchor;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

static int value_of_event(struct parse *parse, const yaml_event_t *event,
	struct yaml_value **ret_value, struct error *err)
{
	struct yaml_value *value = arena_alloc(parse->file->arena, struct yaml_value, 1);

	value->at = mark_of(event->start_mark);
	if (is_tagged(event))
		return yaml_fail(parse->file, value, err,
			"anchors, aliases and tags are not supported; write out the value");
	if (++parse->values > MAX_VALUES)
		return yaml_fail(parse->file, value, err, "a file cannot have more than %d values",
			MAX_VALUES);
	if (event->type == YAML_SCALAR_EVENT) {
		size_t length = event->data.scalar.length;

		value->text = arena_strndup(
			parse->file->arena, (const char *)event->data.scalar.value, length);
		value->text_column = text_column_of(event);
		if (strlen(value->text) != length)
			return yaml_fail(
				parse->file, value, err, "a text cannot contain a NUL character");
	}
	value->kind = event->type == YAML_SCALAR_EVENT           ? YAML_KIND_TEXT
		      : event->type == YAML_SEQUENCE_START_EVENT ? YAML_KIND_LIST
								 : YAML_KIND_MAPPING;
	*ret_value = value;
	return 0;
}

static int parse_entries(
	struct parse *parse, struct yaml_value *value, int depth, struct error *err);

/* Parses the next value; `*ret_value` is NULL at the end of a list or mapping. */
static int parse_value(
	struct parse *parse, int depth, struct yaml_value **ret_value, struct error *err)
{
	struct yaml_value *value = NULL;
	yaml_event_t event;
	int status;

	if (next_event(parse, &event, err))
		return -1;
	*ret_value = NULL;
	if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
		yaml_event_delete(&event);
		return 0;
	}
	status = value_of_event(parse, &event, &value, err);
	yaml_event_delete(&event);
	if (status || !value)
		return -1;
	if (depth > MAX_DEPTH)
		return yaml_fail(parse->file, value, err,
			"values are nested more than %d levels deep", MAX_DEPTH);
	if (value->kind != YAML_KIND_TEXT && parse_entries(parse, value, depth, err))
		return -1;
	*ret_value = value;
	return 0;
}

/* One entry of a list, or a key with its value; NULL at the end. */
static int parse_entry(struct parse *parse, struct yaml_value *value, int depth,
	struct yaml_value **ret_entry, struct error *err)
{
	struct yaml_value *key, *entry = NULL;

	if (value->kind == YAML_KIND_LIST)
		return parse_value(parse, depth + 1, ret_entry, err);
	*ret_entry = NULL;
	if (parse_value(parse, depth + 1, &key, err))
		return -1;
	if (!key)
		return 0;
	if (key->kind != YAML_KIND_TEXT)
		return yaml_fail(parse->file, key, err, "a key must be a word");
	if (yaml_child(value, key->text))
		return yaml_fail(parse->file, key, err, "key '%s' is given twice", key->text);
	if (parse_value(parse, depth + 1, &entry, err))
		return -1;
	entry->key = key->text;
	entry->key_at = key->at;
	*ret_entry = entry;
	return 0;
}

static int parse_entries(
	struct parse *parse, struct yaml_value *value, int depth, struct error *err)
{
	struct yaml_value **at = &value->first, *entry;

	for (;;) {
		if (parse_entry(parse, value, depth, &entry, err))
			return -1;
		if (!entry)
			return 0;
		*at = entry;
		at = &entry->next;
	}
}

/* Stream and document marks around the one value of a file. */
static int expect(
	struct parse *parse, yaml_event_type_t type, const char *otherwise, struct error *err)
{
	struct yaml_value at = {0};
	yaml_event_t event;
	bool is_expected;

	if (next_event(parse, &event, err))
		return -1;
	at.at = mark_of(event.start_mark);
	is_expected = event.type == type;
	yaml_event_delete(&event);
	return is_expected ? 0 : yaml_fail(parse->file, &at, err, "%s", otherwise);
}

static int parse_file(struct yaml_file *file, struct error *err)
{
	AUTO(parser_done) struct parse parse = {.file = file};

	if (!yaml_parser_initialize(&parse.parser))
		return fail(err, ERROR_SYSTEM, "read %s: no memory for the parser", file->path);
	yaml_parser_set_input_string(&parse.parser, (const unsigned char *)file->text, file->size);
	if (expect(&parse, YAML_STREAM_START_EVENT, "this is not YAML", err) ||
		expect(&parse, YAML_DOCUMENT_START_EVENT, "the file is empty", err) ||
		parse_value(&parse, 0, &file->root, err))
		return -1;
	if (!file->root || file->root->kind != YAML_KIND_MAPPING)
		return yaml_fail(
			file, file->root, err, "the file must be a mapping of keys to values");
	if (expect(&parse, YAML_DOCUMENT_END_EVENT, "the file must end here", err))
		return -1;
	return expect(&parse, YAML_STREAM_END_EVENT, "a file must contain a single document", err);
}

int yaml_open(struct arena *arena, const char *path, struct yaml_file *ret_file, struct error *err)
{
	struct yaml_file file = {.path = arena_strdup(arena, path), .arena = arena};
	char *text;

	if (file_read(arena, path, MAX_BYTES, &text, &file.size, err)) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	file.text = text;
	if (parse_file(&file, err))
		return -1;
	*ret_file = file;
	return 0;
}

const struct yaml_value *yaml_child(const struct yaml_value *value, const char *key)
{
	const struct yaml_value *entry = value ? value->first : NULL;

	while (entry && (!entry->key || strcmp(entry->key, key) != 0))
		entry = entry->next;
	return entry;
}

const struct yaml_value *yaml_entry(const struct yaml_value *value, size_t index)
{
	const struct yaml_value *entry = value ? value->first : NULL;

	while (entry && index--)
		entry = entry->next;
	return entry;
}

const char *yaml_stem(const struct yaml_file *file)
{
	const char *base = strrchr(file->path, '/');
	size_t length;

	base = base ? base + 1 : file->path;
	length = strlen(base);
	if (length > 4 && strcmp(base + length - 4, ".yml") == 0)
		length -= 4;
	return arena_strndup(file->arena, base, length);
}
