/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

struct wanted {
	bool dry;
	const char *out;
	const char *const *vpns;
	int64_t repeat;
	double seconds, percent;
};

static int parse(struct arena *arena, struct wanted *wanted, struct option_result *result,
	struct error *err, const char *line)
{
	const struct option_row rows[] = {
		{"dry", NULL, "", OPTION_FLAG, &wanted->dry, NULL, 0, 0},
		{"out", "DIR", "", OPTION_TEXT, &wanted->out, NULL, 0, 0},
		{"vpn", "a,b", "", OPTION_LIST, &wanted->vpns, NULL, 0, 0},
		{"repeat", "N", "", OPTION_INTEGER, &wanted->repeat, NULL, 1, 9},
		{"seconds", "N", "", OPTION_SECONDS, &wanted->seconds, NULL, 0, 0},
		{"margin", "N", "", OPTION_PERCENT, &wanted->percent, NULL, 0, 0},
		{"hidden", NULL, NULL, OPTION_FLAG, &wanted->dry, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "run [PLAN]",
		.about = "",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_max = 1};
	char *copy = arena_strdup(arena, line), *word, *rest = copy;
	char *argv[32];
	int argc = 0;

	while ((word = strsep(&rest, " ")))
		argv[argc++] = word;
	return options_parse(&table, arena, argc, argv, result, err);
}

TEST(values_stand_behind_a_blank_or_an_equals_sign)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result result;
	struct wanted w = {0};
	struct error err = {0};

	CHECK_OK(parse(arena, &w, &result, &err,
			 "run --out=here --repeat 3 plan --dry --vpn a,b --vpn c --seconds 0.5"),
		err);
	CHECK(w.dry && strcmp(w.out, "here") == 0 && w.repeat == 3 && w.seconds == 0.5);
	CHECK(strcmp(w.vpns[0], "a") == 0 && strcmp(w.vpns[2], "c") == 0 && !w.vpns[3]);
	CHECK(result.argument_count == 1 && strcmp(result.arguments[0], "plan") == 0);
	CHECK(!result.command && !result.wants_help);
}

TEST(a_percentage_may_have_a_fraction_and_ends_at_a_hundred)
{
	static const char *const wrong[] = {"0", "-1", "101", "nan", "1%"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result result;
	struct wanted w = {0};
	struct error err = {0};

	CHECK_OK(parse(arena, &w, &result, &err, "ab --margin 0.5"), err);
	CHECK(w.percent == 0.5);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CHECK(parse(arena, &w, &result, &err,
			      arena_printf(arena, "ab --margin=%s", wrong[i])) == -1);
		CHECK(strstr(err.text, "is not a number of percent between 0 and 100"));
	}
}

TEST(what_stands_behind_two_dashes_is_a_command)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result result;
	struct wanted w = {0};
	struct error err = {0};

	CHECK_OK(parse(arena, &w, &result, &err, "link low -- ping -c 1"), err);
	CHECK(result.command && strcmp(result.command[1], "-c") == 0);
	CHECK(result.argument_count == 1);
}

TEST(wrong_options_are_named_and_nothing_else_is_said)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"run --wrong", "'--wrong'"},
		{"run -x", "'-x'"},
		{"run --out", "--out needs DIR"},
		{"run --dry=1", "--dry takes no value"},
		{"run --repeat 0", "--repeat"},
		{"run --repeat 10", "--repeat"},
		{"run --repeat x", "'x'"},
		{"run --seconds 0", "--seconds"},
		{"run --seconds nan", "--seconds"},
		{"run --seconds 5s", "'5s'"},
		{"run --vpn a,,b", "--vpn"},
		{"run one two", "'two'"},
		{"run --ou x", "'--ou'; did you mean --out?"},
		{"run --secnds=3", "'--secnds=3'; did you mean --seconds?"},
		{"run --hidde", "'--hidde'; meshbench run --help"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct option_result result;
		struct wanted w = {0};
		struct error err = {0};

		CHECK(parse(arena, &w, &result, &err, cases[i].line));
		CHECK(err.kind == ERROR_USAGE && strstr(err.text, cases[i].says));
	}
}

TEST(help_is_answered_even_when_words_are_missing)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result result;
	struct wanted w = {0};
	struct error err = {0};

	CHECK_OK(parse(arena, &w, &result, &err, "run a b --help"), err);
	CHECK(result.wants_help);
}

TEST(help_and_errors_name_the_program_that_was_called)
{
	static const struct option_table table = {
		.program = "meshbench-probe", .usage = "serve --port N", .about = "Serves."};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct option_result result;
	struct error err = {0};
	char verb[] = "serve", colour[] = "--colour", all[] = "all";
	char *const wrong[] = {verb, colour, NULL}, *const more[] = {verb, all, NULL};

	CHECK(options_parse(&table, arena, 2, wrong, &result, &err) < 0);
	CHECK(strstr(err.text, "meshbench-probe serve --help"));
	CHECK(options_parse(&table, arena, 2, more, &result, &err) < 0);
	CHECK(strstr(err.text, "meshbench-probe serve --port N"));
}

TEST(help_is_as_wide_as_its_terminal)
{
	static const struct option_row rows[] = {{"video", "HOW",
		"the source of video: live, replay or auto", OPTION_TEXT, NULL, NULL, 0, 0}};
	static const struct option_table table = {
		.usage = "run", .about = "Measures.", .rows = rows, .count = 1};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	setenv("COLUMNS", "48", 1); /* NOLINT(concurrency-mt-unsafe): one thread */
	options_print_help(&table, out);
	unsetenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): one thread */
	fclose(out);
	CHECK(strstr(text, "  --video HOW             the source of video:\n"
			   "                          live, replay or auto\n"));
	free(text);
}
