/* SPDX-License-Identifier: MIT */
#include "runner/ingredients.h"

#include "base/json.h"
#include "tap.h"

#include <string.h>

static const char *const hosts[] = {"lom", "yuki", NULL};
static const struct driver tinc = {.name = "tinc", .label = "tinc@1.1"};
static const struct profile low = {.name = "low"};
static const struct tuning none = {.name = "none"};

/* What changes for a ping of tinc at low when `name` has another value. */
static const char *changes_for_ping(struct arena *arena, const char *name)
{
	const struct plan plan = {.hosts = hosts, .host_count = 2, .congestion = "cubic"};
	const struct runner_plan everything = {.plan = &plan, .engine = LAB_ENGINE_WIRE};
	const struct runner_visit visit = {.driver = &tinc, .profile = &low, .tuning = &none};
	const struct runner_cell cell = {.workload = &workload_ping};
	json_auto_t *all = json_object();
	static const char *const names[] = {"kernel x86_64", "clock", "driver tinc@1.1",
		"driver nebula", "programs of tinc@1.1", "programs of nebula", "profile low",
		"profile dsl", "tuning none", "tuning bbr", "tool ping", "tool iperf3"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(all, names[i], json_text("1"));
	json_auto_t *before = ingredients_of_cell(all, &everything, &visit, &cell);
	json_object_set_new(all, name, json_text("2"));
	json_auto_t *now = ingredients_of_cell(all, &everything, &visit, &cell);
	return ingredients_changed(arena, before, now);
}

TEST(a_cell_depends_on_its_vpn_profile_tuning_tools_and_machine)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	static const char *const its[] = {"kernel x86_64", "clock", "driver tinc@1.1",
		"programs of tinc@1.1", "profile low", "tuning none", "tool ping", "build"};

	for (size_t i = 0; i < ARRAY_SIZE(its); i++)
		CHECK(strcmp(changes_for_ping(arena, its[i]), its[i]) == 0);
}

TEST(a_cell_does_not_depend_on_what_others_are_made_of)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	static const char *const others[] = {"driver nebula", "driver tinc", "programs of nebula",
		"profile dsl", "tuning bbr", "tool iperf3"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(strcmp(changes_for_ping(arena, others[i]), "") == 0);
}

static json_t *ping_with(const struct plan *plan, enum lab_engine engine)
{
	const struct runner_plan everything = {.plan = plan, .engine = engine};
	const struct runner_visit visit = {.driver = &tinc, .profile = &low, .tuning = &none};
	const struct runner_cell cell = {.workload = &workload_ping};
	json_auto_t *nothing = json_object();

	return ingredients_of_cell(nothing, &everything, &visit, &cell);
}

TEST(a_cell_depends_on_the_settings_of_its_plan_and_not_on_what_else_is_planned)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	static const char *const three[] = {"lom", "yuki", "luna", NULL};
	const struct setting *count = workload_ping.settings[0];
	const struct setting_value options[] = {{count, "7"}, {NULL, NULL}};
	struct plan plan = {.hosts = hosts, .host_count = 2, .congestion = "cubic", .seconds = 5};
	json_auto_t *before = ping_with(&plan, LAB_ENGINE_WIRE);

	plan.repeat = 9;
	plan.attempts = 9;
	plan.vpns = hosts;
	json_auto_t *more = ping_with(&plan, LAB_ENGINE_WIRE);
	CHECK(strcmp(ingredients_changed(arena, before, more), "") == 0);
	plan.hosts = three;
	plan.host_count = 3;
	plan.congestion = "bbr";
	plan.seed = 2;
	plan.seconds = 6;
	plan.options = options;
	json_auto_t *now = ping_with(&plan, LAB_ENGINE_BRIDGE);
	CHECK(strcmp(ingredients_changed(arena, before, now),
		      arena_printf(arena,
			      "setting hosts, setting engine, setting congestion, setting seed, setting seconds, setting %s",
			      count->name)) == 0);
}

TEST(what_only_one_side_has_is_a_change)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *before = json_make("{s:s, s:s}", "clock", "real", "gone", "1");
	json_auto_t *now = json_make("{s:s, s:s}", "clock", "real", "new", "1");

	CHECK(strcmp(ingredients_changed(arena, before, now), "gone, new") == 0);
	CHECK(strcmp(ingredients_changed(arena, NULL, now), "clock, new") == 0);
}

TEST(only_what_decides_every_cell_ends_a_run)
{
	json_auto_t *before =
		json_make("{s:{s:s, s:s}}", "ingredients", "clock", "real", "driver tinc", "1");
	json_auto_t *driver = json_make("{s:s, s:s}", "clock", "real", "driver tinc", "2");
	json_auto_t *clock = json_make("{s:s, s:s}", "clock", "virtual", "driver tinc", "1");
	struct error err = {0};

	CHECK(!ingredients_check(driver, before, &err));
	CHECK(ingredients_check(clock, before, &err) && strstr(err.text, "measured: clock;"));
	CHECK(ingredients_check(driver, NULL, &err) && err.kind == ERROR_USAGE);
}
