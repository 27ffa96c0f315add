/* SPDX-License-Identifier: MIT */
/* Command lines: one table per command says what can stand there and what it means. */
#include "base/options.h"

#include "base/near.h"
#include "base/terminal.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	HELP_COLUMN = 26
};

static const char *program_of(const struct option_table *table)
{
	return table->program ? table->program : "meshbench";
}

static const struct option_row *find_row(
	const struct option_table *table, const char *name, size_t length)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strlen(table->rows[i].name) == length &&
			strncmp(table->rows[i].name, name, length) == 0)
			return &table->rows[i];
	}
	return NULL;
}

static int set_list(
	const struct option_row *row, struct arena *arena, const char *text, struct error *err)
{
	const char *const **target = row->target;
	size_t had = 0, count = 1;
	const char **list;

	while (*target && (*target)[had])
		had++;
	for (const char *at = text; *at; at++)
		count += *at == ',';
	list = arena_alloc(arena, const char *, had + count + 1);
	for (size_t i = 0; i < had; i++)
		list[i] = (*target)[i];
	for (size_t i = had; i < had + count; i++) {
		size_t length = strcspn(text, ",");

		if (length == 0)
			return fail(
				err, ERROR_USAGE, "--%s: a name in the list is empty", row->name);
		list[i] = arena_strndup(arena, text, length);
		text += length + (text[length] == ',');
	}
	*target = list;
	return 0;
}

static int set_number(const struct option_row *row, const char *text, double most, const char *unit,
	struct error *err)
{
	char *end = NULL;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value <= 0 || value > most)
		return fail(err, ERROR_USAGE, "--%s: '%s' is not a number of %s between 0 and %g",
			row->name, text, unit, most);
	*(double *)row->target = value;
	return 0;
}

static int set_value(
	const struct option_row *row, struct arena *arena, const char *text, struct error *err)
{
	if (row->is_given)
		*row->is_given = true;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->target = true;
		return 0;
	case OPTION_TEXT:
	case OPTION_DETAIL:
		*(const char **)row->target = arena_strdup(arena, text);
		return 0;
	case OPTION_LIST:
		return set_list(row, arena, text, err);
	case OPTION_INTEGER:
		if (text_integer(text, row->low, row->high, row->target, err))
			return fail_in(err, "--%s", row->name);
		return 0;
	case OPTION_SECONDS:
		return set_number(row, text, 86400, "seconds", err);
	case OPTION_PERCENT:
		return set_number(row, text, 100, "percent", err);
	}
	return 0;
}

static const char *nth_shown(const void *context, size_t index)
{
	const struct option_table *table = context;

	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].help && index-- == 0)
			return table->rows[i].name;
	}
	return NULL;
}

/* Returns 0: no word was taken. */
static int refuse_option(
	const struct option_table *table, struct arena *arena, const char *word, struct error *err)
{
	const char *name = word + strspn(word, "-");
	const char *meant =
		near_name(arena_strndup(arena, name, strcspn(name, "=")), nth_shown, table);

	fail(err, ERROR_USAGE, "unknown option '%s'%s%s%s; %s %.*s --help lists them", word,
		meant ? "; did you mean --" : "", meant ? meant : "", meant ? "?" : "",
		program_of(table), (int)strcspn(table->usage, " "), table->usage);
	return 0;
}

/* Reads one option at argv[at]; returns how many words it took, 0 after an error. */
static int take_option(const struct option_table *table, struct arena *arena, int left,
	char *const argv[], struct error *err)
{
	const char *name = argv[0] + 2;
	size_t length = strcspn(name, "=");
	const struct option_row *row = find_row(table, name, length);
	const char *value = name[length] == '=' ? name + length + 1 : NULL;
	int taken = 1;

	if (argv[0][1] != '-' || !row)
		return refuse_option(table, arena, argv[0], err);
	if (row->kind == OPTION_FLAG && value) {
		fail(err, ERROR_USAGE, "--%s takes no value", row->name);
		return 0;
	}
	if (row->kind == OPTION_DETAIL && !value)
		value = "";
	if (row->kind != OPTION_FLAG && !value) {
		if (left < 2) {
			fail(err, ERROR_USAGE, "--%s needs %s", row->name, row->argument);
			return 0;
		}
		value = argv[1];
		taken = 2;
	}
	return set_value(row, arena, value, err) ? 0 : taken;
}

static int check_count(
	const struct option_table *table, const struct option_result *result, struct error *err)
{
	if (result->wants_help)
		return 0;
	if (result->argument_count < table->arguments_min)
		return fail(err, ERROR_USAGE, "an argument is missing; usage: %s %s",
			program_of(table), table->usage);
	if (result->argument_count > table->arguments_max)
		return fail(err, ERROR_USAGE, "'%s' is one word too many: %s %s",
			result->arguments[table->arguments_max], program_of(table), table->usage);
	return 0;
}

int options_parse(const struct option_table *table, struct arena *arena, int argc,
	char *const argv[], struct option_result *ret_result, struct error *err)
{
	const char **arguments = arena_alloc(arena, const char *, (size_t)argc + 1);
	struct option_result result = {.arguments = arguments};

	for (int i = 1; i < argc;) {
		int taken = 1;

		if (strcmp(argv[i], "--") == 0) {
			result.command = (const char *const *)argv + i + 1;
			break;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			result.wants_help = true;
		else if (argv[i][0] == '-' && argv[i][1])
			taken = take_option(table, arena, argc - i, argv + i, err);
		else
			arguments[result.argument_count++] = argv[i];
		if (taken == 0)
			return -1;
		i += taken;
	}
	if (check_count(table, &result, err))
		return -1;
	*ret_result = result;
	return 0;
}

static void print_row(const struct option_row *row, FILE *out, size_t width)
{
	int column = fprintf(out, "  --%s%s%s", row->name,
		!row->argument || row->kind == OPTION_DETAIL ? "" : " ",
		row->argument ? row->argument : "");

	column += fprintf(out, "%*s", column < HELP_COLUMN ? HELP_COLUMN - column : 2, "");
	terminal_wrap(out, row->help, (size_t)column, HELP_COLUMN, width);
	fputc('\n', out);
}

void options_print_help(const struct option_table *table, FILE *out)
{
	size_t width = terminal_width(out);

	fprintf(out, "Usage: %s %s\n\n", program_of(table), table->usage);
	terminal_wrap(out, table->about, 0, 0, width);
	fputs(table->count ? "\n\nOptions:\n" : "\n", out);
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].help)
			print_row(&table->rows[i], out, width);
	}
	if (!table->examples)
		return;
	fputs("\nExamples:\n", out);
	for (const char *line = table->examples; *line;) {
		size_t length = strcspn(line, "\n");

		fprintf(out, "  %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
}
