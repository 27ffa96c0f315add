/* SPDX-License-Identifier: MIT */
#include "findings_by_hand.h"
#include "tap.h"

#include <string.h>

static const double rates[] = {100};

/* What is said of a VPN on one line. */
static const struct about *find_line(struct report_results *results, bool icmp, const char *tcp,
	bool begins, const char *begun_tcp, const char *id)
{
	set_whole(results, results->vpns, REPORT_MTU,
		json_pack("{s:i, s:[{s:i, s:b, s:i, s:s, s:b, s:s}]}", "limit_s", 20, "steps",
			"outer_mtu_bytes", 1280, "icmp", icmp, "whole_bytes", 1220, "tcp", tcp,
			"begins", begins, "begun_tcp", begun_tcp));
	return find(findings_of(results), id, "Tunnel");
}

TEST(a_vpn_that_does_not_work_where_routers_say_what_is_too_large_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_line(results, true, "hung", true, "carried", "narrow-line");
	CHECK(about && strstr(about->evidence->text, "1280 bytes: the flow hangs"));
	about = find_line(results, true, "carried", false, "none", "narrow-line");
	CHECK(about && strstr(about->evidence->text, "hosts do not reach each other"));
	about = find_line(results, true, "carried", true, "hung", "narrow-line");
	CHECK(about && strstr(about->evidence->text, "a new TCP flow"));
	CHECK(!find_line(results, true, "carried", true, "carried", "narrow-line"));
	CHECK(!find_line(results, false, "hung", true, "hung", "narrow-line"));
}

/* A flow that was carried all the time, at such rates. */
static const struct about *find_crawl(
	struct report_results *results, bool icmp, double after, double begun)
{
	set_whole(results, results->vpns, REPORT_MTU,
		json_pack("{s:i, s:[{s:i, s:b, s:s, s:b, s:s, s:f, s:f, s:f}]}", "limit_s", 20,
			"steps", "outer_mtu_bytes", 1280, "icmp", icmp, "tcp", "carried", "begins",
			1, "begun_tcp", "carried", "before_mbps", 120.0, "after_mbps", after,
			"begun_mbps", begun));
	return find(findings_of(results), "narrow-line-crawl", "Tunnel");
}

TEST(tcp_of_which_next_to_nothing_passes_a_narrow_line_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_crawl(results, true, 2.5, 2);
	CHECK(about &&
		strstr(about->evidence->text, "2.5 Mbit/s of a flow and 2 of a new one, 120"));
	CHECK(find_crawl(results, true, 100, 2));
	CHECK(!find_crawl(results, true, 100, 13) && !find_crawl(results, false, 2, 2));
}

TEST(tcp_that_hangs_in_a_black_hole_is_a_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *about;

	add_vpn(results, "Tunnel", rates, 1);
	about = find_line(results, false, "hung", true, "hung", "mtu-black-hole");
	CHECK(about && strstr(about->evidence->text, "up to 1220 bytes arrive"));
	CHECK(find_line(results, false, "hung", true, "carried", "mtu-black-hole"));
	CHECK(!find_line(results, false, "carried", true, "carried", "mtu-black-hole"));
	CHECK(!find_line(results, true, "hung", true, "hung", "mtu-black-hole"));
	results->vpns->is_reference = true;
	CHECK(!find_line(results, false, "hung", true, "hung", "mtu-black-hole"));
}
