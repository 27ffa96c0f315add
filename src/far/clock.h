/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What another machine's CLOCK_MONOTONIC shows, seen from here. The best of several round trips
 * counts: an answer says what the other clock showed at some time between question and answer, so
 * half the round trip bounds the error. Clocks drift, so a round trip counts for less the older it
 * is. Pure.
 */
struct far_clock {
	bool is_known;
	int64_t offset_ns; /* there - here */
	int64_t bound_ns;  /* offset_ns was wrong by this at most when it was taken */
	int64_t taken_ns;  /* by the clock here */
};

/* Two clocks of quartz part by at most this share of the time that passes. */
#define FAR_CLOCK_DRIFT 100e-6

/* One round trip: asked and heard by the clock here, answered by the one there. */
void far_clock_take(struct far_clock *clock, int64_t asked_ns, int64_t there_ns, int64_t heard_ns);
/* By how much the offset may be wrong at that time of the clock here. */
int64_t far_clock_bound(const struct far_clock *clock, int64_t now_ns);
int64_t far_clock_here(const struct far_clock *clock, int64_t there_ns);
int64_t far_clock_there(const struct far_clock *clock, int64_t here_ns);
