/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* As assert(), but it does not go with NDEBUG. */
static inline void demand(bool condition)
{
	if (!condition)
		abort();
}

/* An input from which numbers are taken, byte by byte; 0 at its end. */
struct input {
	const uint8_t *data;
	size_t size;
};

static inline unsigned take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}
