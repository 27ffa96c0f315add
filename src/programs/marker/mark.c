/* SPDX-License-Identifier: MIT */
/* Makes and recognises marks. Pure. */
#include "programs/marker/mark.h"

#include <string.h>

static void store32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool mark_token_read(const char *text, struct mark_token *ret_token)
{
	struct mark_token token;

	if (!text || strlen(text) != 2 * (size_t)MARK_TOKEN_BYTES)
		return false;
	for (size_t i = 0; i < MARK_TOKEN_BYTES; i++) {
		int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		token.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_token = token;
	return true;
}

/* Of a number and a length: changes with any bit of either. */
static uint32_t seal(uint32_t number, uint32_t length)
{
	return ~(number ^ length * UINT32_C(0x9e3779b1));
}

void mark_make(const struct mark_token *token, uint32_t number, uint8_t *bytes, size_t size)
{
	memcpy(bytes, token->bytes, MARK_TOKEN_BYTES);
	store32(bytes + MARK_TOKEN_BYTES, number);
	store32(bytes + MARK_TOKEN_BYTES + 4, seal(number, (uint32_t)size));
	store32(bytes + MARK_TOKEN_BYTES + 8, (uint32_t)size);
	for (size_t i = MARK_LEAST_BYTES; i < size; i++)
		bytes[i] = token->bytes[i % MARK_TOKEN_BYTES];
}

bool mark_begins(const struct mark_token *token, const uint8_t *bytes, size_t size)
{
	return size >= MARK_TOKEN_BYTES && memcmp(bytes, token->bytes, MARK_TOKEN_BYTES) == 0;
}

enum mark_verdict mark_find(const struct mark_token *token, const uint8_t *bytes, size_t size,
	uint32_t *ret_number, size_t *ret_end)
{
	const uint8_t *at = memmem(bytes, size, token->bytes, MARK_TOKEN_BYTES);
	size_t left, length;
	uint32_t number;

	if (!at)
		return MARK_ABSENT;
	left = size - (size_t)(at - bytes);
	if (left < MARK_LEAST_BYTES)
		return MARK_ALTERED;
	number = load32(at + MARK_TOKEN_BYTES);
	length = load32(at + MARK_TOKEN_BYTES + 8);
	if (load32(at + MARK_TOKEN_BYTES + 4) != seal(number, (uint32_t)length) ||
		length < MARK_LEAST_BYTES || number >= MARK_MOST_NUMBERS)
		return MARK_ALTERED;
	for (size_t i = MARK_LEAST_BYTES; i < length && i < left; i++) {
		if (at[i] != token->bytes[i % MARK_TOKEN_BYTES])
			return MARK_ALTERED;
	}
	*ret_number = number;
	if (left < length)
		return MARK_PIECE;
	*ret_end = (size_t)(at - bytes) + length;
	return MARK_WHOLE;
}
