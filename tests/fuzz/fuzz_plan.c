/* A plan file: what loads also passes the check that needs no file. */
#include "plan/plan.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/p.yml", paper_folder("t"));
	struct error err = {0};
	struct plan plan;

	paper_write(path, data, size);
	if (plan_load(arena, path, &plan, &err))
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
	else
		assert(plan_check(&plan, &err) == 0);
	return 0;
}
