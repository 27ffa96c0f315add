/* Durations in logarithmic buckets, and what they say about the wire's own health. */
#include "wire/internal.h"

#include <math.h>
#include <stdio.h>

enum {
	UNFETCHED_SHARE = 10000 /* one frame of so many may be dropped unasked */
};

/* The three bits below the leading one choose the bucket within its octave. */
static unsigned bucket_of(uint64_t value)
{
	unsigned octave, bucket;

	if (value < WIRE_BUCKETS_PER_OCTAVE)
		return (unsigned)value;
	octave = 63 - (unsigned)__builtin_clzll(value);
	bucket = (octave - 2) * WIRE_BUCKETS_PER_OCTAVE +
		 (unsigned)((value >> (octave - 3)) & (WIRE_BUCKETS_PER_OCTAVE - 1));
	return bucket < WIRE_BUCKETS ? bucket : WIRE_BUCKETS - 1;
}

static int64_t upper_bound(unsigned bucket)
{
	unsigned octave = bucket / WIRE_BUCKETS_PER_OCTAVE + 2;
	unsigned part = bucket % WIRE_BUCKETS_PER_OCTAVE;

	if (bucket < WIRE_BUCKETS_PER_OCTAVE)
		return bucket;
	return (((int64_t)(WIRE_BUCKETS_PER_OCTAVE + part + 1)) << (octave - 3)) - 1;
}

void histogram_add(struct wire_histogram *histogram, int64_t value_ns)
{
	uint64_t value = value_ns > 0 ? (uint64_t)value_ns : 0;

	histogram->bucket[bucket_of(value)]++;
	histogram->count++;
	if (value > histogram->max_ns)
		histogram->max_ns = value;
}

int64_t wire_histogram_quantile_ns(const struct wire_histogram *histogram, double quantile)
{
	uint64_t wanted = (uint64_t)ceil(quantile * (double)histogram->count), seen = 0;

	for (unsigned i = 0; i < WIRE_BUCKETS && histogram->count > 0; i++) {
		seen += histogram->bucket[i];
		if (seen < wanted || seen == 0)
			continue;
		return upper_bound(i) < (int64_t)histogram->max_ns ? upper_bound(i)
								   : (int64_t)histogram->max_ns;
	}
	return (int64_t)histogram->max_ns;
}

/* Those whose whole bucket lies beyond the limit. */
static uint64_t later_than(const struct wire_histogram *histogram, int64_t limit_ns)
{
	uint64_t count = 0;

	for (unsigned i = bucket_of((uint64_t)limit_ns) + 1; i < WIRE_BUCKETS; i++)
		count += histogram->bucket[i];
	return count;
}

/* More than 1 % of them, and not by chance: the binomial's normal bound, with its correction. */
static bool are_too_many(uint64_t late, uint64_t count)
{
	double expected = 0.01 * (double)count;

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
	if (port->unfetched * UNFETCHED_SHARE > port->in_frames + port->unfetched) {
		snprintf(ret_reason, reason_size,
			"the wire was too slow: %llu frames of port %zu were dropped before it fetched them",
			(unsigned long long)port->unfetched, number);
		return false;
	}
	return true;
}

bool wire_health_is_good(const struct wire_health *health, const struct wire_counters ports[],
	size_t port_count, char *ret_reason, size_t reason_size)
{
	const struct wire_histogram *errors = &health->release_error;
	uint64_t late = later_than(errors, health->late_limit_ns);

	for (size_t i = 0; i < port_count; i++) {
		if (!drops_are_few(&ports[i], i, ret_reason, reason_size))
			return false;
	}
	if (are_too_many(late, errors->count)) {
		snprintf(ret_reason, reason_size,
			"the wire was too slow: %llu of %llu packets left more than %.2f ms late",
			(unsigned long long)late, (unsigned long long)errors->count,
			(double)health->late_limit_ns / 1e6);
		return false;
	}
	return true;
}
