/* SPDX-License-Identifier: MIT */
#include "runner/runner.h"

#include "base/fd.h"
#include "base/file.h"
#include "folder.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const char *const hosts[] = {"lom", "yuki", NULL};
static const struct plan plan = {.hosts = hosts, .host_count = 2, .repeat = 2};
static const struct driver drivers[] = {{.label = "tinc", .folder = "Tinc"}};
static const struct profile profiles[] = {{.name = "low", .folder = "low_impairment"}};
static const struct tuning tunings[] = {{.name = "none"}};
static const struct workload *const measured[] = {&workload_tcp};
static const struct runner_plan everything = {.plan = &plan,
	.drivers = drivers,
	.driver_count = 1,
	.profiles = profiles,
	.profile_count = 1,
	.tunings = tunings,
	.tuning_count = 1,
	.workloads = measured,
	.workload_count = 1};

static void write_cell(struct record *record, size_t link, size_t repetition, enum cause cause)
{
	json_auto_t *data = json_object();
	json_auto_t *meta = json_pack("{s:{s:f}, s:[{s:f}]}", "figures", "forward_mbps", 80.0,
		"capacity", "one_core_mbps", 160.0);
	const struct record_cell cell = {.vpn = "Tinc",
		.profile = "low_impairment",
		.position = link,
		.source = hosts[link],
		.target = hosts[1 - link],
		.file = workload_tcp.file,
		.repetition = repetition};
	const struct record_result result = {.cause = cause,
		.evidence = "stopped",
		.data = cause == CAUSE_SUCCESS ? data : NULL,
		.meta = meta};
	struct error err = {0};

	CHECK_OK(record_write_cell(record, &cell, &result, &err), err);
}

TEST(what_a_tree_holds_of_a_plan_is_read_back)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	AUTO(record_closep) struct record *record = NULL;
	struct error err = {0};
	struct runner_result result;
	const struct runner_outcome *outcome;

	CHECK_OK(record_open(folder.path, &record, &err), err);
	CHECK(runner_read(&everything, record, arena).count == 0);
	write_cell(record, 0, 0, CAUSE_SUCCESS);
	write_cell(record, 1, 1, CAUSE_STALLED);
	result = runner_read(&everything, record, arena);
	CHECK(result.count == 2);
	outcome = &result.outcomes[0];
	CHECK(outcome->cause == CAUSE_SUCCESS && outcome->was_there);
	CHECK(outcome->visit->driver == &drivers[0] && outcome->visit->repetition == 0);
	CHECK(outcome->cell->link == 0 && outcome->cell->workload == &workload_tcp);
	CHECK(outcome->figures[0] == 80 && isnan(outcome->figures[1]));
	CHECK(outcome->one_core_mbps == 160);
	outcome = &result.outcomes[1];
	CHECK(outcome->cause == CAUSE_STALLED && outcome->visit->repetition == 1);
	CHECK(outcome->cell->link == 1);
}

TEST(what_a_tree_does_not_hold_gets_a_cause_and_the_rest_stays)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	AUTO(record_closep) struct record *record = NULL;
	struct error err = {0},
		     cause = {.kind = ERROR_HOST, .text = "the guest ended: Kernel panic"};
	struct runner_result result;

	CHECK_OK(record_open(folder.path, &record, &err), err);
	write_cell(record, 0, 0, CAUSE_SUCCESS);
	write_cell(record, 1, 1, CAUSE_STALLED);
	CHECK_OK(runner_blame_missing(&everything, record, &cause, &err), err);
	result = runner_read(&everything, record, arena);
	CHECK(result.count == 4);
	for (size_t i = 0; i < result.count; i++) {
		const struct runner_outcome *outcome = &result.outcomes[i];
		size_t link = outcome->cell->link, repetition = outcome->visit->repetition;

		CHECK(outcome->cause == (link + repetition == 0          ? CAUSE_SUCCESS
						: link + repetition == 2 ? CAUSE_STALLED
									 : CAUSE_HOST));
	}
}
