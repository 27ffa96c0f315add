/* SPDX-License-Identifier: MIT */
/* meshbench completion: a script that teaches a shell our commands and options. */
#include "cli/completion.h"

#include <stdio.h>

static const struct option_table table = {.usage = "completion SHELL",
	.about =
		"Prints the completion script of bash, zsh or fish. Installed packages have it already.",
	.examples =
		"meshbench completion bash >~/.local/share/bash-completion/completions/meshbench\n"
		"meshbench completion fish >~/.config/fish/completions/meshbench.fish\n",
	.arguments_min = 1,
	.arguments_max = 1};

/* Each command knows its table; asked like this it prints its part, see cli_take_options(). */
static void print_part(const struct command *command, const struct completion_shell *shell)
{
	char option[64];
	char *argv[] = {(char[]){"completion"}, option, NULL};

	snprintf(option, sizeof(option), "%s%s", CLI_COMPLETION, shell->name);
	command->run(2, argv);
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct completion_shell *shell;
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	shell = completion_shell_named(given.arguments[0]);
	if (!shell) {
		fail(&err, ERROR_USAGE, "no completion for '%s'; use bash, zsh or fish",
			given.arguments[0]);
		return cli_report(&err);
	}
	shell->print_head(stdout);
	for (size_t i = 0; i < command_count; i++)
		print_part(commands[i], shell);
	shell->print_foot(stdout);
	return EXIT_MEASURED;
}

const struct command command_completion = {
	"completion", "print the completion script of a shell", run};
