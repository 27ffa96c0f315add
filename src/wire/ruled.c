/* SPDX-License-Identifier: MIT */
/* The way of packets that meet rules: one by one, changed, copied, held back or dropped. */
#include "wire/internal.h"

#include <string.h>

/* A packet on its way: what the rules know of it, and its memory. */
struct ruled {
	struct fabric *fabric;
	struct ruled_packet packet;
	struct buffer *buffer;
};

/* Behind the sender's line and impairment, when it is due. */
static void send_later(const struct ruled *ruled, int64_t delay_ns, bool is_clone)
{
	struct queue *queue = &ruled->fabric->queue;
	uint16_t port = ruled->packet.from;
	uint32_t at = parcel_new(queue);

	if (at == NO_PARCEL) {
		ruled->fabric->ports[port].counters.out_of_memory++;
		return;
	}
	ruled->buffer->references++;
	queue->parcels[at] = (struct parcel){.buffer = ruled->buffer,
		.count = 1,
		.in_port = port,
		.out_port = ruled->packet.to,
		.release_ns = ruled->packet.now_ns + delay_ns,
		.stage = STAGE_LINE_OUT,
		.lane = (uint16_t)(port * STAGES + STAGE_LINE_OUT),
		.is_clone = is_clone};
	queue_push(queue, at);
}

/* Joins the others of its sender, behind all that came before. */
static void send_now(const struct ruled *ruled)
{
	(void)fabric_input(ruled->fabric, ruled->packet.from, ruled->packet.now_ns, ruled->buffer,
		VNET_SIZE + ruled->buffer->frame.size);
}

/* What does not go on at once comes in all the same. */
static void count_in(const struct ruled *ruled)
{
	struct wire_counters *counters = &ruled->fabric->ports[ruled->packet.from].counters;

	counters->in_frames++;
	counters->in_packets++;
	counters->in_bytes += ruled->packet.size;
}

/* Back to where it came from, as if it came from there where it was to go. */
static bool turn(struct ruled *ruled)
{
	struct ruled_packet *packet = &ruled->packet;
	uint16_t from = packet->from;

	if (packet->to == NO_PORT || packet->to == from)
		return false;
	packet->from = packet->to;
	packet->to = from;
	return true;
}

/* A changed packet: the one that came, or with copies the copy `c` of it. */
static void send_changed(
	struct ruled ruled, const struct wire_rule *rule, uint32_t number, uint32_t c)
{
	bool is_copy = rule->copies > 0, is_reflected = rule->change == WIRE_CHANGE_REFLECT;
	uint64_t draw = rules_draw(ruled.fabric->seed, ruled.packet.from, ruled.packet.index,
		number * WIRE_MAX_COPIES + c);
	int64_t delay_ns = rule->delay_ns * (is_copy ? c + 1 : 1);
	uint32_t size = ruled.buffer->frame.size;

	if (is_reflected && !turn(&ruled)) {
		ruled.fabric->ports[ruled.packet.from].counters.ruled += !is_copy;
		return;
	}
	/* A copy that could not be changed would be a repetition, which nobody asked for. */
	if (!rules_change(rule, draw, buffer_bytes(ruled.buffer), &size) && is_copy)
		return;
	ruled.buffer->frame.size = size;
	if (is_copy || is_reflected || delay_ns > 0)
		send_later(&ruled, delay_ns, is_copy || is_reflected);
	else
		send_now(&ruled);
}

static void send_copies(const struct ruled *ruled, const struct wire_rule *rule, uint32_t number)
{
	for (uint32_t c = 0; c < rule->copies; c++) {
		struct ruled copy = *ruled;

		copy.buffer = segment_single(&ruled->fabric->pool, ruled->buffer, 0);
		if (!copy.buffer) {
			ruled->fabric->ports[ruled->packet.from].counters.out_of_memory++;
			return;
		}
		send_changed(copy, rule, number, c);
		buffer_drop(&ruled->fabric->pool, copy.buffer);
	}
}

static void drop(const struct ruled *ruled)
{
	ruled->fabric->ports[ruled->packet.from].counters.ruled++;
	if (ruled->fabric->log)
		log_event(ruled->fabric->log, &(struct log_event){.buffer = ruled->buffer,
						      .count = 1,
						      .in_port = ruled->packet.from,
						      .out_port = NO_PORT,
						      .verdict = WIRE_RULED});
}

