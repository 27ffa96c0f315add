/* SPDX-License-Identifier: MIT */
/* A pins file: whatever loads has one source per version and words that no client misreads. */
#include "plan/pins.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

static void check_words(const char *const *words)
{
	for (; words && *words; words++)
		assert(**words && **words != '-' && **words != '/' && !strstr(*words, ".."));
}

static void check_version(const struct pin_version *version)
{
	assert((version->source == PIN_DEBIAN) == (strcmp(version->version, PIN_SYSTEM) == 0));
	assert((version->source == PIN_DEBIAN) == (version->module_count == 0));
	check_words(version->packages);
	for (size_t i = 0; i < version->module_count; i++) {
		check_words(version->modules[i].packages);
		check_words(version->modules[i].programs);
		assert(version->modules[i].programs[0] && version->modules[i].sum[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/pins.yml", paper_folder("t"));
	struct error err = {0};
	struct pins pins;

	paper_write(path, data, size);
	if (pins_load(arena, path, &pins, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	for (size_t i = 0; i < pins.count; i++) {
		assert(pins.list[i].version_count || pins.list[i].own);
		for (size_t j = 0; j < pins.list[i].version_count; j++)
			check_version(&pins.list[i].versions[j]);
	}
	return 0;
}
