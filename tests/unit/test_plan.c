/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/file.h"
#include "base/json.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As workloads have them. */
static const char *const kinds[] = {"good", "better", NULL};
static const struct setting runs = {"some_runs", SETTING_INTEGER, "3", .low = 1, .high = 1000};
static const struct setting kind = {"kind", SETTING_WORD, "good", .words = kinds};
static const struct setting pause_s = {"pause_seconds", SETTING_SECONDS, .follows = "seconds"};
static const struct setting *const options[] = {&runs, &kind, &pause_s, NULL};

struct paper {
	struct arena *arena;
	char path[40];
	struct plan plan;
	struct error err;
};

static void paper_done(struct paper *paper)
{
	arena_freep(&paper->arena);
	unlink(paper->path);
}

static int load(struct paper *paper, const char *text)
{
	int fd;

	paper->arena = arena_new();
	strcpy(paper->path, "/tmp/test_plan.XXXXXX");
	fd = mkstemp(paper->path);
	if (fd < 0)
		return fail_errno(&paper->err, "make a file");
	close(fd);
	if (file_write(paper->path, text, strlen(text), 0600, &paper->err))
		return -1;
	return plan_load(paper->arena, paper->path, options, &paper->plan, &paper->err);
}

static bool is_refused(const char *text, const char *why)
{
	AUTO(paper_done) struct paper paper = {0};
	const char *expected;

	if (load(&paper, text) == 0)
		return false;
	expected = arena_printf(paper.arena, "%s:%s", paper.path, why);
	if (paper.err.kind == ERROR_USAGE && strcmp(paper.err.text, expected) == 0)
		return true;
	printf("# expected: %s\n# but is:   %s\n", expected, paper.err.text);
	return false;
}

TEST(what_a_plan_leaves_out_is_the_default)
{
	AUTO(paper_done) struct paper paper = {0};

	CHECK_OK(load(&paper, "seconds: 2.5\n"), paper.err);
	CHECK(paper.plan.seconds > 2.4 && paper.plan.seconds < 2.6);
	CHECK(paper.plan.host_count == 3 && strcmp(paper.plan.hosts[0], "lom") == 0);
	CHECK(strcmp(paper.plan.engine, "auto") == 0);
	CHECK(paper.plan.attempts == 3);
}

TEST(a_topology_stands_for_a_list_of_one)
{
	AUTO(paper_done) struct paper one = {0}, two = {0};

	CHECK_OK(load(&one, "topology: pair:left.nat=symmetric,right.nat=linux\n"), one.err);
	CHECK(strcmp(one.plan.topologies[0], "pair:left.nat=symmetric,right.nat=linux") == 0);
	CHECK(!one.plan.topologies[1]);
	CHECK_OK(load(&two, "topology: [pair, lan]\n"), two.err);
	CHECK(strcmp(two.plan.topologies[1], "lan") == 0 && !two.plan.topologies[2]);
	CHECK(is_refused("topology: [pair, pair]\n", "1:11: topology 'pair' is listed twice"));
	CHECK(is_refused("topology: []\n", "1:11: the list is empty"));
	CHECK(is_refused("workloads: ping\n", "1:12: a list belongs here"));
}

TEST(trees_have_one_topology_as_a_text_and_old_ones_none)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct plan plan = plan_default(arena), back;
	json_auto_t *json = plan_to_json(&plan), *several = NULL;
	struct error err = {0};

	CHECK(strcmp(json_string_at(json, "/topology", ""), "lan") == 0);
	json_object_set_new(json, "topology", json_text("pair"));
	CHECK_OK(plan_from_json(arena, json, NULL, &back, &err), err);
	CHECK(strcmp(back.topologies[0], "pair") == 0 && !back.topologies[1]);
	json_object_del(json, "topology");
	CHECK_OK(plan_from_json(arena, json, NULL, &back, &err), err);
	CHECK(strcmp(back.topologies[0], "lan") == 0 && !back.topologies[1]);
	plan.topologies = ARENA_LIST(arena, "pair", "lan");
	several = plan_to_json(&plan);
	CHECK_OK(plan_from_json(arena, several, NULL, &back, &err), err);
	CHECK(strcmp(back.topologies[1], "lan") == 0 && !back.topologies[2]);
}

