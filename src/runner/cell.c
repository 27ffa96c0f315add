/* SPDX-License-Identifier: MIT */
/* One cell: attempts, their causes, and the result on disk. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/random.h"
#include "document/complaint.h"
#include "record/mark.h"
#include "record/meta.h"
#include "workload/tool/symptom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A published envelope carries a log of the service; this much of its end says what happened. */
enum {
	SERVICE_LOG_BYTES = 8 * 1024
};

/* A cell while it is measured. */
struct measurement {
	struct run *run;
	const struct runner_visit *visit;
	const struct runner_cell *cell;
	struct stage *stage;
	struct arena *arena;
	struct attempt attempt;
	struct attempt_result result; /* of the last attempt */
	json_t *attempts;             /* cause and duration of all of them */
};

static bool is_on_all_links(const struct runner_cell *cell)
{
	return cell->workload->scope == WORKLOAD_ALL_LINKS;
}

static bool is_of_mesh(const struct runner_cell *cell)
{
	return cell->workload->scope == WORKLOAD_MESH;
}

struct record_cell cell_place(const struct runner_plan *plan, const struct runner_visit *visit,
	const struct runner_cell *cell)
{
	struct workload_case c = runner_case(plan, cell->workload, cell->link);
	bool all = cell->workload->scope != WORKLOAD_LINK;

	return (struct record_cell){.vpn = visit->driver->folder,
		.profile = visit->profile->folder,
		.position = cell->link,
		.source = all ? NULL : c.source,
		.target = all ? NULL : c.target,
		.file = cell->workload->file,
		.repetition = visit->repetition};
}

/* The links of the cell, with the addresses that the VPN gave; one stands for a whole mesh. */
static void choose_links(struct measurement *m)
{
	bool all = is_on_all_links(m->cell);
	size_t hosts = lab_host_count(m->stage->lab), links = all ? hosts : 1;
	struct workload_case *cases = arena_alloc(m->arena, struct workload_case, links);
	size_t *sources = arena_alloc(m->arena, size_t, links);

	for (size_t i = 0; i < links; i++) {
		sources[i] = all ? i : m->cell->link;
		cases[i] = runner_case(m->run->plan, m->cell->workload, sources[i]);
		cases[i].is_virtual = run_is_virtual(m->run);
		cases[i].congestion = visit_congestion(m->run, m->visit);
		cases[i].line_bps = profile_narrowest_bps(m->visit->profile);
		cases[i].artefact = artefact_of(m->run, m->cell->workload)->folder;
		cases[i].source_address = vpn_address(m->stage->vpn, sources[i]);
		cases[i].target_address = vpn_address(m->stage->vpn, (sources[i] + 1) % hosts);
		cases[i].source_underlay = lab_underlay(m->stage->lab, sources[i]);
		cases[i].target_underlay = lab_underlay(m->stage->lab, (sources[i] + 1) % hosts);
	}
	m->attempt = (struct attempt){.lab = m->stage->lab,
		.vpn = m->stage->vpn,
		.workload = m->cell->workload,
		.cases = cases,
		.sources = sources,
		.link_count = links};
}

/* A cell is as good as its worst link. */
static const struct workload_reading *worst_of(const struct measurement *m)
{
	for (size_t link = 0; link < m->result.link_count; link++) {
		if (m->result.readings[link].cause != CAUSE_SUCCESS)
			return &m->result.readings[link];
	}
	return &m->result.readings[0];
}

/* A host that ended explains whatever else failed; the next attempt needs fresh ones. */
static void blame_dead_host(struct measurement *m)
{
	struct error dead;

	if (lab_check_hosts(m->stage->lab, &dead) == 0)
		return;
	m->stage->is_broken = true;
	if (dead.kind == ERROR_LOST)
		m->run->lost = dead;
	attempt_blame(&m->result, cause_of_error(&dead), dead.text);
}

/* A daemon that ended explains whatever else failed, so it takes the blame. */
static void blame_dead_daemon(struct measurement *m)
{
	struct error dead;

	/* A workload on the mesh looked after them itself, and may have left none. */
	if (is_of_mesh(m->cell) || vpn_check_daemons(m->stage->vpn, &dead) == 0)
		return;
	attempt_blame(&m->result, CAUSE_CRASHED, dead.text);
}

