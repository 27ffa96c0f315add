/* SPDX-License-Identifier: MIT */
/*
 * DOC: The engine runs a driver's steps on a lab and times them all in the same way. prepare and
 * serve are measured apart; the connect clock starts with the first join step and stops with the
 * first answer of the last ordered pair. A restart stops every daemon and repeats serve and join.
 */
#include "vpn/internal.h"

#include "base/file.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMMAND_WITHIN_NS (30 * NS_PER_S)
/* Of a stranger: members need less for all of them. */
#define STRANGER_STEP_NS (20 * NS_PER_S)

static int make_work_dir(struct vpn *vpn, const char *work_dir, struct error *err)
{
	char *path = arena_bytes(vpn->arena, PATH_MAX, 1);

	if (dir_make(work_dir, 0700, err))
		return -1;
	if (!realpath(work_dir, path) || chmod(path, 0700) < 0)
		return fail_errno(err, "make the folder for keys %s", work_dir);
	vpn->work_dir = vpn->roster.work = path;
	return 0;
}

static int make_host_dirs(struct vpn *vpn, struct error *err)
{
	for (size_t i = 0; i < vpn->roster.count; i++) {
		if (!lab_hosts_include(vpn->hosts, i))
			continue;
		const char *const argv[] = {"install", "--directory", "--mode=0700",
			"/var/lib/meshbench", vpn->roster.members[i].dir, NULL};
		struct proc_spec spec = {.what = "make the driver's folder", .argv = argv};

		if (host_run(lab_host(vpn->lab, i), &spec, deadline_in(COMMAND_WITHIN_NS), err))
			return -1;
	}
	return 0;
}

/* NULL where no host finds others elsewhere than the rest does. */
static const char *const *underlays_of(const struct lab *lab, struct arena *arena)
{
	size_t count = lab_host_count(lab);
	const char **list = arena_alloc(arena, const char *, count *count + 1);
	bool differ = false;

	for (size_t self = 0; self < count; self++) {
		for (size_t i = 0; i < count; i++) {
			const char *address = lab_underlay_for(lab, arena, self, i);

			list[self * count + i] = address;
			differ |= strcmp(address, lab_underlay(lab, i)) != 0;
		}
	}
	return differ ? list : NULL;
}

