/* SPDX-License-Identifier: MIT */
/* Whether what was measured meanwhile means the profile, or only a wire that was too slow. */
#include "wire/internal.h"

#include <math.h>
#include <stdio.h>

enum {
	UNFETCHED_SHARE = 10000 /* one frame of so many may be dropped unasked */
};

/* So much of the time, and so many of the packets, may be later than the limit. */
static const double late_share = 0.01;

/* More than the share of them, and not by chance: the binomial's normal bound, with its correction.
 */
static bool are_too_many(uint64_t late, uint64_t count)
{
	double expected = late_share * (double)count;

	return (double)late > expected + 1.645 * sqrt(0.99 * expected) + 0.5;
}

static bool drops_are_few(
	const struct wire_counters *port, size_t number, char *ret_reason, size_t reason_size)
{
	if (port->out_of_memory > 0) {
		snprintf(ret_reason, reason_size,
			"the wire's memory was full: it dropped %llu packets of port %zu",
			(unsigned long long)port->out_of_memory, number);
		return false;
	}
	/* What a host offers beyond its line is lost on any wire. */
	if (port->fell_behind > 0 &&
		port->unfetched * UNFETCHED_SHARE > port->in_frames + port->unfetched) {
		snprintf(ret_reason, reason_size,
			"the wire was too slow: %llu frames of port %zu were dropped before it fetched them",
			(unsigned long long)port->unfetched, number);
		return false;
	}
	return true;
}

static bool packets_are_punctual(
	const struct wire_health *health, char *ret_reason, size_t reason_size)
{
	const struct wire_histogram *errors = &health->release_error;
	uint64_t late = histogram_later_than(errors, health->late_limit_ns);

	if (!are_too_many(late, errors->count))
		return true;
	snprintf(ret_reason, reason_size,
		"the wire was too slow: %llu of %llu packets left more than %.2f ms late",
		(unsigned long long)late, (unsigned long long)errors->count,
		(double)health->late_limit_ns / 1e6);
	return false;
}

/* A wire that was descheduled waited in the run queue all the while; one that was stopped did not.
 */
static const char *why_away(const struct wire_health *health)
{
	if (health->run_queue_wait_ns < 0)
		return "stopped or without a processor";
	return health->run_queue_wait_ns > health->absences.total_ns / 2 ? "without a processor"
									 : "stopped";
}

static bool was_present(const struct wire_health *health, char *ret_reason, size_t reason_size)
{
	const struct wire_absences *away = &health->absences;
	double total_s = (double)away->total_ns / 1e9, watched_s = (double)away->watched_ns / 1e9;

	if (away->longest_ns > WIRE_LONGEST_ABSENCE_MS * INT64_C(1000000)) {
		snprintf(ret_reason, reason_size,
			"the wire stood still for %.3f s at a time (%s), %.3f s of %.1f s in all; frames waited as long before it saw them",
			(double)away->longest_ns / 1e9, why_away(health), total_s, watched_s);
		return false;
	}
	if ((double)away->late_ns > late_share * (double)away->watched_ns) {
		snprintf(ret_reason, reason_size,
			"the wire was away too often (%s): %llu times longer than %.2f ms, %.3f s of %.1f s in all",
			why_away(health), (unsigned long long)away->count,
			(double)health->late_limit_ns / 1e6, total_s, watched_s);
		return false;
	}
	return true;
}

bool wire_health_is_good(const struct wire_health *health, const struct wire_counters ports[],
	size_t port_count, char *ret_reason, size_t reason_size)
{
	if (!was_present(health, ret_reason, reason_size))
		return false;
	for (size_t i = 0; i < port_count; i++) {
		if (!drops_are_few(&ports[i], i, ret_reason, reason_size))
			return false;
	}
	return packets_are_punctual(health, ret_reason, reason_size);
}
