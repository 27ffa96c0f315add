/* SPDX-License-Identifier: MIT */
/*
 * Whether hosts behind routers reach each other directly: routers forget everything, the VPN begins
 * from nothing, every pair pings, and the wire says which way the packets went. For any VPN, since
 * nobody asks its daemons.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

static bool is_behind_router(const struct lab *lab, size_t host)
{
	return lab_edge(lab, host) >= lab_host_count(lab);
}

/* Nobody sends between others, so that their way cannot be seen. */
static bool is_watched(const struct operation_run *m, size_t from, size_t to)
{
	return lab_watch_includes(m->watch, from, to) || lab_watch_includes(m->watch, to, from);
}

static struct paths paths_of(struct operation_run *m)
{
	struct lab *lab = m->stage->lab;
	size_t count = lab_host_count(lab);
	struct paths paths = paths_new(m, (double)lab_watch_facts(m->watch).every_ns / 1e9);

	for (size_t i = 0; i < count * count; i++) {
		size_t from = i / count, to = i % count;

		if (from < to && is_behind_router(lab, from) && is_behind_router(lab, to) &&
			is_watched(m, from, to))
			paths_add(m, &paths, from, to);
	}
	return paths;
}

static bool are_all_direct(const struct operation_run *m, const struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		const struct path *path = &paths->list[i];

		if (!path_is_direct(m, paths, path) ||
			!operation_is_stable(m, path->from, path->to))
			return false;
	}
	return true;
}

/* Until every pair answers directly, or for as long as there is. */
static int watch_paths(struct operation_run *m, struct paths *paths, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(m->operation->limit_s * (double)NS_PER_S));
	bool is_done = false;

	while (!is_done && !deadline_has_passed(deadline)) {
		if (operation_wait(m, (double)PATHS_BIN_NS / 1e9, err))
			return -1;
		paths_count(m, paths);
		is_done = are_all_direct(m, paths);
	}
	return 0;
}

/* Every trial says what its routers were, by measurement. */
static int classify(struct operation_run *m, struct error *err)
{
	json_t *classes;

	if (lab_classify_routers(m->stage->lab, &classes, err))
		return fail_in(err, "find out what kinds of router there are");
	json_object_set_new(m->observed, "routers", classes ? classes : json_null());
	return 0;
}

static int begin(struct operation_run *m, struct error *err)
{
	struct stage *stage = m->stage;
	struct vpn_clock clock;

	vpn_downp(&stage->vpn);
	if (classify(m, err) || lab_flush_routers(stage->lab, err) ||
		lab_record_packets(stage->lab, PATHS_PACKETS, err) ||
		vpn_begin(stage->lab, m->visit->driver, stage->work_dir, &clock, &stage->vpn, err))
		return -1;
	operation_zero(m, clock.join_ns);
	operation_mark_clock(m, &clock);
	/* In every trial each host looks for the first one, which says whether it heard of anybody.
	 */
	return operation_begin_watch(m, lab_one_host(0), err);
}

int operation_punch(struct operation_run *m, struct error *err)
{
	struct paths paths;
	int failed;

	if (begin(m, err))
		return -1;
	operation_mark(m, "asked_s");
	paths = paths_of(m);
	failed = watch_paths(m, &paths, err);
	return paths_end(m, &paths, err) || failed ? -1 : 0;
}
