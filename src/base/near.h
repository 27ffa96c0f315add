/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <stddef.h>

/* The name that was probably meant, or NULL; `next` yields the names one by one, then NULL. */
const char *near_name(const char *word, const char *(*next)(const void *context, size_t index),
	const void *context);
/* The same for the end of a complaint about the word: "; did you mean 'NAME'?", or "". */
const char *near_hint(struct arena *arena, const char *word,
	const char *(*next)(const void *context, size_t index), const void *context);
