/* SPDX-License-Identifier: MIT */
/*
 * The wire's core without TAPs, for counting instructions: frames go in, virtual time passes, what
 * leaves is looked at. usage: wire_core PATH FRAMES
 */
#include "wire/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SPACING_NS = 12000
};

struct sink {
	uint64_t frames, bytes;
	int64_t now_ns;
};

static bool swallow(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	struct sink *sink = context;

	(void)port;
	sink->frames++;
	for (int i = 0; i < count; i++)
		sink->bytes += pieces[i].iov_len;
	return true;
}

static int64_t now(void *context)
{
	return ((struct sink *)context)->now_ns;
}

static const struct {
	const char *name;
	bool is_superpacket;
	struct wire_params params;
} paths[] = {
	{"transparent", false, {.line_rate_bps = 0}},
	{"routed", false, {.line_rate_bps = 0}},
	{"low", false,
		{.impairment = {.model = NETEM_KERNEL,
			 .delay_ns = 2000000,
			 .jitter_ns = 2000000,
			 .loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.0025}},
			 .reorder = {0.005, 0.25},
			 .gap = 1,
			 .limit_packets = 100000}}},
	{"calibrated", false,
		{.line_rate_bps = 1e9,
			.impairment = {.model = NETEM_CALIBRATED,
				.delay_ns = 20000000,
				.jitter_ns = 2000000,
				.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.01, 0.25}},
				.rate_bps = 1e9}}},
	{"superpacket", true,
		{.impairment = {.model = NETEM_CALIBRATED,
			 .delay_ns = 5000000,
			 .loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.01}}}}},
};

/* Through a NAT into another segment. */
static bool is_routed(size_t path)
{
	return strcmp(paths[path].name, "routed") == 0;
}

static uint32_t make_frame(uint8_t *data, bool is_superpacket)
{
	struct virtio_net_hdr vnet = {0};
	uint8_t *frame = data + VNET_SIZE;

	memset(data, 0, 64000);
	memcpy(frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00\x45", 15);
	frame[23] = 6;
	frame[46] = 0x50;
	if (is_superpacket)
		vnet = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.gso_size = 1448,
			.csum_start = 34,
			.csum_offset = 16};
	memcpy(data, &vnet, VNET_SIZE);
	return VNET_SIZE + (is_superpacket ? 54 + 44 * 1448 : 1514);
}

/* Host 0 stands inside, host 1 outside; frames go to the router's card. */
static int add_router(struct fabric *fabric, struct error *err)
{
	struct router_params params = {.nat = {.external = {0xcb007101},
					       .external_count = 1,
					       .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}};
	const uint8_t server[16] = {[10] = 0xff, 0xff, 198, 51, 100, 1};
	uint16_t number;

	for (int side = 0; side < ROUTER_SIDES; side++) {
		params.faces[side].mtu = 1500;
		memcpy(params.faces[side].mac, side ? "\x02\0\0\0\0\x12" : "\x02\0\0\0\0\x02", 6);
	}
	if (route_add(fabric, &params, 0, &number, err) ||
		router_meet(fabric->routes[number].router, ROUTER_OUTSIDE, server,
			(const uint8_t *)"\x02\0\0\0\0\x03", err))
		return -1;
	fabric_join(fabric, 1, 1);
	fabric_join(fabric, fabric->routes[number].ports[ROUTER_OUTSIDE], 1);
	stations_learn(&fabric->stations, 1, (const uint8_t *)"\x02\0\0\0\0\x03", 1);
	return 0;
}

static void address_frame(uint8_t *ip)
{
	ip[8] = 64;
	ip[2] = 1500 >> 8;
	ip[3] = 1500 & 0xff;
	memcpy(ip + 12, "\xc0\xa8\x01\x02\xc6\x33\x64\x01", 8);
	ip[33] = 0x10; /* an ACK */
}

static void run(struct fabric *fabric, struct sink *sink, size_t path, long frames)
{
	bool is_superpacket = paths[path].is_superpacket;
	static uint8_t data[70000];
	uint32_t size = make_frame(data, is_superpacket);

	if (is_routed(path))
		address_frame(data + VNET_SIZE + 14);
	else
		stations_learn(&fabric->stations, 0, data + VNET_SIZE, 1);
	for (long i = 0; i < frames; i++) {
		struct buffer *buffer =
			buffer_take(&fabric->pool, is_superpacket ? BUFFER_LARGE : BUFFER_SMALL);

		sink->now_ns += SPACING_NS * (is_superpacket ? 44 : 1);
		fabric_run(fabric, sink->now_ns);
		if (!buffer)
			continue;
		memcpy(buffer->data, data, 128); /* the kernel writes the rest */
		(void)fabric_input(fabric, 0, sink->now_ns, buffer, size);
		buffer_drop(&fabric->pool, buffer);
	}
}

int main(int argc, char **argv)
{
	static struct fabric fabric;
	struct sink sink = {0};
	struct error err = {0};
	uint16_t port;

	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(paths); i++) {
		if (strcmp(argv[1], paths[i].name) != 0)
			continue;
		if (fabric_init(&fabric, 64 << 20, &err))
			return 1;
		fabric.output = swallow;
		fabric.now = now;
		fabric.context = &sink;
		for (int p = 0; p < 2; p++) {
			if (fabric_add_port(&fabric, &paths[i].params, 0, &port, &err))
				return fprintf(stderr, "%s\n", err.text), 1;
		}
		if (is_routed(i) && add_router(&fabric, &err))
			return fprintf(stderr, "%s\n", err.text), 1;
		run(&fabric, &sink, i, atol(argv[2]));
		printf("%llu frames, %llu bytes\n", (unsigned long long)sink.frames,
			(unsigned long long)sink.bytes);
		fabric_done(&fabric);
		return 0;
	}
	return 2;
}
