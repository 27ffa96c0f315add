/*
 * Parcels in the order of their release. Most releases of a port rise, so each stage of a port has
 * a lane, a list that only grows at its end; the heap holds the first of every lane and those few
 * parcels that must overtake. A wire without jitter keeps a heap no larger than its ports.
 */
#include "wire/internal.h"

#include <sys/mman.h>

#define NO_LANE UINT32_MAX

enum {
	CHILDREN = 4
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
	queue->heap = map(room * sizeof(*queue->heap));
	if (!queue->parcels || !queue->heap)
		return fail_errno(err, "reserve a queue for %u parcels", room);
	for (uint32_t i = 0; i < ARRAY_SIZE(queue->lanes); i++)
		queue->lanes[i].first = NO_PARCEL;
	return 0;
}

void queue_done(struct queue *queue)
{
	if (queue->parcels)
		munmap(queue->parcels, queue->room * sizeof(*queue->parcels));
	if (queue->heap)
		munmap(queue->heap, queue->room * sizeof(*queue->heap));
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
	if (a->release_ns != b->release_ns)
		return a->release_ns < b->release_ns;
	return a->order < b->order;
}

static void sift_up(struct queue *queue, struct heap_item item)
{
	uint32_t at = queue->heap_size++;

	while (at > 0) {
		uint32_t parent = (at - 1) / CHILDREN;

		if (!is_before(&item, &queue->heap[parent]))
			break;
		queue->heap[at] = queue->heap[parent];
		at = parent;
	}
	queue->heap[at] = item;
}

/* Puts an item in place of the top. */
static void sift_down(struct queue *queue, struct heap_item item)
{
	uint32_t at = 0;

	for (;;) {
		uint32_t first = at * CHILDREN + 1, least = first;

		if (first >= queue->heap_size)
			break;
		for (uint32_t i = first + 1; i < first + CHILDREN && i < queue->heap_size; i++) {
			if (is_before(&queue->heap[i], &queue->heap[least]))
				least = i;
		}
		if (!is_before(&queue->heap[least], &item))
			break;
		queue->heap[at] = queue->heap[least];
		at = least;
	}
	queue->heap[at] = item;
}

static struct heap_item item_of(const struct queue *queue, uint32_t parcel, uint32_t lane)
{
	return (struct heap_item){.release_ns = queue->parcels[parcel].release_ns,
		.order = queue->parcels[parcel].order,
		.parcel = parcel,
		.lane = lane};
}

void queue_push(struct queue *queue, uint32_t lane_number, uint32_t parcel)
{
	struct lane *lane = &queue->lanes[lane_number];
	struct parcel *new = &queue->parcels[parcel];

	new->order = queue->entered++;
	new->next = NO_PARCEL;
	if (lane->first == NO_PARCEL) {
		lane->first = parcel;
		lane->last = parcel;
		sift_up(queue, item_of(queue, parcel, lane_number));
	} else if (new->release_ns >= queue->parcels[lane->last].release_ns) {
		queue->parcels[lane->last].next = parcel;
		lane->last = parcel;
	} else {
		sift_up(queue, item_of(queue, parcel, NO_LANE));
	}
}

uint32_t queue_pop(struct queue *queue)
{
	uint32_t parcel = queue->heap[0].parcel;
	uint32_t lane = queue->heap[0].lane;

	if (lane != NO_LANE) {
		queue->lanes[lane].first = queue->parcels[parcel].next;
		if (queue->lanes[lane].first != NO_PARCEL) {
			sift_down(queue, item_of(queue, queue->lanes[lane].first, lane));
			return parcel;
		}
	}
	queue->heap_size--;
	if (queue->heap_size > 0)
		sift_down(queue, queue->heap[queue->heap_size]);
	return parcel;
}
