/* SPDX-License-Identifier: MIT */
/* A profile file, and its text as a change on the command line. */
#include "plan/profile.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/p.yml", paper_folder("t"));
	struct profile profile = {.name = "n", .folder = "f"};
	struct error err = {0};

	paper_write(path, data, size);
	if (profile_load(arena, path, &profile, &err))
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
	else
		assert(profile.impairment.delay_ns >= 0 && profile.line_rate_bps >= 0);
	if (profile_change(arena, &profile, arena_strndup(arena, (const char *)data, size), &err))
		assert(err.kind == ERROR_USAGE);
	return 0;
}
