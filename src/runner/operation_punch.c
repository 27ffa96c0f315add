/* SPDX-License-Identifier: MIT */
/*
 * Whether hosts behind routers reach each other directly: routers forget everything, the VPN begins
 * from nothing, every pair pings, and the wire says which way the packets went. For any VPN, since
 * nobody asks its daemons.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"
#include "workload/mesh/mesh.h"

/* Packets of a trial; what finds no room is counted. */
static const size_t PACKETS = 1 << 20;

static const int64_t BIN_NS = 100 * NS_PER_MS;

/* A pair of hosts with different edges, and the packets from edge to edge, bin by bin. */
struct path {
	size_t from, to;
	json_t *ways[2]; /* counts per bin, there and back; borrowed */
};

struct paths {
	struct path *list;
	size_t count;
	size_t seen; /* records that were counted, up to this moment: */
	int64_t counted_ns;
	uint64_t missed;
	double every_s;
};

static bool is_behind_router(const struct lab *lab, size_t host)
{
	return lab_edge(lab, host) >= lab_host_count(lab);
}

/* Nobody sends between others, so that their way cannot be seen. */
static bool is_watched(const struct operation_run *m, size_t from, size_t to)
{
	return lab_watch_includes(m->watch, from, to) || lab_watch_includes(m->watch, to, from);
}

static struct paths paths_new(struct operation_run *m, json_t *ret_json)
{
	struct lab *lab = m->stage->lab;
	size_t count = lab_host_count(lab);
	struct paths paths = {.list = arena_alloc(m->arena, struct path, count * count),
		.every_s = (double)lab_watch_facts(m->watch).every_ns / 1e9};

	for (size_t i = 0; i < count * count; i++) {
		struct path *path = &paths.list[paths.count];
		size_t from = i / count, to = i % count;

		if (from >= to || !is_behind_router(lab, from) || !is_behind_router(lab, to) ||
			!is_watched(m, from, to))
			continue;
		*path = (struct path){from, to, {json_array(), json_array()}};
		json_array_append_new(ret_json,
			json_make("{s:s, s:s, s:[o, o]}", "from", lab_host(lab, from)->name, "to",
				lab_host(lab, to)->name, "packets", path->ways[0], path->ways[1]));
		paths.count++;
	}
	return paths;
}

static void count_in_bin(json_t *bins, size_t bin, json_int_t packets)
{
	while (json_array_size(bins) <= bin)
		json_array_append_new(bins, json_integer(0));
	json_array_set_new(
		bins, bin, json_integer(json_integer_value(json_array_get(bins, bin)) + packets));
}

/* What one edge had of the other. */
static void count_packets(struct operation_run *m, struct paths *paths)
{
	const struct lab *lab = m->stage->lab;
	struct lab_packets packets;

	paths->counted_ns = clock_now_ns();
	packets = lab_look_at_packets(m->stage->lab, paths->seen);
	paths->seen += packets.count;
	paths->missed = packets.missed;
	for (size_t i = 0; i < packets.count; i++) {
		const struct wire_record *record = &packets.list[i];

		for (size_t j = 0; j < paths->count; j++) {
			struct path *path = &paths->list[j];
			uint16_t from = lab_edge(lab, path->from), to = lab_edge(lab, path->to);
			bool is_back = record->in_port == to && record->out_port == from;

			if (record->out_ns >= m->zero_ns &&
				(is_back || (record->in_port == from && record->out_port == to)))
				count_in_bin(path->ways[is_back],
					(size_t)((record->out_ns - m->zero_ns) / BIN_NS),
					record->packets);
		}
	}
}

static double packets_in(const json_t *bins, size_t bin)
{
	return json_number_value(json_array_get(bins, bin));
}

/* In all whole bins of the last second. */
static bool is_direct_now(
	const struct operation_run *m, const struct paths *paths, const struct path *path)
{
	size_t now = (size_t)((paths->counted_ns - m->zero_ns) / BIN_NS);
	size_t second = (size_t)(NS_PER_S / BIN_NS);

	for (size_t bin = now - second; now >= second && bin < now; bin++) {
		if (!mesh_is_direct(packets_in(path->ways[0], bin), packets_in(path->ways[1], bin),
			    (double)BIN_NS / 1e9, paths->every_s))
			return false;
	}
	return now >= second;
}

static bool are_all_direct(const struct operation_run *m, const struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		const struct path *path = &paths->list[i];

		if (!is_direct_now(m, paths, path) || !operation_is_stable(m, path->from, path->to))
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
		if (operation_wait(m, (double)BIN_NS / 1e9, err))
			return -1;
		count_packets(m, paths);
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
		lab_record_packets(stage->lab, PACKETS, err) ||
		vpn_begin(stage->lab, m->visit->driver, stage->work_dir, &clock, &stage->vpn, err))
		return -1;
	operation_zero(m, clock.join_ns);
	operation_mark_clock(m, &clock);
	return operation_begin_watch(m, lab_no_host(), err);
}

int operation_punch(struct operation_run *m, struct error *err)
{
	json_t *list = json_array();
	struct lab_packets packets;
	struct paths paths;
	int failed;

	json_object_set_new(m->observed, "paths", list);
	if (begin(m, err))
		return -1;
	operation_mark(m, "asked_s");
	paths = paths_new(m, list);
	failed = watch_paths(m, &paths, err);
	operation_mark_at(m, "counted_s", paths.counted_ns);
	json_object_set_new(m->observed, "path_rule",
		json_make("{s:f, s:f, s:I}", "bin_s", (double)BIN_NS / 1e9, "every_s",
			paths.every_s, "packets_missed", (json_int_t)paths.missed));
	return failed || lab_take_packets(m->stage->lab, &packets, err) ? -1 : 0;
}
