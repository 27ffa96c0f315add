/* SPDX-License-Identifier: MIT */
/* What all commands answer in the same way: errors, wrong options and --help. */
#include "cli/cli.h"

#include <stdio.h>

int cli_report(const struct error *err)
{
	fprintf(stderr, "meshbench: %s\n", err->text);
	switch (err->kind) {
	case ERROR_USAGE:
		return EXIT_WRONG_INPUT;
	case ERROR_MISSING:
		return EXIT_CANNOT;
	default:
		return EXIT_SOME_FAILED;
	}
}

bool cli_take_options(const struct option_table *table, struct arena *arena, int argc,
	char *const argv[], struct option_result *ret_given, int *ret_status)
{
	struct error err = {0};

	if (options_parse(table, arena, argc, argv, ret_given, &err)) {
		*ret_status = cli_report(&err);
		return false;
	}
	if (ret_given->wants_help) {
		options_print_help(table, stdout);
		*ret_status = EXIT_MEASURED;
		return false;
	}
	return true;
}
