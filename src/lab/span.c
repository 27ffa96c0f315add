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

static int64_t silence_after(const struct spans *spans, size_t index)
{
	return spans->list[index + 1].first_ns - spans->list[index].last_ns;
}

/* What is long stays: an outage is the longest silence. */
static void close_shortest(struct spans *spans)
{
	size_t shortest = 0;
	struct lab_span *span;

	for (size_t i = 1; i + 1 < spans->count; i++) {
		if (silence_after(spans, i) < silence_after(spans, shortest))
			shortest = i;
	}
	if (silence_after(spans, shortest) > spans->longest_closed_ns)
		spans->longest_closed_ns = silence_after(spans, shortest);
	spans->closed++;
	span = &spans->list[shortest];
	span->last_ns = span[1].last_ns;
	span->answers += span[1].answers;
	spans->count--;
	memmove(span + 1, span + 2, (spans->count - shortest - 1) * sizeof(*span));
}

/* A host that was rebooted is heard of by two programs, so an answer may be reported a little late.
 */
void spans_add(struct spans *spans, int64_t at_ns)
{
	struct lab_span *last = spans->count ? &spans->list[spans->count - 1] : NULL;

	if (last && at_ns - last->last_ns <= spans->pause_ns) {
		if (at_ns > last->last_ns)
			last->last_ns = at_ns;
		last->answers++;
		return;
	}
	if (spans->count == spans->room)
		grow(spans);
	assert(spans->list);
	spans->list[spans->count++] = (struct lab_span){at_ns, at_ns, 1};
	if (spans->count > spans->most)
		close_shortest(spans);
}

int spans_read(const char *text, struct spans spans[], size_t count,
	const struct ping_reader *pings, size_t *ret_used, struct error *err)
{
	const char *at = text;

	while (strchr(at, '\n')) {
		size_t index;
		int64_t at_ns;

		if (pings && pings_line(pings, at, &at))
			continue;
		if (!answer_line(at, count, &index, &at_ns, &at))
			return fail(err, ERROR_PARSE,
				"meshbench-watch printed '%.40s' instead of 'INDEX NANOSECONDS'",
				at);
		spans_add(&spans[index], at_ns);
	}
	*ret_used = (size_t)(at - text);
	return 0;
}
