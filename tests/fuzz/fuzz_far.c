/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what comes over a connection, from either end, whole and in pieces: what is read can
 * be written again and is then the same bytes.
 */
#include "far/message.h"
#include "input.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct far_message *message, const uint8_t *frame)
{
	struct far_buffer again = {0};
	struct error err = {0};

	demand(far_encode(message, &again, &err) == 0);
	demand(memcmp(again.bytes, frame, again.used) == 0);
	far_buffer_done(&again);
}

/* Returns how many messages were read before the bytes or their sense ended. */
static size_t listen_to(
	const uint8_t *data, size_t size, enum far_direction direction, size_t piece)
{
	struct far_buffer come = {0};
	struct error err = {0};
	size_t count = 0, fed = 0, taken = 0;
	bool is_whole = true;
	int status = 0;

	while (!status && (is_whole || fed < size)) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct far_message message;

		if (!is_whole || !fed) {
			size_t part = size - fed < piece ? size - fed : piece;

			far_buffer_add(&come, data + fed, part);
			fed += part;
		}
		status = far_decode(&come, direction, arena, &message, &is_whole, &err);
		if (status || !is_whole)
			continue;
		write_again(&message, data + taken);
		taken = fed - come.used;
		count++;
	}
	far_buffer_done(&come);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum far_direction direction = FAR_TO_HELPER; direction <= FAR_FROM_HELPER;
		direction++) {
		size_t count = listen_to(data, size, direction, size + 1);

		demand(listen_to(data, size, direction, 7) == count);
	}
	return 0;
}
