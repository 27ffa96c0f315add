/* SPDX-License-Identifier: MIT */
/*
 * Any frames, through a router with any addresses: nothing is read or written beyond them, and what
 * leaves is a frame of its own that fits where it goes.
 */
#include "input.h"
#include "nat/router.h"

#include <string.h>

enum {
	ROOM = 16,
	ETHERNET = 14
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
	struct router *router;
	struct router_params params;
};

static struct router_params any_params(struct input *in)
{
	unsigned how = take(in);
	struct router_params params = {.gateway_ipv4 = 0xcb0071fe,
		.is_black_hole = how & 1,
		.nat = {.external = {0xcb007101},
			.external_count = how >> 1 & 1,
			.is_nat64 = (how & 0x12) == 0x12, /* only with an address outside */
			.hairpins = how >> 2 & ((how & 0x12) != 0x12),
			.unsolicited = (enum nat_unsolicited)(how >> 3 & 1)}};

	for (int side = 0; side < ROUTER_SIDES; side++) {
		params.faces[side] =
			(struct router_face){.mac = {2}, .mtu = (uint16_t)(1280 + take(in))};
		params.faces[side].ipv6[0] = 0xfd;
		params.faces[side].ipv6[15] = (uint8_t)(1 + side);
	}
	params.faces[ROUTER_INSIDE].ipv4 = 0xc0a80101;
	params.faces[ROUTER_OUTSIDE].ipv4 = 0xcb007101;
	return params;
}

static void meet(struct router *router, enum router_side side, const uint8_t ipv4[4])
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	struct error err;

	memcpy(address + 12, ipv4, 4);
	(void)!router_meet(router, side, address, (const uint8_t[6]){2, 1}, &err);
}

static void look(void *context, enum router_side side, const struct router_frame *frame)
{
	const struct scene *scene = context;

	demand(side < ROUTER_SIDES);
	demand(frame->size >= ETHERNET + 20);
	demand(frame->largest <= scene->params.faces[side].mtu || frame->is_super);
	demand(frame->bytes[6] == 2); /* from the router */
}

/* An input gives the frame from the IP header on; zeros follow where it is short. */
static void send_frame(struct scene *scene, struct input *in, int64_t now_ns)
{
	unsigned how = take(in);
	size_t size = take(in) << 3 | how >> 5, given;
	uint8_t *bytes = calloc(1, ETHERNET + size);
	struct router_frame frame = {.bytes = bytes,
		.size = (uint32_t)(ETHERNET + size),
		.largest = (uint32_t)size,
		.is_super = how >> 4 & 1};

	demand(bytes != NULL);
	bytes[0] = 2;
	bytes[12] = how & 1 ? 0x86 : 0x08;
	bytes[13] = how & 1 ? 0xdd : 0;
	if (how & 2) {
		frame.checksum_start = ETHERNET + take(in);
		frame.checksum_at = frame.checksum_start + take(in);
	}
	if (frame.is_super)
		frame.largest = take(in) << 3;
	given = in->size < size ? in->size : size;
	memcpy(bytes + ETHERNET, in->data, given);
	in->data += given;
	in->size -= given;
	(void)router_pass(scene->router, how & 4 ? ROUTER_OUTSIDE : ROUTER_INSIDE, &frame, now_ns,
		look, scene);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(router_freep) struct router *router = NULL;
	struct input in = {data, size};
	struct scene scene;
	struct error err;
	int64_t now_ns = 0;

	demand(router_new(&(struct nat_key){.seed = 1}, ROOM, &router, &err) == 0);
	scene = (struct scene){router, any_params(&in)};
	demand(router_set(router, &scene.params, &err) == 0);
	meet(router, ROUTER_INSIDE, (const uint8_t[]){192, 168, 1, 2});
	meet(router, ROUTER_INSIDE, (const uint8_t[]){0, 0, 0, 0});
	meet(router, ROUTER_OUTSIDE, (const uint8_t[]){203, 0, 113, 254});
	while (in.size > 0) {
		now_ns += take(&in) * INT64_C(100000000);
		send_frame(&scene, &in, now_ns);
		demand(router_totals(router).nat.sessions <= ROOM);
	}
	return 0;
}
