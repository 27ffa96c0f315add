/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Numbers and checksums in packets, for judges that share no code with what they judge. */
static inline void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Byte by byte, so that it cannot share a mistake with code that sums words. */
static inline unsigned plain_sum(const uint8_t *bytes, uint32_t size, unsigned sum)
{
	for (uint32_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline unsigned pseudo_sum(
	const uint8_t *ip, bool is_ipv6, unsigned protocol, uint32_t length)
{
	unsigned sum = protocol + (length >> 16) + (length & 0xffff);

	return is_ipv6 ? plain_sum(ip + 8, 32, sum) : plain_sum(ip + 12, 8, sum);
}
