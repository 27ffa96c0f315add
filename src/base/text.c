/* SPDX-License-Identifier: MIT */
/* Small texts: words, command lines, durations and rates as users write them. */
#include "base/text.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

const char **text_words(struct arena *arena, const char *text, size_t *ret_count)
{
	size_t count = 0;
	const char **words;

	for (const char *at = text + strspn(text, blanks); *at; at += strspn(at, blanks)) {
		at += strcspn(at, blanks);
		count++;
	}
	words = arena_alloc(arena, const char *, count + 1);
	count = 0;
	for (const char *at = text + strspn(text, blanks); *at; at += strspn(at, blanks)) {
		size_t length = strcspn(at, blanks);

		words[count++] = arena_strndup(arena, at, length);
		at += length;
	}
	if (ret_count)
		*ret_count = count;
	return words;
}

static bool is_plain_word(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%^";

	return *word && word[strspn(word, plain)] == '\0';
}

/* A single quote inside single quotes is written '\'' for a POSIX shell. */
static char *quote_word(struct arena *arena, const char *word)
{
	char *quoted = arena_bytes(arena, 4 * strlen(word) + 3, 1);
	char *at = quoted;

	*at++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			at = stpcpy(at, "'\\''");
		else
			*at++ = *word;
	}
	*at = '\'';
	return quoted;
}

char *text_command_line(struct arena *arena, const char *const *argv)
{
	char *line = arena_strdup(arena, "");

	for (size_t i = 0; argv[i]; i++) {
		const char *word = is_plain_word(argv[i]) ? argv[i] : quote_word(arena, argv[i]);

		line = arena_printf(arena, "%s%s%s", line, i ? " " : "", word);
	}
	return line;
}

struct unit {
	const char *name;
	double factor;
};

/* A number and one of the units, with nothing before or after. */
static int number_with_unit(
	const char *text, const struct unit *units, double *ret_value, struct error *err)
{
	char *end = NULL;
	double value;

	if (!isdigit((unsigned char)text[0]))
		return fail(err, ERROR_USAGE, "'%s' does not start with a number", text);
	errno = 0;
	value = strtod(text, &end);
	if (errno || !isfinite(value))
		return fail(err, ERROR_USAGE, "'%s' is out of range", text);
	for (; units->name; units++) {
		if (strcmp(end, units->name) == 0) {
			*ret_value = value * units->factor;
			return 0;
		}
	}
	return fail(err, ERROR_USAGE, "'%s' has no unit that is known here", text);
}

int text_duration_ns(const char *text, int64_t *ret_ns, struct error *err)
{
	static const struct unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9},
		{"m", 60e9}, {"h", 3600e9}, {NULL, 0}};
	double ns = 0;

	if (number_with_unit(text, units, &ns, err))
		return fail_in(err, "read a duration such as 250ms or 10s");
	if (ns < 1 || ns > 9e18)
		return fail(
			err, ERROR_USAGE, "duration '%s' is not between 1ns and 292 years", text);
	*ret_ns = (int64_t)llround(ns);
	return 0;
}

int text_rate_bps(const char *text, double *ret_bps, struct error *err)
{
	static const struct unit units[] = {
		{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"tbit", 1e12}, {NULL, 0}};
	double bps = 0;

	if (number_with_unit(text, units, &bps, err))
		return fail_in(err, "read a rate such as 100mbit or 1gbit");
	if (bps <= 0)
		return fail(err, ERROR_USAGE, "rate '%s' is not above zero", text);
	*ret_bps = bps;
	return 0;
}

int text_integer(const char *text, int64_t low, int64_t high, int64_t *ret, struct error *err)
{
	char *end = NULL;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end || isspace((unsigned char)*text))
		return fail(err, ERROR_USAGE, "'%s' is not a whole number", text);
	if (errno || value < low || value > high)
		return fail(err, ERROR_USAGE, "%s is not between %lld and %lld", text,
			(long long)low, (long long)high);
	*ret = value;
	return 0;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

char *text_trim(char *text)
{
	size_t length;

	text += strspn(text, blanks);
	length = strlen(text);
	while (length && strchr(blanks, text[length - 1]))
		text[--length] = '\0';
	return text;
}
