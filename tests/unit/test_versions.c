/* SPDX-License-Identifier: MIT */
#include "runner/versions.h"

#include "base/json.h"
#include "tap.h"

#include <math.h>
#include <string.h>

enum {
	BLOCKS = 8,
	LINKS = 2
};

static const char *const hosts[] = {"lom", "yuki", NULL};
static const struct plan plan = {.hosts = hosts, .host_count = LINKS};
static const struct driver drivers[] = {{.label = "none@old"}, {.label = "none@new"}};
static const struct profile profile = {.name = "baseline"};
static const struct workload *const measured[] = {&workload_ping, &workload_tcp};
static const struct runner_plan everything = {.plan = &plan,
	.drivers = drivers,
	.driver_count = VERSIONS,
	.profiles = &profile,
	.profile_count = 1,
	.workloads = measured,
	.workload_count = 2};
static const struct versions_rule rule = {.error = 0.05, .margin = 0.05};
static const struct runner_cell cells[] = {
	{&workload_ping, 0}, {&workload_ping, 1}, {&workload_tcp, 0}, {&workload_tcp, 1}};

static const struct mark busy = {.word = "busy"};
static struct runner_visit visits[BLOCKS * VERSIONS];
static struct runner_outcome outcomes[BLOCKS * VERSIONS * 4];

/* Blocks drift by a tenth each, which both sides share; they differ by `slower` and a little. */
static struct runner_result result_of(double slower)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		size_t block = i / 4 / VERSIONS, version = i / 4 % VERSIONS;
		double factor = version == VERSIONS_NEW ? slower : 1;
		double noise = 1 + 0.002 * (double)(i * 7 % 5), drift = pow(1.1, (double)block);

		visits[i / 4] = (struct runner_visit){
			.driver = &drivers[version], .profile = &profile, .repetition = block};
		outcomes[i] = (struct runner_outcome){.visit = &visits[i / 4],
			.cell = &cells[i % 4],
			.cause = CAUSE_SUCCESS,
			.one_core_mbps = NAN};
		for (size_t f = 0; f < WORKLOAD_FIGURES; f++)
			outcomes[i].figures[f] = cells[i % 4].workload == &workload_ping
							 ? 0.1 * noise * drift * factor
							 : 900 * noise * drift / factor;
	}
	return (struct runner_result){.outcomes = outcomes, .count = ARRAY_SIZE(outcomes)};
}

static bool is_new_tcp(const struct runner_outcome *outcome)
{
	return outcome->visit->driver == &drivers[VERSIONS_NEW] &&
	       outcome->cell->workload == &workload_tcp;
}

TEST(versions_that_are_alike_do_not_differ_whatever_drifts)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1);
	struct versions versions = versions_judge(arena, &everything, &result, &rule);

	CHECK(versions.count == 3 && versions.blocks == BLOCKS && versions.is_known);
	CHECK(versions.verdict == SEQUENTIAL_NO_DIFFERENCE);
}

TEST(lower_throughput_and_longer_round_trips_are_worse)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1.2);
	struct versions versions = versions_judge(arena, &everything, &result, &rule);

	CHECK(versions.verdict == SEQUENTIAL_WORSE && versions.is_known);
	for (size_t i = 0; i < versions.count; i++)
		CHECK(versions.figures[i].verdict == SEQUENTIAL_WORSE);
	CHECK(fabs(versions.figures[0].typical_change - 1.2) < 0.02);
	CHECK(fabs(versions.figures[1].typical_change - 1 / 1.2) < 0.02);
	CHECK(versions.figures[1].change.low < versions.figures[1].typical_change &&
		versions.figures[1].typical_change < versions.figures[1].change.high);
}

TEST(higher_throughput_and_shorter_round_trips_are_better)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1 / 1.2);

	CHECK(versions_judge(arena, &everything, &result, &rule).verdict == SEQUENTIAL_BETTER);
}

TEST(marked_values_are_left_out_unless_they_are_accepted)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct versions_rule accepting = rule;
	struct runner_result result = result_of(1.2);
	struct versions versions;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i].marks = &busy;
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.verdict == SEQUENTIAL_CANNOT_TELL && !versions.is_known);
	CHECK(versions.figures[0].blocks == 0 && versions.figures[0].marked_cells[0] == 16);
	accepting.accepts_marked = true;
	versions = versions_judge(arena, &everything, &result, &accepting);
	CHECK(versions.verdict == SEQUENTIAL_WORSE);
}

/* Or a link that is faster than the others would make a side look better when it works. */
TEST(a_link_that_one_side_lacks_in_a_block_is_left_out_on_both)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1);
	struct versions versions;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		if (outcomes[i].cell->link == 1)
			outcomes[i].figures[0] *= 3;
		if (is_new_tcp(&outcomes[i]) && outcomes[i].cell->link == 1)
			outcomes[i].cause = CAUSE_TIMEOUT;
	}
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.verdict == SEQUENTIAL_NO_DIFFERENCE);
	CHECK(versions.figures[1].failed_cells[VERSIONS_NEW] == BLOCKS);
}

TEST(what_never_works_on_the_new_side_is_worse)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1);
	struct versions versions;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		if (is_new_tcp(&outcomes[i]))
			outcomes[i].cause = CAUSE_TIMEOUT;
	}
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.verdict == SEQUENTIAL_WORSE);
	CHECK(versions.figures[0].verdict == SEQUENTIAL_NO_DIFFERENCE);
	result.count = 5 * VERSIONS * 4; /* too few blocks for that */
	CHECK(versions_judge(arena, &everything, &result, &rule).verdict == SEQUENTIAL_CANNOT_TELL);
}

TEST(fewer_than_four_blocks_are_not_judged)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1.2);

	result.count = 3 * VERSIONS * 4;
	CHECK(versions_judge(arena, &everything, &result, &rule).verdict == SEQUENTIAL_CANNOT_TELL);
}

TEST(payload_per_processor_time_is_compared_where_a_version_has_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1);
	struct versions versions;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i].one_core_mbps = 100;
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.count == 4 && versions.verdict == SEQUENTIAL_NO_DIFFERENCE);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i].one_core_mbps = is_new_tcp(&outcomes[i]) ? 90 : 100;
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.verdict == SEQUENTIAL_WORSE);
	CHECK(strcmp(versions.figures[3].key, "one_core_mbps") == 0 &&
		versions.figures[3].verdict == SEQUENTIAL_WORSE);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i].one_core_mbps = NAN; /* a VPN in the kernel */
	versions = versions_judge(arena, &everything, &result, &rule);
	CHECK(versions.count == 3 && versions.verdict == SEQUENTIAL_NO_DIFFERENCE);
}

TEST(a_tracker_gets_the_figures_of_the_new_version)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct runner_result result = result_of(1.2);
	struct versions versions = versions_judge(arena, &everything, &result, &rule);
	json_auto_t *bmf = versions_bmf(&versions);
	const json_t *measure =
		json_object_get(json_object_get(bmf, "tcp/baseline"), "forward_mbps");
	double value = json_number_at(measure, "/value", NAN);

	CHECK(value > 1000 && value < 1300); /* 750 and the drift of eight blocks */
	CHECK(json_number_at(measure, "/lower_value", NAN) < value);
	CHECK(json_number_at(measure, "/upper_value", NAN) > value);
	CHECK(json_object_size(bmf) == 2);
}
