/* SPDX-License-Identifier: MIT */
/* A mesh that nobody uses: what its daemons, its hosts' ports and the wire do nevertheless. */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

/* Packets of an idle mesh; what finds no room is counted. */
static const size_t PACKETS = 1 << 20;

/*
 * A host by the edge where its packets enter the public network, unless it shares that with others.
 * Faces of routers stay as they are; the host's own port has what goes on within its site.
 */
static int owner_of(const struct operation_run *m, uint16_t port)
{
	size_t count = lab_host_count(m->stage->lab), owner = count;

	for (size_t i = 0; port >= count && i < count; i++) {
		if (lab_edge(m->stage->lab, i) != port)
			continue;
		if (owner < count)
			return port;
		owner = i;
	}
	return owner < count ? (int)owner : port;
}

static json_t *describe_packets(const struct operation_run *m, const struct lab_packets *packets)
{
	json_t *list = json_array();

	for (size_t i = 0; i < packets->count; i++) {
		const struct wire_record *packet = &packets->list[i];
		json_t *to = packet->out_port == LAB_NOBODY
				     ? json_null()
				     : json_integer(owner_of(m, packet->out_port));

		json_array_append_new(list,
			json_make("[f, i, o, i, i]", (double)(packet->in_ns - m->zero_ns) / 1e9,
				owner_of(m, packet->in_port), to, (int)packet->bytes,
				(int)packet->packets));
	}
	return list;
}

static void note(struct operation_run *m, const struct looks *before, const struct looks *after,
	const struct lab_packets *packets)
{
	double seconds = (double)(clock_now_ns() - m->zero_ns) / 1e9;

	json_object_set_new(m->observed, "idle",
		json_make("{s:f, s:f, s:o, s:o, s:I}", "seconds", seconds, "settled_s",
			m->operation->settle_s, "hosts", operation_looks_json(m, before, after),
			"packets",
			packets->was_recorded ? describe_packets(m, packets) : json_null(),
			"packets_missed", (json_int_t)packets->missed));
}

int operation_idle(struct operation_run *m, struct error *err)
{
	AUTO(looks_done) struct looks before = {0};
	AUTO(looks_done) struct looks after = {0};
	struct lab_packets packets;

	if (operation_wait(m, m->operation->settle_s, err) || operation_look(m, &before, err) ||
		lab_record_packets(m->stage->lab, PACKETS, err))
		return -1;
	operation_zero(m, clock_now_ns());
	if (operation_wait(m, m->operation->seconds, err) || operation_look(m, &after, err) ||
		lab_take_packets(m->stage->lab, &packets, err))
		return -1;
	note(m, &before, &after, &packets);
	return 0;
}
