/* SPDX-License-Identifier: MIT */
/* A plan file: what loads also passes the check that needs no file. */
#include "plan/plan.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

static const char *const words[] = {"auto", "live", NULL};
static const struct setting word = {"video", SETTING_WORD, "auto", .words = words};
static const struct setting number = {"mesh_runs", SETTING_INTEGER, "3", .low = 1, .high = 1000};
static const struct setting *const options[] = {&word, &number, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/p.yml", paper_folder("t"));
	struct error err = {0};
	struct plan plan;

	paper_write(path, data, size);
	if (plan_load(arena, path, options, &plan, &err))
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
	else
		assert(plan_check(&plan, &err) == 0);
	return 0;
}
