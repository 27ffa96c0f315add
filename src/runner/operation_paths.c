/* SPDX-License-Identifier: MIT */
/* Packets from edge to edge, as the wire's log has them, in bins of time. */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"
#include "workload/mesh/mesh.h"

struct paths paths_new(struct operation_run *m, double every_s)
{
	size_t count = lab_host_count(m->stage->lab);

	json_object_set_new(m->observed, "paths", json_array());
	return (struct paths){
		.list = arena_alloc(m->arena, struct path, count * count), .every_s = every_s};
}

void paths_add(struct operation_run *m, struct paths *paths, size_t from, size_t to)
{
	struct lab *lab = m->stage->lab;
	struct path *path = &paths->list[paths->count++];

	*path = (struct path){from, to, {json_array(), json_array()}};
	json_array_append_new(json_object_get(m->observed, "paths"),
		json_make("{s:s, s:s, s:[o, o]}", "from", lab_host(lab, from)->name, "to",
			lab_host(lab, to)->name, "packets", path->ways[0], path->ways[1]));
}

static void count_in_bin(json_t *bins, size_t bin, json_int_t packets)
{
	while (json_array_size(bins) <= bin)
		json_array_append_new(bins, json_integer(0));
	json_array_set_new(
		bins, bin, json_integer(json_integer_value(json_array_get(bins, bin)) + packets));
}

/* What one edge had of the other. */
void paths_count(struct operation_run *m, struct paths *paths)
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
					(size_t)((record->out_ns - m->zero_ns) / PATHS_BIN_NS),
					record->packets);
		}
	}
}

bool path_is_direct(
	const struct operation_run *m, const struct paths *paths, const struct path *path)
{
	size_t now = (size_t)((paths->counted_ns - m->zero_ns) / PATHS_BIN_NS);

	return now >= (size_t)(NS_PER_S / PATHS_BIN_NS) &&
	       mesh_is_direct_before(path->ways[0], path->ways[1], now, (double)PATHS_BIN_NS / 1e9,
		       paths->every_s);
}

int paths_end(struct operation_run *m, struct paths *paths, struct error *err)
{
	struct lab_packets packets;

	operation_mark_at(m, "counted_s", paths->counted_ns);
	json_object_set_new(m->observed, "path_rule",
		json_make("{s:f, s:f, s:I}", "bin_s", (double)PATHS_BIN_NS / 1e9, "every_s",
			paths->every_s, "packets_missed", (json_int_t)paths->missed));
	return lab_take_packets(m->stage->lab, &packets, err);
}
