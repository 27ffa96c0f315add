/* SPDX-License-Identifier: MIT */
/* JSON as published trees have it. */
#include "report/output/json.h"

#include "base/fd.h"
#include "base/json.h"
#include "report/output/number.h"

#include <stdbool.h>

static void print_text(FILE *stream, const json_t *value)
{
	AUTO(text_freep) char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

	fputs(text ? text : "null", stream);
}

static void print_line(FILE *stream, int indent)
{
	fprintf(stream, "\n%*s", 4 * indent, "");
}

static void print_array(FILE *stream, const json_t *value, int indent)
{
	size_t size = json_array_size(value);

	fputc('[', stream);
	for (size_t i = 0; i < size; i++) {
		if (i)
			fputc(',', stream);
		print_line(stream, indent + 1);
		print_json(stream, json_array_get(value, i), indent + 1);
	}
	if (size)
		print_line(stream, indent);
	fputc(']', stream);
}

static void print_object(FILE *stream, json_t *value, int indent)
{
	const char *key;
	json_t *member;
	bool is_first = true;

	fputc('{', stream);
	json_object_foreach (value, key, member) {
		json_auto_t *name = json_text(key);

		if (!is_first)
			fputc(',', stream);
		is_first = false;
		print_line(stream, indent + 1);
		print_text(stream, name);
		fputs(": ", stream);
		print_json(stream, member, indent + 1);
	}
	if (!is_first)
		print_line(stream, indent);
	fputc('}', stream);
}

void print_json(FILE *stream, const json_t *value, int indent)
{
	if (json_is_object(value))
		print_object(stream, (json_t *)value, indent);
	else if (json_is_array(value))
		print_array(stream, value, indent);
	else if (json_is_real(value))
		print_number(stream, json_real_value(value));
	else
		print_text(stream, value);
}
