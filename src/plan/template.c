/* SPDX-License-Identifier: MIT */
/* Templates of drivers, cut into parts that stand once and parts that are repeated. */
#include "plan/template.h"

#include "base/file.h"
#include "base/text.h"

#include <string.h>

enum {
	MAX_BYTES = 256 * 1024
};

enum line_kind {
	LINE_TEXT,
	LINE_EACH_OTHERS,
	LINE_EACH_ALL,
	LINE_END,
	LINE_MISSPELT
};

struct mark {
	enum line_kind kind;
	const char *between;
};

struct cut {
	struct arena *arena;
	const char *path;
	struct template_part *parts;
	size_t count;
	const char *start; /* of the part that is being read */
	unsigned start_line, block_line;
	enum driver_each each;
	const char *between;
};

static struct mark mark_of_line(struct arena *arena, const char *line, size_t length)
{
	struct mark mark = {LINE_MISSPELT, ""};
	const char **words;
	size_t count;

	if (!memchr(line, '@', length))
		return (struct mark){LINE_TEXT, ""};
	words = text_words(arena, arena_strndup(arena, line, length), &count);
	if (count == 1 && strcmp(words[0], "@end") == 0)
		return (struct mark){LINE_END, ""};
	if (count == 0 || strcmp(words[0], "@each") != 0)
		return (struct mark){LINE_TEXT, ""};
	if (count == 4 && strcmp(words[2], "between") == 0)
		mark.between = words[3];
	else if (count != 2)
		return mark;
	if (strcmp(words[1], "others") == 0)
		mark.kind = LINE_EACH_OTHERS;
	else if (strcmp(words[1], "all") == 0)
		mark.kind = LINE_EACH_ALL;
	return mark;
}

static void end_part(struct cut *cut, const char *end)
{
	if (end > cut->start)
		cut->parts[cut->count++] = (struct template_part){cut->each,
			arena_strndup(cut->arena, cut->start, (size_t)(end - cut->start)),
			cut->between, cut->start_line};
}

/* A mark ends one part and begins the next after its own line. */
static int take_mark(struct cut *cut, const struct mark *mark, unsigned line, struct error *err)
{
	enum line_kind kind = mark->kind;
	bool in_block = cut->each != DRIVER_EACH_NONE;

	if (kind == LINE_MISSPELT)
		return fail(err, ERROR_USAGE,
			"%s:%u:1: a block starts with '@each others' or '@each all', optionally followed by 'between' and one word",
			cut->path, line);
	if (kind == LINE_END && !in_block)
		return fail(err, ERROR_USAGE, "%s:%u:1: '@end' without '@each'", cut->path, line);
	if (kind != LINE_END && in_block)
		return fail(err, ERROR_USAGE,
			"%s:%u:1: the block that starts on line %u is still open", cut->path, line,
			cut->block_line);
	cut->each = kind == LINE_END        ? DRIVER_EACH_NONE
		    : kind == LINE_EACH_ALL ? DRIVER_EACH_ALL
					    : DRIVER_EACH_OTHERS;
	cut->between = mark->between;
	cut->block_line = line;
	return 0;
}

static size_t count_marks(const char *text)
{
	size_t count = 0;

	for (const char *at = text; (at = strchr(at, '@')); at++)
		count++;
	return count;
}

int template_parse(struct arena *arena, const char *path, const char *text,
	struct template *ret_template, struct error *err)
{
	struct cut cut = {
		.arena = arena, .path = path, .start = text, .start_line = 1, .between = ""};
	unsigned line = 1;

	cut.parts = arena_alloc(arena, struct template_part, count_marks(text) + 1);
	for (const char *at = text; *at; line++) {
		size_t length = strcspn(at, "\n");
		const char *next = at + length + (at[length] == '\n');
		struct mark mark = mark_of_line(arena, at, length);

		if (mark.kind != LINE_TEXT) {
			end_part(&cut, at);
			if (take_mark(&cut, &mark, line, err))
				return -1;
			cut.start = next;
			cut.start_line = line + 1;
		}
		at = next;
	}
	if (cut.each != DRIVER_EACH_NONE)
		return fail(err, ERROR_USAGE, "%s:%u:1: this block has no '@end'", path,
			cut.block_line);
	end_part(&cut, text + strlen(text));
	*ret_template = (struct template){path, cut.parts, cut.count};
	return 0;
}

int template_load(
	struct arena *arena, const char *path, struct template *ret_template, struct error *err)
{
	char *text;
	size_t size;

	if (file_read(arena, path, MAX_BYTES, &text, &size, err)) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	if (strlen(text) != size)
		return fail(err, ERROR_USAGE,
			"%s:1:1: a template must be text, but this file contains NUL bytes", path);
	return template_parse(arena, arena_strdup(arena, path), text, ret_template, err);
}
