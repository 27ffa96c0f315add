/* SPDX-License-Identifier: MIT */
#include "report/findings/verdict.h"

#include "base/fd.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double fast[] = {200, 201, 202};
static const double slow[] = {50, 51, 52};

static const struct verdict *judge(const struct report_results *results)
{
	const struct findings *findings = findings_of(results);

	return verdict_of(results, findings, answers_of(results, findings), situations_of(results));
}

static const struct verdict_row *row_of(const struct verdict *verdict, const char *vpn)
{
	const struct verdict_row *row = verdict->rows;

	while (row && strcmp(row->vpn->name, vpn) != 0)
		row = row->next;
	return row;
}

static struct report_repetition *first_of(const struct report_vpn *vpn)
{
	return vpn->conditions->links->repetitions;
}

static void fail_outcome(struct report_outcome *outcome, const char *path, const char *cause)
{
	*outcome = (struct report_outcome){.path = path};
	outcome->envelope.status = ENVELOPE_ERROR;
	outcome->envelope.cause = cause;
}

/* A bare link, a fast VPN and a slow one. */
static struct report_results *two_vpns(struct report_vpn *ret_vpns[3])
{
	struct report_results *results = results_by_hand();

	ret_vpns[0] = add_vpn(results, "Internal", fast, 3);
	ret_vpns[0]->is_reference = true;
	results->reference = ret_vpns[0];
	ret_vpns[1] = add_vpn(results, "Fast", fast, 3);
	ret_vpns[2] = add_vpn(results, "Slow", slow, 3);
	/* One question is enough. */
	for (size_t i = 0; i < 3; i++)
		for (struct report_repetition *r = first_of(ret_vpns[i]); r; r = r->next)
			r->tcp.outcome.effort.daemons_s_per_gb = NAN;
	return results;
}

TEST(who_leads_comes_first_behind_the_bare_link)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict = judge(results);

	CHECK(verdict->answer_count == 1 && verdict->rows->vpn->is_reference);
	CHECK(!verdict->rows->cells->leads);
	CHECK(verdict->rows->next->vpn == vpns[1] && verdict->rows->next->cells->leads);
	CHECK(!row_of(verdict, "Slow")->cells->leads);
	CHECK(strcmp(verdict->because,
		      "In these runs Fast is ahead: it leads or shares the lead in 1 of 1 questions, and nothing rules it out.") ==
		0);
}

TEST(a_question_with_a_need_stands_in_the_table_and_does_not_count_for_the_lead)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	struct matrix_row row = {.id = "overlay_ipv6"};
	struct matrix_cell cells[] = {
		{.kind = MATRIX_UNKNOWN, .text = "?"}, {.kind = MATRIX_YES, .text = "yes"}};
	struct matrix_vpn read[] = {
		{.name = "Fast", .cells = &cells[0]}, {.name = "Slow", .cells = &cells[1]}};
	struct matrix matrix = {.rows = &row, .vpns = read, .row_count = 1, .vpn_count = 2};
	const struct verdict *verdict;
	const struct verdict_row *left_out;

	CHECK(!verdict_leaves_out(judge(results)));
	results->matrix = &matrix;
	verdict = judge(results);
	CHECK(verdict->answer_count == 2 && verdict->question_count == 1 &&
		verdict_leaves_out(verdict));
	left_out = row_of(verdict, "Fast");
	CHECK(left_out->cells[1].is_left_out && isnan(left_out->cells[1].median));
	CHECK(strcmp(verdict_cell_text(results->arena, verdict->answers[1], &left_out->cells[1]),
		      "left out") == 0);
	CHECK(!row_of(verdict, "Slow")->cells[1].is_left_out &&
		!verdict->rows->cells[1].is_left_out);
	CHECK(row_of(verdict, "Slow")->lead_count == 0);
	CHECK(strstr(verdict->because, "Fast is ahead: it leads or shares the lead in 1 of 1"));
	cells[0].kind = MATRIX_YES; /* nobody is left out, and the question is the same */
	verdict = judge(results);
	CHECK(verdict->answer_count == 1 && !verdict_leaves_out(verdict));
	cells[0].kind = MATRIX_UNKNOWN;
	cells[1].kind = MATRIX_NO; /* nobody is left */
	CHECK(judge(results)->answer_count == 1);
	results->matrix = NULL;
}

TEST(a_fast_vpn_over_which_quic_is_impossible_is_out_and_the_sentence_names_why)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict;

	fail_outcome(&first_of(vpns[1])->qperf.outcome, "fast/qperf.json", "mtu");
	first_of(vpns[0])->qperf.outcome.envelope.status = ENVELOPE_SUCCESS;
	verdict = judge(results);
	CHECK(strcmp(row_of(verdict, "Fast")->disqualifiers->text, "QUIC impossible") == 0);
	CHECK(verdict->rows->next->vpn == vpns[2]);
	CHECK(verdict->finding && strcmp(verdict->finding->id, "mtu-quic") == 0);
	CHECK(strstr(verdict->because,
		"Fast leads or shares the lead in 1 of 1 questions, but is out (QUIC impossible) because of 'QUIC datagrams do not fit the tunnel' (mtu-quic)."));
}

TEST(what_the_bare_link_suffers_is_not_held_against_a_vpn)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);

	fail_outcome(&first_of(vpns[0])->udp.outcome, "bare/udp.json", "timeout");
	fail_outcome(&first_of(vpns[1])->udp.outcome, "fast/udp.json", "timeout");
	CHECK(!row_of(judge(results), "Fast")->disqualifiers);
	first_of(vpns[0])->udp.outcome.envelope.status = ENVELOPE_SUCCESS;
	CHECK(strcmp(row_of(judge(results), "Fast")->disqualifiers->text, "UDP fails") == 0);
}

