/* SPDX-License-Identifier: MIT */
/* Names in texts of drivers: found here, given values by the engine. */
#include "plan/name.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char word_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

bool name_is_label(const char *label)
{
	size_t length = strlen(label);

	return length >= 1 && length <= 63 && label[0] != '-' && label[length - 1] != '-' &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool name_is_word(const char *word)
{
	size_t length = strlen(word);

	return length && length < sizeof(((struct name *)NULL)->object) &&
	       strchr(letters, word[0]) && word[strspn(word, word_letters)] == '\0';
}

/* Copies what stands between `text` and `end`; false when it is not a word. */
static bool take_word(char *into, size_t size, const char *text, const char *end)
{
	size_t length = (size_t)(end - text);

	if (length >= size)
		return false;
	memcpy(into, text, length);
	into[length] = '\0';
	return name_is_word(into);
}

static int parse_name(const char *text, size_t start, struct name *ret_name, struct error *err)
{
	struct name name = {.start = start};
	const char *at = text + start + 2;
	const char *close = at + strcspn(at, "} \t\r\n"), *dot;

	if (*close != '}')
		return fail(
			err, ERROR_USAGE, "'${%.*s' has no closing brace", (int)(close - at), at);
	name.end = (size_t)(close - text) + 1;
	dot = memchr(at, '.', (size_t)(close - at));
	if (!take_word(name.object, sizeof(name.object), at, dot ? dot : close) ||
		(dot && !take_word(name.member, sizeof(name.member), dot + 1, close)))
		return fail(err, ERROR_USAGE, "'%.*s' is not a name such as ${host.name}",
			(int)(name.end - start), text + start);
	*ret_name = name;
	return 1;
}

int name_next(const char *text, size_t from, struct name *ret_name, struct error *err)
{
	const char *found = strstr(text + from, "${");
	size_t start;

	if (!found)
		return 0;
	start = (size_t)(found - text);
	if (start > from && text[start - 1] == '$') {
		*ret_name = (struct name){.start = start - 1, .end = start + 2, .is_escape = true};
		return 1;
	}
	return parse_name(text, start, ret_name, err);
}