/* A program that the limit of its host ended explains a failure, whatever else it looks like. */
static int look_at_limits(struct measurement *m, struct error *err)
{
	struct error memory;

	if (m->stage->is_broken) /* its hosts are others now, or none */
		return 0;
	if (lab_limits_report(m->stage->lab, &m->result.limits, err))
		return -1;
	if (worst_of(m)->cause != CAUSE_SUCCESS && lab_check_memory(m->stage->lab, &memory))
		attempt_blame(&m->result, CAUSE_MEMORY, memory.text);
	return 0;
}

/* Whether the wire carried what it should, so that figures mean the profile. */
static bool was_wire_good(const struct measurement *m)
{
	return !m->result.wire || json_is_true(json_object_get(m->result.wire, "was_good"));
}

static const char *wire_reason(const struct measurement *m)
{
	return json_string_at(m->result.wire, "/reason", "");
}

/* A measurement that worked on a wire that did not is an attempt that failed by the wire. */
static enum cause cause_of_attempt(const struct measurement *m)
{
	enum cause cause = worst_of(m)->cause;

	return cause == CAUSE_SUCCESS && !was_wire_good(m) ? CAUSE_WIRE : cause;
}

/* A workload that failed is marked as well: the wire may be why. */
static void mark_wire(struct measurement *m)
{
	if (m->result.wire && !was_wire_good(m))
		marks_add(m->result.marks, MARK_WIRE, wire_reason(m));
}

static void mark_instruments(struct measurement *m)
{
	for (size_t link = 0; link < m->result.link_count; link++) {
		if (*m->result.readings[link].doubt)
			marks_add(m->result.marks, MARK_INSTRUMENT, m->result.readings[link].doubt);
	}
}

static bool is_marked(const struct measurement *m)
{
	return json_array_size(m->result.marks) > 0;
}

static void note_attempt(struct measurement *m)
{
	enum cause cause = cause_of_attempt(m);
	const char *evidence = cause == CAUSE_SUCCESS                ? NULL
			       : worst_of(m)->cause == CAUSE_SUCCESS ? wire_reason(m)
								     : worst_of(m)->evidence;
	json_t *attempt = json_make("{s:s, s:s?, s:f, s:O}", "cause", cause_name(cause), "evidence",
		evidence, "duration_seconds", m->result.duration_s, "marks", m->result.marks);

	if (m->result.connections)
		json_object_set(attempt, "connections", m->result.connections);
	json_array_append_new(m->attempts, attempt);
}

/* Every VPN of a block meets the same network: the plan's seed and the repetition choose it. */
static uint64_t wire_seed(const struct measurement *m)
{
	struct random random = random_seeded(m->run->plan->plan->seed);
	uint64_t first = random_next(&random);

	random = random_seeded(first + m->visit->repetition);
	return random_next(&random);
}

static int attempt_on_wire(struct measurement *m, struct error *err)
{
	const struct lab_connections *before = NULL;
	int failed;

	m->attempt.wire_seed = wire_seed(m);
	if (lab_restart_limits(m->stage->lab, err) ||
		lab_restart_wire(m->stage->lab, m->attempt.wire_seed, err) ||
		lab_look_at_connections(m->stage->lab, m->arena, &before, err))
		return -1;
	failed = is_of_mesh(m->cell) ? operation_attempt(m->run, m->visit, m->stage, &m->attempt,
					       &m->result, err)
				     : attempt_run(&m->attempt, &m->result, err);
	if (failed)
		return -1;
	if (m->stage->lab)
		attempt_note_connections(m->stage->lab, before, &m->result);
	return 0;
}

/* What was marked, and a wire that died, get one more chance; then the figures stand, marked. */
static bool is_last(const struct measurement *m, int64_t number)
{
	enum cause cause = worst_of(m)->cause;

	/* What was done to the mesh several times over is not done once more, but for the wire's
	 * sake. */
	if ((is_of_mesh(m->cell) && cause != CAUSE_WIRE) || number >= m->run->plan->plan->attempts)
		return true;
	if (cause == CAUSE_SUCCESS || cause == CAUSE_WIRE)
		return number > 1 || (cause == CAUSE_SUCCESS && !is_marked(m));
	return !cause_is_retried(cause) && (number > 1 || !is_marked(m));
}

/* Why an attempt is repeated, or why its figures are marked; NULL: it is neither. */
static const char *doubt_of_attempt(const struct measurement *m, bool is_last)
{
	const struct workload_reading *worst = worst_of(m);
	const char *marks = marks_text(m->arena, marks_read(m->arena, m->result.marks));

	if (worst->cause == CAUSE_SUCCESS || (is_last && worst->cause != CAUSE_WIRE))
		return marks;
	return marks ? arena_printf(m->arena, "%s; %s", worst->evidence, marks) : worst->evidence;
}

