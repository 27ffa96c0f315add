/* SPDX-License-Identifier: MIT */
/* What go and cargo write: the modules of a program, and a lock file. */
#include "supply/internal.h"

#include "base/json.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *text = arena_strndup(arena, (const char *)data, size);
	json_auto_t *modules = json_array();
	json_t *module;
	size_t i;

	go_read_modules(text, modules);
	json_array_foreach (modules, i, module)
		assert(json_string_at(module, "/sum", NULL));
	(void)cargo_read_checksum(arena, text, "vpncloud", "2.3.0");
	return 0;
}
