/* SPDX-License-Identifier: MIT */
/* The way of a frame from a host up to its fate: every segment draws, and neighbours stay together.
 */
#include "wire/internal.h"

#include <string.h>

/* A frame on its way in, and the run of its segments that share a fate so far. */
struct intake {
	struct fabric *fabric;
	struct port *port;
	uint16_t number, out;
	struct buffer *buffer;
	int64_t now_ns;
	bool is_plain_path; /* no impairment: nothing is drawn and nothing counts as queued */
	uint32_t first, count;
	int64_t first_release_ns, release_ns;
};

static void note_drop(
	const struct intake *in, uint32_t first, uint32_t count, enum wire_verdict verdict)
{
	if (!in->fabric->log)
		return;
	log_event(in->fabric->log, &(struct log_event){.buffer = in->buffer,
					   .first = first,
					   .count = count,
					   .in_port = in->number,
					   .out_port = NO_PORT,
					   .verdict = verdict});
}

/* A parcel of segments first..first+count-1 that refers to the buffer; NO_PARCEL without memory. */
static uint32_t make_parcel(
	const struct intake *in, struct buffer *buffer, uint32_t first, uint32_t count)
{
	uint32_t at = parcel_new(&in->fabric->queue);

	if (at == NO_PARCEL) {
		in->port->counters.out_of_memory += count;
		return at;
	}
	buffer->references++;
	in->fabric->queue.parcels[at] = (struct parcel){.buffer = buffer,
		.first = first,
		.count = count,
		.in_port = in->number,
		.out_port = in->out,
		.stage = STAGE_DELAY};
	return at;
}

/* Lets go the run of segments that share a release. */
static void let_go(struct intake *in)
{
	struct parcel *parcel;
	uint32_t at = make_parcel(in, in->buffer, in->first, in->count);
	if (at != NO_PARCEL) {
		parcel = &in->fabric->queue.parcels[at];
		parcel->release_ns = in->release_ns;
		if (in->count > 1)
			parcel->spacing_ns = (uint32_t)((in->release_ns - in->first_release_ns) /
							(in->count - 1));
		if (!in->is_plain_path)
			parcel->queued = (uint16_t)in->count;
		forward_parcel(in->fabric, at, in->now_ns);
	} else {
		for (uint32_t i = 0; i < in->count && !in->is_plain_path; i++)
			netem_left(in->port->netem);
	}
	in->count = 0;
}

static inline void close_run(struct intake *in)
{
	if (in->count > 0)
		let_go(in);
}

static void extend_run(struct intake *in, uint32_t i, int64_t release_ns)
{
	bool joins = in->count > 0 && i == in->first + in->count && release_ns >= in->release_ns &&
		     release_ns - in->first_release_ns <= in->port->params.merge_ns;

	if (!joins) {
		close_run(in);
		in->first = i;
		in->first_release_ns = release_ns;
	}
	in->count++;
	in->release_ns = release_ns;
}

static void flip_bit(const struct intake *in, struct buffer *buffer, uint64_t draw)
{
	uint32_t bytes = buffer->frame.size;

	if (in->port->params.impairment.model == NETEM_KERNEL)
		bytes = frame_linear_bytes(buffer_bytes(buffer), bytes);
	buffer_bytes(buffer)[(draw >> 32) * bytes >> 32] ^= (uint8_t)(1U << (draw & 7));
}

/* One segment as a packet of its own, with one bit turned. */
static struct buffer *corrupted_copy(const struct intake *in, uint32_t i, uint64_t draw)
{
	struct buffer *copy = segment_single(&in->fabric->pool, in->buffer, i);

	if (copy)
		flip_bit(in, copy, draw);
	return copy;
}

/* A packet that cannot travel in a run: clone, corrupt, early or held back. */
static void send_alone(
	struct intake *in, uint32_t first, uint32_t count, const struct netem_copy *fate)
{
	struct fabric *fabric = in->fabric;
	struct buffer *buffer = in->buffer;
	struct parcel *parcel;
	uint32_t at = NO_PARCEL;

