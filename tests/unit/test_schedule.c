/* SPDX-License-Identifier: MIT */
#include "runner/runner.h"

#include "options_by_hand.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const hosts[] = {"lom", "yuki", "luna", NULL};
static const struct driver drivers[] = {{.name = "none"}, {.name = "tinc"}, {.name = "nebula"}};
static const struct profile profiles[] = {{.name = "baseline"}, {.name = "low"}};
static const struct tuning tunings[] = {{.name = "none"}, {.name = "bbr", .congestion = "bbr"}};
static const struct workload *const measured[] = {&workload_ping, &workload_parallel};

static struct runner_plan plan_of(const struct plan *plan)
{
	return (struct runner_plan){.plan = plan,
		.drivers = drivers,
		.driver_count = 3,
		.profiles = profiles,
		.profile_count = 2,
		.tunings = tunings,
		.tuning_count = 1,
		.workloads = measured,
		.workload_count = 2};
}

TEST(every_block_visits_every_driver_under_every_profile_once)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 4, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *visits;
	size_t count;

	runner_schedule(&everything, arena, &visits, &count);
	CHECK(count == 24);
	for (size_t block = 0; block < 4; block++) {
		bool seen[3][2] = {{false}};

		for (size_t i = block * 6; i < block * 6 + 6; i++) {
			size_t d = (size_t)(visits[i].driver - drivers);
			size_t p = (size_t)(visits[i].profile - profiles);

			CHECK(visits[i].repetition == block && !seen[d][p]);
			seen[d][p] = true;
		}
	}
}

TEST(a_block_alone_is_the_same_as_among_all)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 4, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *all, *alone;
	size_t count;

	runner_schedule(&everything, arena, &all, &count);
	for (size_t block = 1; block <= 4; block++) {
		everything.block = block;
		runner_schedule(&everything, arena, &alone, &count);
		CHECK(count == 6);
		for (size_t i = 0; i < count; i++) {
			const struct runner_visit *visit = &all[(block - 1) * 6 + i];

			CHECK(alone[i].driver == visit->driver &&
				alone[i].profile == visit->profile &&
				alone[i].repetition == block - 1);
		}
	}
}

TEST(blocks_that_alternate_go_there_and_back)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 4, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *visits;
	size_t count;

	everything.alternates = true;
	everything.driver_count = 2;
	everything.profile_count = 1;
	runner_schedule(&everything, arena, &visits, &count);
	CHECK(count == 8);
	for (size_t i = 0; i < count; i++) {
		static const size_t expected[] = {0, 1, 1, 0, 0, 1, 1, 0};

		CHECK(visits[i].driver == &drivers[expected[i]] && visits[i].repetition == i / 2);
	}
}

TEST(a_tuning_is_one_more_factor_of_a_block)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 2, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *visits;
	size_t count;

	everything.tuning_count = 2;
	runner_schedule(&everything, arena, &visits, &count);
	CHECK(count == 24);
	for (size_t block = 0; block < 2; block++) {
		bool seen[3][2][2] = {{{false}}};

		for (size_t i = block * 12; i < block * 12 + 12; i++) {
			bool *visit =
				&seen[visits[i].driver - drivers][visits[i].profile - profiles]
				     [visits[i].tuning - tunings];

			CHECK(visits[i].repetition == block && !*visit);
			*visit = true;
		}
	}
}

TEST(a_visit_measures_every_link_and_all_links_once)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 1, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *visits;
	size_t count;

	runner_schedule(&everything, arena, &visits, &count);
	CHECK(visits[0].cell_count == 4);
	for (size_t i = 0; i < 3; i++)
		CHECK(visits[0].cells[i].workload == &workload_ping &&
			visits[0].cells[i].link == i);
	CHECK(visits[0].cells[3].workload == &workload_parallel);
}

TEST(what_disturbs_the_mesh_comes_last)
{
	static const struct workload *const mixed[] = {
		&workload_restart, &workload_ping, &workload_idle, &workload_parallel};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan plan = {.hosts = hosts, .host_count = 3, .repeat = 1, .seed = 7};
	struct runner_plan everything = plan_of(&plan);
	const struct runner_visit *visits;
	size_t count;

	everything.workloads = mixed;
	everything.workload_count = 4;
	runner_schedule(&everything, arena, &visits, &count);
	CHECK(visits[0].cell_count == 6);
	CHECK(visits[0].cells[3].workload == &workload_parallel);
	CHECK(visits[0].cells[4].workload == &workload_restart);
	CHECK(visits[0].cells[5].workload == &workload_idle);
}

