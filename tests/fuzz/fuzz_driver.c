/* SPDX-License-Identifier: MIT */
/* driver.yml as anybody might write it: loaded or refused with a place, never more. */
#include "plan/driver.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *folder = paper_folder("t");
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct driver driver;
	struct error err = {0};

	paper_write(arena_printf(arena, "%s/f", folder), (const uint8_t *)"${host.name}\n", 13);
	paper_write(arena_printf(arena, "%s/driver.yml", folder), data, size);
	if (driver_load(arena, folder, &driver, &err))
		assert(err.kind == ERROR_USAGE && strstr(err.text, folder));
	else
		assert(driver.name && driver.title && driver.warnings);
	return 0;
}
