/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/numbers.h"

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What client and server of meshbench-rate say to each other over TCP, so that they agree on
 * counts: a line each, "begin TRIAL", "begun TRIAL", "end TRIAL SENT", and
 * "counted TRIAL RECEIVED DUPLICATES SOCKET-LOST MICROSECONDS CARD-BYTES": from the first datagram
 * to the last, and what came into the server's network card since the beginning.
 */
enum rate_word {
	RATE_BEGIN,
	RATE_BEGUN,
	RATE_END,
	RATE_COUNTED
};

struct rate_message {
	enum rate_word word;
	uint64_t trial;
	uint64_t numbers[5]; /* as many as the word has */
};

enum {
	RATE_LINE_BYTES = 128
};

/* Writes a line with its line feed; returns its length. */
size_t rate_message_write(const struct rate_message *message, char line[static RATE_LINE_BYTES]);
/* `line` has no line feed. */
MUST_CHECK int rate_message_read(
	const char *line, struct rate_message *ret_message, struct error *err);

/* At the front of every datagram of a trial; both sides are one machine's byte order. */
struct rate_head {
	uint8_t mark[8];
	uint32_t trial, number;
};

struct rate_head rate_head_of(uint32_t trial, uint32_t number);
/* False when the datagram is none of a trial. */
bool rate_head_read(const void *datagram, size_t size, struct rate_head *ret_head);

/* Which numbers of a trial came. */
struct rate_tally {
	struct numbers came;
	uint32_t trial;
};

/* Room as for numbers_init(). */
void rate_tally_init(struct rate_tally *tally, uint32_t room);
void rate_tally_done(struct rate_tally *tally);
void rate_tally_begin(struct rate_tally *tally, uint32_t trial);
/* Ignores what is of another trial. */
void rate_tally_add(struct rate_tally *tally, const struct rate_head *head, int64_t received_ns);

enum {
	RATE_CARDS = 64
};

/*
 * Received bytes of each network device, from the text of /proc/net/dev; those of the loopback are
 * taken for 0. Returns how many there are.
 */
size_t rate_cards_read(const char *text, uint64_t bytes[static RATE_CARDS]);
/*
 * How much came into the device that got most between two readings: what goes through a tunnel
 * comes into the network card with more around it.
 */
uint64_t rate_cards_most(const uint64_t *before, const uint64_t *after, size_t count);
