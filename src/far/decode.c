/* SPDX-License-Identifier: MIT */
/* Bytes of another machine as messages: nothing about them is trusted. */
#include "far/internal.h"

#include <math.h>
#include <string.h>

/* What is left of a frame while it is read. */
struct reader {
	const char *message; /* its name */
	const uint8_t *at;
	size_t left;
	struct arena *arena;
};

static int is_cut(const struct reader *reader, const char *name, struct error *err)
{
	return fail(
		err, ERROR_PARSE, "message '%s' is cut at its field '%s'", reader->message, name);
}

static uint64_t number_at(const uint8_t *at, unsigned bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < bytes; i++)
		number = number << 8 | at[i];
	return number;
}

static bool take(struct reader *reader, unsigned bytes, uint64_t *ret_number)
{
	if (reader->left < bytes)
		return false;
	*ret_number = number_at(reader->at, bytes);
	reader->at += bytes;
	reader->left -= bytes;
	return true;
}

static int take_number(struct reader *reader, const char *name, int64_t low, int64_t high,
	int64_t *ret_number, struct error *err)
{
	uint64_t number;

	if (!take(reader, 8, &number))
		return is_cut(reader, name, err);
	if ((int64_t)number < low || (int64_t)number > high)
		return fail(err, ERROR_PARSE, "message '%s' has %lld as its field '%s'",
			reader->message, (long long)number, name);
	*ret_number = (int64_t)number;
	return 0;
}

static int take_data(struct reader *reader, const char *name, const void **ret_data,
	size_t *ret_size, struct error *err)
{
	uint64_t size;

	if (!take(reader, FAR_HEAD_BYTES, &size) || size > reader->left)
		return is_cut(reader, name, err);
	*ret_data = arena_strndup(reader->arena, (const char *)reader->at, size);
	*ret_size = size;
	reader->at += size;
	reader->left -= size;
	return 0;
}

static int take_text(
	struct reader *reader, const char *name, const char **ret_text, struct error *err)
{
	const void *data = "";
	size_t size = 0;

	if (take_data(reader, name, &data, &size, err))
		return -1;
	if (memchr(data, '\0', size))
		return fail(err, ERROR_PARSE, "message '%s' has a NUL in its field '%s'",
			reader->message, name);
	*ret_text = data;
	return 0;
}

/* How many follow; each needs FAR_HEAD_BYTES at least, so that a lie cannot ask for much memory. */
static int take_count(
	struct reader *reader, const struct far_field *field, size_t *ret_count, struct error *err)
{
	uint64_t count;

	if (!take(reader, FAR_HEAD_BYTES, &count) || count > reader->left / FAR_HEAD_BYTES)
		return is_cut(reader, field->name, err);
	if ((int64_t)count < field->low || (int64_t)count > field->high)
		return fail(err, ERROR_PARSE, "message '%s' has %lld %s", reader->message,
			(long long)count, field->name);
	*ret_count = count;
	return 0;
}

static int take_list(struct reader *reader, const struct far_field *field,
	const char *const **ret_list, struct error *err)
{
	const char **list;
	size_t count = 0;

	if (take_count(reader, field, &count, err))
		return -1;
	list = arena_alloc(reader->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (take_text(reader, field->name, &list[i], err))
			return -1;
	}
	*ret_list = list;
	return 0;
}

static int take_seconds(
	struct reader *reader, const char *name, double *ret_seconds, struct error *err)
{
	uint64_t bits;
	double seconds;

	if (!take(reader, 8, &bits))
		return is_cut(reader, name, err);
	memcpy(&seconds, &bits, sizeof(seconds));
	if (!isfinite(seconds) || seconds < 0)
		return fail(err, ERROR_PARSE, "message '%s' has %g s as its field '%s'",
			reader->message, seconds, name);
	*ret_seconds = seconds;
	return 0;
}

