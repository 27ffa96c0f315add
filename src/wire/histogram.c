/* Durations in logarithmic buckets, and what they say about the wire's own health. */
#include "wire/internal.h"

#include <math.h>
#include <stdio.h>

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

bool wire_health_is_good(const struct wire_health *health, const struct wire_counters ports[],
	size_t port_count, char *ret_reason, size_t reason_size)
{
	/* Of fewer than a hundred packets one alone would decide. */
	int64_t p99_ns = health->release_error.count < 100
				 ? 0
				 : wire_histogram_quantile_ns(&health->release_error, 0.99);

	for (size_t i = 0; i < port_count; i++) {
		if (ports[i].out_of_memory == 0)
			continue;
		snprintf(ret_reason, reason_size,
			"the wire's memory was full: it dropped %llu packets of port %zu",
			(unsigned long long)ports[i].out_of_memory, i);
		return false;
	}
	if (p99_ns > 1000000) {
		snprintf(ret_reason, reason_size,
			"the wire was too slow: 1 %% of packets left more than %.2f ms late",
			(double)p99_ns / 1e6);
		return false;
	}
	return true;
}
