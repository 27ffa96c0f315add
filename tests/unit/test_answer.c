/* SPDX-License-Identifier: MIT */
#include "report/page/page.h"

#include "base/fd.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const double fast[] = {100, 101, 102, 103, 104, 105, 106, 107};
static const double same[] = {99, 102, 101, 104, 103, 106, 105, 108};
static const double slow[] = {50, 51, 52, 53, 54, 55, 56, 57};

static const struct answer *bulk(const struct report_results *results)
{
	return answers_of(results, findings_of(results));
}

TEST(vpns_that_cannot_be_told_apart_share_a_letter)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct answer *answer;

	add_vpn(results, "Slow", slow, 8);
	add_vpn(results, "Fast", fast, 8);
	add_vpn(results, "Same", same, 8);
	answer = bulk(results);
	CHECK(answer->is_tested && answer->rank_count == 3 && answer->group_count == 2);
	CHECK(answer->ranks->groups == answer->ranks->next->groups);
	CHECK(strcmp(answer->ranks->letters, "a") == 0);
	CHECK(strcmp(answer->ranks->next->next->letters, "b") == 0);
	CHECK(strcmp(answer->ranks->next->next->vpn->name, "Slow") == 0);
	CHECK(strstr(answer->sentence, "do not distinguish"));
}

TEST(three_pairs_need_more_repetitions_than_one_pair)
{
	AUTO(results_freep) struct report_results *one = results_by_hand();
	AUTO(results_freep) struct report_results *three = results_by_hand();
	const double slower[] = {10, 11, 12, 13};

	/* Four repetitions a side reach p = 0.029 at best: enough for one pair, not for three. */
	add_vpn(one, "Fast", fast, 4);
	add_vpn(one, "Slow", slow, 4);
	CHECK(bulk(one)->is_tested && bulk(one)->group_count == 2);
	add_vpn(three, "Fast", fast, 4);
	add_vpn(three, "Slow", slow, 4);
	add_vpn(three, "Slower", slower, 4);
	CHECK(!bulk(three)->is_tested);
	CHECK(strstr(bulk(three)->sentence, "Fast leads in these runs, on every link"));
}

/* Another link of the VPN with the same number of repetitions. */
static void add_link(
	struct report_results *results, struct report_vpn *vpn, const double *mbps, size_t count)
{
	struct report_link *link = add_vpn(results, "link", mbps, count)->conditions->links;
	struct report_vpn **at = &results->vpns;

	while ((*at)->next)
		at = &(*at)->next;
	*at = NULL;
	link->folder = "1_b";
	vpn->conditions->links->next = link;
}

TEST(links_are_not_independent_and_an_order_on_every_link_is_said)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double mixed[] = {200, 201, 202}, low[] = {10, 11, 12};
	const struct answer *answer;

	add_link(results, add_vpn(results, "Fast", fast, 3), fast, 3);
	add_link(results, add_vpn(results, "Slow", slow, 3), slow, 3);
	answer = bulk(results);
	/* Six values a VPN, yet only three blocks. */
	CHECK(!answer->is_tested && answer->ranks->block_count == 3);
	CHECK(strcmp(answer->sentence,
		      "Fast leads in these runs, on every link, with a median of 101 Mbit/s.") ==
		0);
	add_link(results, add_vpn(results, "Mixed", mixed, 3), low, 3);
	answer = bulk(results);
	CHECK(strstr(answer->sentence, " leads in these runs, with"));
	/* Mixed, by 200 and 10 Mbit/s on its two links: a block is the median of both. */
	CHECK(strcmp(answer->ranks->vpn->name, "Mixed") == 0);
	CHECK(answer->ranks->blocks[0] == 105 && answer->ranks->blocks[2] == 107);
}

