/* SPDX-License-Identifier: MIT */
#include "programs/echo.h"

#include "tap.h"

TEST(an_echo_request_has_the_checksum_that_receivers_expect)
{
	uint8_t packet[ECHO_BYTES];
	uint32_t sum = 0;

	echo_request(packet, false, 0x1234, 0xfffe);
	for (size_t i = 0; i < ECHO_BYTES; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	CHECK(packet[0] == 8 && (sum & 0xffff) + (sum >> 16) == 0xffff);
	echo_request(packet, true, 0x1234, 2);
	CHECK(packet[0] == 128 && packet[2] == 0 && packet[3] == 0);
}

TEST(only_answers_to_us_count)
{
	uint8_t data[20 + ECHO_BYTES] = {0x45};
	uint16_t peer = 0;

	echo_request(data + 20, false, 0x1234, 7);
	CHECK(!echo_answer(data, sizeof(data), false, 0x1234, &peer)); /* a request */
	data[20] = 0;
	CHECK(echo_answer(data, sizeof(data), false, 0x1234, &peer) && peer == 7);
	CHECK(!echo_answer(data, sizeof(data), false, 0x1235, &peer));
	CHECK(!echo_answer(data, 27, false, 0x1234, &peer));
	CHECK(!echo_answer(data, 0, false, 0x1234, &peer));
	data[0] = 0x4f; /* a header longer than what came */
	CHECK(!echo_answer(data, sizeof(data), false, 0x1234, &peer));
	data[20] = 129;
	CHECK(echo_answer(data + 20, ECHO_BYTES, true, 0x1234, &peer) && peer == 7);
}