static struct vpn *vpn_new(struct lab *lab, const struct driver *driver)
{
	struct arena *arena = arena_new();
	struct vpn *vpn = arena_alloc(arena, struct vpn, 1);
	size_t count = lab_host_count(lab);
	const char **names = arena_alloc(arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		names[i] = lab_host(lab, i)->name;
	vpn->lab = lab;
	vpn->procs = lab_procs(lab);
	vpn->arena = arena;
	vpn->driver = driver;
	vpn->hosts = lab_all_hosts();
	vpn->environment = environment_of_driver(arena, driver);
	roster_init(&vpn->roster, arena, driver, names, count);
	for (size_t i = 0; i < count; i++) {
		const char *address = lab_underlay(lab, i);

		vpn->roster.members[i].underlay = arena_strdup(arena, address);
		vpn->roster.members[i].underlay_host =
			arena_printf(arena, strchr(address, ':') ? "[%s]" : "%s", address);
	}
	vpn->roster.underlay_for = underlays_of(lab, arena);
	vpn->addresses = arena_alloc(arena, const char *, count + 1);
	vpn->first_ns = arena_alloc(arena, int64_t, count * count + 1);
	return vpn;
}

/* Serve and join of one host, or of all and whatever the controller does. */
static int start(struct vpn *vpn, struct lab_hosts only, struct vpn_clock *clock, struct error *err)
{
	clock->serve_ns = clock_now_ns();
	if (phase_run(vpn, DRIVER_SERVE, only, NULL, err))
		return -1;
	clock->join_ns = clock_now_ns();
	if (phase_run(vpn, DRIVER_JOIN, only, NULL, err))
		return -1;
	clock->ready_ns = clock_now_ns();
	return 0;
}

static double seconds_between(int64_t from_ns, int64_t to_ns)
{
	return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

static int begin(struct vpn *vpn, const char *work_dir, struct vpn_clock *clock, struct error *err)
{
	facts_of_programs(vpn);
	if (make_work_dir(vpn, work_dir, err) || make_host_dirs(vpn, err) ||
		phase_run(vpn, DRIVER_PREPARE, lab_all_hosts(), &vpn->prepare_s, err) ||
		start(vpn, lab_all_hosts(), clock, err))
		return -1;
	vpn->is_again = true;
	vpn->serve_s = seconds_between(clock->serve_ns, clock->join_ns);
	vpn->join_s = seconds_between(clock->join_ns, clock->ready_ns);
	vpn->join_started_ns = clock->join_ns;
	return 0;
}

int vpn_begin(struct lab *lab, const struct driver *driver, const char *work_dir,
	struct vpn_clock *ret_clock, struct vpn **ret_vpn, struct error *err)
{
	struct vpn *vpn;

	if (vpn_is_found(driver, err))
		return -1;
	vpn = vpn_new(lab, driver);
	if (begin(vpn, work_dir, ret_clock, err) || overlay_find(vpn, err)) {
		vpn_down(vpn);
		return fail_in(err, "bring %s up", driver->label);
	}
	*ret_vpn = vpn;
	return 0;
}

int vpn_look(struct vpn *vpn, struct error *err)
{
	return facts_of_overlay(vpn, err);
}

int vpn_up(struct lab *lab, const struct driver *driver, const char *work_dir, struct vpn **ret_vpn,
	struct error *err)
{
	struct vpn_clock clock;
	struct vpn *vpn = NULL;

	if (vpn_begin(lab, driver, work_dir, &clock, &vpn, err))
		return -1;
	if (overlay_reach(vpn, err) || facts_of_overlay(vpn, err)) {
		vpn_down(vpn);
		return fail_in(err, "bring %s up", driver->name);
	}
	*ret_vpn = vpn;
	return 0;
}

/* Nothing that goes wrong in undoing may keep the rest from being undone. */
void vpn_down(struct vpn *vpn)
{
	struct error ignored;

	if (!vpn)
		return;
	daemons_stop(vpn, lab_all_hosts());
	if (vpn->work_dir)
		phase_stop(vpn);
	for (size_t i = 0; i < vpn->roster.count; i++) {
		if (lab_hosts_include(vpn->hosts, i) &&
			host_remove(lab_host(vpn->lab, i), vpn->roster.members[i].dir, &ignored))
			continue;
	}
	if (!vpn->mesh && lab_name_overlay(vpn->lab, NULL, &ignored))
		ignored.kind = ERROR_NONE;
	if (vpn->work_dir && tree_remove(vpn->work_dir, &ignored))
		ignored.kind = ERROR_NONE;
	json_decref(vpn->facts);
	free(vpn->daemons);
	free(vpn->shown);
	arena_free(vpn->arena);
}

static struct vpn *stranger_new(struct vpn *mesh, size_t host)
{
	struct vpn *stranger = vpn_new(mesh->lab, mesh->driver);
	struct member *self = &stranger->roster.members[host];

	stranger->mesh = mesh;
	stranger->hosts = lab_one_host(host);
	stranger->longest_ns = STRANGER_STEP_NS;
	stranger->roster.is_strangers = true;
	self->dir = arena_printf(stranger->arena, "%s-stranger", self->dir);
	stranger_learn(stranger, host);
	return stranger;
}

/* What keeps it from joining is an answer, and no failure of ours. */
static int join_as_stranger(
	struct vpn *stranger, size_t host, const char **ret_refusal, struct error *err)
{
	struct vpn_clock clock;

	*ret_refusal = NULL;
	if (start(stranger, stranger->hosts, &clock, err) == 0 &&
		overlay_find_one(stranger, host, stranger->longest_ns, err) == 0)
		return 0;
	if (err->kind == ERROR_CANCELLED)
		return -1;
	*ret_refusal = arena_strdup(stranger->arena, err->text);
	return 0;
}

int vpn_begin_stranger(struct vpn *mesh, size_t host, const char *work_dir,
	const char **ret_refusal, struct vpn **ret_stranger, struct error *err)
{
	struct vpn *stranger;

	if (stranger_is_possible(mesh->driver, err))
		return -1;
	stranger = stranger_new(mesh, host);
	if (make_work_dir(stranger, work_dir, err) || make_host_dirs(stranger, err) ||
		phase_run(stranger, DRIVER_PREPARE, stranger->hosts, NULL, err) ||
		join_as_stranger(stranger, host, ret_refusal, err)) {
		vpn_down(stranger);
		return fail_in(err, "make a stranger of %s", mesh->driver->label);
	}
	*ret_stranger = stranger;
	return 0;
}

void vpn_downp(struct vpn **vpn)
{
	vpn_down(*vpn);
	*vpn = NULL;
}

void vpn_stop(struct vpn *vpn, struct lab_hosts hosts)
{
	daemons_stop(vpn, hosts);
}

int vpn_start(
	struct vpn *vpn, struct lab_hosts hosts, struct vpn_clock *ret_clock, struct error *err)
{
	if (start(vpn, hosts, ret_clock, err))
		return fail_in(err, "start %s", vpn->driver->name);
	return 0;
}

/* What is described stays the first connection. */
static int connect_again(struct vpn *vpn, int64_t *ret_connected_ns, struct error *err)
{
	int64_t first_join_ns = vpn->join_started_ns, first_connected_ns = vpn->connected_ns;
	size_t pairs = vpn->roster.count * vpn->roster.count;
	int64_t *first_ns = arena_alloc(vpn->arena, int64_t, pairs);
	int status;

	memcpy(first_ns, vpn->first_ns, pairs * sizeof(*first_ns));
	status = overlay_connect(vpn, err);
	*ret_connected_ns = vpn->connected_ns;
	memcpy(vpn->first_ns, first_ns, pairs * sizeof(*first_ns));
	vpn->join_started_ns = first_join_ns;
	vpn->connected_ns = first_connected_ns;
	return status;
}

int vpn_settle(struct vpn *vpn, struct error *err)
{
	int64_t connected_ns;

	return connect_again(vpn, &connected_ns, err);
}

/* From the first stop to running daemons, and from then until every pair answers. */
static int restart(struct vpn *vpn, struct lab_hosts only, struct error *err)
{
	int64_t started_ns = clock_now_ns(), connected_ns;
	struct vpn_clock clock;
	int status;

	daemons_stop(vpn, only);
	if (start(vpn, only, &clock, err))
		return -1;
	status = connect_again(vpn, &connected_ns, err);
	vpn->restart_s = seconds_between(started_ns, clock.ready_ns);
	vpn->wait_s = seconds_between(clock.ready_ns, connected_ns);
	return status;
}

int vpn_restart(struct vpn *vpn, struct error *err)
{
	return restart(vpn, lab_all_hosts(), err) ? fail_in(err, "restart %s", vpn->driver->label)
						  : 0;
}

int vpn_restart_host(struct vpn *vpn, size_t host, struct error *err)
{
	return restart(vpn, lab_one_host(host), err)
		       ? fail_in(err, "restart %s on %s", vpn->driver->label,
				 vpn->roster.members[host].name)
		       : 0;
}

/* Whether the host runs a daemon in the serve phase. */
static bool serves(const struct driver *driver, size_t host)
{
	const struct driver_phase_steps *serve = &driver->phases[DRIVER_SERVE];

	for (size_t i = 0; i < serve->count; i++) {
		if (!driver_step_is_on_controller(&serve->steps[i]) &&
			driver_runs_on(driver, serve->steps[i].where, host))
			return true;
	}
	return false;
}

/* Every role that takes the first host is something that the others are not. */
static bool has_first_role(const struct driver *driver)
{
	for (size_t i = 0; i < driver->role_count; i++) {
		if (driver->roles[i].take == DRIVER_TAKE_FIRST)
			return true;
	}
	return false;
}

struct lab_hosts vpn_coordinator(const struct vpn *vpn)
{
	for (size_t host = 0; host < vpn->roster.count; host++) {
		if (serves(vpn->driver, host))
			return lab_one_host(host);
	}
	return has_first_role(vpn->driver) ? lab_one_host(0) : lab_no_host();
}

const char *vpn_address(const struct vpn *vpn, size_t host)
{
	return vpn->addresses[host];
}

const char *const *vpn_addresses(const struct vpn *vpn)
{
	return vpn->addresses;
}

double vpn_restart_s(const struct vpn *vpn)
{
	return vpn->restart_s;
}

double vpn_wait_s(const struct vpn *vpn)
{
	return vpn->wait_s;
}