TEST(a_vpn_with_a_dead_link_is_never_the_best)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double dead[] = {0, 0, 0};

	add_link(results, add_vpn(results, "Fast", fast, 3), dead, 3);
	CHECK(strcmp(bulk(results)->sentence, "No VPN has a value on every link.") == 0);
	add_link(results, add_vpn(results, "Slow", slow, 3), slow, 3);
	CHECK(strstr(bulk(results)->sentence, "Slow leads in these runs"));
}

TEST(equal_medians_are_ranked_by_their_worst_values)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double steady[] = {99, 100, 101}, shaky[] = {10, 100, 190};

	add_vpn(results, "Shaky", shaky, 3);
	add_vpn(results, "Steady", steady, 3);
	CHECK(strcmp(bulk(results)->ranks->vpn->name, "Steady") == 0);
}

TEST(a_card_names_only_vpns_of_one_group)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	double near[10], middle[10], far[10];

	/* Near and far differ; the middle one differs from neither. */
	for (size_t i = 0; i < 10; i++) {
		near[i] = 100 + (double)i;
		middle[i] = 96.9 + (double)i;
		far[i] = 93.8 + (double)i;
	}
	add_vpn(results, "Near", near, 10);
	add_vpn(results, "Middle", middle, 10);
	add_vpn(results, "Far", far, 10);
	CHECK(bulk(results)->is_tested && bulk(results)->group_count == 2);
	CHECK(strcmp(bulk(results)->ranks->next->letters, "ab") == 0);
	CHECK(strstr(bulk(results)->sentence, "do not distinguish Near, Middle;"));
}

TEST(more_vpns_than_letters_hold_are_still_ranked)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();

	for (size_t i = 0; i < 100; i++)
		add_vpn(results, arena_printf(results->arena, "V%zu", i), fast, 1);
	CHECK(bulk(results)->rank_count == 100);
}

TEST(few_values_are_described_and_never_called_a_test)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct answer *answer;

	add_vpn(results, "Fast", fast, 3);
	add_vpn(results, "Slow", slow, 3);
	answer = bulk(results);
	CHECK(!answer->is_tested && answer->group_count == 2);
	CHECK(answer->caveats && strstr(answer->caveats->text, "too few repetitions for a test"));
}

TEST(a_flow_that_stood_still_is_counted_as_missing)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double stalled[] = {100, 0, 102};
	const struct answer *answer;
	struct report_samples samples;

	add_vpn(results, "Fast", stalled, 3);
	samples = samples_of(results->arena, results->vpns->conditions, METRIC_TCP);
	CHECK(samples.count == 2 && samples.planned == 3 && samples_mean(&samples) == 101);
	answer = bulk(results);
	CHECK(strstr(answer->caveats->text, "2 of 3 links"));
}

TEST(marked_values_count_only_where_a_vpn_has_no_others)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double values[] = {100, 30, 102};
	struct report_samples samples;

	mark_by_hand(results,
		add_vpn(results, "Fast", values, 3)->conditions->links->repetitions->next, "busy");
	samples = samples_of(results->arena, results->vpns->conditions, METRIC_TCP);
	CHECK(samples.count == 2 && samples_mean(&samples) == 101 && !samples.is_marked);
	CHECK(samples.marked == 1 && samples_measured(&samples) == 3 && samples.planned == 3);
	CHECK(strstr(bulk(results)->caveats->text, "1 marked value"));
	for (struct report_repetition *r = results->vpns->conditions->links->repetitions; r;
		r = r->next)
		mark_by_hand(results, r, "busy");
	samples = samples_of(results->arena, results->vpns->conditions, METRIC_TCP);
	CHECK(samples.count == 3 && samples.is_marked && samples_measured(&samples) == 3);
}

