/* SPDX-License-Identifier: MIT */
/* Watching a mesh while something is done to it, and waiting until it is whole. */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

/* The rule by which a pair is stable, with what the lab calls a silence; observations carry it, so
 * that it is stated once. */
static const int64_t STABLE_NS = NS_PER_S;

/* Stretches of answers that the samples of a cell hold: 20 MB of JSON, which our reader takes. */
static const size_t SPANS = 1 << 17;

static const int64_t LOOK_EVERY_NS = 20 * NS_PER_MS;

void operation_mark_at(struct operation_run *m, const char *name, int64_t at_ns)
{
	json_object_set_new(json_object_get(m->observed, "times"), name,
		json_real((double)(at_ns - m->zero_ns) / 1e9));
}

void operation_mark(struct operation_run *m, const char *name)
{
	operation_mark_at(m, name, clock_now_ns());
}

void operation_mark_clock(struct operation_run *m, const struct vpn_clock *clock)
{
	operation_mark_at(m, "serve_s", clock->serve_ns);
	operation_mark_at(m, "join_s", clock->join_ns);
	operation_mark_at(m, "ready_s", clock->ready_ns);
}

void operation_zero(struct operation_run *m, int64_t at_ns)
{
	m->zero_ns = at_ns;
	m->began_s = clock_wall_s() - (double)(clock_now_ns() - at_ns) / 1e9;
	json_object_set_new(m->observed, "began_s", json_real(m->began_s));
}

json_t *operation_rule_json(const struct lab *lab)
{
	int64_t pause_ns = lab_watch_pause_ns(lab_host_count(lab));

	return json_make("{s:f, s:f, s:f}", "stable_s", (double)STABLE_NS / 1e9, "silence_s",
		(double)lab_watch_silence_ns(lab_host_count(lab)) / 1e9, "pause_s",
		(double)pause_ns / 1e9);
}

static json_t *spans_json(const struct operation_run *m, enum lab_way way, size_t from, size_t to)
{
	json_t *json = json_array();
	size_t count;
	const struct lab_span *spans = lab_watch_spans(m->watch, way, from, to, &count);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			json, json_make("[f, f, I]", (double)(spans[i].first_ns - m->zero_ns) / 1e9,
				      (double)(spans[i].last_ns - m->zero_ns) / 1e9,
				      (json_int_t)spans[i].answers));
	return json;
}

/* Which part of the mesh was looked at, how often, and what was too much to keep. */
static json_t *watched_json(const struct operation_run *m)
{
	json_int_t count = (json_int_t)lab_host_count(m->stage->lab);
	struct lab_watch_facts facts = lab_watch_facts(m->watch);

	return json_make("{s:I, s:I, s:f, s:I, s:f}", "pairs", (json_int_t)facts.pairs, "of_pairs",
		count * (count - 1), "every_s", (double)facts.every_ns / 1e9, "closed_silences",
		(json_int_t)facts.closed, "longest_closed_s",
		(double)facts.longest_closed_ns / 1e9);
}

static json_t *pair_json(const struct operation_run *m, size_t from, size_t to)
{
	json_t *pair = json_make("{s:s, s:s, s:o, s:o}", "from",
		lab_host(m->stage->lab, from)->name, "to", lab_host(m->stage->lab, to)->name,
		"overlay", spans_json(m, LAB_OVERLAY, from, to), "underlay",
		spans_json(m, LAB_UNDERLAY, from, to));

	if (m->operation->counts_pings)
		json_object_set_new(pair, "pings", operation_pings_json(m, from, to));
	return pair;
}

/* All that was heard; the watch is over. */
void operation_end_watch(struct operation_run *m)
{
	json_t *pairs = json_object_get(m->observed, "pairs");
	size_t count = lab_host_count(m->stage->lab);

	if (m->watch)
		json_object_set_new(m->observed, "watched", watched_json(m));
	for (size_t i = 0; m->watch && i < count * count; i++) {
		size_t from = i / count, to = i % count;

		if (lab_watch_includes(m->watch, from, to))
			json_array_append_new(pairs, pair_json(m, from, to));
	}
	lab_watch_endp(&m->watch);
}

/* Whether the pair answered until now, for as long as the rule says, by answers since then. */
static bool is_stable(
	const struct operation_run *m, size_t from, size_t to, int64_t since_ns, int64_t now_ns)
{
	size_t count;
	const struct lab_span *spans = lab_watch_spans(m->watch, LAB_OVERLAY, from, to, &count);
	int64_t silence_ns = lab_watch_silence_ns(lab_host_count(m->stage->lab)), begin_ns;

	if (!count || now_ns - spans[count - 1].last_ns > silence_ns + LAB_WATCH_LATE_NS)
		return false;
	begin_ns = spans[count - 1].first_ns;
	for (size_t i = count - 1; i > 0 && spans[i].first_ns - spans[i - 1].last_ns <= silence_ns;
		i--)
		begin_ns = spans[i - 1].first_ns;
	if (begin_ns < since_ns)
		begin_ns = since_ns;
	/* A silence too short to break the chain may hide where the answers since then begin. */
	return spans[count - 1].last_ns - begin_ns >= STABLE_NS + silence_ns;
}

