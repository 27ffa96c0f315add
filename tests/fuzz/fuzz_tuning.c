/* SPDX-License-Identifier: MIT */
/* A tuning file: what is refused names the file, what loads has keys of a network only. */
#include "plan/tuning.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/t.yml", paper_folder("t"));
	struct error err = {0};
	struct tuning tuning;

	paper_write(path, data, size);
	if (tuning_load(arena, path, &tuning, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	for (size_t i = 0; i < tuning.count; i++)
		assert(strncmp(tuning.sysctls[i].key, "net.", 4) == 0 && *tuning.sysctls[i].value);
	return 0;
}
