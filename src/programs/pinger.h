/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Echo requests to many addresses from one program, IPv4 and IPv6 alike, told apart by a number. */
struct pinger_peer {
	struct sockaddr_storage address;
	socklen_t length;
	bool is_ipv6;
};

struct pinger {
	struct pinger_peer *peers;
	size_t count;
	int fds[2]; /* IPv4, IPv6; -1: no peer of that family */
	uint16_t identifier;
};

struct pinger_heard {
	bool is_request;
	uint16_t index;  /* of the peer that answered; who asked numbered us so */
	uint32_t number; /* of the request */
	struct sockaddr_storage source;
	bool is_ipv6;
	int64_t at_ns;
};

/* Requests wake us for nothing where nobody wants to hear them. -1 with errno, or with errno 0 and
 * `*ret_bad` when a text is not an address. Ends with the program.
 */
int pinger_open(struct pinger *pinger, char *const addresses[], size_t count, bool hears_requests,
	const char **ret_bad);
/* That there is no route or device yet is what we wait for to change, so errors say nothing. */
void pinger_ask(const struct pinger *pinger, size_t index, uint32_t number);
/* The next request to us or answer to ours; false when there was none before the deadline. */
bool pinger_hear(
	const struct pinger *pinger, struct deadline deadline, struct pinger_heard *ret_heard);
bool pinger_is_from(const struct pinger_peer *peer, const struct pinger_heard *heard);