static void tell_attempt(const struct measurement *m, bool is_last)
{
	const char *doubt = doubt_of_attempt(m, is_last);

	if (doubt)
		run_tell(m->run, NULL, NULL,
			arena_printf(m->arena, "%s, %s: %s: %s; %s", m->visit->driver->label,
				m->visit->profile->name, m->cell->workload->name, doubt,
				!is_last                              ? "once more"
				: worst_of(m)->cause == CAUSE_SUCCESS ? "the figures are marked"
								      : "given up"));
}

/*
 * A VPN over TCP sends what a flood left in its queues for minutes, and what is measured next would
 * be that queue. An answer to a ping that was sent after the flood comes behind it. Without one the
 * next measurement tells why.
 */
static void let_drain(struct measurement *m)
{
	size_t hosts = lab_host_count(m->stage->lab);
	int64_t began_ns = clock_now_ns(), took_ns, *heard_ns;
	struct error silence;
	int status;

	if (!m->cell->workload->is_flood || vpn_check_daemons(m->stage->vpn, &silence))
		return;
	heard_ns = arena_alloc(m->arena, int64_t, hosts * hosts);
	status = lab_reach(m->stage->lab, vpn_addresses(m->stage->vpn),
		deadline_in(WORKLOAD_DRAIN_S * NS_PER_S), heard_ns, &silence);
	took_ns = clock_now_ns() - began_ns;
	if (took_ns > NS_PER_S)
		run_tell(m->run, NULL, NULL,
			arena_printf(m->arena, "%s, %s: what %s left in queues %s after %.0f s",
				m->visit->driver->label, m->visit->profile->name,
				m->cell->workload->name,
				status ? "still keeps pings from being answered"
				       : "let pings through again",
				(double)took_ns / 1e9));
}

/* Fresh hosts in place of one that ended, for another attempt. */
static int renew(struct measurement *m, struct error *err)
{
	if (stage_renew(m->run, m->visit, m->stage, err))
		return -1;
	choose_links(m);
	return 0;
}

/* False when a daemon stays dead: the next cell finds it so as well. */
static bool daemons_live(struct measurement *m)
{
	struct error dead;

	return vpn_check_daemons(m->stage->vpn, &dead) == 0 ||
	       vpn_restart(m->stage->vpn, &dead) == 0;
}

/* Tries until it works, trying again cannot help, or the plan's attempts are used up. */
static int try_cell(struct measurement *m, struct error *err)
{
	for (int64_t number = 1;; number++) {
		if (attempt_on_wire(m, err))
			return -1;
		m->run->measuring_s += m->result.duration_s;
		blame_dead_daemon(m);
		blame_dead_host(m);
		if (look_at_limits(m, err))
			return -1;
		mark_wire(m);
		mark_instruments(m);
		note_attempt(m);
		tell_attempt(m, is_last(m, number));
		let_drain(m);
		if (is_last(m, number))
			return 0;
		if (!m->stage->is_broken && !daemons_live(m))
			return 0;
		attempt_result_done(&m->result);
		if (m->stage->is_broken && renew(m, err))
			return -1;
	}
}

static char *service_logs(const struct measurement *m)
{
	size_t target = (m->attempt.sources[0] + 1) % lab_host_count(m->stage->lab);
	char *log = vpn_log(m->stage->vpn, target);
	size_t length = log ? strlen(log) : 0;

	if (length > SERVICE_LOG_BYTES)
		memmove(log, log + length - SERVICE_LOG_BYTES, SERVICE_LOG_BYTES + 1);
	return log;
}

static double total_duration_s(const json_t *attempts)
{
	double total = 0;

	for (size_t i = 0; i < json_array_size(attempts); i++)
		total += json_number_value(
			json_object_get(json_array_get(attempts, i), "duration_seconds"));
	return total;
}

/* Figures of a cell: its link's, or the sums of all links when every one of them worked. */
static double figure_of(const struct measurement *m, size_t figure)
{
	double sum = 0;

	for (size_t link = 0; link < m->result.link_count; link++)
		sum += m->result.readings[link].figures[figure];
	return worst_of(m)->cause == CAUSE_SUCCESS ? sum : NAN;
}

