/* SPDX-License-Identifier: MIT */
/* Which of a fixed number of slots are free. */
#include "nat/internal.h"

#include <stdlib.h>

int slots_init(struct slots *slots, uint32_t count, struct error *err)
{
	*slots = (struct slots){.count = count, .next = calloc(count, sizeof(*slots->next))};
	if (!slots->next)
		return fail_errno(err, "keep %u sessions", count);
	slots_restart(slots);
	return 0;
}

void slots_done(struct slots *slots)
{
	free(slots->next);
	*slots = (struct slots){0};
}

void slots_restart(struct slots *slots)
{
	slots->used = 0;
	slots->fresh = 0;
	slots->free = NO_SLOT;
}

uint32_t slots_take(struct slots *slots)
{
	uint32_t slot = slots->free;

	if (slot != NO_SLOT)
		slots->free = slots->next[slot];
	else if (slots->fresh < slots->count)
		slot = slots->fresh++;
	else
		return NO_SLOT;
	slots->used++;
	return slot;
}

void slots_give(struct slots *slots, uint32_t slot)
{
	slots->next[slot] = slots->free;
	slots->free = slot;
	slots->used--;
}
