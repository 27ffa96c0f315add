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
	rate_tally_init(&tally->seen, room);
	rate_tally_begin(&tally->seen, 1);
}

void tally_done(struct tally *tally)
{
	rate_tally_done(&tally->seen);
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
	const struct rate_head head = rate_head_of(1, number);
	uint64_t before = tally->seen.received;
	int64_t second;

	rate_tally_add(&tally->seen, &head, received_ns);
	if (tally->seen.received == before)
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
