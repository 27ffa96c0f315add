/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a datagram of some size gets through: one that is answered by its size. Both programs
 * that care for it ask on the port that they measure on.
 */
enum fit {
	FIT_ARRIVED,
	FIT_REFUSED, /* by our own interface: EMSGSIZE */
	FIT_TOO_BIG, /* a router or tunnel said so by ICMP */
	FIT_SILENCE, /* nothing came back, however often it was sent */
};

enum {
	FIT_MIN = 16,    /* the smallest datagram that can be asked about */
	FIT_MAX = 65507, /* and the largest */
	FIT_ANSWER = 16
};

/* The word for results: "arrived", "refused", "too-big", "silence". */
const char *fit_name(enum fit fit);

/* Zeroed but for `fd`, a connected socket without fragments. */
struct fit_asker {
	int fd;
	uint32_t number;
	int64_t rtt_ns;  /* longest answer so far; 0: none came yet */
	size_t told_mtu; /* what ICMP named last; 0: nothing */
};

/* Sends up to five datagrams of `payload` bytes, fewer when one is answered. */
enum fit fit_ask(struct fit_asker *asker, size_t payload);
/* Size of the largest payload that arrives, at most `high`, and what becomes of one byte more. */
size_t fit_largest(struct fit_asker *asker, size_t high, enum fit *ret_beyond);

/* If this is a question, the answer to send back. */
bool fit_answer(const void *datagram, size_t size, uint8_t ret_answer[static FIT_ANSWER]);
