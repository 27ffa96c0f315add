/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/nat/class.h"
#include "programs/nat/talk.h"

/* Asks from behind the NAT; what is not answered within `wait_ms` is asked again a few times. */
MUST_CHECK int nat_look(const struct nat_server *server, int wait_ms, struct nat_sight *ret_sight,
	struct error *err);
