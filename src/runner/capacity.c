/* SPDX-License-Identifier: MIT */
/* Payload per processor time of a VPN's daemons: what it would carry with more of it. */
#include "runner/capacity.h"

#include "base/json.h"
#include "proc/proc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this what was measured is the daemon's housekeeping. */
static const double LEAST_CPU_S = 0.02;

/* One host while some flows ran. */
struct end {
	bool sends, receives;
	double bytes, cpu_s, waited_s;
	uint64_t wakeups;
	const struct capacity_thread *busiest;
	double second_cpu_s; /* of the next after the busiest */
};

static void note_busiest(struct end *end, const struct capacity_thread *thread)
{
	if (!end->busiest || thread->cpu_s > end->busiest->cpu_s) {
		end->second_cpu_s = end->busiest ? end->busiest->cpu_s : 0;
		end->busiest = thread;
	} else if (thread->cpu_s > end->second_cpu_s) {
		end->second_cpu_s = thread->cpu_s;
	}
}

static struct end end_of(size_t host, const struct capacity_thread threads[], size_t thread_count,
	const struct capacity_flow flows[], size_t flow_count)
{
	struct end end = {0};

	for (size_t i = 0; i < flow_count; i++) {
		end.sends |= flows[i].source == host;
		end.receives |= flows[i].target == host;
		if (flows[i].source == host || flows[i].target == host)
			end.bytes += flows[i].bytes;
	}
	for (size_t i = 0; i < thread_count; i++) {
		if (threads[i].host != host)
			continue;
		end.cpu_s += threads[i].cpu_s;
		end.waited_s += threads[i].waited_s;
		end.wakeups += threads[i].wakeups;
		note_busiest(&end, &threads[i]);
	}
	return end;
}

static double mbps(double bytes, double cpu_s)
{
	return bytes > 0 && cpu_s >= LEAST_CPU_S ? bytes * 8 / 1e6 / cpu_s : NAN;
}

static json_t *end_json(const struct end *end, const char *host)
{
	const struct capacity_thread *busiest = end->busiest;

	return json_make("{s:s, s:s, s:f, s:f, s:f, s:I, s:o, s:o, s:s?, s:s?, s:f, s:f}", "host",
		host, "role",
		!end->receives ? "sender"
		: !end->sends  ? "receiver"
			       : "both",
		"payload_bytes", end->bytes, "cpu_s", end->cpu_s, "waited_s", end->waited_s,
		"wakeups", (json_int_t)end->wakeups, "one_core_mbps",
		json_finite(mbps(end->bytes, end->cpu_s)), "cores_to_spare_mbps",
		json_finite(mbps(end->bytes, busiest ? busiest->cpu_s : 0)), "busiest_daemon",
		busiest ? busiest->daemon : NULL, "busiest_thread",
		busiest ? busiest->thread : NULL, "busiest_thread_cpu_s",
		busiest ? busiest->cpu_s : 0.0, "second_thread_cpu_s", end->second_cpu_s);
}

static const char *direction_of(const struct capacity_flow flows[], size_t count)
{
	bool forward = false, reverse = false;

	for (size_t i = 0; i < count; i++) {
		forward |= !flows[i].is_reverse;
		reverse |= flows[i].is_reverse;
	}
	return !reverse ? "forward" : !forward ? "reverse" : "both";
}

json_t *capacity_entry(const struct capacity_thread threads[], size_t thread_count,
	const struct capacity_flow flows[], size_t flow_count, const char *const hosts[],
	size_t host_count)
{
	double one_core = NAN, to_spare = NAN, payload = 0;
	json_t *ends = json_array();

	for (size_t i = 0; i < flow_count; i++)
		payload += flows[i].bytes;
	for (size_t host = 0; host < host_count; host++) {
		struct end end = end_of(host, threads, thread_count, flows, flow_count);

		if (!end.sends && !end.receives)
			continue;
		json_array_append_new(ends, end_json(&end, hosts[host]));
		one_core = fmin(one_core, mbps(end.bytes, end.cpu_s));
		to_spare = fmin(to_spare, mbps(end.bytes, end.busiest ? end.busiest->cpu_s : 0));
	}
	if (!isfinite(one_core)) {
		json_decref(ends);
		return NULL;
	}
	return json_make("{s:s, s:f, s:f, s:o, s:o}", "direction", direction_of(flows, flow_count),
		"payload_bytes", payload, "one_core_mbps", one_core, "cores_to_spare_mbps",
		json_finite(to_spare), "ends", ends);
}

/* All threads of one daemon at one moment; from malloc. */
struct look {
	struct thread_usage *threads;
	size_t count;
};

struct capacity_watch {
	struct lab *lab;
	const struct vpn *vpn;
	size_t daemons;
	struct look *looks; /* of every daemon, moment by moment */
	size_t moments;
};

