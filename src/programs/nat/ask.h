/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/nat/class.h"
#include "programs/nat/talk.h"

/* The server as it is called from behind the NAT: behind a NAT64 at addresses of IPv6. */
struct nat_called {
	bool is_ipv6;
	struct in_addr ipv4[2];
	struct in6_addr ipv6[2];
	uint16_t ports[2]; /* in the host's byte order */
};

/* Asks from behind the NAT; what is not answered within `wait_ms` is asked again a few times. */
MUST_CHECK int nat_look(const struct nat_called *server, int wait_ms, struct nat_sight *ret_sight,
	struct error *err);