TEST(the_order_depends_on_the_seed_alone)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct plan a = {.hosts = hosts, .host_count = 3, .repeat = 8, .seed = 1};
	const struct plan b = {.hosts = hosts, .host_count = 3, .repeat = 8, .seed = 2};
	struct runner_plan with_a = plan_of(&a), with_b = plan_of(&b);
	const struct runner_visit *first, *again, *other;
	size_t count, differ = 0;

	runner_schedule(&with_a, arena, &first, &count);
	runner_schedule(&with_a, arena, &again, &count);
	runner_schedule(&with_b, arena, &other, &count);
	for (size_t i = 0; i < count; i++) {
		CHECK(first[i].driver == again[i].driver && first[i].profile == again[i].profile);
		differ +=
			first[i].driver != other[i].driver || first[i].profile != other[i].profile;
	}
	CHECK(differ > 0);
}

TEST(links_form_a_ring)
{
	struct options_by_hand options = {0};
	struct plan plan = {.hosts = hosts, .host_count = 3, .seconds = 5};
	struct runner_plan everything = plan_of(&plan);
	struct workload_case last = runner_case(&everything, &workload_tcp, 2);

	CHECK(strcmp(last.source, "luna") == 0 && strcmp(last.target, "lom") == 0);
	CHECK(last.seconds == 5);
	CHECK(runner_case(&everything, &workload_parallel, 0).seconds == 5);
	plan.options = option_by_hand(&options, "parallel_seconds", "9");
	CHECK(runner_case(&everything, &workload_parallel, 0).seconds == 9);
	CHECK(runner_case(&everything, &workload_tcp, 0).options == options.list);
}

TEST(a_plan_survives_its_way_through_a_result_tree)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const names[] = {"none", "low:rate=5mbit", NULL};
	struct error err = {0};
	const struct setting *const *settings = workload_settings(arena);
	struct options_by_hand options = {0};
	struct plan before = plan_default(arena), after;

	before.name = "quick";
	before.hosts = hosts;
	before.host_count = 3;
	before.vpns = before.workloads = before.profiles = names;
	before.seed = 123456789012;
	before.seconds = 2.5;
	before.attempts = 2;
	before.options = option_by_hand(&options, "mesh_runs", "7");
	{
		json_auto_t *json = plan_to_json(&before);
		json_auto_t *again = NULL;

		CHECK(json);
		CHECK_OK(plan_from_json(arena, json, settings, &after, &err), err);
		again = plan_to_json(&after);
		CHECK(json_equal(json, again));
		/* Trees from before there was such a key. */
		json_object_del(json, "mesh_runs");
		CHECK_OK(plan_from_json(arena, json, settings, &after, &err), err);
		CHECK(!after.options);
	}
	CHECK(after.host_count == 3 && strcmp(after.vpns[1], "low:rate=5mbit") == 0);
}

TEST(a_plan_of_a_damaged_tree_is_refused)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *json = json_pack("{s:[s,i]}", "hosts", "lom", 3);
	struct error err = {0};
	struct plan plan;

	CHECK(plan_from_json(arena, json, NULL, &plan, &err));
	CHECK(plan_from_json(arena, NULL, NULL, &plan, &err));
}

static int load_ours(struct arena *arena, const char *name, struct plan *plan, struct error *err)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return plan_load(arena, arena_printf(arena, "%s/plans/%s.yml", root, name),
		workload_settings(arena), plan, err);
}

TEST(our_plans_say_what_the_published_runs_did)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct plan plan;

	CHECK_OK(load_ours(arena, "quick", &plan, &err), err);
	CHECK(strcmp(plan.name, "quick") == 0 && strcmp(plan.engine, "auto") == 0);
	CHECK(plan.repeat == 1);
	CHECK(setting_integer(plan.options, setting_by_hand("ping_count")) == 20);
	CHECK(setting_integer(plan.options, setting_by_hand("mesh_runs")) == 3);
	CHECK_OK(load_ours(arena, "thesis", &plan, &err), err);
	CHECK(plan.seconds > 29 && plan.seconds < 31);
	CHECK(setting_seconds(plan.options, setting_by_hand("parallel_seconds")) == 60);
	CHECK(setting_integer(plan.options, setting_by_hand("ping_count")) == 100);
	CHECK(strcmp(plan.profiles[3], "high") == 0);
}
