/* SPDX-License-Identifier: MIT */
/* Whether the wire ran when it should have: gaps between its looks at the clock. */
#include "wire/internal.h"

void absence_begin(struct absence *absence, int64_t now_ns)
{
	*absence = (struct absence){.began_ns = now_ns, .expected_ns = now_ns};
}

void absence_rest(struct absence *absence, int64_t until_ns)
{
	absence->expected_ns = until_ns;
}

void absence_tick(struct absence *absence, int64_t now_ns, int64_t limit_ns)
{
	int64_t gap_ns = now_ns - absence->expected_ns;

	absence->expected_ns = now_ns;
	if (gap_ns > absence->found.longest_ns)
		absence->found.longest_ns = gap_ns;
	if (gap_ns <= limit_ns)
		return;
	absence->found.count++;
	absence->found.total_ns += gap_ns;
	absence->found.late_ns += gap_ns - limit_ns;
}

struct wire_absences absence_found(const struct absence *absence, int64_t now_ns)
{
	struct wire_absences found = absence->found;

	found.watched_ns = now_ns - absence->began_ns;
	return found;
}
