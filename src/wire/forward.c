/* SPDX-License-Identifier: MIT */
/* The way of a parcel after its fate: wait, slot, sender's line, switch, receiver's line, out. */
#include "wire/internal.h"

static void push(struct fabric *fabric, uint32_t at, uint16_t port, enum stage stage)
{
	struct parcel *parcel = &fabric->queue.parcels[at];

	parcel->stage = (uint8_t)stage;
	parcel->lane = (uint16_t)(port * STAGES + stage);
	queue_push(&fabric->queue, at);
}

void forward_drop(struct fabric *fabric, uint32_t at)
{
	buffer_drop(&fabric->pool, fabric->queue.parcels[at].buffer);
	parcel_free(&fabric->queue, at);
}

static void leave_impairment(struct fabric *fabric, struct parcel *parcel)
{
	struct netem *netem = fabric->ports[parcel->in_port].netem;

	for (; parcel->queued > 0; parcel->queued--)
		netem_left(netem);
}

static void note(struct fabric *fabric, const struct parcel *parcel, enum wire_verdict verdict,
	int64_t out_ns)
{
	if (!fabric->log)
		return;
	log_event(fabric->log, &(struct log_event){.buffer = parcel->buffer,
				       .first = parcel->first,
				       .count = parcel->count,
				       .in_port = parcel->in_port,
				       .out_port = parcel->out_port,
				       .verdict = verdict,
				       .is_clone = parcel->is_clone,
				       .out_ns = out_ns});
}

static uint64_t wire_bytes(const struct parcel *parcel)
{
	const struct frame *frame = &parcel->buffer->frame;
	uint64_t bytes = frame_segment_bytes(frame, parcel->first + parcel->count - 1);

	return bytes + (uint64_t)(parcel->count - 1) * (frame->headers + (uint64_t)frame->gso_size);
}

static bool hand_out(
	struct fabric *fabric, const struct parcel *parcel, const struct iovec *pieces, int count)
{
	if (fabric->ports[parcel->out_port].route)
		return route_frame(fabric, parcel->out_port, pieces, count, parcel->release_ns);
	return fabric->output(fabric->context, parcel->out_port, pieces, count);
}

static bool put_out(struct fabric *fabric, const struct parcel *parcel)
{
	struct buffer *buffer = parcel->buffer;
	struct piece piece;
	struct iovec pieces[2];

	if (parcel->count == buffer->frame.segments) {
		pieces[0] = (struct iovec){buffer->data, VNET_SIZE + buffer->frame.size};
		return hand_out(fabric, parcel, pieces, 1);
	}
	segment_cut(&buffer->frame, buffer_vnet(buffer), buffer_bytes(buffer), parcel->first,
		parcel->count, &piece);
	pieces[0] = (struct iovec){piece.head, piece.head_size};
	pieces[1] = (struct iovec){(void *)piece.payload, piece.payload_size};
	return hand_out(fabric, parcel, pieces, 2);
}

void forward_clock(struct fabric *fabric)
{
	int64_t now_ns;

	if (fabric->unclocked == 0)
		return;
	now_ns = fabric->now(fabric->context);
	for (uint32_t i = 0; i < fabric->unclocked; i++)
		histogram_add(&fabric->release_error, now_ns - fabric->unclocked_ns[i]);
	fabric->unclocked = 0;
}

static void deliver(struct fabric *fabric, uint32_t at)
{
	struct parcel *parcel = &fabric->queue.parcels[at];
	struct wire_counters *counters = &fabric->ports[parcel->out_port].counters;

	if (!put_out(fabric, parcel))
		counters->write_errors++;
	if (parcel->is_timed) {
		fabric->unclocked_ns[fabric->unclocked++] = parcel->release_ns;
		if (fabric->unclocked == LATENESS_BATCH)
			forward_clock(fabric);
	}
	counters->out_frames++;
	counters->out_packets += parcel->count;
	counters->out_bytes += wire_bytes(parcel);
	if (fabric->log)
		note(fabric, parcel, parcel->is_corrupt ? WIRE_CORRUPTED : WIRE_DELIVERED,
			fabric->now(fabric->context));
	forward_drop(fabric, at);
}

/* A parcel that shares the buffer of another; NO_PARCEL without memory. */
static uint32_t share(struct fabric *fabric, const struct parcel *model)
{
	uint32_t at = parcel_new(&fabric->queue);

	if (at == NO_PARCEL) {
		fabric->ports[model->in_port].counters.out_of_memory += model->count;
		return at;
	}
	fabric->queue.parcels[at] = *model;
	model->buffer->references++;
	return at;
}

/* What a line does to the segments of a parcel, one after the other. */
struct passage {
	struct parcel run;
	struct fabric *fabric;
	struct line *line;
	int64_t first_ns, merge_ns;
	enum stage stage;
	uint16_t port;
};

static void close_run(struct passage *passage)
{
	struct parcel *run = &passage->run;
	uint32_t at;

	if (run->count == 0)
		return;
	run->spacing_ns =
		run->count > 1
			? (uint32_t)((run->release_ns - passage->first_ns) / (run->count - 1))
			: 0;
	at = share(passage->fabric, run);
	if (at != NO_PARCEL)
		push(passage->fabric, at, passage->port, passage->stage);
	else
		leave_impairment(passage->fabric, run);
	run->first += run->count;
	run->count = 0;
	run->queued = 0;
}

/*
 * Segments came `spacing_ns` apart, the last of them at the parcel's release, even if they were
 * handed on together; so a second line of the same rate does not add their duration once more.
 */
