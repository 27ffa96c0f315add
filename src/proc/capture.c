/* SPDX-License-Identifier: MIT */
/* Bounded capture of one output stream: how it began and how it ended. */
#include "proc/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void capture_init(struct capture *capture, int fd, size_t limit)
{
	*capture = (struct capture){.fd = fd, .limit = limit};
}

void capture_done(struct capture *capture)
{
	if (capture->fd >= 0)
		close(capture->fd);
	capture->fd = -1;
	free(capture->data);
	capture->data = NULL;
}

/* Room for `size` more bytes and a NUL; grows by doubling so that long outputs stay linear. */
static void reserve(struct capture *capture, size_t size)
{
	size_t needed = capture->used + size + 1;
	size_t reserved = capture->reserved ? capture->reserved : 4096;

	if (needed <= capture->reserved)
		return;
	while (reserved < needed)
		reserved *= 2;
	capture->data = realloc(capture->data, reserved);
	if (!capture->data) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	capture->reserved = reserved;
}

/* Keeps the first half of the limit for ever and lets the rest move down over what is oldest. */
static void make_room(struct capture *capture, size_t size)
{
	size_t head = capture->limit / 2;
	size_t excess;

	if (capture->used + size <= capture->limit)
		return;
	excess = capture->used + size - capture->limit;
	if (excess > capture->used - head)
		excess = capture->used - head;
	memmove(capture->data + head, capture->data + head + excess, capture->used - head - excess);
	capture->used -= excess;
	capture->dropped += excess;
}

/* A part of it at a time, so that the end of a large block is kept and its middle dropped. */
void capture_add(struct capture *capture, const void *data, size_t size)
{
	size_t tail = capture->limit - capture->limit / 2;
	const char *at = data;

	while (size) {
		size_t part = size < tail ? size : tail;

		make_room(capture, part);
		reserve(capture, part);
		memcpy(capture->data + capture->used, at, part);
		capture->used += part;
		capture->data[capture->used] = '\0';
		at += part;
		size -= part;
	}
}

const char *capture_text(const struct capture *capture)
{
	return capture->data ? capture->data : "";
}
