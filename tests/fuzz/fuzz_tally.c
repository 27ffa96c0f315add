/* SPDX-License-Identifier: MIT */
/* Packets that somebody sends to a device on which marks are counted. */
#include "input.h"
#include "programs/marker/tally.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each packet has memory of exactly its size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct mark_token token;
	struct tally *tally;
	json_t *account;

	demand(mark_token_read("00112233445566778899aabbccddeeff", &token));
	tally = tally_new(&token);
	tally_look_for(tally, token.bytes, 4);
	while (in.size > 0) {
		size_t length = take(&in);
		uint16_t type = take(&in) & 1 ? 0x0800 : 0x86dd;
		uint8_t *packet;

		length = length < in.size ? length : in.size;
		packet = malloc(length + 1);
		demand(packet != NULL);
		memcpy(packet, in.data, length);
		if (length >= 60 && length & 1)
			mark_make(&token, (uint32_t)length, packet + 28, 30);
		tally_add(tally, &(struct sight){.bytes = packet, .size = length, .type = type});
		free(packet);
		in.data += length;
		in.size -= length;
	}
	account = tally_json(tally);
	demand(account != NULL);
	json_decref(account);
	tally_free(tally);
	return 0;
}