TEST(a_vpn_with_marked_values_alone_is_ranked_only_among_its_like)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct answer *answer;

	mark_by_hand(
		results, add_vpn(results, "Fast", fast, 1)->conditions->links->repetitions, "busy");
	CHECK(bulk(results)->rank_count == 1 && bulk(results)->ranks->samples.is_marked);
	add_vpn(results, "Slow", slow, 1);
	answer = bulk(results);
	CHECK(answer->rank_count == 1 && strcmp(answer->ranks->vpn->name, "Slow") == 0);
	CHECK(strstr(answer->caveats->text, "Fast is not ranked"));
}

/* The answer to a question of VPNs with this feature; NULL: there is none. */
static const struct answer *needing(const struct report_results *results, const char *id)
{
	const struct answer *answer = bulk(results);

	while (answer && strcmp(answer->id, id) != 0)
		answer = answer->next;
	return answer;
}

TEST(a_question_with_a_need_leaves_out_who_does_not_meet_it_and_says_why)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct matrix_row row = {.id = "overlay_ipv6"};
	struct matrix_cell cells[] = {{.kind = MATRIX_NO, .text = "no"},
		{.kind = MATRIX_NO, .text = "no", .observed = {.is = "yes", .kind = MATRIX_YES}}};
	struct matrix_vpn vpns[] = {
		{.name = "Fast", .cells = &cells[0]}, {.name = "Slow", .cells = &cells[1]}};
	struct matrix matrix = {.rows = &row, .vpns = vpns, .row_count = 1, .vpn_count = 2};
	const struct answer *answer;

	add_vpn(results, "Slow", slow, 8);
	add_vpn(results, "Fast", fast, 8);
	CHECK(!needing(results, "bulk-ipv6"));
	results->matrix = &matrix;
	answer = needing(results, "bulk-ipv6");
	CHECK(answer && answer->rank_count == 1 && answer->left_out == 1);
	CHECK(answer && strcmp(answer_best(answer)->vpn->name, "Slow") == 0);
	CHECK(answer && strstr(answer->caveats->text, "Fast is left out (read: no)."));
	cells[0] = (struct matrix_cell){.kind = MATRIX_YES, .text = "yes"};
	CHECK(!needing(results, "bulk-ipv6"));
	results->matrix = NULL;
}

TEST(what_goes_on_without_a_centre_is_enough_if_all_of_it_does)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct matrix_row row = {.id = "graceful_degradation"};
	struct matrix_cell cell = {.kind = MATRIX_OTHER, .text = "n/a, no coordinator"};
	struct matrix_vpn one = {.name = "Fast", .cells = &cell};
	struct matrix matrix = {.rows = &row, .vpns = &one, .row_count = 1, .vpn_count = 1};
	const struct report_vpn *vpn = add_vpn(results, "Fast", fast, 8);
	const char *why;

	results->matrix = &matrix;
	CHECK(need_is_met(results, vpn, "graceful_degradation", &why));
	cell.observed = (struct matrix_observation){.is = "pairs go on", .kind = MATRIX_OTHER};
	CHECK(!need_is_met(results, vpn, "graceful_degradation", &why));
	CHECK(strcmp(why, "observed: pairs go on") == 0);
	cell.observed.is = "pairs go on, hosts rejoin, new pairs form";
	CHECK(need_is_met(results, vpn, "graceful_degradation", &why));
	CHECK(!need_is_met(results, vpn, "overlay_ipv6", &why));
	results->matrix = NULL;
}

TEST(a_page_of_almost_nothing_is_still_a_page)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct page page = {.results = results, .tree_url = ""};
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_vpn(results, "Only", fast, 1);
	page.tables = tables_of(results, NULL);
	page.findings = findings_of(results);
	page.answers = answers_of(results, page.findings);
	page.verdict = verdict_of(results, page.findings, page.answers, NULL);
	page.charts = charts_of(results, NULL);
	page_write(out, &page);
	fclose(out);
	CHECK(strstr(text, "</html>") && strstr(text, "Only"));
	if (strstr(text, "<script"))
		*strstr(text, "<script") = '\0';
	CHECK(!strstr(text, "nan") && !strstr(text, "inf\""));
}
