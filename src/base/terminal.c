/* SPDX-License-Identifier: MIT */
/* What people read on a terminal: how wide that is, and texts that break between words. */
#include "base/terminal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	NARROWEST = 40,
	WIDEST = 400
};

/* Streams that stand for the standard ones may have no descriptor (cli/border.h). */
static int descriptor_of(FILE *out)
{
	return out == stdout ? STDOUT_FILENO : out == stderr ? STDERR_FILENO : fileno(out);
}

size_t terminal_width(FILE *out)
{
	const char *columns =
		getenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */
	long width = columns ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (width <= 0 && ioctl(descriptor_of(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width <= 0)
		return 0;
	return (size_t)(width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width);
}

/* Not the second or a further byte of one. */
static bool is_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t columns_of(const char *text, size_t bytes)
{
	size_t columns = 0;

	for (size_t i = 0; i < bytes; i++)
		columns += is_character(text[i]);
	return columns;
}

size_t terminal_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

void terminal_fit(char *text, size_t width)
{
	size_t columns = 0;

	for (; width && *text && columns + is_character(*text) <= width; text++)
		columns += is_character(*text);
	if (width)
		*text = '\0';
}

void terminal_wrap(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool is_first = true; /* of its line, before which nothing breaks */

	while (*text) {
		size_t length = strcspn(text, " \n"), columns = columns_of(text, length);

		if (!is_first && width && column + 1 + columns > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += columns;
		is_first = text[length] == '\n';
		if (is_first) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		text += length + (text[length] != '\0');
	}
}
