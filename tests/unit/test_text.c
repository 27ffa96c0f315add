/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "tap.h"

#include <string.h>

TEST(words_are_split_at_blanks_only)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count;
	const char **words = text_words(arena, "  ip  -batch\n'a b'\t", &count);

	CHECK(count == 4);
	CHECK(strcmp(words[0], "ip") == 0 && strcmp(words[1], "-batch") == 0);
	CHECK(strcmp(words[2], "'a") == 0 && strcmp(words[3], "b'") == 0 && !words[4]);
	words = text_words(arena, " \n", &count);
	CHECK(count == 0 && !words[0]);
}

TEST(a_command_line_reads_back_as_the_same_words_in_a_shell)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const argv[] = {"wg", "set", "a b", "it's", "", "x=$HOME", NULL};

	CHECK(strcmp(text_command_line(arena, argv), "wg set 'a b' 'it'\\''s' '' 'x=$HOME'") == 0);
}

TEST(durations_carry_their_unit)
{
	struct error err = {0};
	int64_t ns;

	CHECK_OK(text_duration_ns("250ms", &ns, &err), err);
	CHECK(ns == 250000000);
	CHECK_OK(text_duration_ns("1.5s", &ns, &err), err);
	CHECK(ns == 1500000000);
	CHECK_OK(text_duration_ns("2m", &ns, &err), err);
	CHECK(ns == 120000000000);
	ns = 7;
	CHECK(text_duration_ns("10", &ns, &err) && text_duration_ns("s", &ns, &err));
	CHECK(text_duration_ns("-1s", &ns, &err) && text_duration_ns("1 s", &ns, &err));
	CHECK(text_duration_ns("0s", &ns, &err) && text_duration_ns("1e300s", &ns, &err));
	CHECK(ns == 7 && err.kind == ERROR_USAGE);
}

TEST(rates_are_bits_per_second)
{
	struct error err = {0};
	double bps;

	CHECK_OK(text_rate_bps("100mbit", &bps, &err), err);
	CHECK(bps == 100e6);
	CHECK_OK(text_rate_bps("2.5gbit", &bps, &err), err);
	CHECK(bps == 2.5e9);
	CHECK(text_rate_bps("100", &bps, &err) && text_rate_bps("100mbps", &bps, &err));
	CHECK(text_rate_bps("0mbit", &bps, &err) && text_rate_bps("nan", &bps, &err));
}

TEST(integers_are_whole_and_within_their_bounds)
{
	struct error err = {0};
	int64_t value = 7;

	CHECK_OK(text_integer("-3", -5, 5, &value, &err), err);
	CHECK(value == -3);
	CHECK(text_integer("6", -5, 5, &value, &err) && text_integer("3x", -5, 5, &value, &err));
	CHECK(text_integer("", -5, 5, &value, &err) && text_integer(" 3", -5, 5, &value, &err));
	CHECK(text_integer("99999999999999999999", 0, INT64_MAX, &value, &err));
	CHECK(value == -3);
}

TEST(trimming_takes_blanks_from_both_ends)
{
	char text[] = "\n key  \r\n";
	char blank[] = " \n";

	CHECK(strcmp(text_trim(text), "key") == 0);
	CHECK(strcmp(text_trim(blank), "") == 0);
}
