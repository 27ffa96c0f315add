/* SPDX-License-Identifier: MIT */
/* What a cell cost: processor time of the VPN's daemons, of the machine, and the busiest thread. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "proc/machine.h"
#include "proc/proc.h"

#include <stdlib.h>
#include <string.h>

struct resources {
	struct arena *arena;
	struct lab *lab;
	const struct vpn *vpn;
	int64_t begin_ns;
	struct machine_state machine;
	size_t daemon_count;
	const struct proc **roots; /* of the daemons' trees */
	struct usage *usage;
	struct thread_usage **threads; /* per daemon, from malloc */
	size_t *thread_counts;
};

static void resources_free(struct resources *resources)
{
	for (size_t i = 0; i < resources->daemon_count; i++)
		free(resources->threads[i]);
	arena_free(resources->arena);
}

int resources_begin(
	struct lab *lab, const struct vpn *vpn, struct resources **ret_resources, struct error *err)
{
	struct arena *arena = arena_new();
	struct resources *r = arena_alloc(arena, struct resources, 1);
	const struct vpn_daemon *daemons;
	size_t count = vpn_daemons(vpn, &daemons);

	r->arena = arena;
	r->lab = lab;
	r->vpn = vpn;
	r->roots = arena_alloc(arena, const struct proc *, count);
	r->usage = arena_alloc(arena, struct usage, count);
	r->threads = arena_alloc(arena, struct thread_usage *, count);
	r->thread_counts = arena_alloc(arena, size_t, count);
	for (size_t i = 0; i < count; i++)
		r->roots[i] = daemons[i].proc;
	for (; r->daemon_count < count; r->daemon_count++) {
		size_t i = r->daemon_count;

		if (proc_threads(r->roots[i], &r->threads[i], &r->thread_counts[i], err)) {
			resources_free(r);
			return -1;
		}
	}
	if (procs_usage(r->roots, count, r->usage, err) || machine_look(&r->machine, err)) {
		resources_free(r);
		return -1;
	}
	r->begin_ns = clock_now_ns();
	*ret_resources = r;
	return 0;
}

/* The thread as it was at the begin; all zero when it was born since. */
static struct thread_usage thread_before(const struct resources *r, size_t daemon, pid_t tid)
{
	for (size_t i = 0; i < r->thread_counts[daemon]; i++) {
		if (r->threads[daemon][i].tid == tid)
			return r->threads[daemon][i];
	}
	return (struct thread_usage){0};
}

struct busiest {
	char name[16];
	double cpu_s;
	size_t daemon;
};

/* Keeps the busiest thread; returns how long all of them waited for a processor. */
static double look_at_threads(const struct resources *r, size_t daemon, struct busiest *busiest)
{
	struct thread_usage *now = NULL;
	struct error ignored; /* the daemon may be gone; then it has no busiest thread */
	size_t count = 0;
	double waited_s = 0;

	if (proc_threads(r->roots[daemon], &now, &count, &ignored))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct thread_usage before = thread_before(r, daemon, now[i].tid);
		double cpu_s = now[i].cpu_s - before.cpu_s;

		waited_s += now[i].waited_s - before.waited_s;
		if (cpu_s <= busiest->cpu_s)
			continue;
		busiest->cpu_s = cpu_s;
		busiest->daemon = daemon;
		memcpy(busiest->name, now[i].name, sizeof(busiest->name));
	}
	free(now);
	return waited_s;
}

static const char *host_of(const struct resources *r, const struct vpn_daemon *daemon)
{
	return lab_host(r->lab, daemon->host)->name;
}

/* A null where nothing moved: a cost per zero bytes is undefined. */
static json_t *per_gb(double seconds, double bytes)
{
	return bytes > 0 ? json_real(seconds / (bytes / 1e9)) : json_null();
}

static json_t *describe_daemons(const struct resources *r, const struct usage *now,
	double *ret_cpu_s, struct busiest *busiest)
{
	const struct vpn_daemon *daemons;
	size_t count = vpn_daemons(r->vpn, &daemons);
	json_t *list = json_array();

	*ret_cpu_s = 0;
	for (size_t i = 0; i < r->daemon_count && i < count; i++) {
		double cpu_s = now[i].cpu_s - r->usage[i].cpu_s, waited_s;

		if (cpu_s < 0) /* it ended meanwhile; its end is reported elsewhere */
			continue;
		*ret_cpu_s += cpu_s;
		waited_s = look_at_threads(r, i, busiest);
		json_array_append_new(list,
			json_make("{s:s, s:s, s:f, s:f, s:I}", "host", host_of(r, &daemons[i]),
				"daemon", daemons[i].what, "cpu_s", cpu_s, "queue_wait_s", waited_s,
				"peak_rss_bytes", (json_int_t)now[i].peak_rss_bytes));
	}
	return list;
}

static json_t *describe_busiest(
	const struct resources *r, const struct busiest *busiest, double wall_s)
{
	const struct vpn_daemon *daemons;
	size_t count = vpn_daemons(r->vpn, &daemons);

	if (busiest->cpu_s <= 0 || busiest->daemon >= count || wall_s <= 0)
		return json_null();
	return json_make("{s:s, s:s, s:s, s:f}", "host", host_of(r, &daemons[busiest->daemon]),
		"daemon", daemons[busiest->daemon].what, "thread", busiest->name, "share_of_core",
		busiest->cpu_s / wall_s);
}

json_t *resources_end(struct resources *r, double bytes_moved)
{
	double wall_s = (double)(clock_now_ns() - r->begin_ns) / 1e9, daemons_s = 0, machine_s;
	struct usage *now = arena_alloc(r->arena, struct usage, r->daemon_count);
	struct machine_state machine = r->machine;
	struct busiest busiest = {.cpu_s = 0};
	struct error ignored; /* what cannot be measured any more counts as zero */
	json_t *result, *daemons;

	if (machine_look(&machine, &ignored))
		machine = r->machine;
	if (procs_usage(r->roots, r->daemon_count, now, &ignored))
		memcpy(now, r->usage, r->daemon_count * sizeof(*now));
	daemons = describe_daemons(r, now, &daemons_s, &busiest);
	machine_s = machine.times.busy_s - r->machine.times.busy_s;
	result = json_make("{s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "wall_s", wall_s,
		"bytes_moved", bytes_moved, "daemons_cpu_s", daemons_s, "machine_cpu_s", machine_s,
		"machine_steal_s", machine.times.steal_s - r->machine.times.steal_s,
		"daemons_cpu_s_per_gb", per_gb(daemons_s, bytes_moved), "machine_cpu_s_per_gb",
		per_gb(machine_s, bytes_moved), "busiest_thread",
		describe_busiest(r, &busiest, wall_s), "daemons", daemons);
	resources_free(r);
	return result;
}