bool operation_is_stable(const struct operation_run *m, size_t from, size_t to)
{
	int64_t now_ns = clock_now_ns();

	return (!lab_watch_includes(m->watch, from, to) ||
		       is_stable(m, from, to, m->zero_ns, now_ns)) &&
	       (!lab_watch_includes(m->watch, to, from) ||
		       is_stable(m, to, from, m->zero_ns, now_ns));
}

/* The first pair that is not; count * count when all are. */
static size_t find_unstable(
	const struct operation_run *m, struct lab_hosts without, int64_t since_ns)
{
	size_t count = lab_host_count(m->stage->lab);
	int64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < count * count; i++) {
		size_t from = i / count, to = i % count;

		if (lab_watch_includes(m->watch, from, to) && !lab_hosts_include(without, from) &&
			!lab_hosts_include(without, to) &&
			!is_stable(m, from, to, since_ns, now_ns))
			return i;
	}
	return count * count;
}

static int look(struct operation_run *m, struct deadline deadline, struct error *err)
{
	/* A daemon that ends is an event; only what watchers saw has to be asked for. */
	if (m->watch)
		deadline = deadline_earlier(deadline, deadline_in(LOOK_EVERY_NS));
	if (procs_step(lab_procs(m->stage->lab), deadline, err) ||
		(m->watch && lab_watch_look(m->watch, err)))
		return -1;
	return lab_check_wire(m->stage->lab, err) || vpn_check_daemons(m->stage->vpn, err) ? -1 : 0;
}

int operation_wait(struct operation_run *m, double seconds, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(seconds * (double)NS_PER_S));

	while (!deadline_has_passed(deadline)) {
		if (look(m, deadline, err))
			return -1;
	}
	return 0;
}

int operation_wait_end(
	struct operation_run *m, struct proc *proc, double limit_s, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(limit_s * (double)NS_PER_S));

	while (!proc_result(proc).has_ended && !deadline_has_passed(deadline)) {
		if (look(m, deadline, err))
			return -1;
	}
	return proc_wait_success(proc, deadline, err);
}

int operation_await(struct operation_run *m, struct lab_hosts without, int64_t since_ns,
	double limit_s, bool *ret_is_stable, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(limit_s * (double)NS_PER_S));
	size_t count = lab_host_count(m->stage->lab);

	do {
		if (look(m, deadline, err))
			return -1;
		*ret_is_stable = find_unstable(m, without, since_ns) == count * count;
	} while (!*ret_is_stable && !deadline_has_passed(deadline));
	return 0;
}

int operation_await_first(struct operation_run *m, size_t hosts, int64_t since_ns, double limit_s,
	bool *ret_is_stable, struct error *err)
{
	return operation_await(m, lab_some_hosts(hosts, lab_host_count(m->stage->lab) - hosts),
		since_ns, limit_s, ret_is_stable, err);
}

int operation_await_all(struct operation_run *m, int64_t since_ns, struct error *err)
{
	size_t count = lab_host_count(m->stage->lab), pair;
	bool stable;

	if (operation_await(m, lab_no_host(), since_ns, m->operation->limit_s, &stable, err))
		return -1;
	if (stable)
		return 0;
	pair = find_unstable(m, lab_no_host(), since_ns);
	if (pair == count * count) /* it came at the last moment */
		return 0;
	return fail(err, ERROR_TIMEOUT,
		"%s did not answer %s steadily within %.0f s (pinged every %lld ms)",
		lab_host(m->stage->lab, pair % count)->name,
		lab_host(m->stage->lab, pair / count)->name, m->operation->limit_s,
		(long long)(lab_watch_facts(m->watch).every_ns / NS_PER_MS));
}

static enum lab_speaker speaker_of(const struct operation_run *m, struct lab_hosts concerned)
{
	if (m->operation->speaker == WORKLOAD_BOTH_SPEAK)
		return LAB_BOTH_SPEAK;
	if (concerned.kind != LAB_ONE_HOST)
		return LAB_LOWER_SPEAKS;
	return m->operation->speaker == WORKLOAD_OTHERS_SPEAK ? LAB_OTHERS_SPEAK : LAB_HOST_SPEAKS;
}

int operation_begin_watch(struct operation_run *m, struct lab_hosts concerned, struct error *err)
{
	const struct lab_watch_spec spec = {.overlay = vpn_addresses(m->stage->vpn),
		.speaker = speaker_of(m, concerned),
		.concerned = concerned,
		.turn = m->turn,
		.spans = SPANS / m->turns,
		.keeps_pings = m->operation->counts_pings};

	return lab_watch_begin(m->stage->lab, &spec, &m->watch, err);
}

int operation_watch(struct operation_run *m, struct lab_hosts concerned, struct error *err)
{
	if (operation_begin_watch(m, concerned, err))
		return -1;
	operation_zero(m, clock_now_ns());
	if (operation_await_all(m, m->zero_ns, err))
		return fail_in(err, "before anything was done");
	return 0;
}
