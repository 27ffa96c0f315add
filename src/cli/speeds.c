/* SPDX-License-Identifier: MIT */
/* run --virtual=cpu=1000mips,250mips: what the speed of the processor does to each VPN. */
#include "cli/speeds.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/summary.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum {
	COLUMN_VPN,
	COLUMN_PROFILE,
	COLUMN_SPEEDS
};

/* A throughput that a processor of twice the speed raises by less has another limit. */
static const double STILL_GROWS = 1.05;

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

static bool is_throughput(const struct workload *workload)
{
	return workload->figures[0] && strstr(workload->figures[0], "_mbps");
}

static double throughput(const struct speeds *speeds, struct summary_selection s, size_t speed)
{
	s.result = &speeds->results[speed];
	return summary_median(&s, 0, speeds->arena);
}

/* Where a faster processor would carry more, as far as there was one. */
static const char *limit_of(const struct speeds *speeds, const struct summary_selection *s)
{
	size_t i = 0;

	if (!is_throughput(s->workload))
		return "";
	while (i + 1 < speeds->count &&
		throughput(speeds, *s, i) < STILL_GROWS * throughput(speeds, *s, i + 1))
		i++;
	if (i + 1 == speeds->count)
		return "at none of these";
	return arena_printf(speeds->arena, "at %u MIPS and slower", speeds->machines[i + 1].mips);
}

static void fill_row(const struct speeds *speeds, const struct grid *grid, size_t row,
	struct summary_selection *s)
{
	*grid_at(grid, row, COLUMN_VPN) = s->driver->label;
	*grid_at(grid, row, COLUMN_PROFILE) = summary_condition(s, speeds->plan, grid->arena);
	for (size_t i = 0; i < speeds->count; i++) {
		s->result = &speeds->results[i];
		*grid_at(grid, row, COLUMN_SPEEDS + i) = summary_cell(s, grid->arena);
	}
	*grid_at(grid, row, COLUMN_SPEEDS + speeds->count) = limit_of(speeds, s);
}

static void print_workload(const struct speeds *speeds, const struct workload *workload, FILE *out)
{
	const struct runner_plan *plan = speeds->plan;
	size_t row = 1, rows = plan->driver_count * plan->profile_count * plan->tuning_count;
	struct grid grid = grid_new(speeds->arena, rows + 1, COLUMN_SPEEDS + speeds->count + 1);

	*grid_at(&grid, 0, COLUMN_VPN) = "VPN";
	*grid_at(&grid, 0, COLUMN_PROFILE) = "profile";
	for (size_t i = 0; i < speeds->count; i++)
		*grid_at(&grid, 0, COLUMN_SPEEDS + i) =
			arena_printf(speeds->arena, "%u MIPS", speeds->machines[i].mips);
	if (is_throughput(workload))
		*grid_at(&grid, 0, COLUMN_SPEEDS + speeds->count) = "the processor limits";
	for (size_t i = 0; i < rows; i++) {
		struct summary_selection s = {
			.driver = &plan->drivers[i / (rows / plan->driver_count)],
			.profile = &plan->profiles[i / plan->tuning_count % plan->profile_count],
			.tuning = &plan->tunings[i % plan->tuning_count],
			.workload = workload};

		fill_row(speeds, &grid, row++, &s);
	}
	fprintf(out, "\n%s, %s\n", workload->name, workload->figures_title);
	grid_print(&grid, out);
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
		if (requests[i].end.was_interrupted)
			fprintf(stderr, "meshbench: continue with: meshbench run --resume %s\n",
				requests[i].out);
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
		int status = requests[i].end.status;

		*ret_status = status > *ret_status ? status : *ret_status;
		if (virtual_result(arena, &requests[i], &speeds.results[i], err))
			return -1;
	}
	print_hints(requests, count);
	for (size_t i = 0; i < request->plan->workload_count; i++)
		print_workload(&speeds, request->plan->workloads[i], stdout);
	printf("\nMedians over links and repetitions.\nResults: %s\n", request->out);
	return 0;
}
