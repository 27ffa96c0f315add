/* SPDX-License-Identifier: MIT */
/* What meshbench-reach says, read; and what it never said, named. */
#include "lab/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool answer_line(
	const char *line, size_t count, size_t *ret_index, int64_t *ret_ns, const char **ret_next)
{
	char *end = NULL;
	unsigned long index;
	long long ns;

	errno = 0;
	if (*line < '0' || *line > '9')
		return false;
	index = strtoul(line, &end, 10);
	if (errno || *end != ' ' || index >= count)
		return false;
	ns = strtoll(end + 1, &end, 10);
	if (errno || *end != '\n' || ns <= 0)
		return false;
	*ret_index = index;
	*ret_ns = ns;
	*ret_next = end + 1;
	return true;
}

int answer_read(const char *text, size_t count, int64_t first_ns[], struct error *err)
{
	while (*text) {
		size_t index;
		int64_t at_ns;

		if (!answer_line(text, count, &index, &at_ns, &text))
			return fail(err, ERROR_PARSE,
				"meshbench-reach printed '%.40s' instead of 'INDEX NANOSECONDS'",
				text);
		first_ns[index] = at_ns;
	}
	return 0;
}

size_t answer_missing(const struct lab_node nodes[], size_t count, const int64_t first_ns[],
	char *text, size_t size)
{
	enum {
		SHOWN = 6
	};
	size_t missing = 0, used = 0;

	*text = '\0';
	for (size_t i = 0; i < count * count; i++) {
		size_t from = i / count, to = i % count;

		if (from == to || first_ns[i])
			continue;
		if (missing++ < SHOWN && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s->%s",
				missing > 1 ? ", " : "", nodes[from].name, nodes[to].name);
	}
	if (missing > SHOWN && used < size)
		snprintf(text + used, size - used, " and %zu more", missing - SHOWN);
	return missing;
}
