/* SPDX-License-Identifier: MIT */
/* Completion for zsh: one _arguments per command. */
#include "cli/completion.h"

#include <string.h>

/* Inside single quotes and the brackets of a specification. */
static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_head(FILE *out)
{
	fputs("#compdef meshbench\n"
	      "# Completion of meshbench for zsh, made by `meshbench completion zsh`.\n"
	      "_meshbench_names() {\n"
	      "\tlocal -a names\n"
	      "\tnames=(${${(f)\"$($_meshbench_program list $1 2>/dev/null)\"}%% *})\n"
	      "\t_values -s , $1 $names\n"
	      "}\n"
	      "_meshbench() {\n"
	      "\tlocal _meshbench_program=$words[1]\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
		out);
	for (size_t i = 0; i < command_count; i++) {
		fprintf(out, "\t\t'%s:", commands[i]->name);
		print_escaped(commands[i]->about, out);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif (( CURRENT == 2 )); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tshift words\n"
	      "\t(( CURRENT-- ))\n"
	      "\tcase $words[1] in\n",
		out);
}

static void print_source(struct completion_source source, FILE *out)
{
	switch (source.kind) {
	case COMPLETION_NOTHING:
		fputc(' ', out);
		break;
	case COMPLETION_FILES:
		fputs("_files", out);
		break;
	case COMPLETION_FOLDERS:
		fputs("_files -/", out);
		break;
	case COMPLETION_NAMES:
		/* The blank keeps _arguments from handing on options of its own. */
		fprintf(out, " _meshbench_names %s", source.text);
		break;
	case COMPLETION_WORDS:
		fprintf(out, "(%s)", source.text);
		break;
	}
}

static void print_row(const struct option_row *row, FILE *out)
{
	bool takes_value = row->kind != OPTION_FLAG && row->kind != OPTION_DETAIL;

	fprintf(out, " \\\n\t\t\t'%s--%s%s[", row->kind == OPTION_LIST ? "*" : "", row->name,
		takes_value ? "=" : "");
	print_escaped(row->help, out);
	fputc(']', out);
	if (takes_value) {
		fputc(':', out);
		print_escaped(row->argument, out);
		fputc(':', out);
		print_source(completion_of_option(row), out);
	}
	fputc('\'', out);
}

static void print_command(const struct option_table *table, FILE *out)
{
	fprintf(out, "\t%.*s)\n\t\t_arguments", (int)strcspn(table->usage, " "), table->usage);
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].help)
			print_row(&table->rows[i], out);
	fputs(" \\\n\t\t\t'--help[explain the command]'", out);
	if (table->arguments_max) {
		fputs(" \\\n\t\t\t'*:argument:", out);
		print_source(completion_of_arguments(table), out);
		fputc('\'', out);
	}
	fputs("\n\t\t;;\n", out);
}

static void print_foot(FILE *out)
{
	/* Found on fpath, the file is the function; sourced, it has to say so. */
	fputs("\tesac\n}\n"
	      "if [[ $funcstack[1] == _meshbench ]]; then _meshbench \"$@\"; else compdef _meshbench meshbench; fi\n",
		out);
}

const struct completion_shell completion_zsh = {"zsh", print_head, print_command, print_foot};
