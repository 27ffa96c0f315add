/* SPDX-License-Identifier: MIT */
#include "far/buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BYTES = 4096
};

void far_buffer_add(struct far_buffer *buffer, const void *data, size_t size)
{
	size_t needed = buffer->used + size;
	size_t reserved = buffer->reserved ? buffer->reserved : FIRST_BYTES;

	if (!size)
		return;
	while (reserved < needed)
		reserved *= 2;
	if (reserved > buffer->reserved) {
		buffer->bytes = realloc(buffer->bytes, reserved);
		buffer->reserved = reserved;
	}
	if (!buffer->bytes) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	memcpy(buffer->bytes + buffer->used, data, size);
	buffer->used = needed;
}

void far_buffer_take(struct far_buffer *buffer, size_t size)
{
	assert(size <= buffer->used);
	if (size)
		memmove(buffer->bytes, buffer->bytes + size, buffer->used - size);
	buffer->used -= size;
}

void far_buffer_done(struct far_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct far_buffer){0};
}