TEST(hosts_are_held_to_their_rules_at_their_place)
{
	CHECK(is_refused("hosts: [a, b, a]\n", "1:15: host 'a' is listed twice"));
	CHECK(is_refused("hosts: [a, b, A]\n", "1:15: host 'A' is listed twice"));
	CHECK(is_refused(
		"hosts: [a]\n", "1:8: a link needs at least two hosts, but the plan has 1"));
	CHECK(is_refused("hosts: [a, b_c]\n",
		"1:12: 'b_c' is not a host name: use 1 to 63 letters, digits and '-', and no '-' at either end"));
	CHECK(is_refused("hosts: [a, b-]\n",
		"1:12: 'b-' is not a host name: use 1 to 63 letters, digits and '-', and no '-' at either end"));
	CHECK(is_refused("hosts: [a, localhost]\n",
		"1:12: 'localhost' means the host itself; choose another name"));
}

TEST(zero_of_anything_is_refused)
{
	CHECK(is_refused(
		"hosts: []\n", "1:8: a link needs at least two hosts, but the plan has 0"));
	CHECK(is_refused("vpns: []\n", "1:7: the list is empty"));
}

TEST(numbers_are_read_strictly)
{
	CHECK(is_refused("repeat: 0\n", "1:9: 0 is not between 1 and 1000"));
	CHECK(is_refused("attempts: 0\n", "1:11: 0 is not between 1 and 100"));
	CHECK(is_refused("repeat: 5x\n", "1:9: '5x' is not a whole number"));
	CHECK(is_refused(
		"seconds: 0\n", "1:10: '0' is not a number of seconds above 0 and up to a day"));
	CHECK(is_refused("seconds: nan\n",
		"1:10: 'nan' is not a number of seconds above 0 and up to a day"));
	CHECK(is_refused("seed: -1\n", "1:7: -1 is not between 0 and 9223372036854775807"));
}

TEST(names_and_keys_are_checked)
{
	CHECK(is_refused("vpns: [none, none]\n", "1:7: vpn 'none' is listed twice"));
	CHECK(is_refused("engine: tc\n",
		"1:9: engine 'tc' is not one of auto, bridge, netem, wire, cable, edge"));
	CHECK(is_refused(
		"workload: [ping]\n", "1:1: unknown key 'workload'; did you mean 'workloads'?"));
}

TEST(a_plan_that_was_changed_is_checked_without_a_file)
{
	static const char *const twice[] = {"a", "a", NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct plan plan = plan_default(arena);
	struct error err = {0};

	CHECK_OK(plan_check(&plan, &err), err);
	plan.repeat = 0;
	CHECK(plan_check(&plan, &err) && err.kind == ERROR_USAGE);
	plan = plan_default(arena);
	plan.host_count = 0;
	CHECK(plan_check(&plan, &err) && strstr(err.text, "at least two"));
	plan = plan_default(arena);
	plan.hosts = twice;
	plan.host_count = 2;
	CHECK(plan_check(&plan, &err) && strstr(err.text, "host 'a' is listed twice"));
	plan = plan_default(arena);
	plan.seconds = 0;
	CHECK(plan_check(&plan, &err));
}

TEST(settings_of_workloads_are_checked_at_their_place)
{
	AUTO(paper_done) struct paper paper = {0};

	CHECK(is_refused(
		"seconds: 1\nkind: best\n", "2:7: kind 'best' is not one of good, better"));
	CHECK(is_refused("some_runs: 0\n", "1:12: 0 is not between 1 and 1000"));
	CHECK_OK(load(&paper, "kind: better\npause_seconds: 0.5\n"), paper.err);
	CHECK(strcmp(setting_text(paper.plan.options, &kind), "better") == 0);
	CHECK(setting_seconds(paper.plan.options, &pause_s) == 0.5);
	CHECK(setting_integer(paper.plan.options, &runs) == 3);
}

TEST(a_value_takes_the_place_of_the_one_before)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct plan plan = plan_default(arena);
	struct error err = {0};

	CHECK_OK(plan_set(arena, &plan, &runs, "5", &err), err);
	CHECK_OK(plan_set(arena, &plan, &runs, "6", &err), err);
	CHECK(setting_integer(plan.options, &runs) == 6 && !plan.options[1].setting);
	CHECK(plan_set(arena, &plan, &runs, "1001", &err) && err.kind == ERROR_USAGE);
	plan.options = setting_put(arena, plan.options, &runs, NULL);
	CHECK(setting_integer(plan.options, &runs) == 3);
}
