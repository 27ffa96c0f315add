/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ICMP and ICMPv6 echo as bytes; the number of the peer travels in the sequence field, and that of
 * the request behind it, since answers have the content of requests.
 */
enum {
	ECHO_BYTES = 16
};

/* Which of whose requests, and to which of its peers. */
struct echo {
	uint16_t peer;
	uint32_t number;
};

/* A request; the checksum is set for IPv4, while for IPv6 the kernel sets it. */
void echo_request(
	uint8_t packet[ECHO_BYTES], bool is_ipv6, uint16_t identifier, const struct echo *echo);
/* Of a stranger's request `*ret_echo` means nothing. */
bool echo_is_request(const uint8_t *data, size_t size, bool is_ipv6, struct echo *ret_echo);
/* Whether what a raw socket gave (IPv4: with its IP header) answers ours, and for which peer. */
bool echo_answer(
	const uint8_t *data, size_t size, bool is_ipv6, uint16_t identifier, struct echo *ret_echo);
