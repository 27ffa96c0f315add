/* SPDX-License-Identifier: MIT */
#pragma once

#include "nat/internal.h"
#include "nat/nat64.h"

/* head64.c: a packet, or the beginning of one, with headers of the other family. */
struct ends64 {
	struct endpoint source,
		destination;     /* in the other family; ICMP's identifier as in views */
	uint16_t identification; /* of IPv4, where IPv6 has none */
};

/*
 * Writes at most `room` bytes, which a whole packet must fit in, and returns how many; 0: it cannot
 * be translated.
 */
uint32_t head64_write(
	const struct view *view, const struct ends64 *ends, uint8_t *into, uint32_t room);
/* A header of IPv4 or IPv6 without options before so many bytes of this protocol. */
uint32_t head64_plain(
	const struct view *view, const struct ends64 *ends, uint32_t payload, uint8_t *into);
/* Sums to come: of a pseudo-header, and of bytes. */
uint32_t head64_pseudo(
	const struct endpoint *source, const struct endpoint *destination, uint32_t more);
uint32_t head64_sum(const uint8_t *bytes, uint32_t size);

/* icmp64.c */
struct words64 {
	uint8_t type, code;
	uint32_t word;        /* the second one: an MTU, a pointer */
	uint32_t quoted_size; /* that the packet it is about says it has */
};

/* False: the other family has no such error, and it ends here. */
bool icmp64_to_ipv6(
	const struct words64 *from, const struct nat64_room *room, struct words64 *ret_to);
bool icmp64_to_ipv4(
	const struct words64 *from, const struct nat64_room *room, struct words64 *ret_to);
uint8_t icmp64_query(uint8_t type);
