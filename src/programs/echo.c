/* SPDX-License-Identifier: MIT */
/* Echo requests and answers as bytes (RFC 792, RFC 4443). */
#include "programs/echo.h"

#include <string.h>

enum {
	REQUEST_IPV4 = 8,
	ANSWER_IPV4 = 0,
	REQUEST_IPV6 = 128,
	ANSWER_IPV6 = 129,
	HEADER_BYTES = 8,
	NUMBER_END = HEADER_BYTES + 4
};

/* The Internet checksum (RFC 1071) of an even number of bytes. */
static uint16_t checksum(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void echo_request(
	uint8_t packet[ECHO_BYTES], bool is_ipv6, uint16_t identifier, const struct echo *echo)
{
	memset(packet, 0, ECHO_BYTES);
	packet[0] = is_ipv6 ? REQUEST_IPV6 : REQUEST_IPV4;
	put16(packet + 4, identifier);
	put16(packet + 6, echo->peer);
	put16(packet + HEADER_BYTES, (uint16_t)(echo->number >> 16));
	put16(packet + HEADER_BYTES + 2, (uint16_t)echo->number);
	if (!is_ipv6)
		put16(packet + 2, checksum(packet, ECHO_BYTES));
}

/* The ICMP message itself, with our number; an IPv4 socket hands out the IP header before it. NULL:
 * too short. */
static const uint8_t *message(const uint8_t *data, size_t size, bool is_ipv6)
{
	size_t skip = 0;

	if (!is_ipv6 && size > 0)
		skip = (size_t)(data[0] & 0x0f) * 4;
	if (size < skip + NUMBER_END || (!is_ipv6 && skip < 20))
		return NULL;
	return data + skip;
}

static struct echo echo_of(const uint8_t *message)
{
	const uint8_t *number = message + HEADER_BYTES;

	return (struct echo){get16(message + 6), (uint32_t)get16(number) << 16 | get16(number + 2)};
}

bool echo_is_request(const uint8_t *data, size_t size, bool is_ipv6, struct echo *ret_echo)
{
	const uint8_t *echo = message(data, size, is_ipv6);

	if (!echo || echo[0] != (is_ipv6 ? REQUEST_IPV6 : REQUEST_IPV4) || echo[1] != 0)
		return false;
	*ret_echo = echo_of(echo);
	return true;
}

bool echo_answer(
	const uint8_t *data, size_t size, bool is_ipv6, uint16_t identifier, struct echo *ret_echo)
{
	const uint8_t *echo = message(data, size, is_ipv6);

	if (!echo || echo[0] != (is_ipv6 ? ANSWER_IPV6 : ANSWER_IPV4) || echo[1] != 0 ||
		get16(echo + 4) != identifier)
		return false;
	*ret_echo = echo_of(echo);
	return true;
}
