/* SPDX-License-Identifier: MIT */
#include "runner/machine.h"
#include "runner/stops.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "proc/proc.h"

#include "tap.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()
#define TICKS 100.0

/* What this project's own machine printed. */
static char *captured(struct arena *arena, const char *file)
{
	const char *root = getenv("SOURCE_ROOT");
	struct error err = {0};
	char *text;

	if (file_read(arena, arena_printf(arena, "%s/tests/golden/kernel/%s", root, file), 65536,
		    &text, NULL, &err))
		return arena_strdup(arena, err.text);
	return text;
}

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

TEST(processor_time_of_the_machine_is_read_from_its_kernel)
{
	ARENA(arena);
	struct machine_times times;
	struct error err = {0};

	CHECK_OK(machine_parse_times(captured(arena, "stat"), TICKS, &times, &err), err);
	CHECK(times.processors == 2);
	CHECK(is_near(times.busy_s, 531.26 + 208.80 + 7.36));
	CHECK(is_near(times.interrupts_s, 7.36));
	CHECK(is_near(times.idle_s, 2278.93 + 16.20));
	CHECK(is_near(times.steal_s, 1.06));
}

TEST(processor_time_that_is_not_there_is_refused)
{
	static const char *const texts[] = {"", "cpu 1 2 3 4 5 6 7\ncpu0 1\n",
		"cpu  1 2 3 4 5 6 7 8 9 10\nintr 5\n", "cpu0 1 2 3 4 5 6 7 8\n"};
	struct machine_times times;
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(machine_parse_times(texts[i], TICKS, &times, &err) == -1 &&
			err.kind == ERROR_PARSE);
}

TEST(pressure_load_and_waiting_are_read_from_the_kernel)
{
	ARENA(arena);
	double stalled_s, load, run_s, wait_s;

	CHECK(machine_parse_stalled(captured(arena, "pressure"), &stalled_s));
	CHECK(is_near(stalled_s, 145.085425));
	CHECK(machine_parse_load(captured(arena, "loadavg"), &load) && is_near(load, 0.39));
	CHECK(machine_parse_schedstat(captured(arena, "schedstat"), &run_s, &wait_s));
	CHECK(is_near(run_s, 0.000997812) && is_near(wait_s, 0.000004217));
}

TEST(pressure_of_all_tasks_does_not_stand_for_that_of_some)
{
	double value = 7;

	CHECK(!machine_parse_stalled("full avg10=0.00 total=5\n", &value));
	CHECK(!machine_parse_stalled("some avg10=0.00\nfull total=5\n", &value));
	CHECK(!machine_parse_stalled("some total=\n", &value) && value == 7);
	CHECK(!machine_parse_schedstat("12", &value, &value) && value == 7);
	CHECK(!machine_parse_load("nan 0.1", &value) && !machine_parse_load("0.5", &value));
}

TEST(a_process_may_have_any_name)
{
	ARENA(arena);
	struct census_process process;
	struct error err = {0};

	CHECK_OK(census_parse(captured(arena, "process"), TICKS, &process, &err), err);
	CHECK(process.pid == 17629 && process.parent == 17588 && !process.is_kernel_thread);
	CHECK(strcmp(process.name, "a) b?[1m (c") == 0);
	CHECK(process.own_s == 0 && is_near(process.children_s, 0.37));
	CHECK(process.started_ticks == 152393);
}

TEST(threads_of_the_kernel_are_told_from_programs)
{
	ARENA(arena);
	struct census_process process;
	struct error err = {0};

	CHECK_OK(census_parse(captured(arena, "thread"), TICKS, &process, &err), err);
	CHECK(process.is_kernel_thread && is_near(process.own_s, 0.95));
	CHECK(census_parse("14 (x) S 2 0", TICKS, &process, &err) == -1 && err.kind == ERROR_PARSE);
}

/* Pids: 2 kernel, 10 the lab with 11 below it, 20 a shell of somebody else. */
static const struct census_process some[] = {
	{.pid = 1, .name = "init"},
	{.pid = 2, .name = "kthreadd", .is_kernel_thread = true},
	{.pid = 3, .parent = 2, .name = "ksoftirqd/0", .is_kernel_thread = true, .own_s = 1},
	{.pid = 10, .parent = 1, .name = "meshbench", .own_s = 5, .children_s = 2},
	{.pid = 11, .parent = 10, .name = "nebula", .own_s = 100},
	{.pid = 20, .parent = 1, .name = "make", .own_s = 1, .children_s = 50},
	{.pid = 21, .parent = 20, .name = "cc1", .own_s = 30},
};
#define COUNT (sizeof(some) / sizeof(*some))
#define LAB 10

static struct census census_of(const struct census_process *list, size_t count)
{
	return (struct census){.list = (struct census_process *)list, .count = count};
}

