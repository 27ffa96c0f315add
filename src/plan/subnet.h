/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The bits of an IPv4 network in an address in the host's byte order; `prefix` is 1 to 32. */
static inline uint32_t subnet_mask(int prefix)
{
	return UINT32_MAX << (32 - prefix);
}
