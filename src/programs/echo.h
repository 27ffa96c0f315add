/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ICMP and ICMPv6 echo as bytes; the number of the peer travels in the sequence field. */
enum {
	ECHO_BYTES = 16
};

/* A request; the checksum is set for IPv4, while for IPv6 the kernel sets it. */
void echo_request(uint8_t packet[ECHO_BYTES], bool is_ipv6, uint16_t identifier, uint16_t peer);
bool echo_is_request(const uint8_t *data, size_t size, bool is_ipv6);
/* Whether what a raw socket gave (IPv4: with its IP header) answers ours, and for which peer. */
bool echo_answer(
	const uint8_t *data, size_t size, bool is_ipv6, uint16_t identifier, uint16_t *ret_peer);
