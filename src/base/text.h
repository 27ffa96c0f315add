/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Splits at blanks; no quoting, as in driver files. Returns a NULL-terminated array. */
const char **text_words(struct arena *arena, const char *text, size_t *ret_count);
/* Joins a NULL-terminated argv into a line that a shell would read back as the same words. */
char *text_command_line(struct arena *arena, const char *const *argv);

/* "250ms", "10s", "1.5s", "2m", "3us": a duration above zero, in nanoseconds. */
MUST_CHECK int text_duration_ns(const char *text, int64_t *ret_ns, struct error *err);
/* "100mbit", "1gbit", "64kbit", "9600bit" (tc's words): bits per second above zero. */
MUST_CHECK int text_rate_bps(const char *text, double *ret_bps, struct error *err);
/* Whole text is one decimal number within [low, high]. */
MUST_CHECK int text_integer(
	const char *text, int64_t low, int64_t high, int64_t *ret, struct error *err);

bool text_starts_with(const char *text, const char *prefix);
/* Cuts blanks and line ends at both ends, in place; returns the new start. */
char *text_trim(char *text);
