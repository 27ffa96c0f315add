/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REMOTE_ADDRESS_BYTES = 16,
	MOST_REMOTES = 32
};

/* A host to which UDP or TCP was sent. Packets shortly after one another are one exchange. */
struct remote {
	size_t address_bytes; /* 4 or 16 */
	uint8_t address[REMOTE_ADDRESS_BYTES];
	uint64_t udp, tcp, exchanges;
	int64_t first_ns, exchange_ns,
		last_ns; /* the first exchange, the last one, its last packet */
};

/* To whom a host sends, and how often; pure. Who comes when it is full is not counted. */
struct remotes {
	struct remote list[MOST_REMOTES];
	size_t count;
};

/* An IP packet, by the address it goes to. */
void remotes_add(struct remotes *remotes, const uint8_t *ip, size_t size, int64_t at_ns);
/* [{to, udp, tcp, exchanges}] */
json_t *remotes_json(const struct remotes *remotes);
