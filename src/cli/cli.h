/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "base/options.h"

/* Exit statuses, a contract with scripts. */
enum exit_status {
	EXIT_MEASURED = 0,    /* all measured */
	EXIT_SOME_FAILED = 1, /* some cells failed, or the run was cancelled */
	EXIT_WRONG_INPUT = 2, /* the user's files or flags are wrong */
	EXIT_CANNOT = 3,      /* this machine cannot do it */
	EXIT_CANNOT_TELL = 4, /* of `ab`: neither worse nor not worse */
};

struct command {
	const char *name, *about;
	int (*run)(int argc, char *const argv[]); /* argv[0] is the command's name */
};

extern const struct command command_run, command_report, command_trend, command_compare,
	command_recompute, command_calibrate, command_install, command_link, command_check,
	command_list, command_doctor, command_clean, command_shell, command_ab, command_features,
	command_completion;
/* All of them, in the order in which they are explained. */
extern const struct command *const commands[];
extern const size_t command_count;

/* Prints "meshbench: ..." to stderr and returns the exit status that the error stands for. */
int cli_report(const struct error *err);
/* With a shell's name behind it, as its only option: the command prints its part of a script. */
#define CLI_COMPLETION "--completion="

/* Reads a command's line; false when that was all, with the exit status: --help or an error. */
bool cli_take_options(const struct option_table *table, struct arena *arena, int argc,
	char *const argv[], struct option_result *ret_given, int *ret_status);