	close_run(in);
	if (fate->is_corrupt)
		buffer = corrupted_copy(in, first, fate->corrupt_draw);
	if (buffer)
		at = make_parcel(in, buffer, fate->is_corrupt ? 0 : first, count);
	else
		in->port->counters.out_of_memory += count;
	if (fate->is_corrupt && buffer)
		buffer_drop(&fabric->pool, buffer);
	if (at == NO_PARCEL) {
		if (!fate->is_immediate)
			netem_left(in->port->netem);
		return;
	}
	parcel = &fabric->queue.parcels[at];
	parcel->release_ns = fate->release_ns;
	parcel->is_clone = fate->is_clone;
	parcel->is_corrupt = fate->is_corrupt;
	parcel->queued = !fate->is_immediate;
	if (fate->hold_packets > 0 && netem_hold(in->port->netem, fate, at))
		fabric->held++;
	else if (fate->is_immediate)
		forward_release(fabric, at);
	else
		forward_parcel(fabric, at, in->now_ns);
}

static const enum wire_verdict verdicts[] = {[NETEM_PASSES] = WIRE_DELIVERED,
	[NETEM_LOST] = WIRE_LOST,
	[NETEM_DOWN] = WIRE_DOWN,
	[NETEM_OVERFLOW] = WIRE_OVERFLOW};

static void release_due(struct intake *in)
{
	uint32_t token;
	int64_t release_ns;

	while (in->fabric->held > 0 && netem_next_due(in->port->netem, &token, &release_ns)) {
		close_run(in);
		in->fabric->held--;
		in->fabric->queue.parcels[token].release_ns = release_ns;
		forward_parcel(in->fabric, token, in->now_ns);
	}
}

/* Draws the fate of one packet and acts on it. */
static void decide_packet(struct intake *in, uint32_t i, int64_t at_ns)
{
	struct netem_fate fate;

	netem_decide(in->port->netem, at_ns, frame_segment_bytes(&in->buffer->frame, i), &fate);
	for (unsigned c = 0; c < fate.count; c++) {
		const struct netem_copy *copy = &fate.copy[c];

		if (copy->verdict != NETEM_PASSES)
			note_drop(in, i, 1, verdicts[copy->verdict]);
		else if (copy->is_clone || copy->is_corrupt || copy->is_immediate ||
			 copy->hold_packets > 0)
			send_alone(in, i, 1, copy);
		else
			extend_run(in, i, copy->release_ns);
	}
	release_due(in);
}

/* One fate for the whole super-packet, as netem on a sender's own card draws it. */
static void decide_superpacket(struct intake *in, int64_t at_ns)
{
	const struct frame *frame = &in->buffer->frame;
	uint32_t length = frame->size + (frame->segments - 1) * frame->headers;
	bool is_cut = false;
	struct netem_fate fate;

	netem_decide(in->port->netem, at_ns, length, &fate);
	for (unsigned c = 0; c < fate.count; c++) {
		const struct netem_copy *copy = &fate.copy[c];
		bool is_first_only = copy->is_corrupt && frame->segments > 1;

		if (copy->verdict != NETEM_PASSES)
			note_drop(in, 0, frame->segments, verdicts[copy->verdict]);
		else
			send_alone(in, 0, is_first_only ? 1 : frame->segments, copy);
		is_cut = is_cut || (is_first_only && copy->verdict == NETEM_PASSES);
	}
	release_due(in);
	/* The kernel cuts what it corrupts and sends the rest through everything again, one by one.
	 */
	for (uint32_t i = 1; is_cut && i < frame->segments; i++)
		decide_packet(in, i, at_ns);
}

