/* SPDX-License-Identifier: MIT */
#include "document/iperf3.h"

#include "base/json.h"

#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The sums of a stored document, next to what they mean. */
static bool is_as_expected(const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err;
	double percent, expected;
	bool is_there;

	if (json_read(arena_printf(arena, "%s/tests/golden/iperf3-sums/%s.json",
			      getenv("SOURCE_ROOT"), name),
		    1 << 16, &document, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	percent = iperf3_missing_percent(document, IPERF3_FORWARD);
	expected = json_number_at(document, "/expected/missing_percent", NAN);
	is_there = json_is_true(json_at(document, "/expected/is_there"));
	printf("# %s: %g %%\n", name, percent);
	return iperf3_sums(document, IPERF3_FORWARD).is_there == is_there &&
	       (isnan(expected) ? isnan(percent) : fabs(percent - expected) < 1e-9);
}

TEST(what_did_not_arrive_is_a_share_of_what_was_sent)
{
	CHECK(is_as_expected("some-lost"));
	CHECK(is_as_expected("tail-lost"));
	CHECK(is_as_expected("nothing-arrived"));
}

TEST(a_short_tail_was_underway_when_the_test_ended)
{
	CHECK(is_as_expected("underway-at-the-end"));
}

TEST(counters_that_contradict_each_other_say_nothing)
{
	CHECK(is_as_expected("more-lost-than-counted"));
	CHECK(is_as_expected("negative-loss"));
	CHECK(is_as_expected("more-arrived-than-sent"));
}

TEST(no_card_is_as_fast_as_a_counter_that_overflowed)
{
	CHECK(is_as_expected("impossible-rate"));
	CHECK(is_as_expected("impossible-bytes"));
}
