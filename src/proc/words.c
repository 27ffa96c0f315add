/* SPDX-License-Identifier: MIT */
/* Why a program ended, by what it printed last. */
#include "proc/proc.h"

#include "base/attribute.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

static bool tells_of_an_error(const char *line)
{
	static const char *const words[] = {"error", "fatal", "unable", "cannot", "denied"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

/* Lines that begin a trace: of Go's runtime, and of Rust's ("thread 'main' panicked at x.rs:1:2:").
 */
static bool begins_trace(const char *line)
{
	static const char *const starts[] = {"panic: ", "fatal error: ",
		"unexpected fault address ", "SIGSEGV: ", "SIGBUS: ", "SIGABRT: ", "SIGILL: "};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (text_starts_with(line, starts[i]))
			return true;
	return text_starts_with(line, "thread '") && strstr(line, "' panicked at ");
}

/* Rust's reason stands in the line behind the place; then both make one. */
static char *whole_reason(char *line, char *rest)
{
	size_t length = strlen(line);

	if (rest && length && line[length - 1] == ':') {
		line[length] = ' ';
		line[length + 1 + strcspn(line + length + 1, "\n")] = '\0';
	}
	return line;
}

char *proc_last_words(char *text)
{
	char *last, *before;

	text = text_trim(text);
	if (!*text)
		return text;
	last = before = text;
	for (char *line, *rest = text; (line = strsep(&rest, "\n"));) {
		if (begins_trace(line))
			return whole_reason(line, rest);
		before = last;
		last = line;
	}
	return !tells_of_an_error(last) && tells_of_an_error(before) ? before : last;
}
