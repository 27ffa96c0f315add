/* SPDX-License-Identifier: MIT */
/* run --virtual=cpu=1000mips,250mips: what the speed of the processor does to each VPN. */
#include "cli/speeds.h"
#include "cli/cli.h"
#include "cli/columns.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

struct speeds {
	struct arena *arena;
	const struct virtual_machine *machines; /* the fastest first */
	size_t count;
	const struct runner_plan *plan;
	struct runner_result *results; /* of each machine */
};

static int by_speed(const void *a, const void *b)
{
	const struct virtual_machine *x = a, *y = b;

	return (y->mips > x->mips) - (y->mips < x->mips);
}

static void print_tables(const struct speeds *speeds)
{
	const char **names = arena_alloc(speeds->arena, const char *, speeds->count);

	for (size_t i = 0; i < speeds->count; i++)
		names[i] = arena_printf(speeds->arena, "%u MIPS", speeds->machines[i].mips);
	columns_print(&(struct columns){.plan = speeds->plan,
			      .names = names,
			      .results = speeds->results,
			      .count = speeds->count,
			      .less = "slower"},
		stdout);
}

static int make_requests(const struct speeds *speeds, const struct virtual_request *request,
	struct virtual_request requests[], struct error *err)
{
	struct arena *arena = speeds->arena;

	for (size_t i = 0; i < speeds->count; i++) {
		requests[i] = *request;
		requests[i].machine = &speeds->machines[i];
		requests[i].name = arena_printf(arena, "%u MIPS", speeds->machines[i].mips);
		requests[i].out =
			arena_printf(arena, "%s/%umips", request->out, speeds->machines[i].mips);
		if (virtual_make_fresh(requests[i].out, err))
			return -1;
	}
	return 0;
}

static void print_hints(const struct virtual_request requests[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (requests[i].end.was_interrupted || requests[i].was_broken_off)
			fprintf(stderr, "meshbench: continue with: meshbench run --resume %s\n",
				requests[i].out);
}

static int status_of(const struct virtual_request *request)
{
	if (request->end.failure.kind == ERROR_NONE)
		return request->end.status;
	fprintf(stderr, "meshbench: %s: %s\n", request->name, request->end.failure.text);
	return EXIT_SOME_FAILED;
}

int speeds_measure(struct arena *arena, const struct virtual_machine machines[], size_t count,
	const struct virtual_request *request, int *ret_status, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct virtual_machine *sorted = arena_alloc(arena, struct virtual_machine, count);
	struct virtual_request *requests = arena_alloc(arena, struct virtual_request, count);
	struct speeds speeds = {.arena = arena,
		.machines = sorted,
		.count = count,
		.plan = request->plan,
		.results = arena_alloc(arena, struct runner_result, count)};

	memcpy(sorted, machines, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_speed);
	if (dir_make(request->out, 0755, err) || make_requests(&speeds, request, requests, err) ||
		virtual_open(&procs, err) || virtual_measure(procs, arena, requests, count, err))
		return -1;
	*ret_status = EXIT_MEASURED;
	for (size_t i = 0; i < count; i++) {
		int status = status_of(&requests[i]);

		*ret_status = status > *ret_status ? status : *ret_status;
		if (virtual_result(arena, &requests[i], &speeds.results[i], err))
			return -1;
	}
	print_hints(requests, count);
	print_tables(&speeds);
	printf("Results: %s\n", request->out);
	return 0;
}
