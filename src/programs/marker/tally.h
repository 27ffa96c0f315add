/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/marker/mark.h"

#include <jansson.h>

/* What was heard on a device, packet by packet; pure. */
struct sight {
	const uint8_t *bytes; /* from the network header on */
	size_t size;
	uint16_t type; /* EtherType */
	int64_t at_ns;
};

struct tally;
/* Abnormal end without memory. */
struct tally *tally_new(const struct mark_token *token);
void tally_free(struct tally *tally);
void tally_freep(struct tally **tally);
/* Texts to look for in every packet; borrowed. */
void tally_look_for(struct tally *tally, const uint8_t *bytes, size_t size);
void tally_add(struct tally *tally, const struct sight *sight);
/*
 * {packets, bytes, marks: {numbers, again, late, furthest, pieces, altered}, kinds: [{type,
 * protocol, tos, icmp_type, port, packets, marked, bytes, least, most, usual, sizes}], found:
 * [packets], remotes}, the last as remotes_json() has it. A mark is late when a higher number came
 * before, and the furthest is one whose number is so far below the highest. `marked` counts
 * marks, of which a super-packet has several. Bytes are of IP.
 */
json_t *tally_json(const struct tally *tally);
