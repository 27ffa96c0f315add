/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire_frames.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>

/* A fabric without TAPs: frames go in by hand, what comes out is collected. */
#define MS INT64_C(1000000)
#define US INT64_C(1000)

enum {
	MAX_OUT = 4096
};

/* A fabric whose hosts are arrays, and whose clock stands where the test puts it. */
struct out {
	uint16_t port;
	uint32_t size;
	int64_t at_ns;
	struct virtio_net_hdr vnet;
	uint8_t head[80];
	uint8_t last;
};

struct bench {
	struct fabric fabric;
	int64_t now_ns;
	struct out out[MAX_OUT];
	size_t count;
};

static inline bool collect(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	struct bench *bench = context;
	struct out *out = &bench->out[bench->count];
	size_t size = 0, kept = 0;

	if (bench->count == MAX_OUT)
		return false;
	for (int i = 0; i < count; i++) {
		const uint8_t *bytes = pieces[i].iov_base;

		for (size_t k = 0; k < pieces[i].iov_len; k++, size++) {
			if (size < VNET_SIZE)
				((uint8_t *)&out->vnet)[size] = bytes[k];
			else if (kept < sizeof(out->head))
				out->head[kept++] = bytes[k];
			out->last = bytes[k];
		}
	}
	out->port = port;
	out->size = (uint32_t)(size - VNET_SIZE);
	out->at_ns = bench->now_ns;
	bench->count++;
	return true;
}

static inline int64_t bench_now(void *context)
{
	return ((struct bench *)context)->now_ns;
}

static inline void bench_done(struct bench **bench)
{
	if (*bench)
		fabric_done(&(*bench)->fabric);
	free(*bench);
}

static inline struct bench *bench_new(
	size_t memory, unsigned ports, const struct wire_params *params)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct error err = {0};
	uint16_t port;

	if (!bench || fabric_init(&bench->fabric, memory, &err))
		abort();
	bench->fabric.output = collect;
	bench->fabric.now = bench_now;
	bench->fabric.context = bench;
	bench->fabric.seed = 4711;
	for (unsigned i = 0; i < ports; i++) {
		if (fabric_add_port(&bench->fabric, params, 0, &port, &err)) {
			printf("# %s\n", err.text);
			abort();
		}
	}
	return bench;
}

#define BENCH(name, ports, ...)                                                                    \
	AUTO(bench_done)                                                                           \
	struct bench *name = bench_new(64 << 20, ports, &(const struct wire_params){__VA_ARGS__})

/* Addresses 02:..:number; the low byte tells hosts apart. */
static inline void input(struct bench *bench, uint16_t port, struct sample_frame *frame, int to)
{
	struct buffer *buffer = buffer_take(&bench->fabric.pool, BUFFER_LARGE);

	frame->bytes[5] = (uint8_t)(to + 1);
	if (to < 0)
		memset(frame->bytes, 0xff, 6);
	frame->bytes[11] = (uint8_t)(port + 1);
	memcpy(buffer->data, &frame->vnet, VNET_SIZE);
	memcpy(buffer->data + VNET_SIZE, frame->bytes, frame->size);
	(void)fabric_input(&bench->fabric, port, bench->now_ns, buffer, VNET_SIZE + frame->size);
	buffer_drop(&bench->fabric.pool, buffer);
}

static inline void plain(struct sample_frame *frame, uint32_t payload)
{
	sample_make(frame, &(struct sample_spec){.payload = payload, .is_udp = true});
}

/* Runs through all that waits; the clock jumps from release to release. */
static inline void drain(struct bench *bench, int64_t until_ns)
{
	for (;;) {
		int64_t next_ns = fabric_next_ns(&bench->fabric);

		if (next_ns > until_ns)
			break;
		if (next_ns > bench->now_ns)
			bench->now_ns = next_ns;
		fabric_run(&bench->fabric, bench->now_ns);
	}
	bench->now_ns = until_ns;
}

/* Every host says who it is, so that nothing floods from here on. */
static inline void introduce(struct bench *bench, unsigned ports)
{
	static struct sample_frame hello;

	plain(&hello, 20);
	for (uint16_t i = 0; i < ports; i++)
		input(bench, i, &hello, -1);
	drain(bench, bench->now_ns + 10000 * MS);
	bench->count = 0;
}

/* Sums up what left as wire packets and checks that every frame is sound. */
static inline uint32_t packets_of(const struct bench *bench, uint32_t *ret_payload)
{
	uint32_t packets = 0;

	*ret_payload = 0;
	for (size_t i = 0; i < bench->count; i++) {
		uint32_t payload = bench->out[i].size - 54;

		packets += (payload + SAMPLE_MSS - 1) / SAMPLE_MSS;
		*ret_payload += payload;
	}
	return packets;
}
