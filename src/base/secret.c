/* SPDX-License-Identifier: MIT */
/* Secrets: the list of values that are masked in everything we write for people. */
#include "base/secret.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum {
	SHORTEST_SECRET = 8
};

struct secret {
	const struct secret *next;
	const char *value;
	size_t length;
};

struct secrets {
	struct arena *arena;
	const struct secret *first; /* longest first, so that no secret hides behind its prefix */
};

struct secrets *secrets_new(void)
{
	struct arena *arena = arena_new();
	struct secrets *secrets = arena_alloc(arena, struct secrets, 1);

	secrets->arena = arena;
	return secrets;
}

void secrets_free(struct secrets *secrets)
{
	if (secrets)
		arena_free(secrets->arena);
}

static void add_line(struct secrets *secrets, const char *line, size_t length)
{
	struct secret *added;
	const struct secret **at = &secrets->first;

	if (length < SHORTEST_SECRET)
		return;
	while (*at && (*at)->length > length)
		at = (const struct secret **)&(*at)->next;
	added = arena_alloc(secrets->arena, struct secret, 1);
	added->value = arena_strndup(secrets->arena, line, length);
	added->length = length;
	added->next = *at;
	*at = added;
}

/* Logs are masked line by line, so a secret of several lines is kept as its lines. */
void secrets_add(struct secrets *secrets, const char *value)
{
	while (*value) {
		size_t length = strcspn(value, "\n");

		add_line(secrets, value, length);
		value += length + (value[length] == '\n');
	}
}

void secrets_mask(const struct secrets *secrets, char *text)
{
	if (!secrets)
		return;
	for (const struct secret *secret = secrets->first; secret; secret = secret->next) {
		char *at = text;

		while ((at = strstr(at, secret->value))) {
			memset(at, '*', 3);
			memmove(at + 3, at + secret->length, strlen(at + secret->length) + 1);
			at += 3;
		}
	}
}
