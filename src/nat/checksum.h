/* SPDX-License-Identifier: MIT */
/*
 * Checksums by differences: RFC 1624, equation 3. Sums of 16-bit words may be added up over several
 * fields before they are folded, and do not depend on the byte order (RFC 1071).
 */
#pragma once

#include <stdint.h>

/* What a change of a field adds to a sum. */
static inline uint32_t change16(uint16_t before, uint16_t after)
{
	return (uint16_t)~before + (uint32_t)after;
}

static inline uint32_t change32(uint32_t before, uint32_t after)
{
	before = ~before;
	return (before >> 16) + (before & 0xffff) + (after >> 16) + (after & 0xffff);
}

static inline uint16_t folded(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)(sum + (sum >> 16));
}

/* Of two folded sums: one carry is all there can be. */
static inline uint16_t sum16(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	return (uint16_t)(sum + (sum >> 16));
}

static inline uint16_t checksum_changed(uint16_t checksum, uint16_t change)
{
	return (uint16_t)~sum16((uint16_t)~checksum, change);
}

/* For UDP zero means that there is no checksum. */
static inline uint16_t checksum_changed_udp(uint16_t checksum, uint16_t change)
{
	uint16_t changed = checksum_changed(checksum, change);

	if (checksum == 0)
		return 0;
	return changed == 0 ? 0xffff : changed;
}
