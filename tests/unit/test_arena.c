/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "tap.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

TEST(objects_are_zeroed_aligned_and_apart)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *former = NULL;

	for (size_t size = 1; size < 40000; size += 997) {
		char *now = arena_alloc(arena, char, size);

		CHECK((uintptr_t)now % alignof(max_align_t) == 0);
		for (size_t i = 0; i < size; i++)
			CHECK(now[i] == 0);
		memset(now, 0xff, size);
		CHECK(!former || former != now);
		former = now;
	}
}

TEST(printed_text_is_whole_even_when_long)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *text = arena_printf(arena, "%s-%50000d-%s", "a", 1, "z");

	CHECK(strlen(text) == 50004);
	CHECK(text[0] == 'a' && text[50003] == 'z');
}
