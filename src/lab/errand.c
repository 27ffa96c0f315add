/* SPDX-License-Identifier: MIT */
/* Commands on many hosts at once, a few in flight so that neither descriptors nor processors run
 * out. */
#include "lab/internal.h"

#include <string.h>

enum {
	IN_FLIGHT = 16
};

static int begin(
	struct procs *procs, const struct errand *errand, struct proc **ret_proc, struct error *err)
{
	struct proc_spec spec = {.what = errand->what,
		.argv = errand->argv,
		.place = errand->place,
		.input = errand->input,
		.input_size = errand->input ? strlen(errand->input) : 0,
		.keep_bytes = errand->keep_bytes};

	if (errand->is_at_card)
		return far_host_start_at_card(errand->host, &spec, ret_proc, err);
	if (errand->host)
		return host_start(errand->host, &spec, ret_proc, err);
	return proc_start(procs, &spec, ret_proc, err);
}

static int end(struct arena *arena, struct errand *errand, struct proc *proc, struct error *err)
{
	struct proc_result result;

	if (proc_wait(proc, deadline_in(30 * NS_PER_S), err))
		return -1;
	result = proc_result(proc);
	if (result.exit_code == 0)
		errand->out = arena_strndup(arena, result.out, result.out_size);
	else if (!errand->may_fail) /* ip and tc give the reason first and the batch line last */
		return fail(err, ERROR_TOOL, "%s (%.*s)", proc_obituary(proc),
			(int)strcspn(result.errout, "\n"), result.errout);
	return 0;
}

/* A program that is missing does not fail an errand that may fail. */
static int begin_or_skip(
	struct procs *procs, const struct errand *errand, struct proc **ret_proc, struct error *err)
{
	if (begin(procs, errand, ret_proc, err) == 0)
		return 0;
	return errand->may_fail && err->kind == ERROR_MISSING ? 0 : -1;
}

int errands_run(struct procs *procs, struct arena *arena, struct errand errands[], size_t count,
	struct error *err)
{
	struct proc *flying[IN_FLIGHT] = {NULL};
	size_t begun = 0, ended = 0;
	int status = 0;

	while (status == 0 && ended < count) {
		if (begun < count && begun - ended < IN_FLIGHT) {
			status = begin_or_skip(
				procs, &errands[begun], &flying[begun % IN_FLIGHT], err);
			begun++;
			continue;
		}
		if (flying[ended % IN_FLIGHT])
			status = end(arena, &errands[ended], flying[ended % IN_FLIGHT], err);
		proc_free(flying[ended % IN_FLIGHT]);
		flying[ended++ % IN_FLIGHT] = NULL;
	}
	for (size_t i = 0; i < IN_FLIGHT; i++)
		proc_free(flying[i]);
	return status;
}
