/* SPDX-License-Identifier: MIT */
/* The lab as a whole: hosts, what joins them, and their life cycle. */
#include "lab/internal.h"

#include "base/fd.h"
#include "far/far.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int check_spec(const struct lab_spec *spec, struct error *err)
{
	if (address_check_names(spec->names, spec->count, err))
		return -1;
	assert(lab_engine_is_real(spec->engine) == (spec->machines != NULL));
	assert(!spec->topology || spec->engine == LAB_ENGINE_WIRE);
	if (!spec->congestion || !*spec->congestion ||
		spec->congestion[strspn(spec->congestion, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return fail(err, ERROR_USAGE,
			"'%s' is not the name of a congestion control such as cubic",
			spec->congestion ? spec->congestion : "");
	return 0;
}

static void keep_tuning(struct lab *lab, const struct tuning *tuning)
{
	struct tuning_sysctl *kept =
		arena_alloc(lab->arena, struct tuning_sysctl, tuning->count + 1);

	for (size_t i = 0; i < tuning->count; i++) {
		const struct tuning_sysctl *from = &tuning->sysctls[i];

		kept[i] = (struct tuning_sysctl){arena_strdup(lab->arena, from->key),
			arena_strdup(lab->arena, from->value),
			from->ignored_since ? arena_strdup(lab->arena, from->ignored_since) : NULL};
	}
	lab->tuning = (struct tuning){.name = arena_strdup(lab->arena, tuning->name),
		.sysctls = kept,
		.count = tuning->count};
}

static void *keep(struct arena *arena, const void *list, size_t count, size_t size)
{
	return count ? memcpy(arena_bytes(arena, count, size), list, count * size) : NULL;
}

static void keep_profile(struct lab *lab, const struct profile *profile)
{
	const struct netem_timeline *timeline = &profile->timeline;

	lab->profile = *profile;
	lab->profile.name = arena_strdup(lab->arena, profile->name ? profile->name : "");
	lab->profile.folder = lab->profile.title = lab->profile.source = NULL;
	lab->profile.warnings = NULL;
	lab->profile.timeline.steps =
		keep(lab->arena, timeline->steps, timeline->step_count, sizeof(*timeline->steps));
	lab->profile.timeline.opportunities_ns = keep(lab->arena, timeline->opportunities_ns,
		timeline->opportunity_count, sizeof(*timeline->opportunities_ns));
}

/* All of the spec that outlives the call is copied. */
static struct lab *lab_new(struct procs *procs, const struct lab_spec *spec)
{
	struct arena *arena = arena_new();
	struct lab *lab = arena_alloc(arena, struct lab, 1);

	*lab = (struct lab){.procs = procs,
		.arena = arena,
		.count = spec->count,
		.nodes = arena_alloc(arena, struct lab_node, spec->count),
		.engine = spec->engine,
		.topology = spec->topology,
		.is_virtual = spec->is_virtual,
		.congestion = arena_strdup(arena, spec->congestion),
		.unpinned_routes = json_array()};
	keep_profile(lab, spec->profile);
	if (spec->tuning)
		keep_tuning(lab, spec->tuning);
	for (size_t i = 0; i < spec->count; i++) {
		lab->nodes[i].name = arena_strdup(arena, spec->names[i]);
		if (spec->machines)
			address_of_machine(&lab->nodes[i], &spec->machines[i]);
		else if (spec->topology)
			site_place_host(lab, &lab->nodes[i], i);
		else
			address_fill(&lab->nodes[i], i);
	}
	return lab;
}

static const cpu_set_t *processors_of(const struct lab *lab, size_t index)
{
	return lab->cores.per_host ? &lab->cores.hosts[index] : NULL;
}

/* What is started without processors of its own runs where this program does. */
static int keep_to_cores(struct lab *lab, const struct lab_spec *spec, struct error *err)
{
	struct lab_cores_wish wish = {.host_count = spec->count,
		.per_host = spec->cpus,
		.has_wire = spec->engine == LAB_ENGINE_WIRE};

	if (spec->cpus == 0)
		return 0;
	if (lab_cores_allowed(&wish.allowed, err) ||
		lab_cores_lay(lab->arena, &wish, &lab->cores, err))
		return -1;
	lab->allowed = wish.allowed;
	if (sched_setaffinity(0, sizeof(cpu_set_t), &lab->cores.instruments) < 0)
		return fail_errno(err, "keep to processors %s",
			lab_cores_list(lab->arena, &lab->cores.instruments));
	return 0;
}

static int boot_near(struct lab *lab, const struct lab_spec *spec, struct arena *arena,
	struct host *ret_hosts[], struct error *err)
{
	struct namespace_host_spec *specs =
		arena_alloc(arena, struct namespace_host_spec, lab->count);
	int *group_fds = arena_alloc(arena, int, lab->count);

	if (limits_begin(lab, spec->board, group_fds, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++)
		specs[i] = (struct namespace_host_spec){.name = lab->nodes[i].name,
			.group_fd = group_fds[i],
			.state_dir =
				arena_printf(arena, "%s/%s", spec->state_dir, lab->nodes[i].name),
			.processors = processors_of(lab, i),
			.visible = spec->visible};
	return namespace_hosts_new(lab->procs, specs, lab->count, ret_hosts, err);
}

static int boot_far(struct lab *lab, const struct lab_spec *spec, struct arena *arena,
	struct host *ret_hosts[], struct error *err)
{
	struct far_host_spec *specs = arena_alloc(arena, struct far_host_spec, lab->count);
	const char *helper;

	if (helper_find(arena, "meshbench-host", &helper, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++)
		specs[i] = (struct far_host_spec){.name = lab->nodes[i].name,
			.command = ARENA_LIST(arena, helper),
			.processors = processors_of(lab, i),
			.visible = spec->visible};
	return far_hosts_new(lab->procs, specs, lab->count, ret_hosts, err);
}

static int boot_machines(struct lab *lab, const struct lab_spec *spec, struct arena *arena,
	struct host *ret_hosts[], struct error *err)
{
	struct far_host_spec *specs = arena_alloc(arena, struct far_host_spec, lab->count);

	for (size_t i = 0; i < lab->count; i++) {
		specs[i] = spec->machines[i].far;
		specs[i].name = lab->nodes[i].name;
		specs[i].visible = spec->visible;
		specs[i].edge = spec->engine == LAB_ENGINE_EDGE ? (unsigned)i + 1 : 0;
		specs[i].is_apart = spec->engine == LAB_ENGINE_EDGE_NETEM;
	}
	return far_hosts_new(lab->procs, specs, lab->count, ret_hosts, err);
}

static int boot_hosts(struct lab *lab, const struct lab_spec *spec, struct arena *arena,
	struct host *ret_hosts[], struct error *err)
{
	if (spec->machines)
		return boot_machines(lab, spec, arena, ret_hosts, err);
	return spec->hosts_are_far ? boot_far(lab, spec, arena, ret_hosts, err)
				   : boot_near(lab, spec, arena, ret_hosts, err);
}

static bool has_bridge(enum lab_engine engine)
{
	return engine == LAB_ENGINE_BRIDGE || engine == LAB_ENGINE_NETEM;
}

static int boot(struct lab *lab, const struct lab_spec *spec, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct host **hosts = arena_alloc(arena, struct host *, lab->count);
	const struct namespace_host_spec bridge = {.name = "bridge", .is_bare = true};

	if (boot_hosts(lab, spec, arena, hosts, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++)
		lab->nodes[i].host = hosts[i];
	if (!has_bridge(lab->engine))
		return 0;
	return namespace_host_new(lab->procs, &bridge, &lab->bridge, err);
}

int lab_set_names(struct lab *lab, const char *const overlay[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < lab->count; i++) {
		const char *text = address_hosts_file(lab, arena, i, overlay);

		if (host_set_names(lab->nodes[i].host, text, err))
			return -1;
	}
	return 0;
}

static int plug_in(struct lab *lab, size_t first, size_t count, struct error *err)
{
	if (lab->engine == LAB_ENGINE_WIRE)
		return emulated_plug(lab, first, count, err);
	if (lab->engine == LAB_ENGINE_CABLE)
		return cable_plug(lab, first, count, err);
	if (lab->engine == LAB_ENGINE_EDGE)
		return edge_plug(lab, first, count, err);
	if (lab->engine == LAB_ENGINE_EDGE_NETEM)
		return edge_netem_plug(lab, first, count, err);
	return plug_hosts(lab, first, count, err);
}

static int unplug(struct lab *lab, size_t index, struct error *err)
{
	if (lab->engine == LAB_ENGINE_WIRE)
		return emulated_unplug(lab, index, err);
	if (lab->engine == LAB_ENGINE_EDGE_NETEM)
		return edge_netem_rejoin(lab, index, err);
	if (lab_engine_is_real(lab->engine))
		return 0; /* the machine took its card back and gave it again */
	return plug_out(lab, index, err);
}

static int bring_up(struct lab *lab, const struct lab_spec *spec, struct error *err)
{
	if (keep_to_cores(lab, spec, err) || boot(lab, spec, err) || lab_set_names(lab, NULL, err))
		return -1;
	if (settings_apply(lab, 0, lab->count, err))
		return -1;
	if (lab->engine == LAB_ENGINE_WIRE && emulated_begin(lab, err))
		return -1;
	if (lab->engine == LAB_ENGINE_EDGE && edge_begin(lab, err))
		return -1;
	if (lab->engine == LAB_ENGINE_EDGE_NETEM && edge_netem_begin(lab, err))
		return -1;
	if (lab_engine_is_real(lab->engine) && cable_claim(lab, spec->machines, err))
		return -1;
	if (has_bridge(lab->engine) && plug_bridge(lab, err))
		return -1;
	return plug_in(lab, 0, lab->count, err);
}

int lab_up(
	struct procs *procs, const struct lab_spec *spec, struct lab **ret_lab, struct error *err)
{
	AUTO(lab_downp) struct lab *lab = NULL;

	if (check_spec(spec, err) || lab_can_pin(spec->congestion, err) ||
		lab_can_carry(procs, spec->engine, spec->profile, err) || namespace_enter(err))
		return -1;
	lab = lab_new(procs, spec);
	if (bring_up(lab, spec, err))
		return fail_in(err, "bring the lab up");
	*ret_lab = lab;
	lab = NULL;
	return 0;
}

void lab_down(struct lab *lab)
{
	if (!lab)
		return;
	for (size_t i = 0; i < lab->count; i++)
		host_free(lab->nodes[i].host);
	host_free(lab->bridge);
	groups_free(lab->groups);
	emulated_end(lab);
	edge_end(lab);
	plug_end(lab);
	if (lab->cores.per_host) /* as far as they are still there */
		sched_setaffinity(0, sizeof(lab->allowed), &lab->allowed);
	json_decref(lab->unpinned_routes);
	arena_free(lab->arena);
}

void lab_downp(struct lab **lab)
{
	lab_down(*lab);
	*lab = NULL;
}

static const char *const engines[] = {[LAB_ENGINE_BRIDGE] = "bridge",
	[LAB_ENGINE_NETEM] = "netem",
	[LAB_ENGINE_WIRE] = "wire",
	[LAB_ENGINE_CABLE] = "cable",
	[LAB_ENGINE_EDGE] = "edge",
	[LAB_ENGINE_EDGE_NETEM] = "edge-netem"};

bool lab_engine_is_real(enum lab_engine engine)
{
	return engine == LAB_ENGINE_CABLE || engine == LAB_ENGINE_EDGE ||
	       engine == LAB_ENGINE_EDGE_NETEM;
}

bool lab_engine_has_netem(enum lab_engine engine)
{
	return engine == LAB_ENGINE_NETEM || engine == LAB_ENGINE_EDGE_NETEM;
}

const char *lab_engine_name(enum lab_engine engine)
{
	return engines[engine];
}

bool lab_engine_named(const char *name, enum lab_engine *ret_engine)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		if (strcmp(engines[i], name) == 0) {
			*ret_engine = (enum lab_engine)i;
			return true;
		}
	}
	return false;
}

const struct proc *lab_wire_program(const struct lab *lab)
{
	return lab->wire_program;
}

struct procs *lab_procs(struct lab *lab)
{
	return lab->procs;
}

size_t lab_host_count(const struct lab *lab)
{
	return lab->count;
}

struct host *lab_host(struct lab *lab, size_t index)
{
	return lab->nodes[index].host;
}

const char *lab_underlay(const struct lab *lab, size_t index)
{
	return lab->topology ? lab->nodes[index].seen : lab->nodes[index].ipv4;
}

static int reshape(struct lab *lab, const struct profile *former, struct error *err)
{
	if (lab->engine == LAB_ENGINE_WIRE)
		return emulated_reshape(lab, err);
	if (lab->engine == LAB_ENGINE_CABLE)
		return cable_reshape(lab, former, err);
	if (lab->engine == LAB_ENGINE_EDGE)
		return edge_reshape(lab, err);
	if (lab->engine == LAB_ENGINE_EDGE_NETEM)
		return edge_netem_reshape(lab, former, err);
	return plug_reshape(lab, former, err);
}

int lab_set_profile(struct lab *lab, const struct profile *profile, struct error *err)
{
	struct profile former = lab->profile;

	if (lab_can_carry(lab->procs, lab->engine, profile, err))
		return -1;
	keep_profile(lab, profile);
	if (reshape(lab, &former, err))
		return fail_in(err, "change the profile to %s", lab->profile.name);
	return 0;
}

int lab_restart_wire(struct lab *lab, uint64_t seed, struct error *err)
{
	if (lab->engine == LAB_ENGINE_WIRE)
		return emulated_restart(lab, seed, err);
	if (lab->engine == LAB_ENGINE_EDGE)
		return edge_restart(lab, seed, err);
	return lab->counts_large_frames ? oversize_restart(lab, err) : 0;
}

int lab_wire_report(struct lab *lab, json_t **ret_report, struct error *err)
{
	*ret_report = NULL;
	if (lab->engine == LAB_ENGINE_WIRE)
		return emulated_report(lab, ret_report, err);
	if (lab->engine == LAB_ENGINE_EDGE)
		return edge_report(lab, ret_report, err);
	return lab->counts_large_frames ? oversize_report(lab, ret_report, err) : 0;
}

/*
 * The old network is kept until its port was deleted: left to itself, the kernel would remove the
 * port at a time of its own choosing, perhaps the new one of the same name.
 */
int lab_reboot_host(struct lab *lab, size_t index, struct error *err)
{
	struct lab_node *node = &lab->nodes[index];
	AUTO(fd_closep) int old = -1;

	if (!lab_engine_is_real(lab->engine) && host_network(node->host, &old, err))
		return -1;
	if (host_reboot(node->host, err))
		return -1;
	if (unplug(lab, index, err) || settings_apply(lab, index, 1, err) ||
		plug_in(lab, index, 1, err))
		return fail_in(err, "reboot host %s", node->name);
	return 0;
}

int lab_check_hosts(struct lab *lab, struct error *err)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (host_check(lab->nodes[i].host, err))
			return -1;
	}
	return lab->bridge ? host_check(lab->bridge, err) : 0;
}

int lab_check_wire(struct lab *lab, struct error *err)
{
	for (size_t i = 0; lab->edges && i < lab->count; i++) {
		if (far_host_check_edge(lab->nodes[i].host, err))
			return -1;
	}
	if (!lab->wire_program || !proc_result(lab->wire_program).has_ended)
		return 0;
	return fail(err, ERROR_CRASHED, "%s", proc_obituary(lab->wire_program));
}

int lab_wipe_host(struct lab *lab, size_t index, struct error *err)
{
	return host_wipe(lab->nodes[index].host, err);
}
