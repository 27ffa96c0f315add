/* SPDX-License-Identifier: MIT */
/* Frames that wait: four sizes of buffers, carved from one fixed mapping and never given back. */
#include "wire/internal.h"

#include <sys/mman.h>

/* Odd numbers of cache lines: were they powers of two, all heads would share a few cache sets. */
static const uint32_t class_bytes[BUFFER_CLASSES] = {[BUFFER_TINY] = 5 * 64,
	[BUFFER_SMALL] = 25 * 64,
	[BUFFER_MEDIUM] = 193 * 64,
	[BUFFER_LARGE] = 1089 * 64};

int pool_init(struct pool *pool, size_t size, struct error *err)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return fail_errno(err, "reserve %zu MiB for packets on the wire", size >> 20);
	/* Packets leave in another order than they came; small pages would cost a TLB miss each. */
	madvise(base, size, MADV_HUGEPAGE);
	*pool = (struct pool){.base = base, .size = size};
	return 0;
}

void pool_done(struct pool *pool)
{
	if (pool->base)
		munmap(pool->base, pool->size);
	*pool = (struct pool){0};
}

_Static_assert(sizeof(struct buffer) + VNET_SIZE + 14 + 8 + 1500 <= 25UL * 64,
	"an ordinary packet with two VLAN tags fits a small buffer");

uint32_t buffer_room(enum buffer_class class)
{
	return class_bytes[class] - (uint32_t)sizeof(struct buffer);
}

enum buffer_class buffer_class_for(uint32_t size)
{
	enum buffer_class class = BUFFER_TINY;

	while (buffer_room(class) < size)
		class ++;
	return class;
}

struct buffer *buffer_take(struct pool *pool, enum buffer_class class)
{
	struct buffer *buffer = pool->free[class];

	if (buffer) {
		pool->free[class] = buffer->next;
	} else {
		if (pool->size - pool->used < class_bytes[class])
			return NULL;
		buffer = (struct buffer *)(void *)(pool->base + pool->used);
		pool->used += class_bytes[class];
	}
	buffer->references = 1;
	buffer->rule = 0;
	buffer->class = class;
	pool->in_use += class_bytes[class];
	return buffer;
}

void buffer_drop(struct pool *pool, struct buffer *buffer)
{
	if (--buffer->references > 0)
		return;
	pool->in_use -= class_bytes[buffer->class];
	buffer->next = pool->free[buffer->class];
	pool->free[buffer->class] = buffer;
}
