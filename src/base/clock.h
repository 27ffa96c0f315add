/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/* CLOCK_MONOTONIC, which every namespace of this machine shares. */
int64_t clock_now_ns(void);
/* Wall clock in seconds since 1970, as published result trees store it. */
double clock_wall_s(void);

/* A point of the monotonic clock; the unit cannot be mistaken for a duration. */
struct deadline {
	int64_t at_ns;
};

struct deadline deadline_in(int64_t ns);
struct deadline deadline_earlier(struct deadline a, struct deadline b);
bool deadline_has_passed(struct deadline deadline);
/* Milliseconds left for poll(2), rounded up, 0 when passed. */
int deadline_poll_ms(struct deadline deadline);
