/* SPDX-License-Identifier: MIT */
/* Arenas: chunks of memory that are filled from the front and freed all at once. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK_BYTES = 16 * 1024
};

struct chunk {
	struct chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct chunk *chunks;
};

static void *must_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	return memory;
}

struct arena *arena_new(void)
{
	return must_alloc(sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->chunks) {
		struct chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	free(arena);
}

void arena_freep(struct arena **arena)
{
	arena_free(*arena);
	*arena = NULL;
}

void *arena_bytes(struct arena *arena, size_t count, size_t size)
{
	struct chunk *chunk = arena->chunks;
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size, &total) ||
		__builtin_add_overflow(total, alignof(max_align_t) - 1, &total)) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	total = total / alignof(max_align_t) * alignof(max_align_t);
	if (!chunk || chunk->size - chunk->used < total) {
		size_t bytes = total > CHUNK_BYTES ? total : CHUNK_BYTES;

		chunk = must_alloc(sizeof(*chunk) + bytes);
		chunk->size = bytes;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	memory = chunk->bytes + chunk->used;
	chunk->used += total;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_bytes(arena, length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int length;

	va_start(args, fmt);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = arena_bytes(arena, (size_t)length + 1, 1);
	vsnprintf(text, (size_t)length + 1, fmt, again);
	va_end(again);
	return text;
}

static size_t length_of(const char *const list[])
{
	size_t length = 0;

	while (list && list[length])
		length++;
	return length;
}

const char *const *arena_list(
	struct arena *arena, const char *const list[], const char *const more[])
{
	size_t count = length_of(list), added = length_of(more);
	const char **joined = arena_alloc(arena, const char *, count + added + 1);

	memcpy(joined, list, count * sizeof(*list));
	if (added)
		memcpy(joined + count, more, added * sizeof(*more));
	return joined;
}