TEST(who_used_the_processors_is_sorted_into_lab_kernel_and_others)
{
	struct census before = census_of(some, COUNT);
	struct census_process list[COUNT];
	struct census_change change;

	memcpy(list, some, sizeof(some));
	list[2].own_s += 0.25; /* ksoftirqd */
	list[3].own_s += 0.5;
	list[4].own_s += 2;
	list[6].own_s += 3;
	change = census_compare(&before, &(struct census){list, COUNT}, LAB);
	CHECK(is_near(change.lab_s, 2.5) && is_near(change.kernel_s, 0.25) && change.sees_kernel);
	CHECK(is_near(change.others_s, 3) && strcmp(change.others[0].name, "cc1") == 0);
	CHECK(is_near(change.others[0].cpu_s, 3) && change.others[1].cpu_s == 0);
	CHECK(strcmp(change.kernel.name, "ksoftirqd/0") == 0 && is_near(change.kernel.cpu_s, 0.25));
}

TEST(time_of_a_program_that_ended_is_found_with_who_waited_for_it)
{
	struct census before = census_of(some, COUNT);
	struct census_process list[COUNT - 1]; /* cc1 ended after 4 seconds more */
	struct census_change change;

	memcpy(list, some, sizeof(list));
	list[5].children_s += 30 + 4;
	change = census_compare(&before, &(struct census){list, COUNT - 1}, LAB);
	CHECK(is_near(change.others_s, 4) && strcmp(change.others[0].name, "make") == 0);
}

TEST(what_nobody_waited_for_takes_nothing_from_others)
{
	struct census before = census_of(some, COUNT);
	struct census_process list[COUNT - 1];
	struct census_change change;

	memcpy(list, some, sizeof(list));
	list[5].own_s += 1;
	change = census_compare(&before, &(struct census){list, COUNT - 1}, LAB);
	CHECK(is_near(change.others_s, 1));
}

TEST(a_new_process_of_an_old_number_counts_from_its_own_begin)
{
	struct census before = census_of(some, COUNT);
	struct census_process list[COUNT];
	struct census_change change;

	memcpy(list, some, sizeof(some));
	list[6] = (struct census_process){
		.pid = 21, .parent = 20, .started_ticks = 9, .name = "ld", .own_s = 0.5};
	list[5].children_s += 30; /* the cc1 of before, which used no more */
	change = census_compare(&before, &(struct census){list, COUNT}, LAB);
	CHECK(is_near(change.others_s, 0.5) && strcmp(change.others[0].name, "ld") == 0);
}

TEST(programs_of_one_name_are_named_once)
{
	static const struct census_process two[] = {{.pid = 30, .name = "sh", .own_s = 1},
		{.pid = 31, .name = "yes", .own_s = 1.5}, {.pid = 32, .name = "sh", .own_s = 1}};
	struct census before = {0}, after = census_of(two, 3);
	struct census_change change = census_compare(&before, &after, LAB);

	CHECK(strcmp(change.others[0].name, "sh") == 0 && is_near(change.others[0].cpu_s, 2));
	CHECK(strcmp(change.others[1].name, "yes") == 0 && !change.sees_kernel);
}

TEST(parents_in_a_circle_end_the_search)
{
	static const struct census_process circle[] = {
		{.pid = 30, .parent = 31, .own_s = 1}, {.pid = 31, .parent = 30, .own_s = 1}};
	struct census before = {0}, after = census_of(circle, 2);
	struct census_change change = census_compare(&before, &after, LAB);

	CHECK(is_near(change.others_s, 2) && change.lab_s == 0);
}

/* Ten seconds of two processors. */
static struct machine_state at(double wall_s, double idle_s)
{
	return (struct machine_state){.at_ns = (int64_t)(wall_s * 1e9),
		.times = {.idle_s = idle_s, .processors = 2},
		.cpu_stalled_s = NAN,
		.memory_stalled_s = NAN,
		.frequency_hz = NAN,
		.frequency_limit_hz = NAN,
		.throttles = NAN};
}

static json_t *judged(const struct machine_account *account)
{
	json_t *marks = json_array();

	machine_judge(account, marks);
	return marks;
}

TEST(what_is_neither_lab_nor_kernel_was_somebody_who_hides)
{
	struct machine_state before = at(0, 100), after = at(10, 108);
	struct census_change change = {.lab_s = 6, .kernel_s = 1, .others_s = 0.5};
	struct machine_account account;

	after.times.interrupts_s = 1;
	account = machine_account_between(&before, &after, &change);
	/* 20 - 8 were not idle; 4 of them nobody seen used. */
	CHECK(is_near(account.others_s, 4));
	change.others_s = 5;
	CHECK(is_near(machine_account_between(&before, &after, &change).others_s, 5));
}

TEST(a_machine_that_works_for_the_lab_alone_is_not_marked)
{
	struct machine_state before = at(0, 0), after = at(10, 0.5);
	struct census_change change = {.lab_s = 17, .kernel_s = 1.5, .others_s = 0.4};
	struct machine_account account = machine_account_between(&before, &after, &change);
	json_auto_t *marks = judged(&account);

	CHECK(json_array_size(marks) == 0); /* 1.0 of 20 s are nobody's: the limit and two ticks */
}

