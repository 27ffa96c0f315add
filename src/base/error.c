/* SPDX-License-Identifier: MIT */
/* Errors as values: a kind, an errno and a sentence that names the attempt; no allocation. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *error_kind_name(enum error_kind kind)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none",
		[ERROR_USAGE] = "usage",
		[ERROR_SYSTEM] = "system",
		[ERROR_MISSING] = "missing",
		[ERROR_TOOL] = "tool",
		[ERROR_CRASHED] = "crashed",
		[ERROR_TIMEOUT] = "timeout",
		[ERROR_PARSE] = "parse",
		[ERROR_HOST] = "host",
		[ERROR_MEMORY] = "memory",
		[ERROR_LOST] = "lost",
		[ERROR_CANCELLED] = "cancelled",
	};

	return names[kind];
}

int fail(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list args;

	err->kind = kind;
	err->sys_errno = 0;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int fail_errno(struct error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list args;
	size_t used;

	err->kind = ERROR_SYSTEM;
	err->sys_errno = saved;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerrordesc_np(saved));
	return -1;
}

int fail_in(struct error *err, const char *fmt, ...)
{
	char before[sizeof(err->text)];
	va_list args;
	size_t used;

	memcpy(before, err->text, sizeof(before));
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", before);
	return -1;
}
