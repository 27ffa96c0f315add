/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

/* A JSON file of at most `max_bytes`; the caller owns the value (json_auto_t, json_decref). */
MUST_CHECK int json_read(const char *path, size_t max_bytes, json_t **ret_value, struct error *err);
/*
 * Parses bytes that need not end in NUL; `what` names them in the error. A byte order mark in front
 * is skipped. Strings may hold NUL, where json_string_value() ends.
 */
MUST_CHECK int json_parse(
	const char *bytes, size_t size, const char *what, json_t **ret_value, struct error *err);
/*
 * A file's text: indent 2, a line feed at the end, no NUL, keys in the order they were set. Reals
 * have 15 digits: what was measured has fewer, and 17 would show 0.061 as 0.060999999999999999.
 * NULL: JSON cannot hold it. The caller frees it.
 */
char *json_document(const json_t *value, size_t *ret_size);
/* Such a file, whole or not at all. */
MUST_CHECK int json_write(const char *path, const json_t *value, struct error *err);

/* Follows a JSON pointer (RFC 6901) such as "/end/sum_sent"; borrowed, NULL when absent. */
json_t *json_at(const json_t *value, const char *pointer);
/* Integer or real at a pointer; `absent` when missing or of another type. */
double json_number_at(const json_t *value, const char *pointer, double absent);
/* String at a pointer; `absent` when missing or of another type; borrowed. */
const char *json_string_at(const json_t *value, const char *pointer, const char *absent);
/* A new real, or null for what JSON cannot hold: infinity, or no number at all. */
json_t *json_finite(double value);

/*
 * A new JSON string from text of any origin. Every byte that belongs to no valid UTF-8 sequence,
 * and every NUL within, becomes U+FFFD, the replacement character. NULL gives null. Nothing outside
 * of base calls jansson's own json_string() and json_pack(), which return NULL for such text.
 */
json_t *json_text(const char *text);
json_t *json_text_sized(const char *bytes, size_t size);
/*
 * As jansson's json_pack(), with {} [] s o O i I f b n, '?' (null when NULL) and '*' (left out when
 * NULL), and with every text and key as json_text() makes it. NULL when a number is not finite or
 * an argument without a mark is NULL; references given with 'o' are then released.
 */
json_t *json_make(const char *format, ...);