/* Until so many more of its kind have come. */
static void hold(const struct ruled *ruled, struct ruling *ruling)
{
	ruled->buffer->references++;
	ruling->held[ruling->held_count++] = (struct held){.buffer = ruled->buffer,
		.until = ruling->came + ruling->rule.after,
		.from = ruled->packet.from};
}

/* Those that have waited for enough others, in the order in which they came. */
static void let_go(struct fabric *fabric, struct ruling *ruling, uint64_t came, int64_t now_ns)
{
	while (ruling->held_count > 0 && ruling->held[0].until <= came) {
		struct held first = ruling->held[0];

		/* Taken out first: behind a router of the wire it meets the rules once more. */
		ruling->held_count--;
		memmove(ruling->held, ruling->held + 1, ruling->held_count * sizeof(first));
		/* Its host may be gone meanwhile. */
		if (fabric->ports[first.from].is_up)
			fabric_go_on(fabric, first.from, now_ns, first.buffer);
		buffer_drop(&fabric->pool, first.buffer);
	}
}

static void let_all_go(struct fabric *fabric, bool are_due, int64_t now_ns)
{
	for (uint32_t i = 0; i < fabric->rules.count; i++) {
		struct ruling *ruling = &fabric->rules.list[i];

		if (ruling->held_count > 0)
			let_go(fabric, ruling, are_due ? ruling->came : UINT64_MAX, now_ns);
	}
}

int ruled_set(struct fabric *fabric, const struct wire_rule list[], size_t count, int64_t now_ns,
	struct error *err)
{
	if (rules_check(list, count, err))
		return -1;
	let_all_go(fabric, false, now_ns);
	return rules_set(&fabric->rules, list, count, now_ns, err);
}

static void obey(struct ruled *ruled, const struct wire_rule *rule, uint32_t number)
{
	bool goes_on = rule->copies > 0 ||
		       (rule->change != WIRE_CHANGE_DROP && rule->change != WIRE_CHANGE_REFLECT &&
			       rule->delay_ns == 0 && rule->after == 0);

	ruled->buffer->rule = (uint8_t)(number + 1);
	if (!goes_on)
		count_in(ruled);
	if (rule->change == WIRE_CHANGE_DROP) {
		drop(ruled);
	} else if (rule->copies > 0) {
		send_copies(ruled, rule, number);
		send_now(ruled);
	} else if (rule->after > 0) {
		hold(ruled, &ruled->fabric->rules.list[number]);
	} else {
		send_changed(*ruled, rule, number, 0);
	}
}

static void meet(struct ruled *ruled)
{
	uint32_t number;
	const struct wire_rule *rule = rules_meet(&ruled->fabric->rules, &ruled->packet, &number);

	ruled->buffer->rule = NO_RULE;
	if (rule)
		obey(ruled, rule, number);
	else
		send_now(ruled);
	let_all_go(ruled->fabric, true, ruled->packet.now_ns);
}

/* What fabric_input() says of every frame that comes, as far as rules and the log need it. */
static struct ruled ruled_of(
	struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *single)
{
	struct port *port = &fabric->ports[number];
	const uint8_t *bytes = buffer_bytes(single);

	single->in_ns = now_ns;
	single->index = port->counters.in_packets;
	if (fabric->log)
		single->flow = frame_flow_hash(bytes, single->frame.size);
	stations_learn(&fabric->stations, port->segment, bytes + 6, number);
	return (struct ruled){.fabric = fabric,
		.buffer = single,
		.packet = {.bytes = bytes,
			.size = single->frame.size,
			.from = number,
			.to = stations_find(&fabric->stations, port->segment, bytes),
			.index = single->index,
			.now_ns = now_ns}};
}

bool ruled_input(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer,
	uint32_t size)
{
	struct wire_counters *counters = &fabric->ports[number].counters;

	if (size < VNET_SIZE || !frame_parse(buffer_vnet(buffer), buffer_bytes(buffer),
					size - VNET_SIZE, &buffer->frame)) {
		counters->in_frames++;
		counters->malformed++;
		return false;
	}
	for (uint32_t i = 0; i < buffer->frame.segments; i++) {
		struct buffer *single = segment_single(&fabric->pool, buffer, i);
		struct ruled ruled;

		if (!single) {
			counters->out_of_memory++;
			continue;
		}
		ruled = ruled_of(fabric, number, now_ns, single);
		meet(&ruled);
		buffer_drop(&fabric->pool, single);
	}
	return false;
}
