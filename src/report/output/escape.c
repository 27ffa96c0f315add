/* SPDX-License-Identifier: MIT */
/* Text of any origin in Markdown, LaTeX and CSV. */
#include "report/output/escape.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static void put(FILE *out, char c)
{
	fputc(is_control(c) ? '?' : c, out);
}

void escape_markdown(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\`|[<&", *text))
			fputc('\\', out);
		put(out, *text);
	}
}

void escape_markdown_code(FILE *out, const char *text)
{
	for (; *text; text++)
		put(out, (char)(*text == '`' ? '\'' : *text));
}

void escape_latex(FILE *out, const char *text)
{
	static const struct {
		char c;
		const char *latex;
	} special[] = {{'\\', "\\textbackslash{}"}, {'^', "\\textasciicircum{}"},
		{'~', "\\textasciitilde{}"}, {'<', "\\textless{}"}, {'>', "\\textgreater{}"},
		{'|', "\\textbar{}"}, {'"', "\\textquotedbl{}"}};

	for (; *text; text++) {
		size_t i = 0;

		while (i < sizeof(special) / sizeof(*special) && special[i].c != *text)
			i++;
		if (i < sizeof(special) / sizeof(*special)) {
			fputs(special[i].latex, out);
			continue;
		}
		if (strchr("&%$#_{}", *text))
			fputc('\\', out);
		put(out, *text);
	}
}

void escape_csv(FILE *out, const char *text)
{
	/* A spreadsheet computes what begins so; the apostrophe makes it text there. */
	const char *guard = *text && strchr("=+-@", *text) ? "'" : "";

	if (!strpbrk(text, ",\"\r\n")) {
		fputs(guard, out);
		for (; *text; text++)
			put(out, *text);
		return;
	}
	fprintf(out, "\"%s", guard);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		if (*text == '\n' || *text == '\r')
			fputc(*text, out);
		else
			put(out, *text);
	}
	fputc('"', out);
}
