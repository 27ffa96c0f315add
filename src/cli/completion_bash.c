/* SPDX-License-Identifier: MIT */
/* Completion for bash: a function that asks which command it is in. */
#include "cli/completion.h"

#include <string.h>

/* Names are read, never expanded: a plan may be called anything. */
static const char helpers[] =
	"# Completion of meshbench for bash, made by `meshbench completion bash`.\n"
	"_meshbench_words() {\n"
	"\tlocal before= word words\n"
	"\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	"\tread -r -d '' -a words <<<\"$1\"\n"
	"\tfor word in \"${words[@]}\"; do\n"
	"\t\t[[ $word == \"${cur##*,}\"* ]] && COMPREPLY+=(\"$before$word\")\n"
	"\tdone\n"
	"}\n"
	"_meshbench_names() {\n"
	"\t_meshbench_words \"$(\"${COMP_WORDS[0]}\" list \"$1\" 2>/dev/null | cut -d' ' -f1)\"\n"
	"}\n"
	"_meshbench_paths() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
	"}\n"
	"_meshbench() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tCOMPREPLY=()\n"
	"\tif ((COMP_CWORD == 1)); then\n"
	"\t\t_meshbench_words '";

static void print_head(FILE *out)
{
	fputs(helpers, out);
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, "%s ", commands[i]->name);
	fputs("help --version'\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", out);
}

static void print_source(struct completion_source source, FILE *out)
{
	switch (source.kind) {
	case COMPLETION_NOTHING:
		fputs(":", out);
		break;
	case COMPLETION_FILES:
		fputs("_meshbench_paths -f", out);
		break;
	case COMPLETION_FOLDERS:
		fputs("_meshbench_paths -d", out);
		break;
	case COMPLETION_NAMES:
		fprintf(out, "_meshbench_names %s", source.text);
		break;
	case COMPLETION_WORDS:
		fprintf(out, "_meshbench_words '%s'", source.text);
		break;
	}
}

static void print_command(const struct option_table *table, FILE *out)
{
	fprintf(out, "\t%.*s)\n\t\tcase $prev in\n", (int)strcspn(table->usage, " "), table->usage);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (!row->help || row->kind == OPTION_FLAG || row->kind == OPTION_DETAIL)
			continue;
		fprintf(out, "\t\t--%s) ", row->name);
		print_source(completion_of_option(row), out);
		fputs("; return ;;\n", out);
	}
	fputs("\t\tesac\n\t\tif [[ $cur == -* ]]; then\n\t\t\t_meshbench_words '", out);
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].help)
			fprintf(out, "--%s ", table->rows[i].name);
	fputs("--help'\n\t\telse\n\t\t\t", out);
	print_source(completion_of_arguments(table), out);
	fputs("\n\t\tfi\n\t\t;;\n", out);
}

static void print_foot(FILE *out)
{
	fputs("\tesac\n}\ncomplete -F _meshbench meshbench\n", out);
}

const struct completion_shell completion_bash = {"bash", print_head, print_command, print_foot};
