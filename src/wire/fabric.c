/* SPDX-License-Identifier: MIT */
/* The core of the wire: its ports and what is due. It has no clock and no descriptors. */
#include "wire/internal.h"

enum {
	LITTLE = 20 /* a twentieth of a delay is little */
};

#define LATE_NS INT64_C(1000000) /* to be so late is always borne */

int fabric_init(struct fabric *fabric, size_t memory_bytes, struct error *err)
{
	/* A jittered super-packet has one parcel per segment, about as many as small buffers would
	 * be. */
	size_t parcels = memory_bytes / 1024;

	*fabric = (struct fabric){0};
	if (pool_init(&fabric->pool, memory_bytes, err))
		return -1;
	if (queue_init(&fabric->queue, (uint32_t)parcels, err)) {
		fabric_done(fabric);
		return -1;
	}
	return 0;
}

void fabric_done(struct fabric *fabric)
{
	routes_done(fabric);
	for (uint16_t i = 0; i < fabric->port_count; i++)
		netem_free(fabric->ports[i].netem);
	queue_done(&fabric->queue);
	pool_done(&fabric->pool);
}

static int check_params(const struct wire_params *params, struct error *err)
{
	if (!(params->line_rate_bps == 0 ||
		    (params->line_rate_bps >= 1000 && params->line_rate_bps <= 1e13)))
		return fail(err, ERROR_USAGE,
			"line_rate_bps: %g is not between 1 kbit/s and 10 Tbit/s",
			params->line_rate_bps);
	if (params->line_buffer_bytes > 0 && params->line_buffer_bytes < 1514)
		return fail(err, ERROR_USAGE,
			"line_buffer_bytes: is smaller than one packet (1514 bytes)");
	if (params->merge_ns < 0 || params->merge_ns > 10000000)
		return fail(err, ERROR_USAGE, "merge_ns: is not between 0 and 10 ms");
	return 0;
}

