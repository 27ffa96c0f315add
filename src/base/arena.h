/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"

#include <stddef.h>

/*
 * Memory with one lifetime: everything allocated from an arena is freed together with it.
 * Allocation never returns NULL; without memory the program prints a line and aborts.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
void arena_freep(struct arena **arena); /* for AUTO(arena_freep) */

/* `count` zeroed objects of `type`. */
#define arena_alloc(arena, type, count) ((type *)arena_bytes((arena), (count), sizeof(type)))
void *arena_bytes(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
/* A NULL-terminated list of the same strings. */
#define ARENA_LIST(arena, ...) arena_list((arena), (const char *const[]){__VA_ARGS__, NULL}, NULL)
/* `list`, then those of `more`, both NULL-terminated; `more` is NULL-able. */
const char *const *arena_list(
	struct arena *arena, const char *const list[], const char *const more[]);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
