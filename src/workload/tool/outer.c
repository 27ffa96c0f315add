/* SPDX-License-Identifier: MIT */
/* The packets outside a tunnel: finding those of a stream in the wire's log, and measuring them. */
#include "workload/tool/outer.h"

#include "stats/packets.h"

#include <stdlib.h>

enum {
	FLOWS = 64,     /* that are told apart; a host that sends more is not a place for a probe */
	BARE_BYTES = 42 /* around a probe without a VPN: Ethernet, IPv4, UDP */
};

struct flow {
	uint32_t flow;
	uint64_t first; /* index of its first packet */
	double packets, bytes;
};

static bool is_within(const struct workload_packet *packet, const struct outer_stream *stream)
{
	return packet->in_ns >= stream->from_ns && packet->in_ns < stream->to_ns;
}

static struct flow *flow_of(struct flow flows[FLOWS], size_t *count, uint32_t flow)
{
	for (size_t i = 0; i < *count; i++) {
		if (flows[i].flow == flow)
			return &flows[i];
	}
	if (*count == FLOWS)
		return NULL;
	flows[*count] = (struct flow){.flow = flow, .first = UINT64_MAX};
	return &flows[(*count)++];
}

static double mean_bytes(const struct flow *flow)
{
	return flow->packets > 0 ? flow->bytes / flow->packets : 0;
}

/* Without a VPN the stream in its stead looks like the one outside it, but was sent first. */
static size_t find_outside(
	const struct flow flows[FLOWS], size_t count, const struct outer_stream *stream)
{
	size_t last = SIZE_MAX;

	for (size_t i = 0; stream->has_outside && i < count; i++) {
		if (flows[i].packets < stream->packets / 4 ||
			mean_bytes(&flows[i]) != stream->payload_bytes + BARE_BYTES)
			continue;
		if (last == SIZE_MAX || flows[i].first > flows[last].first)
			last = i;
	}
	return last;
}

static bool choose_flow(const struct flow flows[FLOWS], size_t count,
	const struct outer_stream *stream, uint32_t *ret_flow)
{
	size_t outside = find_outside(flows, count, stream);
	double largest = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == outside || flows[i].packets < stream->packets / 4 ||
			mean_bytes(&flows[i]) <= largest)
			continue;
		largest = mean_bytes(&flows[i]);
		*ret_flow = flows[i].flow;
	}
	return largest > 0;
}

static bool find_flow(
	const struct workload_case *c, const struct outer_stream *stream, uint32_t *ret_flow)
{
	struct flow flows[FLOWS];
	size_t count = 0;

	for (size_t i = 0; i < c->packet_count; i++) {
		const struct workload_packet *packet = &c->packets[i];
		struct flow *flow;

		if (packet->is_clone || !is_within(packet, stream))
			continue;
		flow = flow_of(flows, &count, packet->flow);
		if (!flow)
			continue;
		flow->packets += packet->count;
		flow->bytes += packet->bytes;
		flow->first = packet->index < flow->first ? packet->index : flow->first;
	}
	return choose_flow(flows, count, stream, ret_flow);
}

static int by_index(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* The flow's packets one by one: their indices as they were sent, and those that came as arrivals.
 */
struct unfolded {
	uint64_t *sent, *came;
	struct packet_arrival *arrivals;
	size_t sent_count, came_count;
};

static void unfold(const struct workload_packet *packet, struct unfolded *u)
{
	for (uint64_t i = packet->index; i < packet->index + packet->count; i++) {
		if (!packet->is_clone)
			u->sent[u->sent_count++] = i;
		if (!packet->out_ns)
			continue;
		u->came[u->came_count] = i;
		u->arrivals[u->came_count++] = (struct packet_arrival){
			.sent_ns = packet->in_ns, .received_ns = packet->out_ns};
	}
}

/* Numbers by rank: indices count what the host sent to others, too. */
static bool number_arrivals(struct unfolded *u)
{
	size_t different = 0;

	qsort(u->sent, u->sent_count, sizeof(*u->sent), by_index);
	for (size_t i = 0; i < u->sent_count; i++) {
		if (different == 0 || u->sent[different - 1] != u->sent[i])
			u->sent[different++] = u->sent[i];
	}
	u->sent_count = different;
	for (size_t i = 0; i < u->came_count; i++) {
		const uint64_t *at =
			bsearch(&u->came[i], u->sent, u->sent_count, sizeof(*u->sent), by_index);

		if (!at)
			return false; /* a clone whose original found no room in the log */
		u->arrivals[i].number = (uint32_t)(at - u->sent);
	}
	return true;
}

json_t *outer_measure(const struct workload_case *c, const struct outer_stream *stream)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct unfolded u = {0};
	struct packets_result result;
	struct error ignored;
	size_t most = 0;
	uint32_t flow = 0;

	if (!find_flow(c, stream, &flow))
		return NULL;
	for (size_t i = 0; i < c->packet_count; i++)
		most += c->packets[i].count;
	u.sent = arena_alloc(arena, uint64_t, most);
	u.came = arena_alloc(arena, uint64_t, most);
	u.arrivals = arena_alloc(arena, struct packet_arrival, most);
	for (size_t i = 0; i < c->packet_count; i++) {
		if (c->packets[i].flow == flow && is_within(&c->packets[i], stream))
			unfold(&c->packets[i], &u);
	}
	if (!number_arrivals(&u) ||
		packets_measure(u.arrivals, u.came_count, u.sent_count, &result, &ignored))
		return NULL;
	return packets_json(&result);
}
