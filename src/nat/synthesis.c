/* SPDX-License-Identifier: MIT */
/* IPv4 addresses within IPv6 ones: the well-known prefix of RFC 6052. */
#include "nat/nat64.h"

#include "nat/bytes.h"

static const uint8_t prefix[12] = {0, 0x64, 0xff, 0x9b};

void nat64_synthesise(uint32_t ipv4, uint8_t ret_ipv6[16])
{
	memcpy(ret_ipv6, prefix, sizeof(prefix));
	put32(ret_ipv6 + sizeof(prefix), ipv4);
}

bool nat64_extract(const uint8_t ipv6[16], uint32_t *ret_ipv4)
{
	if (memcmp(ipv6, prefix, sizeof(prefix)) != 0)
		return false;
	*ret_ipv4 = get32(ipv6 + sizeof(prefix));
	return true;
}
