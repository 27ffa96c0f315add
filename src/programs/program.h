/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/options.h"
#include "record/cause.h"

/* What a program can do: a verb as its first argument, or with `name` NULL all that it does. */
struct program_verb {
	const char *name;
	struct option_table table; /* .program is filled in */
	int (*run)(const struct option_result *given, struct error *err);
	bool explains_itself; /* what it prints has an error and its cause already */
};

/*
 * Runs the verb that the command line names. Says why it failed on stderr and, as a JSON document
 * {error, cause}, on stdout. Exit status: 0, 1 when the thing that was asked for failed
 * (ERROR_TOOL), 2 for a wrong command line, 3 for all else.
 */
int program_main(const char *program, const struct program_verb verbs[], size_t count, int argc,
	char *const argv[]);

/* The cause that an error of a program that talks to another host stands for. */
enum cause program_cause(const struct error *err);
