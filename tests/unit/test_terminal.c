/* SPDX-License-Identifier: MIT */
#include "base/terminal.h"

#include "base/arena.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const char *wrapped(
	struct arena *arena, const char *text, size_t column, size_t indent, size_t width)
{
	char *buffer = NULL;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);
	const char *kept;

	terminal_wrap(out, text, column, indent, width);
	fclose(out);
	kept = arena_strdup(arena, buffer);
	free(buffer);
	return kept;
}

TEST(lines_end_between_words_and_are_as_long_as_the_terminal_is_wide)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(wrapped(arena, "one two three", 0, 0, 7), "one two\nthree") == 0);
	CHECK(strcmp(wrapped(arena, "one two three", 0, 0, 6), "one\ntwo\nthree") == 0);
	CHECK(strcmp(wrapped(arena, "one two", 4, 2, 7), "one\n  two") == 0);
	CHECK(strcmp(wrapped(arena, "one two", 0, 0, 0), "one two") == 0);
}

TEST(a_line_that_ends_by_itself_is_kept_and_so_are_its_blanks)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(wrapped(arena, "one\ntwo  three\n", 0, 0, 0), "one\ntwo  three\n") == 0);
	CHECK(strcmp(wrapped(arena, "aaaa\nbb cc", 0, 0, 5), "aaaa\nbb cc") == 0);
}

TEST(a_word_that_is_too_long_is_not_cut)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(wrapped(arena, "incomprehensible it is", 0, 0, 5),
		      "incomprehensible\nit is") == 0);
}

TEST(a_character_takes_a_column_and_not_as_many_as_it_has_bytes)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(terminal_columns("µs") == 2);
	CHECK(strcmp(wrapped(arena, "10 µs", 0, 0, 5), "10 µs") == 0);
}

TEST(a_line_that_is_drawn_over_is_cut_between_characters)
{
	char line[] = "10 µs left";

	terminal_fit(line, 0);
	CHECK(strcmp(line, "10 µs left") == 0);
	terminal_fit(line, 4);
	CHECK(strcmp(line, "10 µ") == 0);
	terminal_fit(line, 9);
	CHECK(strcmp(line, "10 µ") == 0);
}

TEST(a_stream_that_is_not_a_terminal_has_any_width_unless_the_user_says_so)
{
	char *buffer = NULL;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	unsetenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): one thread */
	CHECK(terminal_width(out) == 0);
	setenv("COLUMNS", "80", 1); /* NOLINT(concurrency-mt-unsafe): one thread */
	CHECK(terminal_width(out) == 80);
	setenv("COLUMNS", "3", 1); /* NOLINT(concurrency-mt-unsafe): one thread */
	CHECK(terminal_width(out) == 40);
	fclose(out);
	free(buffer);
}
