/* SPDX-License-Identifier: MIT */
/* JSON files and pointers on top of jansson. */
#include "base/json.h"

#include "base/fd.h"
#include "base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int json_parse(
	const char *bytes, size_t size, const char *what, json_t **ret_value, struct error *err)
{
	json_error_t where;
	size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	json_t *value = json_loadb(bytes + mark, size - mark,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);

	if (!value)
		return fail(err, ERROR_PARSE, "read %s: line %d, column %d: %s", what, where.line,
			where.column, where.text);
	*ret_value = value;
	return 0;
}

int json_read(const char *path, size_t max_bytes, json_t **ret_value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t size;
	char *text;

	if (file_read(arena, path, max_bytes, &text, &size, err))
		return -1;
	return json_parse(text, size, path, ret_value, err);
}

char *json_document(const json_t *value, size_t *ret_size)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	if (!text)
		return NULL;
	*ret_size = strlen(text) + 1;
	text[*ret_size - 1] = '\n'; /* takes the place of the NUL */
	return text;
}

int json_write(const char *path, const json_t *value, struct error *err)
{
	size_t size = 0;
	AUTO(text_freep) char *text = json_document(value, &size);

	if (!text)
		return fail(
			err, ERROR_PARSE, "write %s: a number or text that JSON cannot hold", path);
	return file_write(path, text, size, 0644, err);
}

static json_t *step(const json_t *value, const char *key)
{
	char *end = NULL;
	unsigned long index;

	if (json_is_object(value))
		return json_object_get(value, key);
	if (!json_is_array(value) || !*key)
		return NULL;
	index = strtoul(key, &end, 10);
	return *end ? NULL : json_array_get(value, index);
}

json_t *json_at(const json_t *value, const char *pointer)
{
	char key[256];

	while (value && *pointer == '/') {
		size_t used = 0;

		for (pointer++; *pointer && *pointer != '/'; pointer++) {
			if (used + 1 == sizeof(key))
				return NULL;
			if (pointer[0] == '~' && (pointer[1] == '0' || pointer[1] == '1'))
				key[used++] = *++pointer == '0' ? '~' : '/';
			else
				key[used++] = *pointer;
		}
		key[used] = '\0';
		value = step(value, key);
	}
	return *pointer ? NULL : (json_t *)value;
}

double json_number_at(const json_t *value, const char *pointer, double absent)
{
	const json_t *found = json_at(value, pointer);

	return json_is_number(found) ? json_number_value(found) : absent;
}

const char *json_string_at(const json_t *value, const char *pointer, const char *absent)
{
	const json_t *found = json_at(value, pointer);

	return json_is_string(found) ? json_string_value(found) : absent;
}

json_t *json_finite(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}
