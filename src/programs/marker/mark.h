/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Content that cannot be mistaken: a token of this run, a number, a seal over it and the
 * length, the length, and the token over and over up to the end, so that a part of it is known and
 * any change of a bit is seen.
 */
enum {
	MARK_TOKEN_BYTES = 16,
	MARK_LEAST_BYTES = MARK_TOKEN_BYTES + 12,
	MARK_MOST_NUMBERS = 1 << 17
};

enum mark_verdict {
	MARK_ABSENT,
	MARK_WHOLE,
	MARK_PIECE, /* its begin, unchanged: of a packet that was cut */
	MARK_ALTERED
};

struct mark_token {
	uint8_t bytes[MARK_TOKEN_BYTES];
};

/* 32 hexadecimal digits. */
bool mark_token_read(const char *text, struct mark_token *ret_token);
/* `size` is at least MARK_LEAST_BYTES. */
void mark_make(const struct mark_token *token, uint32_t number, uint8_t *bytes, size_t size);
/* The first mark in these bytes; the number is valid of a whole one and of a piece, and of a whole
 * one where it ends. */
enum mark_verdict mark_find(const struct mark_token *token, const uint8_t *bytes, size_t size,
	uint32_t *ret_number, size_t *ret_end);
/* Whether one begins right here. */
bool mark_begins(const struct mark_token *token, const uint8_t *bytes, size_t size);