static void watch_free(struct capacity_watch *watch)
{
	for (size_t i = 0; i < watch->moments * watch->daemons; i++)
		free(watch->looks[i].threads);
	free(watch->looks);
	free(watch);
}

/* A daemon that is gone has no threads. */
static int look(struct capacity_watch *watch, struct error *err)
{
	const struct vpn_daemon *daemons;
	struct look *looks = reallocarray(
		watch->looks, (watch->moments + 1) * watch->daemons + 1, sizeof(*looks));

	if (!looks)
		return fail_errno(err, "measure the threads of daemons");
	watch->looks = looks;
	looks += watch->moments * watch->daemons;
	memset(looks, 0, watch->daemons * sizeof(*looks));
	watch->moments++;
	vpn_daemons(watch->vpn, &daemons);
	for (size_t i = 0; i < watch->daemons; i++) {
		if (proc_threads(daemons[i].proc, &looks[i].threads, &looks[i].count, err))
			return -1;
	}
	return 0;
}

int capacity_begin(struct lab *lab, const struct vpn *vpn, struct capacity_watch **ret_watch,
	struct error *err)
{
	const struct vpn_daemon *daemons;
	struct capacity_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return fail_errno(err, "measure the threads of daemons");
	*watch = (struct capacity_watch){
		.lab = lab, .vpn = vpn, .daemons = vpn_daemons(vpn, &daemons)};
	if (look(watch, err)) {
		watch_free(watch);
		return -1;
	}
	*ret_watch = watch;
	return 0;
}

int capacity_end_wave(struct capacity_watch *watch, struct error *err)
{
	return look(watch, err);
}

/* The thread as it was at that moment; all zero when it was born since. */
static struct thread_usage usage_before(const struct look *look, pid_t tid)
{
	for (size_t i = 0; i < look->count; i++) {
		if (look->threads[i].tid == tid)
			return look->threads[i];
	}
	return (struct thread_usage){0};
}

/* What every thread used in a wave; from malloc. */
static struct capacity_thread *threads_of(
	const struct capacity_watch *watch, size_t wave, size_t *ret_count)
{
	const struct look *before = watch->looks + wave * watch->daemons;
	const struct look *after = before + watch->daemons;
	struct capacity_thread *threads;
	const struct vpn_daemon *daemons;
	size_t room = 1, count = 0;

	vpn_daemons(watch->vpn, &daemons);
	for (size_t i = 0; i < watch->daemons; i++)
		room += after[i].count;
	threads = calloc(room, sizeof(*threads));
	for (size_t i = 0; threads && i < watch->daemons; i++) {
		for (size_t t = 0; t < after[i].count; t++) {
			const struct thread_usage *now = &after[i].threads[t];
			struct thread_usage then = usage_before(&before[i], now->tid);

			threads[count++] = (struct capacity_thread){.host = daemons[i].host,
				.daemon = daemons[i].what,
				.thread = now->name,
				.cpu_s = now->cpu_s - then.cpu_s,
				.waited_s = now->waited_s - then.waited_s,
				.wakeups = now->wakeups - then.wakeups};
		}
	}
	*ret_count = count;
	return threads;
}

static void add_wave(const struct capacity_watch *watch, size_t wave,
	const struct capacity_flow flows[], size_t flow_count, json_t *entries)
{
	const char *names[WIRE_MAX_PORTS];
	struct capacity_flow chosen[WIRE_MAX_PORTS];
	size_t hosts = lab_host_count(watch->lab), chosen_count = 0, thread_count;
	struct capacity_thread *threads = threads_of(watch, wave, &thread_count);
	json_t *entry;

	for (size_t i = 0; i < flow_count && chosen_count < WIRE_MAX_PORTS; i++) {
		if (flows[i].wave == wave)
			chosen[chosen_count++] = flows[i];
	}
	for (size_t i = 0; i < hosts && i < WIRE_MAX_PORTS; i++)
		names[i] = lab_host(watch->lab, i)->name;
	entry = threads && hosts <= WIRE_MAX_PORTS
			? capacity_entry(threads, thread_count, chosen, chosen_count, names, hosts)
			: NULL;
	if (entry)
		json_array_append_new(entries, entry);
	free(threads);
}

json_t *capacity_end(
	struct capacity_watch *watch, const struct capacity_flow flows[], size_t flow_count)
{
	const struct vpn_daemon *daemons;
	json_t *entries;

	if (!watch)
		return NULL;
	entries = json_array();
	/* A daemon that was started again meanwhile is another one. */
	if (vpn_daemons(watch->vpn, &daemons) == watch->daemons) {
		for (size_t wave = 0; wave + 1 < watch->moments; wave++)
			add_wave(watch, wave, flows, flow_count, entries);
	}
	watch_free(watch);
	return entries;
}
