/* SPDX-License-Identifier: MIT */
/* A template: the parts hold every line that is not a mark, in order. */
#include "plan/template.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct template template;
	struct error err = {0};
	const char *at = text;

	if (template_parse(arena, "f", text, &template, &err)) {
		assert(err.kind == ERROR_USAGE);
		return 0;
	}
	for (size_t i = 0; i < template.count; i++) {
		assert(template.parts[i].between);
		at = strstr(at, template.parts[i].text);
		assert(at);
		at += strlen(template.parts[i].text);
	}
	return 0;
}
