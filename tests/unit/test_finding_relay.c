/* SPDX-License-Identifier: MIT */
#include "findings_by_hand.h"
#include "tap.h"

#include <string.h>

static const double rates[] = {100};

/* What is said of a stream that was direct, blocked, and free again. */
static const struct about *find_relay(struct report_results *results, const char *before,
	const char *blocked, const char *freed, const char *id)
{
	set_whole(results, results->vpns, REPORT_RELAY,
		json_pack("{s:i, s:[{s:s, s:s, s:s}]}", "blocked_s", 30, "blocked", "way_before",
			before, "way_blocked", blocked, "way_freed", freed));
	return find(findings_of(results), id, "Tunnel");
}

TEST(a_blocked_way_without_a_relay_is_a_finding_if_it_was_direct_before)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_relay(results, "direct", "none", "direct", "no-relay");
	CHECK(about && strstr(about->evidence->text, "no way in the end of 30 s"));
	CHECK(!find_relay(results, "direct", "relayed", "direct", "no-relay"));
	CHECK(!find_relay(results, "none", "none", "none", "no-relay"));
}

TEST(a_way_that_never_is_direct_is_a_finding_of_both_workloads)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	set_whole(results, results->vpns, REPORT_RELAY,
		json_pack("{s:i, s:[{s:s, s:s, s:s}]}", "blocked_s", 30, "blocked", "start",
			"never_direct", "way_before", "relayed", "relay", "server"));
	about = find(findings_of(results), "never-direct", "Tunnel");
	CHECK(about && strstr(about->evidence->text, "relayed by server"));
	set_whole(results, results->vpns, REPORT_PATHCHOICE,
		json_pack("{s:i, s:[{s:s, s:s}], s:[]}", "bad_s", 60, "slow", "start",
			"never_direct", "way_before", "none", "lossy"));
	about = find(findings_of(results), "never-direct", "Tunnel");
	CHECK(about && strstr(about->evidence->text, "no way"));
	set_whole(results, results->vpns, REPORT_RELAY,
		json_pack("{s:i, s:[{s:s, s:s}]}", "blocked_s", 30, "blocked", "start", "direct",
			"way_before", "direct"));
	CHECK(!find(findings_of(results), "never-direct", "Tunnel"));
}

TEST(a_relay_that_outlives_its_reason_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	add_vpn(results, "Tunnel", rates, 1);
	CHECK(find_relay(results, "direct", "relayed", "relayed", "stays-relayed"));
	CHECK(!find_relay(results, "direct", "relayed", "direct", "stays-relayed"));
	CHECK(!find_relay(results, "relayed", "relayed", "relayed", "stays-relayed"));
}
