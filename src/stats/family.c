/* SPDX-License-Identifier: MIT */
/* Many tests at once: adjusted p values, and groups of what cannot be told apart. */
#include "stats/stats.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Places of the p values in ascending order. */
static size_t *ascending(struct arena *arena, const double *p, size_t count)
{
	size_t *places = arena_alloc(arena, size_t, count + 1);

	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at && p[places[at - 1]] > p[i]; at--)
			places[at] = places[at - 1];
		places[at] = i;
	}
	return places;
}

void adjust_holm(const double *p, size_t count, double *adjusted)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const size_t *places = ascending(arena, p, count);
	double largest = 0;

	for (size_t i = 0; i < count; i++) {
		double here = p[places[i]] * (double)(count - i);

		if (here > largest)
			largest = here < 1 ? here : 1;
		adjusted[places[i]] = largest;
	}
}

enum {
	ITEMS_MAX = 64,
	COLUMNS_MAX = 256
};

/* Sets of items that nothing separates; bit i is item i. */
struct columns {
	uint64_t sets[COLUMNS_MAX];
	size_t count;
};

/* Keeps only sets that no other set contains. */
static void absorb(struct columns *columns)
{
	for (size_t i = 0; i < columns->count; i++) {
		for (size_t j = 0; j < columns->count; j++) {
			if (i == j || (columns->sets[i] & ~columns->sets[j]))
				continue;
			columns->sets[i--] = columns->sets[--columns->count];
			break;
		}
	}
}

/* Insert and absorb (Piepho 2004): each difference splits the sets that hold both. */
static void separate(struct columns *columns, size_t a, size_t b)
{
	uint64_t both = UINT64_C(1) << a | UINT64_C(1) << b;

	for (size_t i = 0, had = columns->count; i < had; i++) {
		if ((columns->sets[i] & both) != both)
			continue;
		if (columns->count < COLUMNS_MAX)
			columns->sets[columns->count++] = columns->sets[i] & ~(UINT64_C(1) << b);
		columns->sets[i] &= ~(UINT64_C(1) << a);
	}
	absorb(columns);
}

/* The set that holds the first item comes first, so letters follow the order given. */
static int by_first_item(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	int first_left = __builtin_ctzll(left), first_right = __builtin_ctzll(right);

	return first_left != first_right ? (first_left > first_right) - (first_left < first_right)
					 : (left > right) - (left < right);
}

size_t group_items(const bool *differ, size_t count, uint64_t *groups)
{
	struct columns columns = {.count = 1};

	if (count == 0 || count > ITEMS_MAX)
		return 0;
	columns.sets[0] = count == ITEMS_MAX ? UINT64_MAX : (UINT64_C(1) << count) - 1;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (differ[i * count + j])
				separate(&columns, i, j);
	qsort(columns.sets, columns.count, sizeof(columns.sets[0]), by_first_item);
	memset(groups, 0, count * sizeof(*groups));
	for (size_t k = 0; k < columns.count && k < 64; k++)
		for (size_t i = 0; i < count; i++)
			groups[i] |= (columns.sets[k] >> i & 1) << k;
	return columns.count < 64 ? columns.count : 64;
}
