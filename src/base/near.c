/* SPDX-License-Identifier: MIT */
/* What the user probably meant: names within two edits of what was written. */
#include "base/near.h"

#include <string.h>

enum {
	MAX_WORD = 64,
	MAX_EDITS = 2
};

static size_t least(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance; both words are shorter than MAX_WORD. */
static size_t edits(const char *a, const char *b)
{
	size_t row[MAX_WORD + 1], length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *near_name(const char *word, const char *(*next)(const void *context, size_t index),
	const void *context)
{
	const char *name, *best = NULL;
	size_t fewest = MAX_EDITS + 1;

	if (strlen(word) >= MAX_WORD)
		return NULL;
	for (size_t i = 0; (name = next(context, i)); i++) {
		size_t distance = strlen(name) < MAX_WORD ? edits(word, name) : fewest;

		if (distance < fewest && distance < strlen(name)) {
			fewest = distance;
			best = name;
		}
	}
	return best;
}

const char *near_hint(struct arena *arena, const char *word,
	const char *(*next)(const void *context, size_t index), const void *context)
{
	const char *meant = near_name(word, next, context);

	return meant ? arena_printf(arena, "; did you mean '%s'?", meant) : "";
}
