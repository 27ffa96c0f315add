/* SPDX-License-Identifier: MIT */
#include "programs/echo.h"

#include "tap.h"

TEST(an_echo_request_has_the_checksum_that_receivers_expect)
{
	uint8_t packet[ECHO_BYTES];
	uint32_t sum = 0;

	echo_request(packet, false, 0x1234, &(struct echo){0xfffe, 0x89abcdef});
	for (size_t i = 0; i < ECHO_BYTES; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	CHECK(packet[0] == 8 && (sum & 0xffff) + (sum >> 16) == 0xffff);
	echo_request(packet, true, 0x1234, &(struct echo){2, 1});
	CHECK(packet[0] == 128 && packet[2] == 0 && packet[3] == 0);
}

TEST(only_answers_to_us_count)
{
	uint8_t data[20 + ECHO_BYTES] = {0x45};
	struct echo echo = {0};

	echo_request(data + 20, false, 0x1234, &(struct echo){7, 70000});
	CHECK(!echo_answer(data, sizeof(data), false, 0x1234, &echo)); /* a request */
	data[20] = 0;
	CHECK(echo_answer(data, sizeof(data), false, 0x1234, &echo) && echo.peer == 7);
	CHECK(!echo_answer(data, sizeof(data), false, 0x1235, &echo));
	CHECK(!echo_answer(data, 27, false, 0x1234, &echo));
	CHECK(!echo_answer(data, 0, false, 0x1234, &echo));
	data[0] = 0x4f; /* a header longer than what came */
	CHECK(!echo_answer(data, sizeof(data), false, 0x1234, &echo));
	data[20] = 129;
	CHECK(echo_answer(data + 20, ECHO_BYTES, true, 0x1234, &echo) && echo.peer == 7);
}

TEST(a_request_and_its_answer_have_its_number)
{
	uint8_t data[20 + ECHO_BYTES] = {0x45};
	struct echo echo = {0};

	echo_request(data + 20, false, 0x1234, &(struct echo){7, 0x00030201});
	CHECK(echo_is_request(data, sizeof(data), false, &echo));
	CHECK(echo.peer == 7 && echo.number == 0x00030201);
	data[20] = 0;
	echo = (struct echo){0};
	CHECK(echo_answer(data, sizeof(data), false, 0x1234, &echo) && echo.number == 0x00030201);
	CHECK(!echo_answer(data, 20 + 11, false, 0x1234, &echo)); /* cut within the number */
}
