/* SPDX-License-Identifier: MIT */
/* Messages as bytes. */
#include "far/internal.h"

#include <string.h>

static void put(struct far_buffer *to, uint64_t number, unsigned bytes)
{
	uint8_t text[sizeof(number)];

	for (unsigned i = 0; i < bytes; i++)
		text[i] = (uint8_t)(number >> (8 * (bytes - 1 - i)));
	far_buffer_add(to, text, bytes);
}

static void put_data(struct far_buffer *to, const void *data, size_t size)
{
	put(to, size, FAR_HEAD_BYTES);
	far_buffer_add(to, data, size);
}

static void put_text(struct far_buffer *to, const char *text)
{
	put_data(to, text, text ? strlen(text) : 0);
}

static void put_list(struct far_buffer *to, const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	put(to, count, FAR_HEAD_BYTES);
	for (size_t i = 0; i < count; i++)
		put_text(to, list[i]);
}

static void put_seconds(struct far_buffer *to, double seconds)
{
	uint64_t bits;

	_Static_assert(sizeof(bits) == sizeof(seconds), "IEEE 754, as on every Linux");
	memcpy(&bits, &seconds, sizeof(bits));
	put(to, bits, 8);
}

static void put_threads(struct far_buffer *to, const struct far_message *message)
{
	put(to, message->thread_count, FAR_HEAD_BYTES);
	for (size_t i = 0; i < message->thread_count; i++) {
		const struct thread_usage *thread = &message->threads[i];

		put(to, (uint64_t)thread->pid, 8);
		put(to, (uint64_t)thread->tid, 8);
		put_seconds(to, thread->cpu_s);
		put_seconds(to, thread->waited_s);
		put(to, thread->wakeups, 8);
		put(to, thread->preemptions, 8);
		put_text(to, thread->name);
	}
}

static void put_field(
	struct far_buffer *to, const struct far_message *message, const struct far_field *field)
{
	const char *at = (const char *)message + field->offset;

	switch (field->type) {
	case FIELD_NUMBER:
		put(to, (uint64_t) * (const int64_t *)at, 8);
		break;
	case FIELD_TEXT:
		put_text(to, *(const char *const *)at);
		break;
	case FIELD_LIST:
		put_list(to, *(const char *const *const *)at);
		break;
	case FIELD_DATA:
		put_data(to, message->data, message->size);
		break;
	case FIELD_THREADS:
		put_threads(to, message);
		break;
	}
}

int far_encode(const struct far_message *message, struct far_buffer *to, struct error *err)
{
	const struct far_row *row = &far_table[message->kind];
	size_t begin = to->used, size;
	const struct far_field *field;

	put(to, 0, FAR_HEAD_BYTES);
	put(to, message->kind, 1);
	for (size_t i = 0; (field = far_field_of(row, i)); i++)
		put_field(to, message, field);
	size = to->used - begin - FAR_HEAD_BYTES;
	if (size > FAR_FRAME_MOST_BYTES) {
		to->used = begin;
		return fail(err, ERROR_USAGE,
			"message '%s' has %zu bytes, more than the %d that a connection carries",
			row->name, size, FAR_FRAME_MOST_BYTES);
	}
	for (unsigned i = 0; i < FAR_HEAD_BYTES; i++)
		to->bytes[begin + i] = (uint8_t)(size >> (8 * (FAR_HEAD_BYTES - 1 - i)));
	return 0;
}
