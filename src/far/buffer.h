/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes in a row that grow at their end and are taken from their start; {0} is empty. */
struct far_buffer {
	uint8_t *bytes;
	size_t used, reserved;
};

void far_buffer_add(struct far_buffer *buffer, const void *data, size_t size);
/* Removes the first `size` bytes. */
void far_buffer_take(struct far_buffer *buffer, size_t size);
void far_buffer_done(struct far_buffer *buffer);
