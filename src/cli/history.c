/* SPDX-License-Identifier: MIT */
/* The options that add what was measured to a history. */
#include "cli/history.h"

#include <string.h>

size_t history_options(struct history_request *request, struct option_row *rows)
{
	const struct option_row own[HISTORY_OPTIONS] = {
		{"history", "FILE", "add the figures as a line to a file that `trend` reads",
			OPTION_TEXT, &request->file, NULL, 0, 0},
		{"commit", "TEXT", "with --history: which commit was measured", OPTION_TEXT,
			&request->commit, NULL, 0, 0},
	};

	memcpy(rows, own, sizeof(own));
	return HISTORY_OPTIONS;
}

int history_check(const struct history_request *request, struct error *err)
{
	if (request->commit && !request->file)
		return fail(err, ERROR_USAGE,
			"--commit says what a line of a history is about; add --history FILE");
	return 0;
}

int history_add(const struct history_request *request, struct history_run run, struct error *err)
{
	if (!request->file)
		return 0;
	run.commit = request->commit;
	if (history_append(request->file, &run, err))
		return -1;
	fprintf(stderr, "meshbench: the figures were added to %s\n", request->file);
	return 0;
}
