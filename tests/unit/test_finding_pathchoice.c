/* SPDX-License-Identifier: MIT */
#include "findings_by_hand.h"
#include "tap.h"

#include <string.h>

static const double rates[] = {100};

/* What is said of a stream whose direct way was bad. */
static const struct about *find_choice(struct report_results *results, const char *before,
	const char *bad, int moves, const char *id)
{
	set_whole(results, results->vpns, REPORT_PATHCHOICE,
		json_pack("{s:i, s:[], s:[{s:s, s:s, s:i, s:f, s:i}]}", "bad_s", 60, "slow",
			"lossy", "way_before", before, "way_bad", bad, "moves", moves, "bad_rtt_ms",
			301.0, "lost_packets", 9));
	return find(findings_of(results), id, "Tunnel");
}

TEST(a_vpn_that_keeps_a_bad_direct_way_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_choice(results, "direct", "direct", 0, "stays-on-bad-way");
	CHECK(about &&
		strstr(about->evidence->text, "direct 60 s later, with round trips of 301.0 ms"));
	CHECK(!find_choice(results, "direct", "relayed", 1, "stays-on-bad-way"));
	CHECK(!find_choice(results, "relayed", "relayed", 0, "stays-on-bad-way"));
}

TEST(one_that_changes_again_and_again_is_another)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(find_choice(results, "direct", "relayed", 3, "path-flaps"));
	CHECK(!find_choice(results, "direct", "relayed", 2, "path-flaps"));
}
