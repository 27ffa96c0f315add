/* SPDX-License-Identifier: MIT */
/* Values that users set: how each kind reads, and what holds where nobody said anything. */
#include "base/setting.h"

#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int read_seconds(const char *text, double *ret_seconds, struct error *err)
{
	char *end = NULL;
	double seconds = strtod(text, &end);

	if (!isdigit((unsigned char)text[0]) || *end || strpbrk(text, "xX") || !isfinite(seconds) ||
		seconds <= 0 || seconds > 86400)
		return fail(err, ERROR_USAGE,
			"'%s' is not a number of seconds above 0 and up to a day", text);
	*ret_seconds = seconds;
	return 0;
}

static int check_word(const struct setting *setting, const char *text, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	const char *known = "";

	for (size_t i = 0; setting->words[i]; i++)
		if (strcmp(setting->words[i], text) == 0)
			return 0;
	arena = arena_new();
	for (size_t i = 0; setting->words[i]; i++)
		known = arena_printf(arena, "%s%s%s", known, i ? ", " : "", setting->words[i]);
	return fail(err, ERROR_USAGE, "%s '%s' is not one of %s", setting->name, text, known);
}

int setting_check(const struct setting *setting, const char *text, struct error *err)
{
	int64_t integer;
	double seconds;

	switch (setting->kind) {
	case SETTING_INTEGER:
		return text_integer(text, setting->low, setting->high, &integer, err);
	case SETTING_SECONDS:
		return read_seconds(text, &seconds, err);
	case SETTING_WORD:
		return check_word(setting, text, err);
	case SETTING_TEXT:
	case SETTING_LIST:
		break;
	}
	return setting->check ? setting->check(text, err) : 0;
}

const char *setting_text(const struct setting_value *values, const struct setting *setting)
{
	for (; values && values->setting; values++)
		if (values->setting == setting)
			return values->text;
	return setting->standard;
}

int64_t setting_integer(const struct setting_value *values, const struct setting *setting)
{
	const char *text = setting_text(values, setting);
	struct error ignored;
	int64_t integer = 0;

	if (text && text_integer(text, INT64_MIN, INT64_MAX, &integer, &ignored))
		return 0;
	return integer;
}

double setting_seconds(const struct setting_value *values, const struct setting *setting)
{
	const char *text = setting_text(values, setting);

	return text ? strtod(text, NULL) : 0;
}

const struct setting_value *setting_put(struct arena *arena, const struct setting_value *values,
	const struct setting *setting, const char *text)
{
	struct setting_value *list;
	size_t had = 0, count = 0;

	while (values && values[had].setting)
		had++;
	list = arena_alloc(arena, struct setting_value, had + 2);
	for (size_t i = 0; i < had; i++)
		if (values[i].setting != setting)
			list[count++] = values[i];
	if (text)
		list[count] = (struct setting_value){setting, text};
	return list;
}
