/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Which numbers of a stream of datagrams came, a bit each. */
struct numbers {
	uint64_t *seen;
	uint32_t room;
	uint64_t received, duplicates;
	int64_t first_ns, last_ns; /* when they came; 0: none did */
};

/* Room for as many numbers; what is beyond is not counted. */
void numbers_init(struct numbers *numbers, uint32_t room);
void numbers_done(struct numbers *numbers);
/* As if none had come. */
void numbers_clear(struct numbers *numbers);
/* True when it came for the first time; a second copy is a duplicate. */
bool numbers_add(struct numbers *numbers, uint32_t number, int64_t received_ns);
