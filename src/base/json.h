#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

/* A JSON file of at most `max_bytes`; the caller owns the value (json_auto_t, json_decref). */
MUST_CHECK int json_read(const char *path, size_t max_bytes, json_t **ret_value, struct error *err);
/* Parses bytes that need not end in NUL; `what` names them in the error. */
MUST_CHECK int json_parse(
	const char *bytes, size_t size, const char *what, json_t **ret_value, struct error *err);
/*
 * Indent 2, a line feed at the end, keys in the order they were set; whole or not at all. Reals
 * have 15 digits: what was measured has fewer, and 17 would show 0.061 as 0.060999999999999999.
 */
MUST_CHECK int json_write(const char *path, const json_t *value, struct error *err);

/* Follows a JSON pointer (RFC 6901) such as "/end/sum_sent"; borrowed, NULL when absent. */
json_t *json_at(const json_t *value, const char *pointer);
/* Integer or real at a pointer; `absent` when missing or of another type. */
double json_number_at(const json_t *value, const char *pointer, double absent);
/* String at a pointer; `absent` when missing or of another type; borrowed. */
const char *json_string_at(const json_t *value, const char *pointer, const char *absent);
/* A new real, or null for what JSON cannot hold: infinity, or no number at all. */
json_t *json_finite(double value);
