/* SPDX-License-Identifier: MIT */
/* Durations in logarithmic buckets. */
#include "wire/internal.h"

#include <math.h>

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

uint64_t histogram_later_than(const struct wire_histogram *histogram, int64_t limit_ns)
{
	uint64_t count = 0;

	for (unsigned i = bucket_of((uint64_t)limit_ns) + 1; i < WIRE_BUCKETS; i++)
		count += histogram->bucket[i];
	return count;
}
