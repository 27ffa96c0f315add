/* SPDX-License-Identifier: MIT */
/*
 * Routers between segments. A router has two ports of the switch in place of TAPs: what the switch
 * hands to one of them comes out of the other as if a host had sent it there, so that impairment,
 * lines and the log know nothing of routers.
 */
#include "wire/internal.h"

#include <string.h>

/* Nobody has to be flooded to reach a router. */
static void make_known(struct fabric *fabric, const struct route *route)
{
	for (enum router_side side = 0; side < ROUTER_SIDES; side++)
		stations_learn(&fabric->stations, fabric->ports[route->ports[side]].segment,
			route->macs[side], route->ports[side]);
}

static int set_params(struct route *route, const struct router_params *params, struct error *err)
{
	if (router_set(route->router, params, err))
		return -1;
	for (enum router_side side = 0; side < ROUTER_SIDES; side++)
		memcpy(route->macs[side], params->faces[side].mac, 6);
	return 0;
}

static int open_ports(struct fabric *fabric, struct route *route, int64_t now_ns, struct error *err)
{
	static const struct wire_params unshaped;

	for (enum router_side side = 0; side < ROUTER_SIDES; side++) {
		struct port *port;

		if (fabric_add_port(fabric, &unshaped, now_ns, &route->ports[side], err)) {
			if (side == ROUTER_OUTSIDE)
				fabric_remove_port(fabric, route->ports[ROUTER_INSIDE]);
			return -1;
		}
		port = &fabric->ports[route->ports[side]];
		port->route = route;
		port->side = side;
	}
	return 0;
}

int route_add(struct fabric *fabric, const struct router_params *params, int64_t now_ns,
	uint16_t *ret_number, struct error *err)
{
	struct nat_key key = {.seed = fabric->seed};
	struct route *route;
	uint16_t number = 0;

	while (number < WIRE_MAX_ROUTERS && fabric->routes[number].router)
		number++;
	if (number == WIRE_MAX_ROUTERS)
		return fail(
			err, ERROR_USAGE, "the wire has no more than %d routers", WIRE_MAX_ROUTERS);
	route = &fabric->routes[number];
	key.router = number;
	*route = (struct route){0};
	if (router_new(&key, ROUTE_SESSIONS, &route->router, err))
		return -1;
	if (set_params(route, params, err) || open_ports(fabric, route, now_ns, err)) {
		router_freep(&route->router);
		return -1;
	}
	make_known(fabric, route);
	*ret_number = number;
	return 0;
}

int route_set(struct fabric *fabric, uint16_t number, const struct router_params *params,
	struct error *err)
{
	struct route *route = &fabric->routes[number];

	if (set_params(route, params, err))
		return -1;
	for (enum router_side side = 0; side < ROUTER_SIDES; side++)
		stations_forget(&fabric->stations, route->ports[side]);
	make_known(fabric, route);
	return 0;
}

void routes_done(struct fabric *fabric)
{
	for (int i = 0; i < WIRE_MAX_ROUTERS; i++)
		router_freep(&fabric->routes[i].router);
}

/* A frame at a router. */
struct crossing {
	struct fabric *fabric;
	struct route *route;
	struct buffer *buffer;
	int64_t now_ns;
	bool is_short_of_memory;
};

/* What the router says itself, in a buffer of its own. */
static struct buffer *words_of(struct crossing *crossing, const struct router_frame *frame)
{
	struct buffer *buffer =
		buffer_take(&crossing->fabric->pool, buffer_class_for(VNET_SIZE + frame->size));

	if (!buffer) {
		crossing->is_short_of_memory = true;
		return NULL;
	}
	memset(buffer->data, 0, VNET_SIZE);
	memcpy(buffer_bytes(buffer), frame->bytes, frame->size);
	return buffer;
}

static void leave(void *context, enum router_side side, const struct router_frame *frame)
{
	struct crossing *crossing = context;
	struct buffer *buffer = crossing->buffer;
	uint16_t port = crossing->route->ports[side];

	if (frame->bytes == buffer_bytes(buffer))
		buffer->references++;
	else
		buffer = words_of(crossing, frame);
	if (!buffer)
		return;
	(void)fabric_input(
		crossing->fabric, port, crossing->now_ns, buffer, VNET_SIZE + frame->size);
	fabric_input_ends(crossing->fabric, port);
	buffer_drop(&crossing->fabric->pool, buffer);
}

static bool cross_one_by_one(struct fabric *fabric, uint16_t number, struct buffer *buffer)
{
	bool has_memory = true;

	for (uint32_t i = 0; i < buffer->frame.segments; i++) {
		struct piece piece;

		segment_cut(
			&buffer->frame, buffer_vnet(buffer), buffer_bytes(buffer), i, 1, &piece);
		has_memory &= route_frame(fabric, number,
			(struct iovec[]){{piece.head, piece.head_size},
				{(void *)piece.payload, piece.payload_size}},
			2, buffer->in_ns);
	}
	return has_memory;
}

static struct router_frame frame_in(struct buffer *buffer)
{
	const struct virtio_net_hdr *vnet = buffer_vnet(buffer);
	bool is_partial = vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	return (struct router_frame){.bytes = buffer_bytes(buffer),
		.size = buffer->frame.size,
		.largest = frame_segment_bytes(&buffer->frame, 0) - ETHERNET_SIZE,
		.checksum_start = is_partial ? vnet->csum_start : 0,
		.checksum_at = is_partial ? (uint32_t)vnet->csum_start + vnet->csum_offset : 0,
		.is_super = buffer->frame.segments > 1};
}

static bool cross(struct crossing *crossing, uint16_t number)
{
	struct buffer *buffer = crossing->buffer;
	struct router_frame frame = frame_in(buffer);
	enum router_side side = crossing->fabric->ports[number].side;

	buffer->in_ns = crossing->now_ns;
	if (!router_pass(crossing->route->router, side, &frame, crossing->now_ns, leave, crossing))
		return cross_one_by_one(crossing->fabric, number, buffer);
	return !crossing->is_short_of_memory;
}

/* The time at a port: lateness must not turn it back, as nat_pass() demands. */
static int64_t time_at(struct route *route, enum router_side side, int64_t at_ns)
{
	if (at_ns > route->last_ns[side])
		route->last_ns[side] = at_ns;
	return route->last_ns[side];
}

bool route_frame(struct fabric *fabric, uint16_t number, const struct iovec *pieces, int count,
	int64_t at_ns)
{
	struct port *port = &fabric->ports[number];
	struct crossing crossing = {.fabric = fabric,
		.route = port->route,
		.now_ns = time_at(port->route, port->side, at_ns)};
	size_t size = 0, used = 0;
	bool is_done = true;

	for (int i = 0; i < count; i++)
		size += pieces[i].iov_len;
	crossing.buffer = buffer_take(&fabric->pool, buffer_class_for((uint32_t)size));
	if (!crossing.buffer)
		return false;
	for (int i = 0; i < count; i++) {
		memcpy(crossing.buffer->data + used, pieces[i].iov_base, pieces[i].iov_len);
		used += pieces[i].iov_len;
	}
	if (frame_parse(buffer_vnet(crossing.buffer), buffer_bytes(crossing.buffer),
		    (uint32_t)size - VNET_SIZE, &crossing.buffer->frame))
		is_done = cross(&crossing, number);
	buffer_drop(&fabric->pool, crossing.buffer);
	return is_done;
}
