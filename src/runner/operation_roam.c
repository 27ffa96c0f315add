/* SPDX-License-Identifier: MIT */
/*
 * What a host behind a router goes through without having done anything itself: the router forgets
 * its mappings, has another address outside, or leaves by another uplink.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

static int use_uplink(struct operation_run *m, size_t host, size_t step, struct error *err)
{
	struct lab *lab = m->stage->lab;

	return lab_use_uplink(
		lab, host, (lab_uplink(lab, host) + step) % lab_uplinks(lab, host), err);
}

/* To the next uplink, from the last to the first. */
static int switch_uplink(struct operation_run *m, size_t host, struct error *err)
{
	struct lab *lab = m->stage->lab;
	const char *former = lab_uplink_name(lab, host, lab_uplink(lab, host));

	if (use_uplink(m, host, 1, err))
		return -1;
	json_object_set_new(m->observed, "uplinks",
		json_make("[s, s]", former, lab_uplink_name(lab, host, lab_uplink(lab, host))));
	return 0;
}

static int change(struct operation_run *m, size_t host, struct error *err)
{
	if (m->operation->action == WORKLOAD_SWITCH)
		return switch_uplink(m, host, err);
	return m->operation->action == WORKLOAD_MOVE ? lab_move_router(m->stage->lab, host, err)
						     : lab_forget_router(m->stage->lab, host, err);
}

/* Its router as it was, where others look for it. */
static int change_back(struct operation_run *m, size_t host, struct error *err)
{
	if (m->operation->action == WORKLOAD_SWITCH)
		return use_uplink(m, host, lab_uplinks(m->stage->lab, host) - 1, err);
	return m->operation->action == WORKLOAD_MOVE ? lab_move_router(m->stage->lab, host, err)
						     : 0;
}

/* A VPN that finds nobody any more would fail whatever comes next. */
static int recover(struct operation_run *m, size_t host, struct error *err)
{
	operation_mark(m, "ended_s");
	operation_end_watch(m);
	if (change_back(m, host, err))
		return -1;
	return vpn_restart(m->stage->vpn, err);
}

/* A pair that stays silent for as long as we wait is an answer, not a failure. */
int operation_roam(struct operation_run *m, struct error *err)
{
	struct lab_hosts host = lab_one_host(lab_host_count(m->stage->lab) - 1);
	int64_t changed_ns;
	bool is_stable;

	if (operation_watch(m, host, err))
		return -1;
	operation_zero(m, clock_now_ns());
	if (change(m, host.index, err))
		return -1;
	changed_ns = clock_now_ns();
	operation_mark_at(m, "down_s", changed_ns);
	if (operation_await(m, lab_no_host(), changed_ns, m->operation->limit_s, &is_stable, err))
		return -1;
	json_object_set_new(m->observed, "returned", json_boolean(is_stable));
	return is_stable ? 0 : recover(m, host.index, err);
}