TEST(a_flow_that_stalls_only_over_the_vpn_is_a_dead_link)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);

	first_of(vpns[1])->tcp.reverse.is_stalled = true;
	CHECK(strcmp(row_of(judge(results), "Fast")->disqualifiers->text, "dead link") == 0);
	first_of(vpns[0])->tcp.reverse.is_stalled = true;
	CHECK(!row_of(judge(results), "Fast")->disqualifiers);
}

TEST(a_link_on_which_every_repetition_fails_is_dead_and_one_failure_is_not)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	struct report_link other = {.folder = "1_b", .host = "b"};
	struct report_repetition only = {0};

	fail_outcome(&only.tcp.outcome, "fast/1_b/tcp.json", "timeout");
	other.repetitions = &only;
	fail_outcome(&first_of(vpns[2])->tcp.outcome, "slow/tcp.json", "timeout");
	vpns[1]->conditions->links->next = &other;
	CHECK(strcmp(row_of(judge(results), "Fast")->disqualifiers->text, "dead link") == 0);
	CHECK(!row_of(judge(results), "Slow")->disqualifiers);
}

TEST(a_crash_disqualifies_under_its_finding)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct disqualifier *why;

	fail_outcome(&first_of(vpns[1])->tcp.outcome, "fast/tcp.json", "crashed");
	why = row_of(judge(results), "Fast")->disqualifiers;
	CHECK(why && strcmp(why->text, "crashed") == 0 && !why->next);
	CHECK(why && why->finding && strcmp(why->finding->id, "cause-crashed") == 0);
}

TEST(video_of_which_most_is_lost_disqualifies_with_its_share)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	struct report_video *video = &first_of(vpns[1])->video;

	video->outcome.envelope.status = ENVELOPE_SUCCESS;
	video->metrics[VIDEO_QUALITY] = (struct summary){.average = 13.1};
	CHECK(strcmp(row_of(judge(results), "Fast")->disqualifiers->text, "video 13 %") == 0);
	video->metrics[VIDEO_QUALITY].average = 95;
	CHECK(!row_of(judge(results), "Fast")->disqualifiers);
}

TEST(a_vpn_whose_measurements_all_failed_says_so_in_its_cell)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict;
	const struct verdict_cell *cell;

	for (struct report_repetition *r = first_of(vpns[2]); r; r = r->next)
		fail_outcome(&r->tcp.outcome, "slow/tcp.json", "timeout");
	verdict = judge(results);
	cell = row_of(verdict, "Slow")->cells;
	CHECK(cell->has_failed && cell->finding);
	CHECK(strcmp(verdict_cell_text(results->arena, verdict->answers[0], cell), "failed") == 0);
}

TEST(a_value_that_cannot_be_seen_has_not_failed)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict;

	for (size_t i = 1; i < 3; i++)
		for (struct report_repetition *r = first_of(vpns[i]); r; r = r->next)
			r->tcp.outcome.effort.daemons_s_per_gb = 7;
	verdict = judge(results);
	CHECK(verdict->answer_count == 2 && strcmp(verdict->answers[1]->id, "low-cpu") == 0);
	CHECK(!verdict->rows->cells[1].has_failed);
	CHECK(strcmp(verdict_cell_text(
			     results->arena, verdict->answers[1], &verdict->rows->cells[1]),
		      "-") == 0);
}

TEST(what_no_question_is_about_has_no_leader)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict = verdict_of(results, findings_of(results), NULL, NULL);

	CHECK(verdict->answer_count == 0 && verdict->rows);
	CHECK(strcmp(verdict->because,
		      "What was measured ranks no VPN; findings and tables say what it shows.") ==
		0);
}

TEST(the_title_says_what_was_measured_and_the_line_below_how_sure_it_is)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	const struct verdict *verdict = judge(results);

	CHECK(strcmp(verdict->title, "Fast, Slow and the bare link: TCP under baseline") == 0);
	CHECK(strcmp(verdict->circumstances,
		      "The machine is unknown: 9 results in 0 s, what else ran is unknown; with too few repetitions for a test, the order may be chance.") ==
		0);
	mark_by_hand(results, first_of(vpns[1]), "busy");
	results->environment = results->kept;
	CHECK(strstr(judge(results)->circumstances, "1 of them disturbed (*)"));
}

TEST(a_terminal_and_markdown_show_the_same_cells)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	verdict_write_text(out, results->arena, judge(results));
	verdict_write_markdown(out, results->arena, judge(results));
	fclose(out);
	CHECK(strstr(text,
		"\nVPN        TCP\n           Mbit/s\nInternal   201\nFast       201 <\nSlow       51.0\n"));
	CHECK(strstr(text, "| Fast | **201** |  |\n"));
	CHECK(strstr(text, "| Slow | 51.0 |  |\n"));
}

TEST(on_a_narrow_terminal_no_line_is_wider_than_it)
{
	struct report_vpn *vpns[3];
	AUTO(results_freep) struct report_results *results = two_vpns(vpns);
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	setenv("COLUMNS", "40", 1); /* NOLINT(concurrency-mt-unsafe): one thread */
	verdict_write_text(out, results->arena, judge(results));
	unsetenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): one thread */
	fclose(out);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		CHECK(strcspn(line, "\n") <= 40);
	CHECK(strstr(text, "Fast, Slow and the bare link: TCP under\nbaseline\n"));
}
