/* SPDX-License-Identifier: MIT */
/* What all commands answer in the same way: errors, wrong options and --help. */
#include "cli/completion.h"

#include "base/terminal.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

int cli_report(const struct error *err)
{
	fputs("meshbench: ", stderr);
	terminal_wrap(stderr, err->text, strlen("meshbench: "), 0, terminal_width(stderr));
	fputc('\n', stderr);
	switch (err->kind) {
	case ERROR_USAGE:
		return EXIT_WRONG_INPUT;
	case ERROR_MISSING:
		return EXIT_CANNOT;
	default:
		return EXIT_SOME_FAILED;
	}
}

/* Whether the line asks for completion; then it has been answered. */
static bool complete(const struct option_table *table, int argc, char *const argv[])
{
	const struct completion_shell *shell = NULL;

	if (argc == 2 && text_starts_with(argv[1], CLI_COMPLETION))
		shell = completion_shell_named(argv[1] + strlen(CLI_COMPLETION));
	if (shell)
		shell->print_command(table, stdout);
	return shell != NULL;
}

bool cli_take_options(const struct option_table *table, struct arena *arena, int argc,
	char *const argv[], struct option_result *ret_given, int *ret_status)
{
	struct error err = {0};

	if (complete(table, argc, argv)) {
		*ret_status = EXIT_MEASURED;
		return false;
	}
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
