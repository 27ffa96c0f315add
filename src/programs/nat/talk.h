/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

/* What both ends of the test of a NAT say to each other, in network byte order. */
#define NAT_TALK_MAGIC UINT32_C(0x6d626e31) /* "mbn1" */

struct nat_question {
	uint32_t magic, number;
	/* The answer is to come from the server's other address, its other port, or both. */
	uint8_t other_address, other_port, unused[2];
};

struct nat_answer {
	uint32_t magic, number;
	struct in_addr address; /* of the one who asked, as the server sees it */
	uint16_t port, unused;
};

/* The server's two addresses and two ports (RFC 5780). */
struct nat_server {
	struct in_addr addresses[2];
	uint16_t ports[2]; /* in the host's byte order */
};

/* Prints "ready" and answers until it is killed. */
MUST_CHECK int nat_serve(const struct nat_server *server, struct error *err);
