/* SPDX-License-Identifier: MIT */
#include "record/join.h"

#include "base/fd.h"
#include "base/json.h"
#include "tap.h"

#include <jansson.h>
#include <string.h>

static struct mirror_file file_of(struct arena *arena, json_t *owned)
{
	json_auto_t *value = owned;
	struct mirror_file file;
	AUTO(text_freep) char *text = json_document(value, &file.size);

	file.bytes = arena_strndup(arena, text, file.size);
	return file;
}

/* Whether two values become the third. */
static bool become(const char *path, json_t *before, json_t *now, json_t *expected)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct mirror_file file =
		record_join(arena, path, file_of(arena, before), file_of(arena, now));
	json_auto_t *owned = expected, *joined = NULL;
	struct error err = {0};

	return json_parse(file.bytes, file.size, path, &joined, &err) == 0 &&
	       json_equal(joined, owned);
}

TEST(the_environment_is_that_of_the_first_with_vpns_that_only_another_had)
{
	json_t *first = json_make("{s:{s:i}, s:{s:i}, s:{s:i}}", "place", "seed", 1, "vpns", "A", 1,
		"ingredients", "x", 1);
	json_t *last = json_make("{s:{s:i}, s:{s:i, s:i}, s:{s:i}, s:i}", "place", "seed", 2,
		"vpns", "A", 2, "B", 2, "ingredients", "x", 2, "lab", 2);
	json_t *expected = json_make("{s:{s:i}, s:{s:i, s:i}, s:{s:i}, s:i}", "place", "seed", 1,
		"vpns", "A", 1, "B", 2, "ingredients", "x", 2, "lab", 2);

	CHECK(become("environment.json", first, last, expected));
}

static json_t *facts_of(double connect_s, const char *const *causes)
{
	json_t *failed = json_array();

	for (; *causes; causes++)
		json_array_append_new(failed, json_make("{s:s}", "cause", *causes));
	return json_make("{s:f, s:o}", "connect_s", connect_s, "failed_bring_ups", failed);
}

TEST(facts_of_a_vpn_are_the_last_with_all_that_failed_before)
{
	static const char path[] = "Tinc/baseline/vpn.json";
	static const char *const a[] = {"a", NULL}, *const b[] = {"b", NULL},
				 *const both[] = {"b", "a", NULL};

	CHECK(become(path, facts_of(1, a), facts_of(2, b), facts_of(2, both)));
	/* A visit writes them twice. */
	CHECK(become(path, facts_of(1, a), facts_of(1, a), facts_of(1, a)));
	CHECK(become(path, json_make("{}"), facts_of(1, a), facts_of(1, a)));
}

TEST(every_other_file_is_the_last)
{
	CHECK(become("Tinc/baseline/layout.json", json_make("{s:i}", "a", 1),
		json_make("{s:i}", "b", 2), json_make("{s:i}", "b", 2)));
	CHECK(become("environment.json", json_make("[]"), json_make("{s:{}}", "vpns"),
		json_make("{s:{}}", "vpns")));
}
