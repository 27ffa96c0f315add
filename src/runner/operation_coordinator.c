/* SPDX-License-Identifier: MIT */
/*
 * The host that the others need to find one another loses its daemons for a while. Whether pairs
 * without it go on, whether a host that restarts meanwhile is found again, and whether two find
 * each other that never spoke before, are findings.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

/* How long the others are watched alone, and how long one that restarts may take to come back. */
static const double ALONE_S = 5;
static const double REJOIN_S = 15;
/* Until all hosts have spoken to the coordinator. */
static const int64_t JOIN_NS = 60 * NS_PER_S;

/* The last host but the coordinator. */
static struct lab_hosts other_host(const struct operation_run *m, struct lab_hosts coordinator)
{
	size_t last = lab_host_count(m->stage->lab) - 1;

	return lab_one_host(last == coordinator.index ? last - 1 : last);
}

/* Daemons that do not start without the coordinator are what we want to know. */
static int rejoin(struct operation_run *m, struct lab_hosts host, struct lab_hosts coordinator,
	bool *ret_runs, struct error *err)
{
	struct vpn_clock clock;
	bool is_stable;

	vpn_stop(m->stage->vpn, host);
	*ret_runs = vpn_start(m->stage->vpn, host, &clock, err) == 0;
	if (*ret_runs)
		return operation_await(m, coordinator, clock.serve_ns, REJOIN_S, &is_stable, err);
	if (err->kind == ERROR_CANCELLED)
		return -1;
	json_object_set_new(m->observed, "rejoin_failure", json_text(err->text));
	vpn_stop(m->stage->vpn, host);
	return 0;
}

/* Keys are new and nobody but the coordinator was spoken to, so that no pair knows each other. */
static int begin_apart(struct operation_run *m, struct lab_hosts coordinator, struct error *err)
{
	struct stage *stage = m->stage;
	struct vpn_clock clock;

	vpn_downp(&stage->vpn);
	return vpn_begin(stage->lab, m->visit->driver, stage->work_dir, &clock, &stage->vpn, err) ||
			       lab_reach_one(stage->lab, vpn_addresses(stage->vpn),
				       coordinator.index, deadline_in(JOIN_NS), err)
		       ? -1
		       : 0;
}

static int come_back(struct operation_run *m, struct lab_hosts coordinator, struct lab_hosts other,
	bool other_runs, struct error *err)
{
	struct vpn_clock clock, ignored;
	int64_t back_ns = clock_now_ns();

	operation_mark_at(m, "back_s", back_ns);
	if (vpn_start(m->stage->vpn, coordinator, &clock, err) ||
		(!other_runs && vpn_start(m->stage->vpn, other, &ignored, err)))
		return -1;
	operation_mark_clock(m, &clock);
	return operation_await_all(m, clock.ready_ns, err);
}

int operation_lose_coordinator(struct operation_run *m, struct error *err)
{
	struct lab_hosts coordinator = vpn_coordinator(m->stage->vpn);
	struct lab_hosts other = other_host(m, coordinator);
	bool has_others = lab_host_count(m->stage->lab) > 2, other_runs = true;

	json_object_set_new(
		m->observed, "host", json_text(lab_host(m->stage->lab, coordinator.index)->name));
	if (operation_watch(m, other, err))
		return -1;
	operation_zero(m, clock_now_ns());
	vpn_stop(m->stage->vpn, coordinator);
	operation_mark(m, "down_s");
	if (operation_wait(m, ALONE_S, err))
		return -1;
	operation_mark(m, "rejoin_s");
	if (has_others) {
		json_object_set_new(m->observed, "restarted",
			json_text(lab_host(m->stage->lab, other.index)->name));
		if (rejoin(m, other, coordinator, &other_runs, err))
			return -1;
	}
	return come_back(m, coordinator, other, other_runs, err);
}

int operation_pair_alone(struct operation_run *m, struct error *err)
{
	struct lab_hosts coordinator = vpn_coordinator(m->stage->vpn);
	bool is_stable;

	json_object_set_new(
		m->observed, "host", json_text(lab_host(m->stage->lab, coordinator.index)->name));
	if (begin_apart(m, coordinator, err))
		return -1;
	vpn_stop(m->stage->vpn, coordinator);
	operation_zero(m, clock_now_ns());
	operation_mark(m, "down_s");
	if (operation_begin_watch(m, lab_no_host(), err) ||
		operation_await(m, coordinator, m->zero_ns, REJOIN_S, &is_stable, err))
		return -1;
	return come_back(m, coordinator, coordinator, true, err);
}
