/* SPDX-License-Identifier: MIT */
/* Which address lives behind which port. Bounded: a host that invents addresses evicts its own. */
#include "wire/internal.h"

#include <string.h>

static uint64_t number_of(uint16_t segment, const uint8_t address[6])
{
	uint64_t number = 0;

	memcpy(&number, address, 6);
	return number | (uint64_t)segment << 48;
}

static struct station *bucket_of(const struct stations *stations, uint64_t address)
{
	uint64_t hash = address * UINT64_C(0x9e3779b97f4a7c15);

	return (struct station *)stations->bucket[hash >> 54];
}

/* Where a newcomer goes in a full bucket: the oldest of its own port leaves, or else the oldest. */
static unsigned evict(struct station *bucket, uint16_t port)
{
	unsigned at = 0;

	while (at < STATION_WAYS && bucket[at].port != port)
		at++;
	if (at == STATION_WAYS)
		at = 0;
	memmove(bucket + at, bucket + at + 1, (STATION_WAYS - 1 - at) * sizeof(*bucket));
	return STATION_WAYS - 1;
}

void stations_learn(
	struct stations *stations, uint16_t segment, const uint8_t source[6], uint16_t port)
{
	uint64_t address = number_of(segment, source);
	struct station *bucket = bucket_of(stations, address);
	unsigned at = 0;

	if (address == 0 || source[0] & 1)
		return;
	while (at < STATION_WAYS && bucket[at].address != address && bucket[at].address != 0)
		at++;
	if (at == STATION_WAYS)
		at = evict(bucket, port);
	bucket[at] = (struct station){.address = address, .port = port};
}

void stations_forget(struct stations *stations, uint16_t port)
{
	for (unsigned i = 0; i < STATION_BUCKETS; i++) {
		struct station *bucket = stations->bucket[i];
		unsigned kept = 0;

		for (unsigned at = 0; at < STATION_WAYS; at++) {
			if (bucket[at].address != 0 && bucket[at].port != port)
				bucket[kept++] = bucket[at];
		}
		for (; kept < STATION_WAYS; kept++)
			bucket[kept] = (struct station){0};
	}
}

uint16_t stations_find(
	const struct stations *stations, uint16_t segment, const uint8_t destination[6])
{
	uint64_t address = number_of(segment, destination);
	const struct station *bucket = bucket_of(stations, address);

	if (destination[0] & 1 || address == 0)
		return NO_PORT;
	for (unsigned at = 0; at < STATION_WAYS; at++) {
		if (bucket[at].address == address)
			return bucket[at].port;
	}
	return NO_PORT;
}
