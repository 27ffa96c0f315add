/* SPDX-License-Identifier: MIT */
/* Command lines and exit statuses of the programs that run on hosts. */
#include "programs/program.h"

#include "base/json.h"

#include "base/attribute.h"

#include <jansson.h>
#include <string.h>

static const struct program_verb *find_verb(
	const struct program_verb verbs[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!verbs[i].name || (name && strcmp(name, verbs[i].name) == 0))
			return &verbs[i];
	}
	return NULL;
}

static int complain(const char *program, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", program, err->text);
	return err->kind == ERROR_USAGE ? 2 : err->kind == ERROR_TOOL ? 1 : 3;
}

/* Usage and system errors say nothing about the path, as when a tool fails otherwise. */
enum cause program_cause(const struct error *err)
{
	return cause_of_errno(
		err->sys_errno, err->kind == ERROR_TIMEOUT ? CAUSE_TIMEOUT : CAUSE_TOOL);
}

static void explain(const struct error *err)
{
	json_t *document = json_make(
		"{s:s, s:s}", "error", err->text, "cause", cause_name(program_cause(err)));

	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(document);
}

int program_main(const char *program, const struct program_verb verbs[], size_t count, int argc,
	char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct program_verb *verb = find_verb(verbs, count, argc > 1 ? argv[1] : NULL);
	struct option_result given = {0};
	struct option_table table;
	struct error err = {0};

	if (!verb) {
		for (size_t i = 0; i < count; i++)
			fprintf(stderr, "usage: %s %s\n", program, verbs[i].table.usage);
		return 2;
	}
	table = verb->table;
	table.program = program;
	if (options_parse(&table, arena, verb->name ? argc - 1 : argc, verb->name ? argv + 1 : argv,
		    &given, &err))
		return complain(program, &err);
	if (given.wants_help) {
		options_print_help(&table, stdout);
		return 0;
	}
	if (verb->run(&given, &err) == 0)
		return 0;
	if (!verb->explains_itself)
		explain(&err);
	return complain(program, &err);
}
