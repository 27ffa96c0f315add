/* SPDX-License-Identifier: MIT */
/*
 * DOC: A cell of a workload on the whole mesh. The workload lists operations; here they are carried
 * out one after the other, while every pair of hosts is watched, and what was seen goes into the
 * workload's reader. An operation that the mesh does not survive ends the cell, and the next one
 * gets fresh hosts and a fresh mesh.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

static struct lab_hosts hosts_of(const struct operation_run *m)
{
	return m->operation->on_one_host ? lab_one_host(lab_host_count(m->stage->lab) - 1)
					 : lab_all_hosts();
}

static int connect_anew(struct operation_run *m, struct error *err)
{
	struct stage *stage = m->stage;
	struct vpn_clock clock;

	vpn_downp(&stage->vpn);
	if (vpn_begin(stage->lab, m->visit->driver, stage->work_dir, &clock, &stage->vpn, err))
		return -1;
	operation_zero(m, clock.join_ns);
	operation_mark_clock(m, &clock);
	if (operation_begin_watch(m, lab_no_host(), err))
		return -1;
	operation_mark(m, "asked_s");
	return operation_await_all(m, m->zero_ns, err);
}

static int restart(struct operation_run *m, struct error *err)
{
	struct lab_hosts hosts = hosts_of(m);
	struct vpn_clock clock;
	int64_t down_ns;

	if (operation_watch(m, hosts, err))
		return -1;
	operation_zero(m, clock_now_ns());
	vpn_stop(m->stage->vpn, hosts);
	down_ns = clock_now_ns();
	operation_mark_at(m, "down_s", down_ns);
	if (vpn_start(m->stage->vpn, hosts, &clock, err))
		return -1;
	operation_mark_clock(m, &clock);
	return operation_await_all(m, down_ns, err);
}

static int reboot(struct operation_run *m, struct error *err)
{
	struct lab_hosts hosts = hosts_of(m);
	size_t count = lab_host_count(m->stage->lab);
	struct vpn_clock clock;
	int64_t up_ns;

	if (operation_watch(m, hosts, err))
		return -1;
	operation_zero(m, clock_now_ns());
	for (size_t i = 0; i < count; i++) {
		if (lab_hosts_include(hosts, i) && lab_reboot_host(m->stage->lab, i, err))
			return -1;
		if (i == 0 || (hosts.kind == LAB_ONE_HOST && hosts.index == i))
			operation_mark(m, "down_s");
	}
	up_ns = clock_now_ns();
	operation_mark_at(m, "up_s", up_ns);
	vpn_stop(m->stage->vpn, hosts); /* forgets what died with its host */
	for (size_t i = 0; i < count; i++) {
		if (lab_hosts_include(hosts, i) && lab_watch_resume(m->watch, i, err))
			return -1;
	}
	if (vpn_start(m->stage->vpn, hosts, &clock, err))
		return -1;
	operation_mark_clock(m, &clock);
	return operation_await_all(m, up_ns, err);
}

static int (*const actions[])(struct operation_run *m, struct error *err) = {
	[WORKLOAD_CONNECT] = connect_anew,
	[WORKLOAD_RESTART] = restart,
	[WORKLOAD_REBOOT] = reboot,
	[WORKLOAD_LOSE_COORDINATOR] = operation_lose_coordinator,
	[WORKLOAD_PAIR_ALONE] = operation_pair_alone,
	[WORKLOAD_IDLE] = operation_idle,
	[WORKLOAD_OBSERVE] = operation_observe,
	[WORKLOAD_ATTACK] = operation_hostile,
	[WORKLOAD_GROW] = operation_grow,
	[WORKLOAD_CHURN] = operation_churn,
	[WORKLOAD_PUNCH] = operation_punch,
	[WORKLOAD_KEEP] = operation_keep,
	[WORKLOAD_FORGET] = operation_roam,
	[WORKLOAD_MOVE] = operation_roam,
	[WORKLOAD_SWITCH] = operation_roam,
	[WORKLOAD_CARRY] = operation_carry,
	[WORKLOAD_BLOCK] = operation_block,
	[WORKLOAD_DETOUR] = operation_detour,
	[WORKLOAD_NARROW] = operation_narrow,
};

static const char *const speakers[] = {[WORKLOAD_ONE_SPEAKS] = "one",
	[WORKLOAD_BOTH_SPEAK] = "both",
	[WORKLOAD_OTHERS_SPEAK] = "others"};

static json_t *observed_new(const struct operation_run *m)
{
	const struct workload_operation *operation = m->operation;
	const char *host =
		operation->on_one_host ? lab_host(m->stage->lab, hosts_of(m).index)->name : NULL;

	return json_make("{s:s, s:s?, s:s, s:{}, s:[]}", "operation", operation->name, "host", host,
		"speaker", speakers[operation->speaker], "times", "pairs");
}

static void note_failure(struct operation_run *m, const struct error *failure)
{
	json_object_set_new(m->observed, "failure",
		json_make("{s:s, s:s}", "cause", cause_name(cause_of_error(failure)), "evidence",
			failure->text));
	m->stage->is_broken = m->stage->is_whole;
}