/* What our meta adds to the published keys. */
static json_t *meta_of(const struct measurement *m)
{
	json_t *meta = json_object(), *figures = json_object();

	for (size_t i = 0; i < WORKLOAD_FIGURES && m->cell->workload->figures[i]; i++) {
		double value = figure_of(m, i);

		json_object_set_new(figures, m->cell->workload->figures[i],
			isfinite(value) ? json_real(value) : json_null());
	}
	json_object_set_new(meta, "title", json_text(m->cell->workload->title));
	json_object_set_new(meta, "figures", figures);
	json_object_set_new(meta, "ingredients",
		ingredients_of_cell(m->run->ingredients, m->run->plan, m->visit, m->cell));
	json_object_set(meta, "attempt_history", m->attempts);
	json_object_set(meta, "marks", m->result.marks);
	if (m->result.resources)
		json_object_set(meta, "resources", m->result.resources);
	if (m->result.capacity)
		json_object_set(meta, "capacity", m->result.capacity);
	if (m->result.machine)
		json_object_set(meta, "machine", m->result.machine);
	if (m->result.limits)
		json_object_set(meta, "limits", m->result.limits);
	if (m->result.wire)
		json_object_set(meta, "wire", m->result.wire);
	return meta;
}

static struct record_result result_of_link(const struct measurement *m, size_t link)
{
	const struct workload_reading *reading = &m->result.readings[link];
	const struct workload_command *blamed = m->result.blamed[link];
	const struct workload_output *output = &m->result.blamed_outputs[link];

	return (struct record_result){.cause = reading->cause,
		.evidence = reading->evidence,
		.data = reading->data,
		.samples = reading->samples,
		.argv = blamed ? blamed->argv : NULL,
		.out = blamed ? output->out : NULL,
		.errout = blamed ? output->errout : NULL,
		.exit_code = blamed ? output->exit_code : 0,
		.timeout_s = blamed && output->timed_out ? (double)blamed->limit_ns / 1e9 : 0,
		.duration_s = m->result.duration_s};
}

static int write_link(const struct measurement *m, const struct record_cell *place,
	const struct record_result *whole, struct error *err)
{
	struct record_result result = result_of_link(m, 0);

	result.meta = whole->meta;
	result.attempts = whole->attempts;
	result.duration_s = whole->duration_s;
	result.restart_s = whole->restart_s;
	result.wait_s = whole->wait_s;
	result.service_logs = whole->service_logs;
	return record_write_cell(run_tree(m->run, m->visit), place, &result, err);
}

static int write_all_links(const struct measurement *m, const struct record_cell *place,
	const struct record_result *whole, struct error *err)
{
	size_t count = m->result.link_count;
	struct record_pair *pairs = arena_alloc(m->arena, struct record_pair, count);

	for (size_t link = 0; link < count; link++)
		pairs[link] = (struct record_pair){.source = m->attempt.cases[link].source,
			.target = m->attempt.cases[link].target,
			.result = result_of_link(m, link)};
	return record_write_parallel(run_tree(m->run, m->visit), place, pairs, count, whole, err);
}

/* Files of single hosts that a reading has in addition to the cell's own. */
static int write_host_files(const struct measurement *m, struct error *err)
{
	const struct plan *plan = m->run->plan->plan;
	const char *file;
	json_t *by_host;

	json_object_foreach (m->result.readings[0].host_files, file, by_host) {
		for (size_t i = 0; i < plan->host_count; i++) {
			struct record_cell place = cell_place(m->run->plan, m->visit, m->cell);
			const json_t *value = json_object_get(by_host, plan->hosts[i]);

			place.position = i;
			place.source = plan->hosts[i];
			place.file = file;
			if (value &&
				record_write_host(run_tree(m->run, m->visit), &place, value, err))
				return -1;
		}
	}
	return 0;
}

static int write_cell(const struct measurement *m, struct error *err)
{
	struct record_cell place = cell_place(m->run->plan, m->visit, m->cell);
	json_auto_t *meta = meta_of(m);
	AUTO(text_freep) char *logs = NULL;
	struct record_result whole = {.cause = CAUSE_SUCCESS,
		.meta = meta,
		.attempts = (int)json_array_size(m->attempts),
		.duration_s = total_duration_s(m->attempts)};

	if (m->stage->vpn) {
		whole.restart_s = vpn_restart_s(m->stage->vpn);
		whole.wait_s = vpn_wait_s(m->stage->vpn);
		if (worst_of(m)->cause != CAUSE_SUCCESS)
			logs = service_logs(m);
	}
	whole.service_logs = logs;
	if (is_on_all_links(m->cell))
		return write_all_links(m, &place, &whole, err);
	if (write_host_files(m, err))
		return -1;
	return write_link(m, &place, &whole, err);
}

