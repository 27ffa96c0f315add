/* SPDX-License-Identifier: MIT */
/* Text of any origin as JSON: what programs print need not be UTF-8, and must not vanish for it. */
#include "base/json.h"

#include "base/attribute.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Bytes of the UTF-8 sequence at `at`, 0 when there is none (RFC 3629, table 3-7 of Unicode). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t more;

	if (at[0] < 0x80)
		return at[0] != '\0';
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	more = at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;
	if (more >= left)
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i <= more; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return more + 1;
}

/* The same text as UTF-8 that ends in NUL and holds no other. */
static char *utf8_of(struct arena *arena, const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes, *end = at + size;
	char *text = arena_bytes(arena, size + 1, strlen(replacement));
	char *to = text;

	while (at < end) {
		size_t length = utf8_length(at, (size_t)(end - at));

		to = length ? mempcpy(to, at, length) : stpcpy(to, replacement);
		at += length ? length : 1;
	}
	*to = '\0';
	return text;
}

json_t *json_text_sized(const char *bytes, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return json_string(utf8_of(arena, bytes, size));
}

json_t *json_text(const char *text)
{
	return text ? json_text_sized(text, strlen(text)) : json_null();
}

struct maker {
	const char *at; /* what is left of the format */
	va_list arguments;
	bool failed; /* goes on all the same, so that no reference is lost */
};

static json_t *make_value(struct maker *maker);

/* Skips what only separates; true, and past it, at the end of an object or array. */
static bool is_at_end(struct maker *maker, char bracket)
{
	maker->at += strspn(maker->at, " :,");
	assert(*maker->at); /* a bracket is missing */
	if (*maker->at != bracket)
		return false;
	maker->at++;
	return true;
}

static json_t *make_object(struct maker *maker)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *object = json_object();

	while (!is_at_end(maker, '}')) {
		const char *key;
		json_t *value;

		assert(*maker->at == 's');
		maker->at++;
		key = va_arg(maker->arguments, const char *);
		value = make_value(maker);
		if (value && json_object_set_new(object, utf8_of(arena, key, strlen(key)), value))
			maker->failed = true;
	}
	return object;
}

static json_t *make_array(struct maker *maker)
{
	json_t *array = json_array(), *value;

	while (!is_at_end(maker, ']')) {
		value = make_value(maker);
		if (value && json_array_append_new(array, value))
			maker->failed = true;
	}
	return array;
}

static json_t *make_scalar(struct maker *maker, char kind)
{
	const char *text;

	switch (kind) {
	case 's':
		text = va_arg(maker->arguments, const char *);
		return text ? json_text(text) : NULL;
	case 'o':
		return va_arg(maker->arguments, json_t *);
	case 'O':
		return json_incref(va_arg(maker->arguments, json_t *));
	case 'i':
		return json_integer(va_arg(maker->arguments, int));
	case 'I':
		return json_integer(va_arg(maker->arguments, json_int_t));
	case 'f':
		return json_real(va_arg(maker->arguments, double));
	case 'b':
		return json_boolean(va_arg(maker->arguments, int));
	default:
		assert(kind == 'n');
		return json_null();
	}
}

/* NULL when it is left out ('*'), or when it failed. */
static json_t *make_value(struct maker *maker)
{
	json_t *value;
	char kind;

	maker->at += strspn(maker->at, " :,");
	kind = *maker->at++;
	if (kind == '{')
		return make_object(maker);
	if (kind == '[')
		return make_array(maker);
	value = make_scalar(maker, kind);
	if (*maker->at == '*') {
		maker->at++;
		return value;
	}
	if (*maker->at == '?') {
		maker->at++;
		return value ? value : json_null();
	}
	maker->failed |= !value;
	return value;
}

json_t *json_make(const char *format, ...)
{
	struct maker maker = {.at = format};
	json_t *value;

	va_start(maker.arguments, format);
	value = make_value(&maker);
	va_end(maker.arguments);
	if (!maker.failed)
		return value;
	json_decref(value);
	return NULL;
}
