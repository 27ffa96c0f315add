/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One row of an option table: parsing and --help both come from it. */
enum option_kind {
	OPTION_FLAG,    /* bool */
	OPTION_TEXT,    /* const char * */
	OPTION_DETAIL,  /* const char *: --name alone is "", and --name=text the text */
	OPTION_LIST,    /* const char *const *: words between commas; given twice, they add up */
	OPTION_INTEGER, /* int64_t, within low..high */
	OPTION_SECONDS, /* double above zero */
	OPTION_PERCENT, /* double above zero, at most 100 */
};

struct option_row {
	const char *name;     /* "repeat" for --repeat */
	const char *argument; /* "N"; NULL for flags */
	const char *help;     /* NULL: --help does not show it */
	enum option_kind kind;
	void *target;
	bool *is_given; /* NULL-able */
	int64_t low, high;
};

struct option_table {
	const char *program;  /* NULL: meshbench */
	const char *usage;    /* "run [PLAN] [OPTION]..." */
	const char *about;    /* a sentence or two */
	const char *examples; /* whole command lines, each ended by a newline; NULL-able */
	const struct option_row *rows;
	size_t count;
	size_t arguments_min, arguments_max;
};

struct option_result {
	const char *const *arguments; /* words that are not options, NULL-terminated */
	size_t argument_count;
	const char *const *command; /* what stands behind "--", or NULL */
	bool wants_help;
};

/* argv[0] is skipped: the name of the command or the program. Errors are ERROR_USAGE and name the
 * option. */
MUST_CHECK int options_parse(const struct option_table *table, struct arena *arena, int argc,
	char *const argv[], struct option_result *ret_result, struct error *err);
void options_print_help(const struct option_table *table, FILE *out);