/* Of all links together a headline says the sums, as the cell's figures do. */
static const char *headline_of(const struct measurement *m)
{
	if (!is_on_all_links(m->cell))
		return arena_strdup(m->run->arena, worst_of(m)->headline);
	return arena_printf(m->run->arena, "%.0f / %.0f Mbit/s, sums of %zu links", figure_of(m, 0),
		figure_of(m, 1), m->result.link_count);
}

static void tell_outcome(const struct measurement *m)
{
	const struct workload_reading *worst = worst_of(m);
	struct runner_outcome outcome = {.visit = m->visit,
		.cell = m->cell,
		.cause = worst->cause,
		.headline = headline_of(m),
		.evidence = arena_strdup(m->run->arena, worst->evidence),
		.marks = marks_read(m->run->arena, m->result.marks)};

	for (size_t i = 0; i < WORKLOAD_FIGURES; i++)
		outcome.figures[i] = figure_of(m, i);
	outcome.one_core_mbps = meta_least_capacity_mbps(m->result.capacity, "one_core_mbps");
	run_add_outcome(m->run, &outcome);
}

int cell_measure(struct run *run, const struct runner_visit *visit, struct stage *stage,
	const struct runner_cell *cell, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *attempts = json_array();
	struct measurement m = {.run = run,
		.visit = visit,
		.cell = cell,
		.stage = stage,
		.arena = arena,
		.attempts = attempts};
	int failed;

	choose_links(&m);
	run_tell(run, run_name_cell(run, visit, cell), NULL, NULL);
	/* A workload on the mesh may leave another one than that which connected. */
	failed = is_of_mesh(cell) ? visit_record_begin(run, visit, stage, err) : 0;
	if (failed)
		return -1;
	failed = try_cell(&m, err);
	if (failed && err->kind != ERROR_CANCELLED) { /* the wire died: a finding like others */
		struct error cause = *err;

		stage->is_broken |= is_of_mesh(cell);
		if (stage->lab && lab_check_hosts(stage->lab, &cause))
			stage->is_broken = true;
		failed = cell_blame(run, visit, cell, &cause, (int)json_array_size(attempts), err);
	} else if (!failed) {
		failed = visit_record_begin(run, visit, stage, err) || write_cell(&m, err);
		if (!failed)
			tell_outcome(&m);
	}
	attempt_result_done(&m.result);
	return failed ? -1 : 0;
}

/* A cell that nothing was measured of. */
static int write_blame(
	struct run *run, struct runner_outcome *outcome, int attempts, struct error *err)
{
	struct record_cell place = cell_place(run->plan, outcome->visit, outcome->cell);

	outcome->headline = "";
	outcome->evidence = arena_strdup(run->arena, outcome->evidence);
	if (record_write_cell(run_tree(run, outcome->visit), &place,
		    &(struct record_result){.cause = outcome->cause,
			    .evidence = outcome->evidence,
			    .attempts = attempts},
		    err))
		return -1;
	for (size_t i = 0; i < WORKLOAD_FIGURES; i++)
		outcome->figures[i] = NAN;
	outcome->one_core_mbps = NAN;
	run_add_outcome(run, outcome);
	return 0;
}

int cell_blame(struct run *run, const struct runner_visit *visit, const struct runner_cell *cell,
	const struct error *cause, int attempts, struct error *err)
{
	struct runner_outcome outcome = {.visit = visit,
		.cell = cell,
		.cause = cause_of_error(cause),
		.evidence = cause->text};

	if (cause->kind == ERROR_LOST)
		run->lost = *cause;
	if (outcome.cause == CAUSE_TIMEOUT || outcome.cause == CAUSE_TOOL)
		outcome.cause =
			CAUSE_CONNECT; /* what timed out or failed was the way to the mesh */
	return write_blame(run, &outcome, attempts, err);
}

int cell_blame_artefact(struct run *run, const struct runner_visit *visit,
	const struct runner_cell *cell, const struct artefact *artefact, struct error *err)
{
	struct runner_outcome outcome = {.visit = visit,
		.cell = cell,
		.cause = cause_of_error(&artefact->err),
		.evidence = artefact->err.text};

	if (outcome.cause == CAUSE_TOOL)
		outcome.cause = complaint_cause(artefact->err.text, CAUSE_TOOL);
	return write_blame(run, &outcome, 0, err);
}
