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

static int make_work_dir(struct vpn *vpn, const char *work_dir, struct error *err)
{
	char *path = arena_bytes(vpn->arena, PATH_MAX, 1);

	if (dir_make(work_dir, 0700, err))
		return -1;
	if (!realpath(work_dir, path) || chmod(path, 0700) < 0)
		return fail_errno(err, "make the folder for keys %s", work_dir);
	vpn->work_dir = vpn->mesh.work = path;
	return 0;
}

static int make_host_dirs(struct vpn *vpn, struct error *err)
{
	for (size_t i = 0; i < vpn->mesh.count; i++) {
		const char *const argv[] = {"install", "--directory", "--mode=0700",
			"/var/lib/meshbench", vpn->mesh.members[i].dir, NULL};
		struct proc_spec spec = {.what = "make the driver's folder", .argv = argv};

		if (host_run(lab_host(vpn->lab, i), &spec, deadline_in(COMMAND_WITHIN_NS), err))
			return -1;
	}
	return 0;
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
	vpn->environment = environment_of_driver(arena, driver);
	mesh_init(&vpn->mesh, arena, driver, names, count);
	for (size_t i = 0; i < count; i++)
		vpn->mesh.members[i].underlay = arena_strdup(arena, lab_underlay(lab, i));
	vpn->addresses = arena_alloc(arena, const char *, count + 1);
	vpn->first_ns = arena_alloc(arena, int64_t, count * count + 1);
	return vpn;
}

static int join(struct vpn *vpn, size_t only, struct error *err)
{
	vpn->join_started_ns = clock_now_ns();
	return phase_run(vpn, DRIVER_JOIN, only, &vpn->join_s, err);
}

static int bring_up(struct vpn *vpn, const char *work_dir, struct error *err)
{
	facts_of_programs(vpn);
	if (make_work_dir(vpn, work_dir, err) || make_host_dirs(vpn, err) ||
		phase_run(vpn, DRIVER_PREPARE, SIZE_MAX, &vpn->prepare_s, err) ||
		phase_run(vpn, DRIVER_SERVE, SIZE_MAX, &vpn->serve_s, err) ||
		join(vpn, SIZE_MAX, err) || overlay_connect(vpn, err))
		return -1;
	vpn->is_again = true;
	return facts_of_overlay(vpn, err);
}

int vpn_up(struct lab *lab, const struct driver *driver, const char *work_dir, struct vpn **ret_vpn,
	struct error *err)
{
	struct vpn *vpn;

	if (vpn_is_found(driver, err))
		return -1;
	vpn = vpn_new(lab, driver);
	if (bring_up(vpn, work_dir, err)) {
		vpn_down(vpn);
		return fail_in(err, "bring %s up", driver->label);
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
	daemons_stop(vpn, SIZE_MAX);
	if (vpn->work_dir)
		phase_stop(vpn);
	for (size_t i = 0; i < vpn->mesh.count; i++) {
		if (host_remove(lab_host(vpn->lab, i), vpn->mesh.members[i].dir, &ignored))
			continue;
	}
	if (lab_name_overlay(vpn->lab, NULL, &ignored))
		ignored.kind = ERROR_NONE;
	if (vpn->work_dir && tree_remove(vpn->work_dir, &ignored))
		ignored.kind = ERROR_NONE;
	json_decref(vpn->facts);
	free(vpn->daemons);
	free(vpn->shown);
	arena_free(vpn->arena);
}

void vpn_downp(struct vpn **vpn)
{
	vpn_down(*vpn);
	*vpn = NULL;
}

/* From the first stop to running daemons, and from then until every pair answers. */
static int restart(struct vpn *vpn, size_t only, struct error *err)
{
	int64_t started_ns = clock_now_ns(), running_ns;
	int64_t first_join_ns = vpn->join_started_ns, first_connected_ns = vpn->connected_ns;
	size_t pairs = vpn->mesh.count * vpn->mesh.count;
	int64_t *first_ns = arena_alloc(vpn->arena, int64_t, pairs);
	double join_s = vpn->join_s;
	int status;

	memcpy(first_ns, vpn->first_ns, pairs * sizeof(*first_ns));
	daemons_stop(vpn, only);
	if (phase_run(vpn, DRIVER_SERVE, only, NULL, err) || join(vpn, only, err))
		return -1;
	running_ns = clock_now_ns();
	status = overlay_connect(vpn, err);
	vpn->restart_s = (double)(running_ns - started_ns) / 1e9;
	vpn->wait_s =
		vpn->connected_ns > running_ns ? (double)(vpn->connected_ns - running_ns) / 1e9 : 0;
	/* What is described stays the first connection. */
	memcpy(vpn->first_ns, first_ns, pairs * sizeof(*first_ns));
	vpn->join_started_ns = first_join_ns;
	vpn->connected_ns = first_connected_ns;
	vpn->join_s = join_s;
	return status;
}

int vpn_restart(struct vpn *vpn, struct error *err)
{
	return restart(vpn, SIZE_MAX, err) ? fail_in(err, "restart %s", vpn->driver->label) : 0;
}

int vpn_restart_host(struct vpn *vpn, size_t host, struct error *err)
{
	return restart(vpn, host, err) ? fail_in(err, "restart %s on %s", vpn->driver->label,
						 vpn->mesh.members[host].name)
				       : 0;
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
