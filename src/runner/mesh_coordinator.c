/*
 * The host that the others need to find one another loses its daemons for a while. Whether pairs
 * without it go on, and whether a host that restarts meanwhile is found again, are findings.
 */
#include "runner/mesh.h"

#include "base/clock.h"

/* How long the others are watched alone, and how long one that restarts may take to come back. */
static const double ALONE_S = 5;
static const double REJOIN_S = 15;

/* The last host but the coordinator. */
static size_t other_host(const struct mesh_run *m, size_t coordinator)
{
	size_t last = lab_host_count(m->stage->lab) - 1;

	return last == coordinator ? last - 1 : last;
}

/* Daemons that do not start without the coordinator are what we want to know. */
static int rejoin(
	struct mesh_run *m, size_t host, size_t coordinator, bool *ret_runs, struct error *err)
{
	struct vpn_clock clock;
	bool is_stable;

	vpn_stop(m->stage->vpn, host);
	*ret_runs = vpn_start(m->stage->vpn, host, &clock, err) == 0;
	if (*ret_runs)
		return mesh_await(m, coordinator, clock.serve_ns, REJOIN_S, &is_stable, err);
	if (err->kind == ERROR_CANCELLED)
		return -1;
	json_object_set_new(m->observed, "rejoin_failure", json_string(err->text));
	vpn_stop(m->stage->vpn, host);
	return 0;
}

static int come_back(
	struct mesh_run *m, size_t coordinator, size_t other, bool other_runs, struct error *err)
{
	struct vpn_clock clock, ignored;
	int64_t back_ns = clock_now_ns();

	mesh_mark_at(m, "back_s", back_ns);
	if (vpn_start(m->stage->vpn, coordinator, &clock, err) ||
		(!other_runs && vpn_start(m->stage->vpn, other, &ignored, err)))
		return -1;
	mesh_mark_clock(m, &clock);
	return mesh_await_all(m, clock.ready_ns, err);
}

int mesh_do_coordinator(struct mesh_run *m, struct error *err)
{
	size_t coordinator = vpn_coordinator(m->stage->vpn), other = other_host(m, coordinator);
	bool has_others = lab_host_count(m->stage->lab) > 2, other_runs = true;

	json_object_set_new(
		m->observed, "host", json_string(lab_host(m->stage->lab, coordinator)->name));
	if (mesh_watch(m, other, err))
		return -1;
	mesh_zero(m, clock_now_ns());
	vpn_stop(m->stage->vpn, coordinator);
	mesh_mark(m, "down_s");
	if (mesh_wait(m, ALONE_S, err))
		return -1;
	mesh_mark(m, "rejoin_s");
	if (has_others) {
		json_object_set_new(m->observed, "restarted",
			json_string(lab_host(m->stage->lab, other)->name));
		if (rejoin(m, other, coordinator, &other_runs, err))
			return -1;
	}
	return come_back(m, coordinator, other, other_runs, err);
}
