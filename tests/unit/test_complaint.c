/* SPDX-License-Identifier: MIT */
#include "document/complaint.h"

#include "base/file.h"

#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* tests/golden/complaints: the cause, the tool and a line that it printed, between tabs. */
TEST(what_real_tools_said_has_its_cause)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	size_t lines = 0;
	char *rest, *line;

	CHECK_OK(file_read(arena, arena_printf(arena, "%s/tests/golden/complaints", root), 1 << 20,
			 &rest, NULL, &err),
		err);
	while ((line = strsep(&rest, "\n")) && *line) {
		const char *word = strsep(&line, "\t");
		enum cause expected;

		CHECK(cause_named(word, &expected) && strsep(&line, "\t") && line);
		if (complaint_cause(line, CAUSE_TOOL) != expected)
			printf("# %s: %s\n", cause_name(complaint_cause(line, CAUSE_TOOL)), line);
		CHECK(complaint_cause(line, CAUSE_TOOL) == expected);
		lines++;
	}
	CHECK(lines >= 14);
}
