/* SPDX-License-Identifier: MIT */
/* ab --virtual: pairs of guests, one of each version. */
#include "cli/pairs.h"
#include "cli/cli.h"
#include "cli/virtual.h"

#include "base/clock.h"
#include "base/file.h"
#include "supply/supply.h"

#include <string.h>

enum {
	/* Enough to find five percent more work per packet; fewer than five tell nothing. */
	BLOCKS_OF_PAIR = 8
};

static const char *const names[VERSIONS] = {"old", "new"};

/* All pairs so far. */
struct pairs {
	struct arena *arena;
	struct procs *procs;
	const struct pairs_request *request;
	struct driver drivers[VERSIONS]; /* as `run` takes them */
	struct runner_plan plan;         /* with these */
	size_t pair;                     /* the present one, from 0 */
	struct runner_result result;
	bool was_interrupted;
};

/* One version in one pair. */
struct side {
	struct plan plan;
	struct runner_plan runner;
	const char *out;
};

const char *pairs_tree(struct arena *arena, const char *out, size_t version, size_t pair)
{
	return arena_printf(arena, "%s/%s-%zu", out, names[version], pair);
}

static struct side side_of(const struct pairs *pairs, size_t version)
{
	struct side side = {.plan = *pairs->plan.plan,
		.runner = pairs->plan,
		.out = pairs_tree(pairs->arena, pairs->request->out, version, pairs->pair + 1)};

	side.plan.seed += (int64_t)pairs->pair;
	if (side.plan.repeat > BLOCKS_OF_PAIR)
		side.plan.repeat = BLOCKS_OF_PAIR;
	side.runner.drivers = &pairs->drivers[version];
	side.runner.driver_count = 1;
	return side;
}

static const char *const *options_of(struct arena *arena, const struct plan *plan)
{
	return ARENA_LIST(arena, arena_printf(arena, "--seed=%lld", (long long)plan->seed),
		arena_printf(arena, "--repeat=%lld", (long long)plan->repeat));
}

/* The blocks of every pair follow those of the one before. */
static void add_result(struct pairs *pairs, const struct side *side, struct runner_result result)
{
	struct arena *arena = pairs->arena;
	size_t had = pairs->result.count;
	struct runner_outcome *all = arena_alloc(arena, struct runner_outcome, had + result.count);

	if (had)
		memcpy(all, pairs->result.outcomes, had * sizeof(*all));
	for (size_t i = 0; i < result.count; i++) {
		struct runner_visit *visit = arena_alloc(arena, struct runner_visit, 1);

		*visit = *result.outcomes[i].visit;
		visit->repetition += pairs->pair * (size_t)side->plan.repeat;
		all[had + i] = result.outcomes[i];
		all[had + i].visit = visit;
	}
	pairs->result.outcomes = all;
	pairs->result.count = had + result.count;
}

/* An exit status of a run that has no results, such as EXIT_WRONG_INPUT, speaks for itself. */
static int check_end(struct pairs *pairs, const struct virtual_request *request, struct error *err)
{
	int status = request->end.status;

	pairs->was_interrupted |= request->end.was_interrupted;
	if (request->end.failure.kind != ERROR_NONE) {
		*err = request->end.failure;
		return fail_in(err, "measure the %s version", request->name);
	}
	if (status == EXIT_MEASURED || status == EXIT_SOME_FAILED)
		return 0;
	return fail(err, status == EXIT_WRONG_INPUT ? ERROR_USAGE : ERROR_MISSING,
		"the run of the %s version ended with status %d; see what it says above",
		request->name, status);
}

static int measure_pair(struct pairs *pairs, struct error *err)
{
	struct virtual_request requests[VERSIONS];
	struct side sides[VERSIONS];
	struct runner_result result;

	for (size_t i = 0; i < VERSIONS; i++) {
		sides[i] = side_of(pairs, i);
		sides[i].runner.plan = &sides[i].plan;
		requests[i] = (struct virtual_request){.machine = pairs->request->machine,
			.plan = &sides[i].runner,
			.request = pairs->request->request,
			.options = options_of(pairs->arena, &sides[i].plan),
			.programs =
				pairs->request->vpn ? pairs->request->plan->drivers[i].bin : NULL,
			.out = sides[i].out,
			.name = names[i]};
		if (virtual_make_fresh(sides[i].out, err))
			return -1;
	}
	if (virtual_measure(pairs->procs, pairs->arena, requests, VERSIONS, err))
		return -1;
	for (size_t i = 0; i < VERSIONS; i++) {
		if (check_end(pairs, &requests[i], err) ||
			virtual_result(pairs->arena, &requests[i], &result, err))
			return -1;
		add_result(pairs, &sides[i], result);
	}
	return 0;
}

/* In a guest, a folder of programs is the first that PATH names. */
static int load_drivers(struct pairs *pairs, struct error *err)
{
	const struct pairs_request *request = pairs->request;

	for (size_t i = 0; i < VERSIONS; i++) {
		const char *words =
			request->vpn ? arena_printf(pairs->arena, "%s@" PIN_SYSTEM, request->vpn)
				     : request->words[i];

		if (choice_driver(pairs->arena, words, &pairs->drivers[i], err))
			return -1;
	}
	return 0;
}

int pairs_measure(struct arena *arena, const struct pairs_request *request,
	struct versions *ret_versions, bool *ret_ended, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct pairs pairs = {.arena = arena, .request = request, .plan = *request->plan};
	int64_t began_ns = clock_now_ns();
	double used_s;

	(void)virtual_leave_out(arena, &pairs.plan);
	if (pairs.plan.workload_count == 0)
		return fail(err, ERROR_MISSING, "none of the workloads can run in virtual time");
	if (load_drivers(&pairs, err) || dir_make(request->out, 0755, err) ||
		virtual_open(&procs, err))
		return -1;
	pairs.plan.drivers = pairs.drivers;
	pairs.procs = procs;
	do {
		if (measure_pair(&pairs, err))
			return -1;
		*ret_versions = versions_judge(arena, &pairs.plan, &pairs.result, request->rule);
		pairs.pair++;
		used_s = (double)(clock_now_ns() - began_ns) / 1e9;
	} while (!ret_versions->is_known && !pairs.was_interrupted &&
		 ret_versions->blocks < (size_t)request->plan->plan->repeat &&
		 used_s * (double)(pairs.pair + 1) / (double)pairs.pair <= request->time_s);
	*ret_ended = pairs.was_interrupted;
	return 0;
}
