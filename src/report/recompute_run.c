/* SPDX-License-Identifier: MIT */
/* The command that writes General/comparison/ of a result tree. */
#include "report/report.h"

#include "base/fd.h"
#include "report/output/files.h"
#include "report/published/recompute.h"

#include <fcntl.h>

struct target {
	struct outputs *outputs;
	struct arena *arena;
	const char *dir;
};

static void add(void *context, const char *path, const json_t *value)
{
	struct target *target = context;

	outputs_add_json(
		target->outputs, arena_printf(target->arena, "%s/%s", target->dir, path), value);
}

int recompute_run(const struct recompute_options *options, FILE *out, struct error *err)
{
	AUTO(results_freep) struct report_results *results = NULL;
	AUTO(outputs_freep) struct outputs *outputs = outputs_new();
	struct target target = {.outputs = outputs};
	AUTO(fd_closep) int tree = open(options->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct beneath root = {tree, options->dir};
	size_t count;

	if (results_read(options->dir, &results, err))
		return -1;
	target.arena = results->arena;
	target.dir = options->out_dir ? options->out_dir : tree_comparison_dir(results->arena, "");
	if (!options->out_dir)
		outputs_beneath(outputs, &root);
	recompute_all(results, add, &target);
	if (outputs_write(outputs, options->force, &count, err))
		return -1;
	for (const struct tree_problem *p = results->reading.problems; p; p = p->next)
		fprintf(out, "skipped %s: %s\n", p->path, p->why);
	fprintf(out, "%zu files in %s\n", count,
		options->out_dir ? options->out_dir
				 : tree_comparison_dir(results->arena, options->dir));
	return 0;
}
