/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/cli.h"

/*
 * Shell completion, made of the same tables that options are read by. A script is a head, the part
 * of every command, and a foot.
 */
struct completion_shell {
	const char *name; /* "bash" */
	void (*print_head)(FILE *out);
	void (*print_command)(const struct option_table *table, FILE *out);
	void (*print_foot)(FILE *out);
};

/* NULL for a shell that is not known. */
const struct completion_shell *completion_shell_named(const char *name);

/* What can stand behind an option or as an argument. */
struct completion_source {
	enum {
		COMPLETION_NOTHING,
		COMPLETION_FILES,
		COMPLETION_FOLDERS,
		COMPLETION_NAMES, /* what `meshbench list TEXT` prints first in each line */
		COMPLETION_WORDS, /* those of the text */
	} kind;
	const char *text;
};
struct completion_source completion_of_option(const struct option_row *row);
struct completion_source completion_of_arguments(const struct option_table *table);

/* completion_bash.c, completion_zsh.c, completion_fish.c */
extern const struct completion_shell completion_bash, completion_zsh, completion_fish;