static void pass_line(struct passage *passage, const struct parcel *parcel)
{
	bool is_lossless = passage->stage == STAGE_LINE_OUT;
	bool counts_each = parcel->queued == parcel->count;
	struct parcel *run = &passage->run;

	for (uint32_t i = 0; i < parcel->count; i++) {
		int64_t at_ns =
			parcel->release_ns - (int64_t)(parcel->count - 1 - i) * parcel->spacing_ns;
		uint32_t bytes = frame_segment_bytes(&parcel->buffer->frame, parcel->first + i);
		int64_t end_ns = line_send(passage->line, at_ns, bytes, is_lossless);

		if (end_ns == INT64_MIN) {
			close_run(passage);
			run->first = parcel->first + i + 1;
			passage->fabric->ports[passage->port].counters.line_overflow_in++;
			note(passage->fabric,
				&(struct parcel){.buffer = parcel->buffer,
					.first = parcel->first + i,
					.count = 1,
					.in_port = parcel->in_port,
					.out_port = parcel->out_port},
				WIRE_LINE_OVERFLOW, 0);
			continue;
		}
		if (run->count == 0 || end_ns - passage->first_ns > passage->merge_ns) {
			close_run(passage);
			passage->first_ns = end_ns;
		}
		run->count++;
		run->release_ns = end_ns;
		run->queued = (uint16_t)(run->queued + (counts_each || i + 1 == parcel->count
								       ? parcel->queued > 0
								       : 0));
	}
	close_run(passage);
}

static void enter_line(
	struct fabric *fabric, uint32_t at, uint16_t port, struct line *line, enum stage stage)
{
	struct parcel *parcel = &fabric->queue.parcels[at];
	struct passage passage = {.fabric = fabric,
		.line = line,
		.port = port,
		.stage = stage,
		.run = *parcel,
		.merge_ns = fabric->ports[port].params.merge_ns};

	passage.run.count = 0;
	passage.run.queued = 0;
	pass_line(&passage, parcel);
	forward_drop(fabric, at);
}

static void arrive(struct fabric *fabric, uint32_t at)
{
	uint16_t out = fabric->queue.parcels[at].out_port;
	struct port *port = &fabric->ports[out];

	if (port->in.ns_per_byte > 0)
		enter_line(fabric, at, out, &port->in, STAGE_LINE_IN);
	else
		deliver(fabric, at);
}

static void flood(struct fabric *fabric, uint32_t at)
{
	uint16_t in_port = fabric->queue.parcels[at].in_port;

	for (uint16_t out = 0; out < fabric->port_count; out++) {
		uint32_t copy;

		if (out == in_port || !fabric->ports[out].is_up ||
			fabric->ports[out].segment != fabric->ports[in_port].segment)
			continue;
		copy = share(fabric, &fabric->queue.parcels[at]);
		if (copy == NO_PARCEL)
			continue;
		fabric->queue.parcels[copy].out_port = out;
		arrive(fabric, copy);
	}
	forward_drop(fabric, at);
}

static void enter_switch(struct fabric *fabric, uint32_t at)
{
	struct parcel *parcel = &fabric->queue.parcels[at];

	leave_impairment(fabric, parcel);
	if (parcel->out_port == NO_PORT || !fabric->ports[parcel->out_port].is_up ||
		fabric->ports[parcel->out_port].segment != fabric->ports[parcel->in_port].segment)
		parcel->out_port = stations_find(&fabric->stations,
			fabric->ports[parcel->in_port].segment, buffer_bytes(parcel->buffer));
	if (parcel->out_port == NO_PORT)
		flood(fabric, at);
	else if (parcel->out_port == parcel->in_port)
		forward_drop(fabric, at);
	else
		arrive(fabric, at);
}

static void leave_delay(struct fabric *fabric, uint32_t at)
{
	struct parcel *parcel = &fabric->queue.parcels[at];
	struct port *port = &fabric->ports[parcel->in_port];

	if (port->out.ns_per_byte > 0 && port->params.impairment.model == NETEM_KERNEL)
		enter_line(fabric, at, parcel->in_port, &port->out, STAGE_LINE_OUT);
	else
		enter_switch(fabric, at);
}

static void meet_slot(struct fabric *fabric, uint32_t at)
{
	struct parcel *parcel = &fabric->queue.parcels[at];
	struct port *port = &fabric->ports[parcel->in_port];
	int64_t due_ns = parcel->release_ns;

	if (port->params.impairment.slot.max_ns > 0)
		due_ns = netem_admit(port->netem, due_ns, (uint32_t)wire_bytes(parcel));
	if (due_ns == parcel->release_ns) {
		leave_delay(fabric, at);
		return;
	}
	parcel->release_ns = due_ns;
	push(fabric, at, parcel->in_port, STAGE_SLOT);
}

void forward_release(struct fabric *fabric, uint32_t at)
{
	switch ((enum stage)fabric->queue.parcels[at].stage) {
	case STAGE_DELAY:
		meet_slot(fabric, at);
		break;
	case STAGE_SLOT:
		leave_delay(fabric, at);
		break;
	case STAGE_LINE_OUT:
		enter_switch(fabric, at);
		break;
	default:
		deliver(fabric, at);
	}
}

void forward_parcel(struct fabric *fabric, uint32_t at, int64_t now_ns)
{
	struct parcel *parcel = &fabric->queue.parcels[at];

	if (parcel->release_ns > now_ns) {
		push(fabric, at, parcel->in_port, STAGE_DELAY);
		return;
	}
	/* The kernel's model may say a time in the past; no line carried it before it came. */
	parcel->release_ns = now_ns;
	forward_release(fabric, at);
}
