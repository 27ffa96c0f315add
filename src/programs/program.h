#pragma once

#include "base/options.h"

/* What a program can do: a verb as its first argument, or with `name` NULL all that it does. */
struct program_verb {
	const char *name;
	struct option_table table; /* .program is filled in */
	int (*run)(const struct option_result *given, struct error *err);
};

/*
 * Runs the verb that the command line names, and says why it failed. Exit status: 0, 1 when the
 * thing that was asked for failed (ERROR_TOOL), 2 for a wrong command line, 3 for all else.
 */
int program_main(const char *program, const struct program_verb verbs[], size_t count, int argc,
	char *const argv[]);
