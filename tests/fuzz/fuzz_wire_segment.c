/* SPDX-License-Identifier: MIT */
/*
 * Any virtio header and any bytes from a host: the parser refuses, or every piece that the
 * segmenter cuts lies inside the frame, the pieces are the frame, and a piece is again a frame.
 */
#include "input.h"
#include "wire/internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_piece(
	const struct frame *frame, const uint8_t *bytes, const struct piece *piece, uint32_t count)
{
	static uint8_t joined[MAX_FRAME + VNET_SIZE];
	struct virtio_net_hdr vnet;
	uint32_t size = piece->head_size - VNET_SIZE + piece->payload_size;
	struct frame again;

	demand(piece->head_size <= sizeof(piece->head) && piece->payload_size > 0);
	demand(piece->payload >= bytes + frame->headers);
	demand(piece->payload + piece->payload_size <= bytes + frame->size);
	memcpy(&vnet, piece->head, VNET_SIZE);
	memcpy(joined, piece->head + VNET_SIZE, piece->head_size - VNET_SIZE);
	memcpy(joined + piece->head_size - VNET_SIZE, piece->payload, piece->payload_size);
	demand(frame_parse(&vnet, joined, size, &again));
	demand(again.segments == count && again.size == size);
	if (count > 1)
		return;
	segment_finish_checksum(&vnet, joined, size);
	demand(vnet.flags == 0 && frame_parse(&vnet, joined, size, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr vnet;
	struct frame frame;
	struct piece piece;
	uint8_t *bytes;
	uint32_t wire = 0;

	if (size < VNET_SIZE + 1)
		return 0;
	memcpy(&vnet, data, VNET_SIZE);
	bytes = malloc(size - VNET_SIZE); /* its end is where the sanitizer watches */
	memcpy(bytes, data + VNET_SIZE, size - VNET_SIZE);
	size -= VNET_SIZE;
	(void)frame_flow_hash(bytes, (uint32_t)size);
	demand(frame_linear_bytes(bytes, (uint32_t)size) <= size);
	if (frame_parse(&vnet, bytes, (uint32_t)size, &frame) && frame.kind != FRAME_PLAIN) {
		uint32_t step = 1 + vnet.hdr_len % 5;

		for (uint32_t first = 0; first < frame.segments; first += step) {
			uint32_t count =
				frame.segments - first < step ? frame.segments - first : step;

			segment_cut(&frame, &vnet, bytes, first, count, &piece);
			check_piece(&frame, bytes, &piece, count);
			wire += piece.payload_size;
		}
		demand(wire == frame.size - frame.headers);
	}
	free(bytes);
	return 0;
}
