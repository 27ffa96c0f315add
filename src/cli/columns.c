/* SPDX-License-Identifier: MIT */
/* Tables of runs that differ in their processors: a row per VPN, a column per run. */
#include "cli/columns.h"
#include "cli/grid.h"
#include "cli/summary.h"

#include <string.h>

enum {
	COLUMN_VPN,
	COLUMN_PROFILE,
	COLUMN_FIRST
};

/* A throughput that the next better processor raises by less has another limit. */
static const double STILL_GROWS = 1.05;

static bool is_throughput(const struct workload *workload)
{
	return workload->figures[0] && strstr(workload->figures[0], "_mbps");
}

static double throughput(const struct columns *columns, struct summary_selection s, size_t column,
	struct arena *arena)
{
	s.result = &columns->results[column];
	return summary_median(&s, 0, arena);
}

/* Where a better processor would carry more, as far as there was one. */
static const char *limit_of(
	const struct columns *columns, const struct summary_selection *s, struct arena *arena)
{
	size_t i = 0;

	if (!is_throughput(s->workload))
		return "";
	while (i + 1 < columns->count &&
		throughput(columns, *s, i, arena) <
			STILL_GROWS * throughput(columns, *s, i + 1, arena))
		i++;
	if (i + 1 == columns->count)
		return "at none of these";
	return arena_printf(arena, "at %s and %s", columns->names[i + 1], columns->less);
}

static void fill_row(const struct columns *columns, const struct grid *grid, size_t row,
	struct summary_selection *s)
{
	*grid_at(grid, row, COLUMN_VPN) = s->driver->label;
	*grid_at(grid, row, COLUMN_PROFILE) = summary_condition(s, columns->plan, grid->arena);
	for (size_t i = 0; i < columns->count; i++) {
		s->result = &columns->results[i];
		*grid_at(grid, row, COLUMN_FIRST + i) = summary_cell(s, grid->arena);
	}
	*grid_at(grid, row, COLUMN_FIRST + columns->count) = limit_of(columns, s, grid->arena);
}

static void print_workload(const struct columns *columns, const struct workload *workload,
	struct arena *arena, FILE *out)
{
	const struct runner_plan *plan = columns->plan;
	size_t rows = plan->driver_count * plan->profile_count * plan->tuning_count;
	struct grid grid = grid_new(arena, rows + 1, COLUMN_FIRST + columns->count + 1);

	*grid_at(&grid, 0, COLUMN_VPN) = "VPN";
	*grid_at(&grid, 0, COLUMN_PROFILE) = "profile";
	for (size_t i = 0; i < columns->count; i++)
		*grid_at(&grid, 0, COLUMN_FIRST + i) = columns->names[i];
	if (is_throughput(workload))
		*grid_at(&grid, 0, COLUMN_FIRST + columns->count) = "the processor limits";
	for (size_t i = 0; i < rows; i++) {
		struct summary_selection s = {
			.driver = &plan->drivers[i / (rows / plan->driver_count)],
			.profile = &plan->profiles[i / plan->tuning_count % plan->profile_count],
			.tuning = &plan->tunings[i % plan->tuning_count],
			.workload = workload};

		fill_row(columns, &grid, i + 1, &s);
	}
	fprintf(out, "\n%s, %s\n", workload->name, workload->figures_title);
	grid_print(&grid, out);
}

void columns_print(const struct columns *columns, FILE *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < columns->plan->workload_count; i++)
		print_workload(columns, columns->plan->workloads[i], arena, out);
	fputs("\nMedians over links and repetitions.\n", out);
}
