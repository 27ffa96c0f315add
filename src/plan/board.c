/* SPDX-License-Identifier: MIT */
/* Board files: small machines, as limits of hosts. */
#include "plan/board.h"

#include "base/text.h"
#include "plan/yaml_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_TEXT = 1024,
	MAX_PROCESSORS = 1024,
	MIB_MIN = 16, /* less than the smallest programs of a lab need */
	MIB_MAX = 1 << 20
};
/* The kernel gives out no less than a millisecond, and a host should not stop for a second. */
#define MIN_PROCESSORS 0.001

struct written_board {
	const char *title, *source, *processors, *memory;
};

#define TEXT(key, flags) CYAML_FIELD_STRING_PTR(#key, flags, struct written_board, key, 1, MAX_TEXT)
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t board_fields[] = {TEXT(title, CYAML_FLAG_POINTER),
	TEXT(source, OPTIONAL), TEXT(processors, OPTIONAL), TEXT(memory, OPTIONAL),
	CYAML_FIELD_END};
static const cyaml_schema_value_t board_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_board, board_fields)};

static int read_processors(const char *text, double *ret, struct error *err)
{
	char *end;
	double value = strtod(text, &end);

	/* No hexadecimal, infinity or blanks. */
	if (*end || text[strspn(text, "0123456789.")] || !(value >= MIN_PROCESSORS) ||
		value > MAX_PROCESSORS)
		return fail(err, ERROR_USAGE,
			"'%.70s' is not a number of processors such as 0.25; use %g to %d", text,
			MIN_PROCESSORS, MAX_PROCESSORS);
	*ret = value;
	return 0;
}

static int read_memory(struct arena *arena, const char *text, uint64_t *ret, struct error *err)
{
	size_t length = strlen(text);
	char unit = text[length - 1];
	int64_t scale = unit == 'g' ? 1024 : 1, value;
	struct error ignored;

	if ((unit != 'g' && unit != 'm') ||
		text_integer(
			arena_strndup(arena, text, length - 1), 1, MIB_MAX, &value, &ignored) ||
		value * scale < MIB_MIN || value * scale > MIB_MAX)
		return fail(err, ERROR_USAGE,
			"'%.70s' is not a size of memory such as 64m or 1g; use %dm to %dg", text,
			MIB_MIN, MIB_MAX / 1024);
	*ret = (uint64_t)(value * scale) << 20;
	return 0;
}

static int take_board(const struct yaml_file *file, const struct written_board *written,
	struct board *ret_board, struct error *err)
{
	struct arena *arena = file->arena;
	struct board board = {.name = yaml_stem(file),
		.title = arena_strdup(arena, written->title),
		.source = written->source ? arena_strdup(arena, written->source) : NULL};

	if (written->processors && read_processors(written->processors, &board.processors, err))
		return yaml_fail_in(file, yaml_child(file->root, "processors"), 0, err);
	if (written->memory && read_memory(arena, written->memory, &board.memory_bytes, err))
		return yaml_fail_in(file, yaml_child(file->root, "memory"), 0, err);
	*ret_board = board;
	return 0;
}

bool board_is_none(const struct board *board)
{
	return board->processors <= 0 && board->memory_bytes == 0;
}

const char *board_text(struct arena *arena, double processors, uint64_t memory_bytes)
{
	const char *memory = memory_bytes ? arena_printf(arena, "%.0f MB of memory",
						    (double)memory_bytes / (1 << 20))
					  : "";

	if (!(processors > 0))
		return memory;
	return arena_printf(
		arena, "%g of a processor%s%s", processors, *memory ? " and " : "", memory);
}

int board_load(struct arena *arena, const char *path, struct board *ret_board, struct error *err)
{
	struct yaml_file file;
	void *written;
	int status;

	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &board_schema, &written, err))
		return -1;
	status = take_board(&file, written, ret_board, err);
	yaml_unload(&board_schema, written);
	return status;
}
