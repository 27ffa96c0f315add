/* SPDX-License-Identifier: MIT */
/* Counting the datagrams of a stream, in memory that does not grow with it. */
#include "programs/numbers.h"

#include <stdlib.h>
#include <string.h>

static size_t words_of(const struct numbers *numbers)
{
	return (numbers->room + 63) / 64;
}

void numbers_init(struct numbers *numbers, uint32_t room)
{
	*numbers = (struct numbers){.room = room};
	numbers->seen = calloc(words_of(numbers), sizeof(*numbers->seen));
	if (!numbers->seen)
		abort();
}

void numbers_done(struct numbers *numbers)
{
	free(numbers->seen);
	numbers->seen = NULL;
}

void numbers_clear(struct numbers *numbers)
{
	memset(numbers->seen, 0, words_of(numbers) * sizeof(*numbers->seen));
	numbers->received = numbers->duplicates = 0;
	numbers->first_ns = numbers->last_ns = 0;
}

bool numbers_add(struct numbers *numbers, uint32_t number, int64_t received_ns)
{
	uint64_t bit = UINT64_C(1) << (number % 64);

	if (number >= numbers->room)
		return false;
	numbers->first_ns = numbers->first_ns ? numbers->first_ns : received_ns;
	numbers->last_ns = received_ns;
	if (numbers->seen[number / 64] & bit) {
		numbers->duplicates++;
		return false;
	}
	numbers->seen[number / 64] |= bit;
	numbers->received++;
	return true;
}
