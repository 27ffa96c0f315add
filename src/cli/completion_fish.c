/* SPDX-License-Identifier: MIT */
/* Completion for fish: a line per option. */
#include "cli/completion.h"

#include <string.h>

static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++)
		fprintf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void print_head(FILE *out)
{
	fputs("# Completion of meshbench for fish, made by `meshbench completion fish`.\n"
	      "function __meshbench_names\n"
	      "\tset -l words (commandline -opc)\n"
	      "\t$words[1] list $argv[1] 2>/dev/null | string replace -r ' .*' ''\n"
	      "end\n"
	      "complete -c meshbench -f\n",
		out);
	for (size_t i = 0; i < command_count; i++) {
		fprintf(out, "complete -c meshbench -n __fish_use_subcommand -a %s -d '",
			commands[i]->name);
		print_escaped(commands[i]->about, out);
		fputs("'\n", out);
	}
}

/* `is_list`: several names between commas. */
static void print_source(struct completion_source source, bool is_list, FILE *out)
{
	switch (source.kind) {
	case COMPLETION_NOTHING:
		break;
	case COMPLETION_FILES:
		fputs(" -F", out);
		break;
	case COMPLETION_FOLDERS:
		fputs(" -a '(__fish_complete_directories)'", out);
		break;
	case COMPLETION_NAMES:
		fprintf(out,
			is_list ? " -a '(__fish_complete_list , \"__meshbench_names %s\")'"
				: " -a '(__meshbench_names %s)'",
			source.text);
		break;
	case COMPLETION_WORDS:
		fprintf(out, " -a '%s'", source.text);
		break;
	}
}

static void print_command(const struct option_table *table, FILE *out)
{
	int length = (int)strcspn(table->usage, " ");

	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (!row->help)
			continue;
		fprintf(out, "complete -c meshbench -n '__fish_seen_subcommand_from %.*s' -l %s",
			length, table->usage, row->name);
		if (row->kind != OPTION_FLAG && row->kind != OPTION_DETAIL) {
			fputs(" -r", out);
			print_source(completion_of_option(row), row->kind == OPTION_LIST, out);
		}
		fputs(" -d '", out);
		print_escaped(row->help, out);
		fputs("'\n", out);
	}
	if (completion_of_arguments(table).kind == COMPLETION_NOTHING)
		return;
	fprintf(out, "complete -c meshbench -n '__fish_seen_subcommand_from %.*s'", length,
		table->usage);
	print_source(completion_of_arguments(table), false, out);
	fputc('\n', out);
}

static void print_foot(FILE *out)
{
	(void)out;
}

const struct completion_shell completion_fish = {"fish", print_head, print_command, print_foot};