/* End of segment `i` on the sender's line, now without one, INT64_MIN when it does not fit. */
static int64_t pass_line(struct intake *in, uint32_t i)
{
	struct port *port = in->port;
	int64_t at_ns;

	if (port->out.ns_per_byte == 0 || port->params.impairment.model == NETEM_KERNEL)
		return in->now_ns;
	at_ns = line_send(
		&port->out, in->now_ns, frame_segment_bytes(&in->buffer->frame, i), false);
	if (at_ns == INT64_MIN) {
		port->counters.line_overflow_out++;
		note_drop(in, i, 1, WIRE_LINE_OVERFLOW);
	}
	return at_ns;
}

/* What the sender's line takes for all segments of a frame. */
static double line_ns_of(const struct port *port, const struct frame *frame)
{
	uint32_t last = frame->segments - 1;
	double line_ns = line_frame_ns(&port->out, frame_segment_bytes(frame, last));

	return last == 0
		       ? line_ns
		       : line_ns + last * line_frame_ns(&port->out, frame_segment_bytes(frame, 0));
}

static void take_in(struct intake *in)
{
	uint32_t segments = in->buffer->frame.segments;
	bool as_one = in->port->params.impairment.unit == NETEM_UNIT_SUPERPACKET && segments > 1 &&
		      !in->is_plain_path;
	int64_t last_ns = INT64_MIN;

	if (in->is_plain_path && in->port->out.ns_per_byte == 0) {
		in->count = segments;
		in->first_release_ns = in->now_ns;
		in->release_ns = in->now_ns;
		close_run(in);
		return;
	}
	for (uint32_t i = 0; i < segments; i++) {
		int64_t at_ns = pass_line(in, i);

		if (at_ns == INT64_MIN)
			continue;
		if (in->is_plain_path)
			extend_run(in, i, at_ns);
		else if (!as_one)
			decide_packet(in, i, at_ns);
		last_ns = at_ns;
	}
	if (as_one && last_ns != INT64_MIN)
		decide_superpacket(in, last_ns);
	close_run(in);
}

void fabric_go_on(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer)
{
	struct port *port = &fabric->ports[number];
	struct intake in = {.fabric = fabric,
		.port = port,
		.number = number,
		.out = stations_find(&fabric->stations, port->segment, buffer_bytes(buffer)),
		.buffer = buffer,
		.now_ns = now_ns,
		.is_plain_path = netem_is_transparent(port->netem)};

	take_in(&in);
}

bool fabric_input(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer,
	uint32_t size)
{
	struct port *port = &fabric->ports[number];
	struct wire_counters *counters = &port->counters;

	if (__builtin_expect(fabric->rules.count > 0, 0) && !buffer->rule)
		return ruled_input(fabric, number, now_ns, buffer, size);
	counters->in_frames++;
	if (size < VNET_SIZE || !frame_parse(buffer_vnet(buffer), buffer_bytes(buffer),
					size - VNET_SIZE, &buffer->frame)) {
		counters->malformed++;
		return false;
	}
	/* The addresses are read while they are in the cache; a flood is decided when it is due. */
	stations_learn(&fabric->stations, port->segment, buffer_bytes(buffer) + 6, number);
	buffer->in_ns = now_ns;
	buffer->index = counters->in_packets;
	if (fabric->log)
		buffer->flow = frame_flow_hash(buffer_bytes(buffer), buffer->frame.size);
	counters->in_packets += buffer->frame.segments;
	backlog_add(&port->backlog, now_ns, line_ns_of(port, &buffer->frame));
	counters->in_bytes +=
		buffer->frame.size + (uint64_t)(buffer->frame.segments - 1) * buffer->frame.headers;
	fabric_go_on(fabric, number, now_ns, buffer);
	return buffer->references > 1;
}

void fabric_input_ends(struct fabric *fabric, uint16_t number)
{
	struct port *port = &fabric->ports[number];

	port->counters.fell_behind += backlog_fell_behind(&port->backlog);
	backlog_end(&port->backlog);
}
