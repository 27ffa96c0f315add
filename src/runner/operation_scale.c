/* SPDX-License-Identifier: MIT */
/*
 * What hosts cost when there are many of them. A mesh grows step by step, twice as many hosts after
 * each, and those of a step join together; then one host after the other leaves and comes back.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

/* Of a mesh in a minute; at least one host. */
static const double CHURN_SHARE = 0.05;

struct step {
	size_t from, to; /* hosts [from, to) join */
	struct looks before, joined, rested;
	double ready_s, joining_s;
	bool is_stable;
};

static void step_done(struct step *step)
{
	looks_done(&step->before);
	looks_done(&step->joined);
	looks_done(&step->rested);
}

static double seconds_since(int64_t ns)
{
	return (double)(clock_now_ns() - ns) / 1e9;
}

/* The watch is over before anything is counted at rest, since its pings are not rest. */
static int join(struct operation_run *m, struct step *step, struct error *err)
{
	struct lab_hosts hosts = lab_some_hosts(step->from, step->to - step->from);
	struct vpn_clock clock;

	if (operation_look(m, &step->before, err) || operation_begin_watch(m, lab_no_host(), err))
		return -1;
	operation_zero(m, clock_now_ns());
	if (vpn_start(m->stage->vpn, hosts, &clock, err) ||
		operation_await_first(
			m, step->to, clock.ready_ns, m->operation->limit_s, &step->is_stable, err))
		return -1;
	step->joining_s = seconds_since(m->zero_ns);
	step->ready_s = (double)(clock.ready_ns - m->zero_ns) / 1e9;
	return operation_look(m, &step->joined, err);
}

static json_t *step_json(struct operation_run *m, const struct step *step, double resting_s)
{
	return json_make("{s:I, s:I, s:f, s:f, s:b, s:o, s:f, s:o}", "hosts", (json_int_t)step->to,
		"joined", (json_int_t)(step->to - step->from), "ready_s", step->ready_s,
		"joining_s", step->joining_s, "is_stable", step->is_stable, "joining",
		operation_looks_json(m, &step->before, &step->joined), "resting_s", resting_s,
		"resting", operation_looks_json(m, &step->joined, &step->rested));
}

static int take_step(struct operation_run *m, struct step *step, json_t *steps, struct error *err)
{
	int64_t rest_ns;

	if (join(m, step, err))
		return -1;
	operation_end_watch(m);
	json_array_clear(json_object_get(m->observed, "pairs"));
	if (operation_wait(m, m->operation->settle_s, err))
		return -1;
	looks_done(&step->joined);
	rest_ns = clock_now_ns();
	if (operation_look(m, &step->joined, err) ||
		operation_wait(m, m->operation->seconds, err) ||
		operation_look(m, &step->rested, err))
		return -1;
	json_array_append_new(steps, step_json(m, step, seconds_since(rest_ns)));
	return 0;
}

int operation_grow(struct operation_run *m, struct error *err)
{
	size_t count = lab_host_count(m->stage->lab);
	json_t *steps = json_array();

	json_object_set_new(m->observed, "steps", steps);
	vpn_stop(m->stage->vpn, lab_all_hosts());
	for (size_t from = 0, to = 1; from < count;
		from = to, to = 2 * to < count ? 2 * to : count) {
		AUTO(step_done) struct step step = {.from = from, .to = to};

		if (take_step(m, &step, steps, err))
			return -1;
	}
	return 0;
}

static int come_and_go(struct operation_run *m, size_t host, json_t *departures, struct error *err)
{
	double down_s = seconds_since(m->zero_ns);
	struct vpn_clock clock;

	vpn_stop(m->stage->vpn, lab_one_host(host));
	if (vpn_start(m->stage->vpn, lab_one_host(host), &clock, err))
		return -1;
	json_array_append_new(departures,
		json_make("{s:s, s:f, s:f}", "host", lab_host(m->stage->lab, host)->name, "down_s",
			down_s, "ready_s", (double)(clock.ready_ns - m->zero_ns) / 1e9));
	return 0;
}

/* The first host stays: it is what the others may need. */
int operation_churn(struct operation_run *m, struct error *err)
{
	size_t count = lab_host_count(m->stage->lab), host = count - 1;
	double every_s = 60 / (CHURN_SHARE * (double)count);
	AUTO(looks_done) struct looks before = {0};
	AUTO(looks_done) struct looks after = {0};
	json_t *departures = json_array();

	json_object_set_new(m->observed, "departures", departures);
	every_s = every_s < m->operation->seconds ? every_s : m->operation->seconds;
	if (operation_watch(m, lab_no_host(), err) || operation_look(m, &before, err))
		return -1;
	operation_zero(m, clock_now_ns());
	for (size_t i = 0; (double)i * every_s < m->operation->seconds; i++) {
		double next_s = (double)(i + 1) * every_s;

		if (come_and_go(m, host, departures, err) ||
			operation_wait(m, next_s - seconds_since(m->zero_ns), err))
			return -1;
		host = host > 1 ? host - 1 : count - 1;
	}
	/* What is counted takes a while, and pairs are judged by what they answered last. */
	if (operation_look(m, &after, err) || operation_await_all(m, clock_now_ns(), err))
		return -1;
	json_object_set_new(m->observed, "hosts", operation_looks_json(m, &before, &after));
	return 0;
}
