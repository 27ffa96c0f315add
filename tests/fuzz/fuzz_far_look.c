/* SPDX-License-Identifier: MIT */
/* What a machine says of itself: refused, or printable; and what ssh prints when it refuses. */
#include "far/blame.h"
#include "far/look.h"

#include "paper.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static void check_text(const char *text)
{
	for (const char *at = text; at && *at; at++)
		assert(isprint((unsigned char)*at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	const char *why = far_blame(arena, "yuki", text);
	struct error err = {0};
	struct far_look look;

	assert(!why || strstr(why, "yuki"));
	if (far_look_parse(arena, text, &look, &err)) {
		assert(err.kind == ERROR_PARSE);
		return 0;
	}
	assert(look.uid >= 0 && look.kernel);
	check_text(look.kernel);
	check_text(look.user);
	check_text(look.sudo);
	check_text(look.control);
	for (size_t i = 0; i < look.program_count; i++)
		check_text(look.programs[i].path);
	return 0;
}
