/* SPDX-License-Identifier: MIT */
/* What daemons have used and what has passed the ports of all hosts until now. */
#include "runner/operation.h"

#include "base/json.h"
#include "proc/proc.h"

#include <stdlib.h>

void looks_done(struct looks *looks)
{
	for (size_t i = 0; i < looks->count; i++)
		json_decref(looks->list[i].port);
}

static int add_threads(const struct proc *root, struct spent *spent, struct error *err)
{
	struct thread_usage *threads;
	size_t count;

	if (proc_threads(root, &threads, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		spent->wakeups += threads[i].wakeups;
		spent->preemptions += threads[i].preemptions;
	}
	free(threads);
	return 0;
}

static int look_at_daemons(struct operation_run *m, struct looks *looks, struct error *err)
{
	const struct vpn_daemon *daemons;
	size_t count = vpn_daemons(m->stage->vpn, &daemons);

	for (size_t i = 0; i < count; i++) {
		struct spent *spent = &looks->list[daemons[i].host].spent;
		const struct proc *root = daemons[i].proc;
		struct usage usage;

		if (procs_usage(&root, 1, &usage, err) || add_threads(root, spent, err))
			return -1;
		spent->daemons++;
		spent->cpu_s += usage.cpu_s;
		spent->rss_bytes += usage.rss_bytes;
		spent->peak_rss_bytes += usage.peak_rss_bytes;
	}
	return 0;
}

static int look_at_port(struct operation_run *m, size_t host, json_t **ret_port, struct error *err)
{
	static const char *const argv[] = {
		"ip", "-json", "-stats", "link", "show", "dev", "eth0", NULL};
	AUTO(proc_freep) struct proc *proc = NULL;
	json_auto_t *list = NULL;

	if (host_start(lab_host(m->stage->lab, host),
		    &(struct proc_spec){.what = "count what passed its port", .argv = argv}, &proc,
		    err) ||
		proc_wait_success(proc, deadline_in(10 * NS_PER_S), err) ||
		json_parse(proc_result(proc).out, proc_result(proc).out_size,
			"the output of ip link", &list, err))
		return -1;
	*ret_port = json_incref(json_at(list, "/0/stats64"));
	return 0;
}

int operation_look(struct operation_run *m, struct looks *looks, struct error *err)
{
	size_t count = lab_host_count(m->stage->lab);

	looks->list = arena_alloc(m->arena, struct look, count);
	looks->count = count;
	for (size_t i = 0; i < count; i++) {
		if (look_at_port(m, i, &looks->list[i].port, err))
			return -1;
	}
	return look_at_daemons(m, looks, err);
}

static json_int_t counted(const struct look *before, const struct look *after, const char *pointer)
{
	return (json_int_t)(json_number_at(after->port, pointer, 0) -
			    json_number_at(before->port, pointer, 0));
}

/* A thread that ended took its count along, so a sum may be smaller than before. */
static json_int_t grown(uint64_t before, uint64_t after)
{
	return after > before ? (json_int_t)(after - before) : 0;
}

static json_t *describe_host(const char *name, const struct look *before, const struct look *after)
{
	const struct spent *a = &before->spent, *b = &after->spent;

	return json_make("{s:s, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "host",
		name, "daemons", (json_int_t)b->daemons, "cpu_s", b->cpu_s - a->cpu_s, "wakeups",
		grown(a->wakeups, b->wakeups), "preemptions", grown(a->preemptions, b->preemptions),
		"rss_begin_bytes", (json_int_t)a->rss_bytes, "rss_end_bytes",
		(json_int_t)b->rss_bytes, "peak_rss_bytes", (json_int_t)b->peak_rss_bytes,
		"sent_bytes", counted(before, after, "/tx/bytes"), "sent_packets",
		counted(before, after, "/tx/packets"), "received_bytes",
		counted(before, after, "/rx/bytes"), "received_packets",
		counted(before, after, "/rx/packets"));
}

json_t *operation_looks_json(
	const struct operation_run *m, const struct looks *before, const struct looks *after)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < after->count; i++)
		json_array_append_new(hosts, describe_host(lab_host(m->stage->lab, i)->name,
						     &before->list[i], &after->list[i]));
	return hosts;
}
