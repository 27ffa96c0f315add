/* SPDX-License-Identifier: MIT */
/* meshbench-probe: the account of a flood, packet by packet. */
#include "programs/probe/tally.h"

#include "base/clock.h"

#include <math.h>

enum {
	JITTER_SHARE = 16 /* RFC 3550: the gain of its filter */
};

void tally_init(struct tally *tally, uint32_t room)
{
	*tally = (struct tally){0};
	numbers_init(&tally->seen, room);
}

void tally_done(struct tally *tally)
{
	numbers_done(&tally->seen);
}

static void add_jitter(struct tally *tally, int64_t transit_ns)
{
	double change_ns = fabs((double)(transit_ns - tally->transit_ns));

	if (tally->seen.received > 1)
		tally->jitter_ns += (change_ns - tally->jitter_ns) / JITTER_SHARE;
	tally->transit_ns = transit_ns;
}

void tally_add(struct tally *tally, uint32_t number, int64_t sent_ns, int64_t received_ns)
{
	int64_t second;

	if (!numbers_add(&tally->seen, number, received_ns))
		return;
	if (number < tally->next)
		tally->reordered++;
	else
		tally->next = number + 1;
	add_jitter(tally, received_ns - sent_ns);
	second = (received_ns - tally->seen.first_ns) / NS_PER_S;
	if (second < 0)
		second = 0;
	if (second >= TALLY_INTERVALS)
		second = TALLY_INTERVALS - 1;
	tally->intervals[second]++;
	if ((size_t)second >= tally->interval_count)
		tally->interval_count = (size_t)second + 1;
}
