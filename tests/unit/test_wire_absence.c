/* SPDX-License-Identifier: MIT */
#include "wire/internal.h"

#include "tap.h"

#include <string.h>

#define MS INT64_C(1000000)

TEST(a_wire_that_works_is_never_away)
{
	struct absence absence;
	struct wire_absences found;

	absence_begin(&absence, 1000 * MS);
	for (int64_t at = 1000; at <= 2000; at++)
		absence_tick(&absence, at * MS, 2 * MS);
	found = absence_found(&absence, 2000 * MS);
	CHECK(found.count == 0 && found.total_ns == 0 && found.longest_ns == MS);
	CHECK(found.watched_ns == 1000 * MS);
}

TEST(a_rest_is_not_an_absence_and_what_exceeds_it_is)
{
	struct absence absence;
	struct wire_absences found;

	absence_begin(&absence, 0);
	absence_rest(&absence, 20 * MS);
	absence_tick(&absence, 20 * MS, MS);
	CHECK(absence_found(&absence, 20 * MS).count == 0);
	absence_rest(&absence, 40 * MS);
	absence_tick(&absence, 30 * MS, MS); /* a frame came */
	absence_rest(&absence, 50 * MS);
	absence_tick(&absence, 850 * MS, MS);
	found = absence_found(&absence, 1000 * MS);
	CHECK(found.count == 1 && found.longest_ns == 800 * MS && found.total_ns == 800 * MS);
	CHECK(found.late_ns == 799 * MS && found.watched_ns == 1000 * MS);
}

static bool is_good(struct wire_absences absences, char ret_reason[200])
{
	const struct wire_health health = {
		.late_limit_ns = MS, .absences = absences, .run_queue_wait_ns = 0};

	return wire_health_is_good(&health, NULL, 0, ret_reason, 200);
}

TEST(one_long_absence_or_many_short_ones_spoil_a_cell_of_any_length)
{
	char reason[200] = "";

	CHECK(is_good((struct wire_absences){.count = 3,
			      .total_ns = 9 * MS,
			      .late_ns = 6 * MS,
			      .longest_ns = 4 * MS,
			      .watched_ns = 1000 * MS},
		reason));
	CHECK(!is_good((struct wire_absences){.count = 1,
			       .total_ns = 800 * MS,
			       .late_ns = 799 * MS,
			       .longest_ns = 800 * MS,
			       .watched_ns = 3600000 * MS},
		reason));
	CHECK(strstr(reason, "stood still for 0.800 s"));
	CHECK(!is_good((struct wire_absences){.count = 10,
			       .total_ns = 30 * MS,
			       .late_ns = 20 * MS,
			       .longest_ns = 3 * MS,
			       .watched_ns = 1000 * MS},
		reason));
	CHECK(strstr(reason, "away too often"));
}
