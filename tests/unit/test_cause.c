/* SPDX-License-Identifier: MIT */
/* The manual and the schemas repeat the table of causes in record/cause.c; here they are held to
 * it. */
#include "record/cause.h"

#include "tap.h"

#include "base/arena.h"
#include "base/attribute.h"
#include "base/file.h"
#include "base/json.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char *source_path(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", getenv("SOURCE_ROOT"), name);
}

/* The text with every run of white space as one blank, so that where lines break does not matter.
 */
static char *on_one_line(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to != text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return text;
}

TEST(the_manual_explains_every_cause_as_the_table_does)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	char *manual = NULL;

	CHECK_OK(file_read(arena, source_path(arena, "doc/man/meshbench-results.5.scd"), 1 << 20,
			 &manual, NULL, &err),
		err);
	on_one_line(manual);
	for (int i = CAUSE_SUCCESS + 1; i < CAUSE_COUNT; i++) {
		const char *row = arena_printf(arena, "_%s_: %s.", cause_name(i), cause_meaning(i));

		if (!strstr(manual, row))
			printf("# the manual lacks: %s\n", row);
		CHECK(strstr(manual, row));
	}
}

static bool is_word(const json_t *value, const char *word)
{
	return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

static bool has_word(const json_t *list, const char *word)
{
	const json_t *value;
	size_t i;

	json_array_foreach (list, i, value) {
		if (is_word(value, word))
			return true;
	}
	return false;
}

/* In the order of the table without success; a last null stands for that. */
static bool is_the_table(const json_t *list, const char *file)
{
	size_t words = CAUSE_COUNT - 1, size = json_array_size(list);

	for (size_t i = 0; i < words; i++) {
		if (is_word(json_array_get(list, i), cause_name((enum cause)(i + 1))))
			continue;
		printf("# %s: '%s' is not where the table has it\n", file,
			cause_name((enum cause)(i + 1)));
		return false;
	}
	return size == words || (size == words + 1 && json_is_null(json_array_get(list, words)));
}

/* Counts the lists of causes, and those of them that are not as the table has it. */
static void count_lists(json_t *schema, const char *file, size_t *lists, size_t *bad)
{
	const json_t *list = json_object_get(schema, "enum");
	bool is_list = has_word(list, "unreachable");
	const char *key;
	json_t *child;
	size_t i;

	*lists += is_list;
	*bad += is_list && !is_the_table(list, file);
	json_object_foreach (schema, key, child)
		count_lists(child, file, lists, bad);
	json_array_foreach (schema, i, child)
		count_lists(child, file, lists, bad);
}

TEST(the_schemas_list_the_causes_of_the_table)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t lists = 0, bad = 0;
	glob_t files;

	CHECK(glob(source_path(arena, "schema/*.json"), 0, NULL, &files) == 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct error err = {0};
		json_t *schema = NULL;

		CHECK_OK(json_read(files.gl_pathv[i], 4 << 20, &schema, &err), err);
		count_lists(schema, files.gl_pathv[i], &lists, &bad);
		json_decref(schema);
	}
	globfree(&files);
	CHECK(lists >= 16 && bad == 0);
}

TEST(a_cause_is_found_by_its_word)
{
	enum cause cause;

	for (int i = 0; i < CAUSE_COUNT; i++)
		CHECK(cause_named(cause_name(i), &cause) && cause == (enum cause)i);
	CHECK(!cause_named("bad weather", &cause));
}

TEST(the_kernel_says_what_became_of_a_connection)
{
	CHECK(cause_of_errno(EMSGSIZE, CAUSE_TOOL) == CAUSE_MTU);
	CHECK(cause_of_errno(ECONNREFUSED, CAUSE_TOOL) == CAUSE_REFUSED);
	CHECK(cause_of_errno(EHOSTUNREACH, CAUSE_TOOL) == CAUSE_UNREACHABLE);
	CHECK(cause_of_errno(ETIMEDOUT, CAUSE_TOOL) == CAUSE_TIMEOUT);
	CHECK(cause_of_errno(ENOENT, CAUSE_TOOL) == CAUSE_TOOL);
}
