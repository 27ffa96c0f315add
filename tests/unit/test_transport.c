/* SPDX-License-Identifier: MIT */
#include "findings_by_hand.h"
#include "tap.h"

#include <string.h>

static const double rates[] = {100, 100, 100};

/* A bare link whose packets are reordered, and a VPN that shows `events` of it. */
static struct report_results *with_jitter(double events)
{
	struct report_results *results = results_by_hand();
	struct report_vpn *bare = add_vpn(results, "Internal", rates, 3);
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);

	bare->is_reference = true;
	results->reference = bare;
	for (struct report_vpn *v = results->vpns; v; v = v->next) {
		v->conditions->settings =
			(struct report_settings){.is_there = true, .jitter_ms = 4};
		v->conditions->links->repetitions->tcp.forward.sent_bytes = 1448e6;
		v->conditions->links->repetitions->tcp.mss_bytes = 1448;
		v->conditions->links->repetitions->tcp.reorder_events = v == vpn ? events : 50000;
	}
	return results;
}

TEST(a_tunnel_that_puts_packets_in_order_again_is_found)
{
	AUTO(results_freep) struct report_results *hides = with_jitter(0);
	AUTO(results_freep) struct report_results *shows = with_jitter(40000);

	CHECK(find(findings_of(hides), "reliable-outside", "Tunnel"));
	CHECK(!find(findings_of(hides), "reliable-outside", "Internal"));
	CHECK(!find(findings_of(shows), "reliable-outside", "Tunnel"));
}

TEST(a_vpn_that_runs_over_tcp_on_some_links_only_is_found_per_link)
{
	AUTO(results_freep) struct report_results *results = with_jitter(40000);
	struct report_condition *condition = results->vpns->next->conditions;
	struct report_link *second = arena_alloc(results->arena, struct report_link, 1);
	const struct about *finding;

	*second = *condition->links;
	second->folder = "1_b";
	second->repetitions = arena_alloc(results->arena, struct report_repetition, 1);
	second->repetitions->tcp = condition->links->repetitions->tcp;
	second->repetitions->tcp.reorder_events = 0;
	condition->links->next = second;
	finding = find(findings_of(results), "reliable-outside", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "1_b: 0 reorderings in 1000000 segments, where "
					      "the share of the bare link makes 50000"));
	CHECK(strstr(finding->sentence, "1 of 2 links"));
	CHECK(strstr(finding->sentence, ", and those of 1 not."));
}

TEST(a_vpn_is_called_reliable_only_where_it_carried_enough_to_know)
{
	AUTO(results_freep) struct report_results *results = with_jitter(0);
	struct report_condition *condition = results->vpns->next->conditions;
	struct report_link *little = arena_alloc(results->arena, struct report_link, 1);
	struct report_tcp *tcp;
	const struct about *finding;

	*little = *condition->links;
	little->folder = "1_b";
	little->repetitions = arena_alloc(results->arena, struct report_repetition, 1);
	tcp = &little->repetitions->tcp;
	*tcp = condition->links->repetitions->tcp;
	/* 1000 segments, of which the bare link's share makes 50: they may be missing by chance. */
	tcp->forward.sent_bytes = 1000 * 1448;
	condition->links->next = little;
	finding = find(findings_of(results), "reliable-outside", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->sentence, "1 of 2 links"));
	CHECK(strstr(finding->sentence, "; 1 carried too little to know."));
	condition->links = little;
	CHECK(!find(findings_of(results), "reliable-outside", "Tunnel"));
	tcp->forward.sent_bytes = 2100 * 1448;
	CHECK(find(findings_of(results), "reliable-outside", "Tunnel"));
}

/* Published super-packets: the bare link and `name` meet few losses, two others many. */
static struct report_results *with_two_groups(double events)
{
	static const double shares[] = {0.36, 0.37, 0.83, 0.88};
	static const char *const names[] = {"Internal", "Like", "Unlike", "Other"};
	struct report_results *results = results_by_hand();

	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		struct report_vpn *vpn = add_vpn(results, names[i], rates, 1);
		struct report_tcp *tcp = &vpn->conditions->links->repetitions->tcp;

		vpn->conditions->settings =
			(struct report_settings){.is_there = true, .jitter_ms = 4};
		vpn->is_reference = i == 0;
		tcp->retransmit_percent = shares[i];
		tcp->forward.sent_bytes = 1448e6;
		tcp->mss_bytes = 1448;
		tcp->reorder_events = i == 1 ? events : 50000;
	}
	results->reference = results->vpns;
	return results;
}

static bool shows_vpn(const struct about *finding, const char *name)
{
	for (const struct evidence *e = finding ? finding->evidence : NULL; e; e = e->next)
		if (strncmp(e->text, name, strlen(name)) == 0)
			return true;
	return false;
}

TEST(a_vpn_over_tcp_is_not_taken_for_a_sender_of_super_packets)
{
	AUTO(results_freep) struct report_results *super = with_two_groups(50000);
	AUTO(results_freep) struct report_results *over_tcp = with_two_groups(0);

	CHECK(shows_vpn(find(findings_of(super), "super-packets", NULL), "Like:"));
	CHECK(find(findings_of(over_tcp), "super-packets", NULL));
	CHECK(!shows_vpn(find(findings_of(over_tcp), "super-packets", NULL), "Like:"));
	CHECK(find(findings_of(over_tcp), "reliable-outside", "Like"));
}
