/* SPDX-License-Identifier: MIT */
/*
 * Any virtio header and any bytes from a host, into a wire of three ports without impairment: only
 * whom it is for gets the frame, and what no offload may change arrives as it was sent.
 */
#include "input.h"
#include "wire/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	SENDER,
	FIRST,
	SECOND,
	PORTS,
	MEMORY = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wiretap {
	const uint8_t *sent; /* with its virtio header; NULL: what comes is not looked at */
	size_t size;
	unsigned arrivals[PORTS];
};

static const uint8_t address[PORTS][6] = {
	[FIRST] = {2, 0, 0, 0, 0, FIRST}, [SECOND] = {2, 0, 0, 0, 0, SECOND}};

/* A frame that asks for no offload leaves byte for byte. */
static void compare(const struct wiretap *tap, const uint8_t *bytes, size_t size)
{
	const struct virtio_net_hdr *vnet = (const void *)tap->sent;

	if (vnet->gso_type != VIRTIO_NET_HDR_GSO_NONE || vnet->flags != 0)
		return;
	demand(size == tap->size);
	demand(memcmp(bytes + VNET_SIZE, tap->sent + VNET_SIZE, size - VNET_SIZE) == 0);
}

static bool listen_in(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	static uint8_t joined[VNET_SIZE + MAX_FRAME];
	struct wiretap *tap = context;
	size_t size = 0;

	demand(port < PORTS);
	tap->arrivals[port]++;
	for (int i = 0; i < count; i++) {
		demand(size + pieces[i].iov_len <= sizeof(joined));
		memcpy(joined + size, pieces[i].iov_base, pieces[i].iov_len);
		size += pieces[i].iov_len;
	}
	if (tap->sent)
		compare(tap, joined, size);
	return true;
}

static int64_t no_time(void *context)
{
	(void)context;
	return 0;
}

static void make(struct fabric *fabric)
{
	struct error err = {0};
	uint16_t port;

	demand(fabric_init(fabric, MEMORY, &err) == 0);
	fabric->output = listen_in;
	fabric->now = no_time;
	for (int i = 0; i < PORTS; i++)
		demand(fabric_add_port(fabric, &(struct wire_params){0}, 0, &port, &err) == 0);
}

static void send_frame(struct fabric *fabric, uint16_t port, const uint8_t *data, size_t size)
{
	struct buffer *buffer = buffer_take(&fabric->pool, BUFFER_LARGE);

	demand(buffer != NULL);
	memcpy(buffer->data, data, size);
	(void)fabric_input(fabric, port, 1, buffer, (uint32_t)size);
	buffer_drop(&fabric->pool, buffer);
	fabric_run(fabric, 1);
}

/* An earlier input may have sent under these addresses. */
static void introduce(struct fabric *fabric, uint16_t port)
{
	uint8_t frame[VNET_SIZE + 60] = {0};

	memcpy(frame + VNET_SIZE + 6, address[port], 6);
	send_frame(fabric, port, frame, sizeof(frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fabric fabric;
	static struct wiretap tap;
	const uint8_t *destination = data + VNET_SIZE;

	if (size < VNET_SIZE + 1 || size > VNET_SIZE + MAX_FRAME)
		return 0;
	if (fabric.port_count == 0)
		make(&fabric);
	fabric.context = &tap;
	tap = (struct wiretap){0};
	introduce(&fabric, FIRST);
	introduce(&fabric, SECOND);
	tap = (struct wiretap){.sent = data, .size = size};
	send_frame(&fabric, SENDER, data, size);
	demand(tap.arrivals[SENDER] == 0);
	demand(tap.arrivals[FIRST] <= 1 && tap.arrivals[SECOND] <= 1);
	for (int port = FIRST; port < PORTS && size >= VNET_SIZE + 6; port++) {
		if (memcmp(destination, address[port], 6) == 0)
			demand(tap.arrivals[FIRST + SECOND - port] == 0);
	}
	if (size >= VNET_SIZE + 6 && destination[0] & 1)
		demand(tap.arrivals[FIRST] == tap.arrivals[SECOND]);
	demand(fabric.pool.in_use == 0 && fabric.held == 0);
	return 0;
}
