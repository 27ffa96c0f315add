/* SPDX-License-Identifier: MIT */
/* Which driver is visited under which profile, and what is measured there: a pure function. */
#include "runner/runner.h"

#include "base/random.h"

/* Seconds from an empty lab to a connected VPN; only estimates use it. */
static const double CONNECT_ESTIMATE_S = 3;

static void add_cells(
	const struct runner_plan *plan, bool are_of_mesh, struct runner_cell cells[], size_t *count)
{
	size_t links = plan->plan->host_count;

	for (size_t w = 0; w < plan->workload_count; w++) {
		const struct workload *workload = plan->workloads[w];
		size_t cells_of_it = workload->scope == WORKLOAD_LINK ? links : 1;

		if ((workload->scope == WORKLOAD_MESH) != are_of_mesh)
			continue;
		for (size_t link = 0; link < cells_of_it; link++)
			cells[(*count)++] =
				(struct runner_cell){.workload = workload, .link = link};
	}
}

/* What disturbs the mesh comes after what wants it undisturbed. */
static const struct runner_cell *list_cells(
	const struct runner_plan *plan, struct arena *arena, size_t *ret_count)
{
	struct runner_cell *cells = arena_alloc(
		arena, struct runner_cell, plan->workload_count * plan->plan->host_count);

	*ret_count = 0;
	add_cells(plan, false, cells, ret_count);
	add_cells(plan, true, cells, ret_count);
	return cells;
}

/* A B, then B A. */
static void alternate(size_t repetition, size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		order[i] = repetition % 2 ? count - 1 - i : i;
}

void runner_schedule(const struct runner_plan *plan, struct arena *arena,
	const struct runner_visit **ret_visits, size_t *ret_count)
{
	size_t hosts = plan->profile_count * plan->tuning_count; /* ways to set them up */
	size_t block = plan->driver_count * hosts;
	size_t repetitions = (size_t)plan->plan->repeat;
	struct random random = random_seeded(plan->plan->seed);
	struct runner_visit *visits = arena_alloc(arena, struct runner_visit, block * repetitions);
	size_t *order = arena_alloc(arena, size_t, block);
	size_t cell_count;
	const struct runner_cell *cells = list_cells(plan, arena, &cell_count);

	for (size_t repetition = 0; repetition < repetitions; repetition++) {
		if (plan->alternates)
			alternate(repetition, order, block);
		else
			random_permutation(&random, order, block);
		for (size_t i = 0; i < block; i++)
			visits[repetition * block + i] = (struct runner_visit){
				.driver = &plan->drivers[order[i] / hosts],
				.profile = &plan->profiles[order[i] % hosts / plan->tuning_count],
				.tuning = &plan->tunings[order[i] % plan->tuning_count],
				.repetition = repetition,
				.cells = cells,
				.cell_count = cell_count};
	}
	*ret_visits = plan->block ? visits + (plan->block - 1) * block : visits;
	*ret_count = plan->block ? block : block * repetitions;
}

struct workload_case runner_case(
	const struct runner_plan *plan, const struct workload *workload, size_t link)
{
	const struct plan *p = plan->plan;
	double seconds = p->seconds;

	if (workload->own_seconds && setting_text(p->options, workload->own_seconds))
		seconds = setting_seconds(p->options, workload->own_seconds);
	return (struct workload_case){.source = p->hosts[link],
		.target = p->hosts[(link + 1) % p->host_count],
		.link = link,
		.seconds = seconds,
		.congestion = p->congestion,
		.processors = plan->processors,
		.options = p->options};
}

double runner_estimate_s(const struct runner_plan *plan, const struct runner_visit *visit)
{
	double seconds = CONNECT_ESTIMATE_S;

	for (size_t i = 0; i < visit->cell_count; i++) {
		const struct runner_cell *cell = &visit->cells[i];
		struct workload_case c = runner_case(plan, cell->workload, cell->link);

		c.line_bps = profile_narrowest_bps(visit->profile);
		seconds += cell->workload->estimate_s(&c);
	}
	return seconds;
}

double runner_schedule_s(const struct runner_plan *plan, struct arena *arena)
{
	const struct runner_visit *visits;
	double seconds = 0;
	size_t count;

	runner_schedule(plan, arena, &visits, &count);
	for (size_t i = 0; i < count; i++)
		seconds += runner_estimate_s(plan, &visits[i]);
	return seconds;
}
