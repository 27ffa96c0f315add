/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether what arrived stopped arriving: silence to the end of a series that lasts at least a third
 * of it and at least SILENCE_LEAST_S. Shorter silences are retransmission timeouts. Ask a series
 * of the receiver where there is one: a sender fills its buffers and then looks idle.
 */
#define SILENCE_LEAST_S 3.0

struct silence {
	bool lasts_to_the_end;
	double since_s; /* when the last interval ended in which something arrived; 0: none did */
};

/* `end_s` counts from the start of the flow and ascends; `amount` is of any unit, per interval. An
 * empty series is not silent. */
struct silence silence_of(const double end_s[], const double amount[], size_t count);
