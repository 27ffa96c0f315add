/* SPDX-License-Identifier: MIT */
/* The summary table: a row per VPN and profile, a column per workload. */
#include "cli/summary.h"

#include "cli/grid.h"
#include "cli/progress.h"

#include "base/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts `values`; NAN when there is none. */
static double median(double *values, size_t count)
{
	if (count == 0)
		return NAN;
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static const char *number(struct arena *arena, double value)
{
	return arena_printf(arena, "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

static bool is_visit_selected(const struct summary_selection *s, const struct runner_visit *visit)
{
	return visit->driver == s->driver && visit->profile == s->profile &&
	       visit->tuning == s->tuning;
}

static bool is_selected(const struct summary_selection *s, const struct runner_outcome *outcome)
{
	return is_visit_selected(s, outcome->visit) && outcome->cell->workload == s->workload;
}

struct counts {
	size_t planned, ok, unmarked; /* each one's part of the one before */
};

static struct counts count_selected(const struct summary_selection *s)
{
	struct counts counts = {0};

	for (size_t i = 0; i < s->result->count; i++) {
		const struct runner_outcome *outcome = &s->result->outcomes[i];
		bool is_ok = outcome->cause == CAUSE_SUCCESS;

		if (!is_selected(s, outcome))
			continue;
		counts.planned++;
		counts.ok += is_ok;
		counts.unmarked += is_ok && !outcome->marks;
	}
	return counts;
}

/* Of the cells without marks, or of all where nothing else is there. */
static double median_figure(
	const struct summary_selection *s, double *values, size_t figure, bool takes_marked)
{
	size_t count = 0;

	for (size_t i = 0; i < s->result->count; i++) {
		const struct runner_outcome *outcome = &s->result->outcomes[i];

		if (is_selected(s, outcome) && isfinite(outcome->figures[figure]) &&
			(takes_marked || !outcome->marks))
			values[count++] = outcome->figures[figure];
	}
	return median(values, count);
}

/* "934 / 935" from the medians, "(2 of 3)" where less came than was planned, "*" for marks. */
static const char *describe(const struct summary_selection *s, struct arena *arena, double *values)
{
	struct counts counts = count_selected(s);
	const char *text = "";

	if (counts.ok == 0)
		return counts.planned ? "failed" : "-";
	for (size_t i = 0; i < WORKLOAD_FIGURES && s->workload->figures[i]; i++) {
		double value = median_figure(s, values, i, counts.unmarked == 0);

		text = arena_printf(arena, "%s%s%s", text, i ? " / " : "",
			isfinite(value) ? number(arena, value) : "?");
	}
	if (counts.ok < counts.planned)
		text = arena_printf(arena, "%s (%zu of %zu)", text, counts.ok, counts.planned);
	return counts.unmarked < counts.ok ? arena_printf(arena, "%s*", text) : text;
}

const char *summary_cell(const struct summary_selection *s, struct arena *arena)
{
	return describe(s, arena, arena_alloc(arena, double, s->result->count + 1));
}

double summary_median(const struct summary_selection *s, size_t figure, struct arena *arena)
{
	double *values = arena_alloc(arena, double, s->result->count + 1);

	return median_figure(s, values, figure, count_selected(s).unmarked == 0);
}

const char *summary_condition(
	const struct summary_selection *s, const struct runner_plan *plan, struct arena *arena)
{
	return plan->tuning_count > 1
		       ? arena_printf(arena, "%s, %s", s->profile->name, s->tuning->name)
		       : s->profile->name;
}

static const char *describe_connect(
	const struct summary_selection *s, struct arena *arena, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < s->result->connect_count; i++) {
		const struct runner_connect *connect = &s->result->connects[i];

		if (is_visit_selected(s, connect->visit))
			values[count++] = connect->connect_s;
	}
	return count ? arena_printf(arena, "%.3f", median(values, count)) : "-";
}

enum {
	FIXED_COLUMNS = 3,
	HEAD_ROWS = 2,
	WORKLOADS_SIDE_BY_SIDE = 4,
	INDENT = 4 /* of what goes on in a second line */
};

static void fill_head(const struct grid *grid, const struct runner_plan *plan)
{
	static const char *const titles[HEAD_ROWS][FIXED_COLUMNS] = {
		{"VPN", "profile", "connect"}, {"", "", "s"}};

	for (size_t row = 0; row < HEAD_ROWS; row++) {
		for (size_t column = 0; column < FIXED_COLUMNS; column++)
			*grid_at(grid, row, column) = titles[row][column];
	}
	for (size_t w = 0; w < plan->workload_count; w++) {
		*grid_at(grid, 0, FIXED_COLUMNS + w) = plan->workloads[w]->name;
		*grid_at(grid, 1, FIXED_COLUMNS + w) = plan->workloads[w]->figures_title;
	}
}

static void fill_row(const struct grid *grid, size_t row, const struct runner_plan *plan,
	struct summary_selection *s, double *values)
{
	*grid_at(grid, row, 0) = s->driver->label;
	*grid_at(grid, row, 1) = summary_condition(s, plan, grid->arena);
	*grid_at(grid, row, 2) = describe_connect(s, grid->arena, values);
	for (size_t w = 0; w < plan->workload_count; w++) {
		s->workload = plan->workloads[w];
		*grid_at(grid, row, FIXED_COLUMNS + w) = describe(s, grid->arena, values);
	}
}

/* Cells that could not be tried have their visit's evidence in common. */
static bool is_same_failure(const struct runner_outcome *a, const struct runner_outcome *b)
{
	return a->visit == b->visit && a->cause == b->cause &&
	       strcmp(a->evidence, b->evidence) == 0;
}

static void print_paragraph(const char *text, FILE *out)
{
	terminal_wrap(out, text, 0, INDENT, terminal_width(out));
	fputc('\n', out);
}

static void print_failure(
	const struct runner_outcome *outcome, size_t more, struct arena *arena, FILE *out)
{
	const char *others = more ? arena_printf(arena, " and %zu more cells", more) : "";

	print_paragraph(
		arena_printf(arena, "  %s, %s, %s, %s%s: %s: %s", outcome->visit->driver->label,
			outcome->visit->profile->name, outcome->cell->workload->name,
			outcome->where, others, cause_name(outcome->cause), outcome->evidence),
		out);
}

static void print_failures(const struct runner_result *result, struct arena *arena, FILE *out)
{
	bool has_title = false;
	size_t i = 0;

	while (i < result->count) {
		const struct runner_outcome *outcome = &result->outcomes[i++];
		size_t more = 0;

		if (outcome->cause == CAUSE_SUCCESS)
			continue;
		for (; i < result->count && is_same_failure(outcome, &result->outcomes[i]); i++)
			more++;
		if (!has_title)
			fputs("\nFailures\n", out);
		has_title = true;
		print_failure(outcome, more, arena, out);
	}
}

static void print_marks(const struct runner_result *result, struct arena *arena, FILE *out)
{
	bool has_title = false;

	for (size_t i = 0; i < result->count; i++) {
		const struct runner_outcome *outcome = &result->outcomes[i];

		if (!outcome->marks)
			continue;
		if (!has_title) {
			fputc('\n', out);
			print_paragraph(
				"Marked *: not only the VPN and its profile made these figures, so medians leave them out where there are others",
				out);
		}
		has_title = true;
		print_paragraph(
			arena_printf(arena, "  %s, %s, %s, %s: %s", outcome->visit->driver->label,
				outcome->visit->profile->name, outcome->cell->workload->name,
				outcome->where, marks_text(arena, outcome->marks)),
			out);
	}
}

/* Rows of every VPN under every profile and tuning, for some of the plan's workloads. */
static struct grid fill_grid(
	const struct runner_plan *plan, const struct runner_result *result, struct arena *arena)
{
	double *values = arena_alloc(arena, double, result->count + result->connect_count + 1);
	size_t row = HEAD_ROWS;
	struct grid grid = grid_new(arena,
		HEAD_ROWS + plan->driver_count * plan->profile_count * plan->tuning_count,
		FIXED_COLUMNS + plan->workload_count);

	fill_head(&grid, plan);
	for (size_t d = 0; d < plan->driver_count; d++) {
		for (size_t p = 0; p < plan->profile_count; p++) {
			for (size_t t = 0; t < plan->tuning_count; t++)
				fill_row(&grid, row++, plan,
					&(struct summary_selection){.result = result,
						.driver = &plan->drivers[d],
						.profile = &plan->profiles[p],
						.tuning = &plan->tunings[t]},
					values);
		}
	}
	return grid;
}

/*
 * Of the workloads from the first one on as many as fit next to each other, which is said of the
 * plan: more than a few would wrap on any screen.
 */
static struct grid fill_fitting(struct runner_plan *some, const struct runner_result *result,
	struct arena *arena, size_t width)
{
	struct grid grid;

	if (some->workload_count > WORKLOADS_SIDE_BY_SIDE)
		some->workload_count = WORKLOADS_SIDE_BY_SIDE;
	grid = fill_grid(some, result, arena);
	while (width && grid_width(&grid) > width && some->workload_count > 1) {
		some->workload_count--;
		grid = fill_grid(some, result, arena);
	}
	return grid;
}

static void print_grids(const struct runner_plan *plan, const struct runner_result *result,
	struct arena *arena, FILE *out)
{
	struct runner_plan some = *plan;
	size_t first = 0;

	while (first < plan->workload_count) {
		struct grid grid;

		some.workloads = plan->workloads + first;
		some.workload_count = plan->workload_count - first;
		grid = fill_fitting(&some, result, arena, terminal_width(out));
		fputc('\n', out);
		grid_print(&grid, out);
		first += some.workload_count;
	}
}

void summary_print(const struct runner_plan *plan, const struct runner_result *result, FILE *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char total[32];

	print_grids(plan, result, arena, out);
	print_failures(result, arena, out);
	print_marks(result, arena, out);
	progress_duration(total, result->total_s);
	fprintf(out, "\nMedians over links and repetitions. Measured in %s", total);
	if (result->measuring_s > 0)
		fprintf(out, ", %.0f %% of it inside workloads",
			100 * result->measuring_s / result->total_s);
	fputs(".\n", out);
}

bool summary_has_failures(const struct runner_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		if (result->outcomes[i].cause != CAUSE_SUCCESS)
			return true;
	}
	return false;
}