static int64_t between(int64_t least, int64_t value, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* What wire_health_is_good() allows this port. */
static int64_t late_limit_of(const struct port *port)
{
	int64_t delay_ns = port->params.impairment.delay_ns;

	if (!netem_is_transparent(port->netem))
		return between(LATE_NS, delay_ns / 5, 5 * LATE_NS);
	return between(LATE_NS, port->out.buffer_ns / 2, 10 * LATE_NS);
}

static void note_waiting(struct fabric *fabric)
{
	fabric->can_wait = false;
	fabric->tolerance_ns = INT64_MAX;
	fabric->late_limit_ns = INT64_MAX;
	for (uint16_t i = 0; i < fabric->port_count; i++) {
		const struct port *port = &fabric->ports[i];
		int64_t delay_ns = port->params.impairment.delay_ns, limit_ns;

		if (!port->is_up)
			continue;
		limit_ns = late_limit_of(port);
		if (port->params.line_rate_bps > 0 || !netem_is_transparent(port->netem))
			fabric->can_wait = true;
		if (delay_ns > 0 && delay_ns / LITTLE < fabric->tolerance_ns)
			fabric->tolerance_ns = delay_ns / LITTLE;
		if (limit_ns < fabric->late_limit_ns)
			fabric->late_limit_ns = limit_ns;
	}
}

int fabric_set(struct fabric *fabric, uint16_t number, const struct wire_params *params,
	const struct netem_timeline *timeline, int64_t now_ns, struct error *err)
{
	struct port *port = &fabric->ports[number];

	if (check_params(params, err) ||
		netem_set(port->netem, &params->impairment, timeline, now_ns, err))
		return -1;
	port->params = *params;
	line_set(&port->out, params->line_rate_bps, params->line_buffer_bytes);
	line_set(&port->in, params->line_rate_bps, params->line_buffer_bytes);
	note_waiting(fabric);
	return 0;
}

uint16_t fabric_free_port(const struct fabric *fabric)
{
	uint16_t number = 0;

	while (number < WIRE_MAX_PORTS && fabric->ports[number].is_up)
		number++;
	return number;
}

int fabric_add_port_at(struct fabric *fabric, uint16_t number, const struct wire_params *params,
	int64_t now_ns, struct error *err)
{
	struct netem_key key = {.seed = fabric->seed, .port = number};
	struct port *port;

	if (number >= WIRE_MAX_PORTS)
		return fail(err, ERROR_USAGE, "the wire has no more than %d ports", WIRE_MAX_PORTS);
	port = &fabric->ports[number];
	if (port->is_up)
		return fail(err, ERROR_USAGE, "the wire has a port %u already", number);
	*port = (struct port){0};
	if (netem_new(&key, &port->netem, err))
		return -1;
	port->is_up = true;
	if (number >= fabric->port_count)
		fabric->port_count = number + 1;
	if (fabric_set(fabric, number, params, NULL, now_ns, err)) {
		port->is_up = false;
		netem_freep(&port->netem);
		return -1;
	}
	netem_restart(port->netem, fabric->seed, now_ns);
	return 0;
}

int fabric_add_port(struct fabric *fabric, const struct wire_params *params, int64_t now_ns,
	uint16_t *ret_port, struct error *err)
{
	uint16_t number = fabric_free_port(fabric);

	if (fabric_add_port_at(fabric, number, params, now_ns, err))
		return -1;
	*ret_port = number;
	return 0;
}

/* Takes everything out of the queue and puts back what does not concern the port. */
static void forget_parcels(struct fabric *fabric, uint16_t number)
{
	struct queue *queue = &fabric->queue;
	uint32_t kept = NO_PARCEL, last = NO_PARCEL, next;

	while (queue->heap_size > 0) {
		uint32_t at = queue_pop(queue);
		struct parcel *parcel = &queue->parcels[at];

		parcel->next = NO_PARCEL;
		if (parcel->in_port == number ||
			(parcel->stage == STAGE_LINE_IN && parcel->out_port == number)) {
			forward_drop(fabric, at);
			continue;
		}
		if (kept == NO_PARCEL)
			kept = at;
		else
			queue->parcels[last].next = at;
		last = at;
	}
	for (; kept != NO_PARCEL; kept = next) {
		next = queue->parcels[kept].next;
		queue_push(queue, kept);
	}
}

void fabric_remove_port(struct fabric *fabric, uint16_t number)
{
	struct port *port = &fabric->ports[number];
	uint32_t token;

	while (netem_next_expired(port->netem, INT64_MAX, &token)) {
		fabric->held--;
		forward_drop(fabric, token);
	}
	forget_parcels(fabric, number);
	stations_forget(&fabric->stations, number);
	netem_free(port->netem);
	*port = (struct port){0};
	while (fabric->port_count > 0 && !fabric->ports[fabric->port_count - 1].is_up)
		fabric->port_count--;
	note_waiting(fabric);
}

void fabric_join(struct fabric *fabric, uint16_t number, uint16_t segment)
{
	struct port *port = &fabric->ports[number];

	stations_forget(&fabric->stations, number);
	port->segment = segment;
	if (port->route)
		stations_learn(&fabric->stations, segment, port->route->macs[port->side], number);
}

void fabric_restart(struct fabric *fabric, uint64_t seed, int64_t now_ns)
{
	fabric->seed = seed;
	fabric->release_error = (struct wire_histogram){0};
	fabric->unclocked = 0;
	for (uint16_t i = 0; i < fabric->port_count; i++) {
		struct port *port = &fabric->ports[i];

		if (!port->is_up)
			continue;
		netem_restart(port->netem, seed, now_ns);
		port->counters = (struct wire_counters){0};
		backlog_end(&port->backlog);
	}
}

void fabric_counters(
	const struct fabric *fabric, uint16_t number, struct wire_counters *ret_counters)
{
	const struct port *port = &fabric->ports[number];
	struct netem_totals totals = netem_totals(port->netem);

	*ret_counters = port->counters;
	ret_counters->fell_behind += backlog_fell_behind(&port->backlog);
	ret_counters->lost = totals.lost;
	ret_counters->down = totals.down;
	ret_counters->overflow = totals.overflow;
	ret_counters->duplicated = totals.duplicated;
	ret_counters->corrupted = totals.corrupted;
	ret_counters->reordered = totals.reordered;
	ret_counters->displaced_short = totals.displaced_short;
	ret_counters->queued = totals.queued;
}

int64_t fabric_next_ns(const struct fabric *fabric)
{
	int64_t next_ns = queue_next_ns(&fabric->queue);

	for (uint16_t i = 0; fabric->held > 0 && i < fabric->port_count; i++) {
		int64_t held_ns = fabric->ports[i].is_up
					  ? netem_hold_earliest_ns(fabric->ports[i].netem)
					  : INT64_MAX;

		if (held_ns < next_ns)
			next_ns = held_ns;
	}
	return next_ns;
}

static void release_expired(struct fabric *fabric, int64_t now_ns)
{
	uint32_t token;

	for (uint16_t i = 0; i < fabric->port_count; i++) {
		while (fabric->ports[i].is_up &&
			netem_next_expired(fabric->ports[i].netem, now_ns, &token)) {
			fabric->held--;
			forward_parcel(fabric, token, now_ns);
		}
	}
}

/* While one packet is written, the next comes into the cache. */
static void prefetch_next(const struct queue *queue)
{
	const struct buffer *buffer;

	if (queue->heap_size == 0)
		return;
	buffer = queue->parcels[queue->heap[0].parcel].buffer;
	__builtin_prefetch(buffer);
	__builtin_prefetch(buffer->data);
	__builtin_prefetch(buffer->data + 64);
}

/* Whether two parcels at the end of the same line are neighbours of one super-packet. */
static bool continues(const struct parcel *parcel, const struct parcel *next)
{
	return next->buffer == parcel->buffer && next->out_port == parcel->out_port &&
	       next->first == parcel->first + parcel->count && next->is_clone == parcel->is_clone;
}

/*
 * Releases what is due. Segments that came off a line one by one and are all due, since this wire
 * looks only so often, leave as one super-packet again: the one in `kept` and its successor.
 */
void fabric_run(struct fabric *fabric, int64_t now_ns)
{
	struct parcel *parcels = fabric->queue.parcels;
	uint32_t kept = NO_PARCEL;

	if (fabric->held > 0)
		release_expired(fabric, now_ns);
	while (queue_next_ns(&fabric->queue) <= now_ns) {
		uint32_t at = queue_pop(&fabric->queue);

		prefetch_next(&fabric->queue);
		parcels[at].is_timed = true;
		if (parcels[at].stage != STAGE_LINE_IN) {
			forward_release(fabric, at);
		} else if (kept != NO_PARCEL && continues(&parcels[kept], &parcels[at])) {
			parcels[kept].count += parcels[at].count;
			forward_drop(fabric, at);
		} else {
			if (kept != NO_PARCEL)
				forward_release(fabric, kept);
			kept = at;
		}
	}
	if (kept != NO_PARCEL)
		forward_release(fabric, kept);
	forward_clock(fabric);
}
