/* SPDX-License-Identifier: MIT */
/* Slot numbers by key: chains behind as many buckets as there are slots. */
#include "nat/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	MIN_BITS = 4
};

void hash_init(struct hash *hash, uint64_t buckets)
{
	hash->bits = MIN_BITS;
	while (UINT64_C(1) << hash->bits < buckets)
		hash->bits++;
	hash->shift = 64 - hash->bits;
}

void hash_restart(struct hash *hash, struct random *random)
{
	for (size_t i = 0; i < ARRAY_SIZE(hash->multiplier); i++)
		hash->multiplier[i] = random_next(random) | 1;
}

int index_init(struct index *index, uint32_t slots, struct error *err)
{
	*index = (struct index){0};
	hash_init(&index->hash, slots);
	index->entries = calloc(slots, sizeof(*index->entries));
	index->buckets = calloc(UINT64_C(1) << index->hash.bits, sizeof(*index->buckets));
	if (!index->entries || !index->buckets) {
		index_done(index);
		return fail_errno(err, "keep an index of %u sessions", slots);
	}
	return 0;
}

void index_done(struct index *index)
{
	free(index->entries);
	free(index->buckets);
	*index = (struct index){0};
}

void index_restart(struct index *index, struct random *random)
{
	hash_restart(&index->hash, random);
	memset(index->buckets, 0xff, sizeof(*index->buckets) << index->hash.bits);
}

uint32_t index_find(const struct index *index, const struct key *key)
{
	uint32_t slot = index->buckets[hash_key(&index->hash, key)];

	while (slot != NO_SLOT && !key_equals(&index->entries[slot].key, key))
		slot = index->entries[slot].after;
	return slot;
}

void index_add(struct index *index, uint32_t slot, const struct key *key)
{
	uint32_t bucket = hash_key(&index->hash, key), after = index->buckets[bucket];

	index->entries[slot] = (struct index_entry){
		.key = *key, .bucket = bucket, .before = NO_SLOT, .after = after};
	index->buckets[bucket] = slot;
	if (after != NO_SLOT)
		index->entries[after].before = slot;
}

void index_remove(struct index *index, uint32_t slot)
{
	const struct index_entry *entry = &index->entries[slot];

	if (entry->before != NO_SLOT)
		index->entries[entry->before].after = entry->after;
	else
		index->buckets[entry->bucket] = entry->after;
	if (entry->after != NO_SLOT)
		index->entries[entry->after].before = entry->before;
}