/* One run of an operation; a failure is observed, so that only Ctrl-C is an error. */
static int observe(struct operation_run *m, json_t *runs, struct error *err)
{
	struct error failure = {0};
	int failed;

	m->observed = observed_new(m);
	json_array_append_new(runs, m->observed);
	operation_zero(m, clock_now_ns());
	run_tell(m->run,
		arena_printf(m->arena, "%s, %s: %s %s", m->visit->driver->name,
			m->visit->profile->name, m->operation->name,
			json_string_value(json_object_get(m->observed, "host"))
				? json_string_value(json_object_get(m->observed, "host"))
				: ""),
		NULL, NULL);
	failed = actions[m->operation->action](m, &failure);
	if (!json_object_get(json_object_get(m->observed, "times"), "ended_s"))
		operation_mark(m, "ended_s");
	operation_end_watch(m);
	if (failed && failure.kind == ERROR_CANCELLED) {
		*err = failure;
		return -1;
	}
	if (failed)
		note_failure(m, &failure);
	return 0;
}

/* Names and routes as they were, for whatever is measured next. */
static int leave_whole(struct operation_run *m, struct error *err)
{
	struct error failure;

	if (vpn_settle(m->stage->vpn, &failure) == 0)
		return 0;
	if (failure.kind == ERROR_CANCELLED) {
		*err = failure;
		return -1;
	}
	note_failure(m, &failure);
	return 0;
}

static bool is_decided(const struct operation_run *m, const json_t *observations)
{
	const struct workload *workload = m->attempt->workload;

	return workload->is_decided && workload->is_decided(&m->attempt->cases[0], observations);
}

/* What this mesh has nothing for. */
static bool is_without_object(const struct operation_run *m)
{
	switch (m->operation->action) {
	case WORKLOAD_LOSE_COORDINATOR:
		return vpn_coordinator(m->stage->vpn).kind == LAB_NO_HOST;
	case WORKLOAD_PAIR_ALONE: /* two hosts besides the coordinator */
		return vpn_coordinator(m->stage->vpn).kind == LAB_NO_HOST ||
		       lab_host_count(m->stage->lab) < 3;
	case WORKLOAD_SWITCH:
		return lab_uplinks(m->stage->lab, hosts_of(m).index) == 0;
	default:
		return false;
	}
}

/* What is measured next finds every site as it was at first. */
static bool leaves_by_another_uplink(const struct operation_run *m)
{
	struct lab *lab = m->stage->lab;
	size_t last = lab_host_count(lab) - 1;

	return lab_uplinks(lab, last) && lab_uplink(lab, last) != 0;
}

static int operate(struct operation_run *m, const struct workload_operation operations[],
	size_t count, json_t *observations, struct error *err)
{
	json_t *runs = json_object_get(observations, "runs");

	for (size_t i = 0; i < count && !m->stage->is_broken && !m->is_decided; i++) {
		m->operation = &operations[i];
		m->turn = i;
		m->turns = count;
		if (is_without_object(m))
			continue;
		if (observe(m, runs, err))
			return -1;
		m->is_decided |= is_decided(m, observations);
	}
	m->stage->is_broken |= !m->stage->vpn || leaves_by_another_uplink(m);
	return m->stage->is_broken || !m->stage->is_whole ? 0 : leave_whole(m, err);
}

static json_t *observations_new(const struct lab *lab)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < lab_host_count(lab); i++)
		json_array_append_new(hosts, json_text(lab_host((struct lab *)lab, i)->name));
	return json_make(
		"{s:o, s:o, s:[]}", "rule", operation_rule_json(lab), "hosts", hosts, "runs");
}

int operation_attempt(struct run *run, const struct runner_visit *visit, struct stage *stage,
	const struct attempt *attempt, struct attempt_result *ret_result, struct error *err)
{
	struct attempt_result result = attempt_result_new(1);
	struct operation_run m = {.run = run,
		.visit = visit,
		.stage = stage,
		.attempt = attempt,
		.wire_seed = attempt->wire_seed,
		.arena = result.arena};
	json_auto_t *observations = observations_new(stage->lab);
	int64_t started_ns = clock_now_ns();
	struct machine_watch *machine = NULL;
	struct workload_operation *operations;
	bool is_wire_dead = false;
	size_t count;
	int failed;

	attempt->workload->operations(&attempt->cases[0], result.arena, &operations, &count);
	failed = machine_begin(stage->lab, &machine, err) ||
		 operate(&m, operations, count, observations, err);
	attempt_end_machine(stage->lab, machine, &result);
	if (failed || attempt_report_wire(attempt, &result, &is_wire_dead, err)) {
		attempt_result_done(&result);
		return -1;
	}
	if (is_wire_dead) {
		stage->is_broken = true;
		attempt_blame(&result, CAUSE_WIRE, err->text);
	} else {
		attempt->workload->read_mesh(&attempt->cases[0], observations, &result.readings[0]);
	}
	result.duration_s = (double)(clock_now_ns() - started_ns) / 1e9;
	*ret_result = result;
	return 0;
}
