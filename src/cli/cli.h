#pragma once

#include "base/error.h"

/* Exit statuses, a contract with scripts. */
enum exit_status {
	EXIT_MEASURED = 0,    /* all measured */
	EXIT_SOME_FAILED = 1, /* some cells failed, or the run was cancelled */
	EXIT_WRONG_INPUT = 2, /* the user's files or flags are wrong */
	EXIT_CANNOT = 3,      /* this machine cannot do it */
};

struct command {
	const char *name, *about;
	int (*run)(int argc, char *const argv[]); /* argv[0] is the command's name */
};

extern const struct command command_run, command_check, command_list, command_doctor, command_shell,
	command_link, command_calibrate;

/* Prints "meshbench: ..." to stderr and returns the exit status that the error stands for. */
int cli_report(const struct error *err);
