/* SPDX-License-Identifier: MIT */
/* Text into HTML and SVG. */
#include "report/output/html.h"

#include "base/fd.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			/* Control characters of a tool's output have no place in a page. */
			fputc((unsigned char)*text < ' ' && *text != '\n' && *text != '\t' ? ' '
											   : *text,
				out);
		}
	}
}

void html_printf(FILE *out, const char *fmt, ...)
{
	AUTO(text_freep) char *text = NULL;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		abort();
	html_text(out, text);
}

void html_id(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(isalnum((unsigned char)*text) || *text == '_' ? *text : '-', out);
}

void html_url(FILE *out, const char *path)
{
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/._-~", *path))
			fputc(*path, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*path);
	}
}

void html_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (strchr("<>&\"\\\n\t", *text))
			fprintf(out, "\\u%04x", (unsigned)*text);
		else
			fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('"', out);
}
