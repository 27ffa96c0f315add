/* SPDX-License-Identifier: MIT */
/* Answers that came one after another without a pause, as one stretch. */
#include "lab/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void grow(struct spans *spans)
{
	spans->room = spans->room ? 2 * spans->room : 8;
	spans->list = reallocarray(spans->list, spans->room, sizeof(*spans->list));
	if (!spans->list) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
}

/* A host that was rebooted is heard of by two programs, so an answer may be reported a little late.
 */
void spans_add(struct spans *spans, int64_t at_ns)
{
	struct lab_span *last = spans->count ? &spans->list[spans->count - 1] : NULL;

	if (last && at_ns - last->last_ns <= LAB_WATCH_PAUSE_NS) {
		if (at_ns > last->last_ns)
			last->last_ns = at_ns;
		last->answers++;
		return;
	}
	if (spans->count == spans->room)
		grow(spans);
	assert(spans->list);
	spans->list[spans->count++] = (struct lab_span){at_ns, at_ns, 1};
}

int spans_read(
	const char *text, struct spans spans[], size_t count, size_t *ret_used, struct error *err)
{
	const char *at = text;

	while (strchr(at, '\n')) {
		size_t index;
		int64_t at_ns;

		if (!answer_line(at, count, &index, &at_ns, &at))
			return fail(err, ERROR_PARSE,
				"meshbench-watch printed '%.40s' instead of 'INDEX NANOSECONDS'",
				at);
		spans_add(&spans[index], at_ns);
	}
	*ret_used = (size_t)(at - text);
	return 0;
}
