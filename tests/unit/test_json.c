/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/fd.h"

#include "tap.h"

#include <math.h>
#include <string.h>

TEST(a_pointer_finds_what_is_there_and_nothing_else)
{
	static const char text[] = "{\"a\":[{\"b/c\":1.5,\"~\":\"t\"}],\"n\":3}";
	struct error err = {0};
	json_auto_t *value = NULL;

	CHECK_OK(json_parse(text, strlen(text), "text", &value, &err), err);
	CHECK(json_number_at(value, "/a/0/b~1c", -1) == 1.5);
	CHECK(json_number_at(value, "/n", -1) == 3);
	CHECK(strcmp(json_string_at(value, "/a/0/~0", ""), "t") == 0);
	CHECK(json_at(value, "") == value);
	CHECK(!json_at(value, "/a/1") && !json_at(value, "/a/x") && !json_at(value, "/n/0"));
	CHECK(!json_at(value, "a") && !json_at(NULL, "/a"));
	CHECK(json_number_at(value, "/a/0/~0", -1) == -1);
}

TEST(broken_json_names_its_place)
{
	struct error err = {0};
	json_t *value;

	CHECK(json_parse("{\n\"a\":}", 7, "ping.json", &value, &err));
	CHECK(err.kind == ERROR_PARSE && strstr(err.text, "ping.json: line 2"));
}

static bool is_text(json_t *made, const char *expected)
{
	json_auto_t *text = made;
	AUTO(text_freep) char *dumped = json_dumps(text, JSON_ENCODE_ANY);

	if (!dumped || strcmp(json_string_value(text), expected) != 0)
		printf("# made: %s\n", dumped ? dumped : "nothing");
	return dumped && strcmp(json_string_value(text), expected) == 0;
}

TEST(a_byte_order_mark_and_nuls_within_text_are_read)
{
	static const char marked[] = "\xef\xbb\xbf{\"a\": \"b\\u0000c\"}";
	struct error err = {0};
	json_auto_t *value = NULL;

	CHECK_OK(json_parse(marked, sizeof(marked) - 1, "x", &value, &err), err);
	CHECK(strcmp(json_string_at(value, "/a", ""), "b") == 0);
}

TEST(utf8_stays_as_it_is)
{
	CHECK(is_text(json_text(""), ""));
	CHECK(is_text(json_text("Zürich € 𝄞 \t\n"), "Zürich € 𝄞 \t\n"));
	CHECK(is_text(json_text_sized("abc", 2), "ab"));
}

TEST(every_byte_outside_of_utf8_becomes_a_replacement_character)
{
	CHECK(is_text(json_text("Z\xfcrich"), "Z\ufffdrich"));           /* Latin-1 */
	CHECK(is_text(json_text("\xe2\x82"), "\ufffd\ufffd"));           /* a euro sign, cut */
	CHECK(is_text(json_text("\x82\xac!"), "\ufffd\ufffd!"));         /* its other half */
	CHECK(is_text(json_text("\xc0\xaf"), "\ufffd\ufffd"));           /* longer than needed */
	CHECK(is_text(json_text("\xed\xa0\x80"), "\ufffd\ufffd\ufffd")); /* a surrogate */
	CHECK(is_text(json_text("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd"));
}

TEST(bytes_behind_a_given_size_do_not_complete_a_character)
{
	CHECK(is_text(json_text_sized("\xe2\x82\xac", 2), "\ufffd\ufffd"));
	CHECK(is_text(json_text_sized("\xe2\x82\xac", 3), "€"));
}

TEST(a_nul_within_a_text_becomes_a_replacement_character)
{
	CHECK(is_text(json_text_sized("a\0b", 3), "a\ufffdb"));
}

TEST(no_text_is_null)
{
	json_auto_t *made = json_text(NULL);

	CHECK(json_is_null(made));
}

TEST(an_object_is_made_whatever_its_texts_and_keys_hold)
{
	json_auto_t *inner = json_integer(7);
	json_auto_t *made = json_make("{s:s, s:{s:i, s:[b, n, f]}, s:O, s:I}", "a", "\xff", "b\xff",
		"c", 3, "d", 1, 0.5, "e", inner, "f", (json_int_t)1 << 40);
	AUTO(text_freep) char *text = json_dumps(made, JSON_COMPACT);

	CHECK(text);
	CHECK(strcmp(text,
		      "{\"a\":\"\ufffd\",\"b\ufffd\":{\"c\":3,\"d\":[true,null,0.5]},\"e\":7,\"f\":1099511627776}") ==
		0);
}

TEST(what_is_null_is_null_left_out_or_an_error_as_its_mark_says)
{
	json_auto_t *made = json_make("{s:s?, s:s*, s:o?, s:o*, s:[s*, o*, i]}", "a", NULL, "b",
		NULL, "c", NULL, "d", NULL, "e", NULL, NULL, 1);
	AUTO(text_freep) char *text = json_dumps(made, JSON_COMPACT);

	CHECK(text && strcmp(text, "{\"a\":null,\"c\":null,\"e\":[1]}") == 0);
	CHECK(!json_make("{s:s}", "a", NULL));
	CHECK(!json_make("{s:o, s:o}", "a", NULL, "b", json_object())); /* which is not lost */
	CHECK(!json_make("[f]", (double)NAN));
}