TEST(a_busy_machine_is_marked_with_who_ran)
{
	struct machine_state before = at(0, 0), after = at(10, 0);
	struct census_change change = {.lab_s = 9,
		.others_s = 10.5,
		.others = {{"sh", 9.5}, {"cc1", 1}, {"sleep", 0.001}}};
	struct machine_account account;
	json_auto_t *marks = NULL;

	after.times.steal_s = 0.5;
	account = machine_account_between(&before, &after, &change);
	marks = judged(&account);
	CHECK(json_array_size(marks) == 1);
	CHECK(strcmp(json_string_at(marks, "/0/mark", ""), "busy") == 0);
	CHECK(strcmp(json_string_at(marks, "/0/reason", ""),
		      "other programs used 1.05 of 2 processors (sh 0.95, cc1 0.10), and other virtual machines 0.05") ==
		0);
}

TEST(a_short_cell_is_not_marked_for_the_kernels_coarse_clock)
{
	struct machine_state before = at(0, 0), after = at(0.1, 0.1);
	struct census_change change = {.lab_s = 0.055};
	struct machine_account account = machine_account_between(&before, &after, &change);
	json_auto_t *marks = judged(&account);

	CHECK(account.others_s > 0.04 && json_array_size(marks) == 0);
}

TEST(stolen_time_memory_and_heat_are_marks)
{
	struct machine_state before = at(0, 0), after = at(10, 10);
	struct census_change change = {.lab_s = 8};
	struct machine_account account;
	json_auto_t *marks = NULL;

	after.times.steal_s = 2;
	before.memory_stalled_s = 1;
	after.memory_stalled_s = 1.2;
	before.throttles = 5;
	after.throttles = 8;
	account = machine_account_between(&before, &after, &change);
	marks = judged(&account);
	CHECK(json_array_size(marks) == 3);
	CHECK(strcmp(json_string_at(marks, "/0/mark", ""), "busy") == 0);
	CHECK(strcmp(json_string_at(marks, "/1/mark", ""), "memory") == 0);
	CHECK(strcmp(json_string_at(marks, "/2/mark", ""), "throttled") == 0);
	CHECK(strstr(json_string_at(marks, "/2/reason", ""), "3 times"));
}

TEST(what_was_stopped_marks_a_cell_by_whose_it_was)
{
	const struct proc_stop stops[] = {
		{.what = "run tinc", .place = "lom", .part = PROC_SUBJECT, .ns = 3 * NS_PER_S},
		{.what = "ping", .place = "yuki", .ns = NS_PER_S / 2},
		{.what = "start the wire", .part = PROC_WIRE, .ns = NS_PER_S},
		{.what = "meshbench", .is_ours = true, .ns = NS_PER_S},
		{.what = "iperf3", .place = "lom", .ns = NS_PER_MS / 2}};
	json_auto_t *marks = json_array();

	stops_judge(stops, ARRAY_SIZE(stops), marks);
	CHECK(json_array_size(marks) == 3);
	CHECK(strcmp(json_string_at(marks, "/0/mark", ""), "daemon") == 0);
	CHECK(strcmp(json_string_at(marks, "/0/reason", ""),
		      "run tinc on lom was stopped for 3.000 s") == 0);
	CHECK(strcmp(json_string_at(marks, "/1/mark", ""), "instrument") == 0);
	CHECK(strcmp(json_string_at(marks, "/2/reason", ""),
		      "meshbench was stopped for up to 1.000 s") == 0);
}

TEST(what_a_kernel_does_not_say_is_null)
{
	struct machine_state before = at(0, 0), after = at(10, 19);
	struct census_change change = {.lab_s = 1};
	struct machine_account account = machine_account_between(&before, &after, &change);
	json_auto_t *json = machine_json(&account);

	CHECK(json_is_null(json_object_get(json, "memory_pressure_s")));
	CHECK(json_is_null(json_object_get(json, "frequency_hz")));
	CHECK(json_is_null(json_object_get(json, "throttles")));
	CHECK(is_near(json_number_at(json, "/lab_cpu_s", 0), 1));
}

/* Real processes: a child of ours that works, and a process that is a child of nobody here. */
TEST(what_a_child_of_ours_uses_is_the_labs)
{
	struct census before, after;
	struct census_change change;
	struct error err = {0};
	AUTO(procs_freep) struct procs *procs = NULL;

	CHECK_OK(procs_new(&procs, &err), err);
	CHECK_OK(census_take(&before, &err), err);
	CHECK_OK(
		proc_run(procs,
			&(struct proc_spec){.what = "burn",
				.argv = (const char *const[]){"/bin/sh", "-c",
					"i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done", NULL}},
			deadline_in(60 * NS_PER_S), &err),
		err);
	CHECK_OK(census_take(&after, &err), err);
	change = census_compare(&before, &after, getpid());
	census_done(&before);
	census_done(&after);
	CHECK(change.lab_s > 0.02);
}
