/* SPDX-License-Identifier: MIT */
/* Makes everything printable that goes to stdout and stderr. */
#include "cli/border.h"

#include "base/fd.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CHUNK_BYTES = 4096,
	PENDING_BYTES = 2 /* of the longest sequence that is watched, before its last byte */
};

/* One of the two streams; sequences may be cut between two writes. */
struct border {
	int fd;
	unsigned char pending[PENDING_BYTES];
	size_t pending_count;
};

static bool is_control(unsigned char c)
{
	return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* Whether these bytes begin a sequence of UTF-8 that is watched. */
static bool may_continue(const unsigned char *bytes, size_t count)
{
	if (bytes[0] == 0xc2)
		return count == 1;
	return bytes[0] == 0xe2 &&
	       (count == 1 || (count == 2 && (bytes[1] == 0x80 || bytes[1] == 0x81)));
}

/*
 * C1 controls (U+0080 to U+009F), which terminals obey like escape sequences, and what overrides
 * the direction of text (U+202A to U+202E, U+2066 to U+2069).
 */
static bool is_hidden(const unsigned char *bytes, size_t count)
{
	if (count == 2 && bytes[0] == 0xc2)
		return bytes[1] >= 0x80 && bytes[1] <= 0x9f;
	if (count != 3 || bytes[0] != 0xe2)
		return false;
	return (bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae) ||
	       (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
}

/* `shown` has room for all pending bytes and this one; returns how many there are to print. */
static size_t pass(struct border *border, unsigned char c, unsigned char *shown)
{
	unsigned char sequence[PENDING_BYTES + 1];
	size_t count = border->pending_count;

	memcpy(sequence, border->pending, count);
	sequence[count++] = c;
	if (may_continue(sequence, count)) {
		memcpy(border->pending, sequence, count);
		border->pending_count = count;
		return 0;
	}
	border->pending_count = 0;
	if (is_hidden(sequence, count)) {
		shown[0] = '?';
		return 1;
	}
	/* What was pending stands for itself; the last byte is looked at alone. */
	memcpy(shown, sequence, count - 1);
	if (count > 1 && may_continue(&c, 1)) {
		border->pending[0] = c;
		border->pending_count = 1;
		return count - 1;
	}
	shown[count - 1] = is_control(c) ? '?' : c;
	return count;
}

static ssize_t write_printable(void *cookie, const char *bytes, size_t count)
{
	struct border *border = cookie;
	unsigned char shown[CHUNK_BYTES + PENDING_BYTES + 1];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		used += pass(border, (unsigned char)bytes[i], shown + used);
		if (used < CHUNK_BYTES && i + 1 < count)
			continue;
		if (fd_write_all(border->fd, shown, used))
			return 0; /* fopencookie(3): an error */
		used = 0;
	}
	return (ssize_t)count;
}

static FILE *printable(struct border *border, int fd, int buffering)
{
	FILE *stream;

	*border = (struct border){.fd = fd};
	stream = fopencookie(border, "w", (cookie_io_functions_t){.write = write_printable});
	if (stream)
		setvbuf(stream, NULL, buffering, BUFSIZ);
	return stream;
}

void border_close(void)
{
	static struct border out, errout;
	FILE *printable_out =
		printable(&out, STDOUT_FILENO, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
	FILE *printable_err = printable(&errout, STDERR_FILENO, _IONBF);

	if (printable_out)
		stdout = printable_out;
	if (printable_err)
		stderr = printable_err;
}

void border_control(const char *sequence)
{
	fflush(stderr);
	/* A terminal that is gone has nothing to show. */
	(void)!fd_write_all(STDERR_FILENO, sequence, strlen(sequence));
}
