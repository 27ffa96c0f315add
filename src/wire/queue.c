/* SPDX-License-Identifier: MIT */
/*
 * Parcels in the order of their release. Most releases of a port rise, so each stage of a port has
 * a lane, a list that only grows at its end; the heap holds the first of every lane and those few
 * parcels that must overtake. A wire without jitter keeps a heap no larger than its ports.
 */
#include "wire/internal.h"

#include <sys/mman.h>

enum {
	CHILDREN = 4,
	BEFORE_TOP = CHILDREN - 1 /* places left empty, so that children begin a cache line */
};

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

int queue_init(struct queue *queue, uint32_t room, struct error *err)
{
	*queue = (struct queue){.room = room, .free = NO_PARCEL};
	queue->parcels = map(room * sizeof(*queue->parcels));
	queue->heap_memory = map((room + BEFORE_TOP) * sizeof(*queue->heap));
	if (!queue->parcels || !queue->heap_memory)
		return fail_errno(err, "reserve a queue for %u parcels", room);
	queue->heap = queue->heap_memory + BEFORE_TOP;
	for (uint32_t i = 0; i < ARRAY_SIZE(queue->lanes); i++)
		queue->lanes[i].first = NO_PARCEL;
	return 0;
}

void queue_done(struct queue *queue)
{
	if (queue->parcels)
		munmap(queue->parcels, queue->room * sizeof(*queue->parcels));
	if (queue->heap_memory)
		munmap(queue->heap_memory, (queue->room + BEFORE_TOP) * sizeof(*queue->heap));
	*queue = (struct queue){0};
}

uint32_t parcel_new(struct queue *queue)
{
	uint32_t parcel = queue->free;

	if (parcel != NO_PARCEL) {
		queue->free = queue->parcels[parcel].next;
		return parcel;
	}
	return queue->used < queue->room ? queue->used++ : NO_PARCEL;
}

void parcel_free(struct queue *queue, uint32_t parcel)
{
	queue->parcels[parcel].next = queue->free;
	queue->free = parcel;
}

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
	if (__builtin_expect(a->release_ns == b->release_ns, 0))
		return (int32_t)(a->order - b->order) < 0;
	return a->release_ns < b->release_ns;
}

static void sift_up(struct queue *queue, uint32_t at, struct heap_item item)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / CHILDREN;

		if (!is_before(&item, &queue->heap[parent]))
			break;
		queue->heap[at] = queue->heap[parent];
		at = parent;
	}
	queue->heap[at] = item;
}

/* A knock-out without branches: which child is least, no processor can guess. */
static uint32_t least_child(const struct heap_item *heap, uint32_t first)
{
	uint32_t a = first + is_before(&heap[first + 1], &heap[first]);
	uint32_t b = first + 2 + is_before(&heap[first + 3], &heap[first + 2]);

	return is_before(&heap[b], &heap[a]) ? b : a;
}

static uint32_t least_of_few(const struct heap_item *heap, uint32_t first, uint32_t end)
{
	uint32_t least = first;

	for (uint32_t i = first + 1; i < end; i++) {
		if (is_before(&heap[i], &heap[least]))
			least = i;
	}
	return least;
}

/* The gap at the top sinks to the bottom, where an item that was there before mostly belongs. */
static void replace_top(struct queue *queue, struct heap_item item)
{
	uint32_t at = 0, first;

	for (; (first = at * CHILDREN + 1) < queue->heap_size;) {
		uint32_t least = first + CHILDREN <= queue->heap_size
					 ? least_child(queue->heap, first)
					 : least_of_few(queue->heap, first, queue->heap_size);

		queue->heap[at] = queue->heap[least];
		at = least;
	}
	sift_up(queue, at, item);
}

static struct heap_item item_of(const struct queue *queue, uint32_t parcel)
{
	return (struct heap_item){.release_ns = queue->parcels[parcel].release_ns,
		.order = queue->parcels[parcel].order,
		.parcel = parcel};
}

void queue_push(struct queue *queue, uint32_t parcel)
{
	struct parcel *new = &queue->parcels[parcel];
	struct lane *lane = &queue->lanes[new->lane];

	new->order = queue->entered++;
	new->next = NO_PARCEL;
	new->is_in_lane = true;
	if (lane->first == NO_PARCEL) {
		lane->first = parcel;
		lane->last = parcel;
		lane->last_ns = new->release_ns;
		sift_up(queue, queue->heap_size++, item_of(queue, parcel));
	} else if (new->release_ns >= lane->last_ns) {
		queue->parcels[lane->last].next = parcel;
		lane->last = parcel;
		lane->last_ns = new->release_ns;
	} else {
		new->is_in_lane = false;
		sift_up(queue, queue->heap_size++, item_of(queue, parcel));
	}
}

uint32_t queue_pop(struct queue *queue)
{
	uint32_t parcel = queue->heap[0].parcel;

	if (queue->parcels[parcel].is_in_lane) {
		struct lane *lane = &queue->lanes[queue->parcels[parcel].lane];

		lane->first = queue->parcels[parcel].next;
		if (lane->first != NO_PARCEL) {
			replace_top(queue, item_of(queue, lane->first));
			return parcel;
		}
	}
	queue->heap_size--;
	if (queue->heap_size > 0)
		replace_top(queue, queue->heap[queue->heap_size]);
	return parcel;
}
