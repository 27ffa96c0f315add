/* SPDX-License-Identifier: MIT */
#include "report/output/escape.h"
#include "report/output/files.h"
#include "report/output/json.h"
#include "report/output/number.h"

#include "base/fd.h"
#include "base/file.h"

#include "folder.h"
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *number(double value)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	print_number(stream, value);
	fclose(stream);
	return text;
}

#define CHECK_NUMBER(value, expected)                                                              \
	do {                                                                                       \
		AUTO(text_freep) char *text = number(value);                                       \
		CHECK(strcmp(text, expected) == 0);                                                \
	} while (0)

/* Expected: repr() of Python 3.11, which wrote the published files. */
TEST(numbers_are_as_short_as_they_read_back)
{
	CHECK_NUMBER(0.1, "0.1");
	CHECK_NUMBER(12, "12.0");
	CHECK_NUMBER(0, "0.0");
	CHECK_NUMBER(-3.5, "-3.5");
	CHECK_NUMBER(0.5626666666666666, "0.5626666666666666");
	CHECK_NUMBER(1e15, "1000000000000000.0");
	CHECK_NUMBER(123456789012, "123456789012.0");
	CHECK_NUMBER(1e-5, "1e-05");
	CHECK_NUMBER(1.0 / 0.0, "null");
}

TEST(objects_are_indented_by_four_and_keep_their_order)
{
	json_auto_t *value = json_pack("{s:[i,f],s:{},s:[],s:n,s:b,s:s}", "z", 1, 2.5, "a", "l",
		"n", "t", 1, "s", "\"\xc3\xa9");
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	print_json(stream, value, 0);
	fclose(stream);
	CHECK(strcmp(text, "{\n    \"z\": [\n        1,\n        2.5\n    ],\n    \"a\": {},\n"
			   "    \"l\": [],\n    \"n\": null,\n    \"t\": true,\n"
			   "    \"s\": \"\\\"\\u00E9\"\n}") == 0);
}

TEST(nothing_is_written_when_one_of_the_files_is_in_the_way)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	AUTO(outputs_freep) struct outputs *outputs = outputs_new();
	struct error err = {0};
	const char *first, *second;
	char *text;

	first = arena_printf(arena, "%s/new/first", folder.path);
	second = arena_printf(arena, "%s/second", folder.path);
	CHECK_OK(file_write(second, "mine", 4, 0644, &err), err);
	outputs_add(outputs, first, "1");
	outputs_add(outputs, second, "2");
	CHECK(outputs_write(outputs, false, NULL, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "second") && !path_exists(first));
	CHECK_OK(outputs_write(outputs, true, NULL, &err), err);
	CHECK_OK(file_read(arena, second, 10, &text, NULL, &err), err);
	CHECK(strcmp(text, "2") == 0 && path_exists(first));
	CHECK_OK(outputs_write(outputs, false, NULL, &err), err);
}

static bool becomes(
	void (*escape)(FILE *out, const char *text), const char *text, const char *expected)
{
	AUTO(text_freep) char *made = NULL;
	size_t size;
	FILE *out = open_memstream(&made, &size);

	escape(out, text);
	fclose(out);
	if (strcmp(made, expected) != 0)
		printf("# %s\n", made);
	return strcmp(made, expected) == 0;
}

TEST(what_is_written_into_a_tree_does_not_leave_it_through_a_link)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(outputs_freep) struct outputs *outputs = outputs_new();
	TEMPORARY_FOLDER(tree);
	TEMPORARY_FOLDER(elsewhere);
	AUTO(fd_closep) int fd = open(tree.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *link = arena_printf(arena, "%s/General", tree.path);
	const char *victim = arena_printf(arena, "%s/a.json", elsewhere.path);
	struct beneath root = {fd, tree.path};
	struct error err = {0};
	char *text;

	CHECK_OK(file_write(victim, "mine", 4, 0600, &err), err);
	CHECK(!symlink(elsewhere.path, link));
	outputs_beneath(outputs, &root);
	outputs_add(outputs, "General/a.json", "theirs");
	CHECK(outputs_write(outputs, true, NULL, &err) && strstr(err.text, "General"));
	CHECK(strstr(err.text, "links are not followed"));
	CHECK(!unlink(link) && !mkdir(link, 0755));
	CHECK(!symlink(victim, arena_printf(arena, "%s/General/a.json", tree.path)));
	CHECK(outputs_write(outputs, false, NULL, &err) && strstr(err.text, "--force"));
	CHECK_OK(outputs_write(outputs, true, NULL, &err), err);
	CHECK_OK(file_read(arena, victim, 100, &text, NULL, &err), err);
	CHECK(strcmp(text, "mine") == 0);
	CHECK_OK(file_read(arena, arena_printf(arena, "%s/a.json", link), 100, &text, NULL, &err),
		err);
	CHECK(strcmp(text, "theirs") == 0);
}

TEST(foreign_text_means_nothing_in_markdown)
{
	CHECK(becomes(escape_markdown, "a|b <b>[x](y) `c` &lt; \\",
		"a\\|b \\<b>\\[x](y) \\`c\\` \\&lt; \\\\"));
	CHECK(becomes(escape_markdown, "\x1b[2J\n| x |", "?\\[2J?\\| x \\|"));
	CHECK(becomes(escape_markdown_code, "a`b\x07", "a'b?"));
}

TEST(foreign_text_means_nothing_in_latex)
{
	CHECK(becomes(escape_latex, "\\input{x}&%$#_^~<>|\"",
		"\\textbackslash{}input\\{x\\}\\&\\%\\$\\#\\_\\textasciicircum{}\\textasciitilde{}\\textless{}\\textgreater{}\\textbar{}\\textquotedbl{}"));
}

TEST(a_field_of_csv_is_never_a_formula)
{
	CHECK(becomes(escape_csv, "=1+1|cmd", "'=1+1|cmd"));
	CHECK(becomes(escape_csv, "@x,\"y\"", "\"'@x,\"\"y\"\"\""));
	CHECK(becomes(escape_csv, "plain", "plain"));
	CHECK(becomes(escape_csv, "", ""));
	CHECK(becomes(escape_csv, "a\x1b[1m", "a?[1m"));
}