static int take_thread(struct reader *reader, struct thread_usage *ret, struct error *err)
{
	int64_t pid, tid, wakeups, preemptions;
	const char *name;

	*ret = (struct thread_usage){0};
	if (take_number(reader, "pid", 1, INT32_MAX, &pid, err) ||
		take_number(reader, "tid", 1, INT32_MAX, &tid, err) ||
		take_seconds(reader, "cpu_s", &ret->cpu_s, err) ||
		take_seconds(reader, "waited_s", &ret->waited_s, err) ||
		take_number(reader, "wakeups", 0, INT64_MAX, &wakeups, err) ||
		take_number(reader, "preemptions", 0, INT64_MAX, &preemptions, err) ||
		take_text(reader, "thread name", &name, err))
		return -1;
	ret->pid = (pid_t)pid;
	ret->tid = (pid_t)tid;
	ret->wakeups = (uint64_t)wakeups;
	ret->preemptions = (uint64_t)preemptions;
	if (strlen(name) >= sizeof(ret->name))
		return fail(err, ERROR_PARSE, "message '%s' has a thread with a long name",
			reader->message);
	memcpy(ret->name, name, strlen(name));
	return 0;
}

static int take_threads(struct reader *reader, const struct far_field *field,
	struct far_message *message, struct error *err)
{
	struct thread_usage *list;
	size_t count = 0;

	if (take_count(reader, field, &count, err))
		return -1;
	list = arena_alloc(reader->arena, struct thread_usage, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (take_thread(reader, &list[i], err))
			return -1;
	}
	message->threads = list;
	message->thread_count = count;
	return 0;
}

static int take_field(struct reader *reader, const struct far_field *field,
	struct far_message *message, struct error *err)
{
	char *at = (char *)message + field->offset;

	switch (field->type) {
	case FIELD_NUMBER:
		return take_number(
			reader, field->name, field->low, field->high, (int64_t *)at, err);
	case FIELD_TEXT:
		return take_text(reader, field->name, (const char **)at, err);
	case FIELD_LIST:
		return take_list(reader, field, (const char *const **)at, err);
	case FIELD_DATA:
		return take_data(reader, field->name, &message->data, &message->size, err);
	case FIELD_THREADS:
		break;
	}
	return take_threads(reader, field, message, err);
}

static int read_body(const uint8_t *body, size_t size, enum far_direction direction,
	struct arena *arena, struct far_message *ret_message, struct error *err)
{
	struct far_message message = {.kind = size ? body[0] : 0};
	struct reader reader = {.at = body + 1, .left = size - 1, .arena = arena};
	const struct far_field *field;
	const struct far_row *row;

	if (message.kind < FAR_HELLO || message.kind >= FAR_KINDS)
		return fail(err, ERROR_PARSE, "a message is of the unknown kind %d", message.kind);
	row = &far_table[message.kind];
	reader.message = row->name;
	if (row->direction != FAR_BOTH_WAYS && row->direction != direction)
		return fail(err, ERROR_PARSE, "message '%s' came from the wrong end", row->name);
	for (size_t i = 0; (field = far_field_of(row, i)); i++) {
		if (take_field(&reader, field, &message, err))
			return -1;
	}
	if (reader.left)
		return fail(err, ERROR_PARSE, "message '%s' is %zu bytes too long", row->name,
			reader.left);
	*ret_message = message;
	return 0;
}

int far_decode(struct far_buffer *from, enum far_direction direction, struct arena *arena,
	struct far_message *ret_message, bool *ret_is_whole, struct error *err)
{
	size_t size;

	*ret_is_whole = false;
	if (from->used < FAR_HEAD_BYTES)
		return 0;
	size = number_at(from->bytes, FAR_HEAD_BYTES);
	if (size > FAR_FRAME_MOST_BYTES)
		return fail(err, ERROR_PARSE, "a message of %zu bytes is announced, more than %d",
			size, FAR_FRAME_MOST_BYTES);
	if (from->used < FAR_HEAD_BYTES + size)
		return 0;
	if (read_body(from->bytes + FAR_HEAD_BYTES, size, direction, arena, ret_message, err))
		return -1;
	far_buffer_take(from, FAR_HEAD_BYTES + size);
	*ret_is_whole = true;
	return 0;
}
