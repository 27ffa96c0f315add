/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/message.h"

enum far_field_type {
	FIELD_NUMBER,
	FIELD_TEXT,
	FIELD_LIST,
	FIELD_DATA,
	FIELD_THREADS
};

/* One field of messages, and where a struct far_message has it. */
struct far_field {
	const char *name;
	enum far_field_type type;
	size_t offset;
	int64_t low, high; /* of a number, or of how many a list has */
};

enum {
	FAR_FIELDS_MOST = 8,
	FAR_HEAD_BYTES = 4 /* before every frame, text, list and data: how much follows */
};

/* One kind of message; `fields` are indexes, in the order of their bytes. */
struct far_row {
	const char *name;
	enum far_direction direction;
	uint8_t fields[FAR_FIELDS_MOST];
};

extern const struct far_row far_table[FAR_KINDS];
/* Field `index` of a row; NULL behind the last. */
const struct far_field *far_field_of(const struct far_row *row, size_t index);
