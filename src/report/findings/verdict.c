/* SPDX-License-Identifier: MIT */
/* Who is ahead over all questions, and what put others behind. */
#include "report/findings/verdict.h"

#include "report/output/number.h"

#include <math.h>
#include <string.h>

static const struct rank *rank_of(const struct answer *answer, const struct report_vpn *vpn)
{
	const struct rank *rank = answer->ranks;

	while (rank && rank->vpn != vpn)
		rank = rank->next;
	return rank;
}

/* Whether any of it is there and is not a success; stalled flows are successes as stored. */
static bool has_failures(const struct report_condition *condition, enum report_workload_id id)
{
	for (const struct report_link *link = condition->links; link; link = link->next)
		for (const struct report_repetition *r = link->repetitions; r; r = r->next)
			if (report_outcome_of(r, id)->envelope.status == ENVELOPE_ERROR ||
				(id == REPORT_TCP && outcome_is_success(&r->tcp.outcome) &&
					r->tcp.forward.is_stalled))
				return true;
	return false;
}

/* What explains that a metric has no value; the first failure that a finding knows. */
static const struct finding *reason_of(const struct findings *findings,
	const struct report_vpn *vpn, const struct report_condition *condition,
	enum report_workload_id id)
{
	for (const struct report_link *link = condition->links; link; link = link->next)
		for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
			const struct report_outcome *outcome = report_outcome_of(r, id);
			const struct finding *finding =
				outcome->path ? finding_of_file(findings, vpn->name, outcome->path)
					      : NULL;

			if (finding)
				return finding;
		}
	return NULL;
}

/* To lead takes somebody to lead before. */
static bool has_rivals(const struct answer *answer)
{
	size_t count = 0;

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		count += !rank->vpn->is_reference;
	return count > 1;
}

/* The figure is that of another question, which has it. */
static bool is_left_out(const struct report_results *results, const struct answer *answer,
	const struct report_vpn *vpn)
{
	const char *why;

	return answer->needs && !vpn->is_reference &&
	       !need_is_met(results, vpn, answer->needs, &why);
}

static struct verdict_cell cell_of(const struct report_results *results,
	const struct findings *findings, const struct answer *answer, const struct report_vpn *vpn)
{
	const struct report_metric *metric = &report_metrics[answer->metric];
	const struct report_condition *condition = condition_of(vpn, answer->profile);
	struct report_samples samples = samples_of(results->arena, condition, answer->metric);
	const struct rank *rank = rank_of(answer, vpn);
	struct verdict_cell cell = {.median = samples_median(&samples),
		.below = samples.below,
		.is_marked = samples.is_marked,
		.measured = samples_measured(&samples),
		.planned = samples.planned};

	if (samples.planned && is_left_out(results, answer, vpn))
		return (struct verdict_cell){.median = NAN, .is_left_out = true};
	cell.leads = rank && has_rivals(answer) && answer_is_led_by(answer, rank);
	/* Others may be absent because nothing could be seen: the bare link has no daemons. */
	cell.has_failed = !samples.count && samples.planned && !metric->of_link &&
			  has_failures(condition, metric->workload);
	if (cell.has_failed)
		cell.finding = reason_of(findings, vpn, condition, metric->workload);
	return cell;
}

static bool is_ahead(const struct verdict_row *a, const struct verdict_row *b)
{
	if (a->vpn->is_reference != b->vpn->is_reference)
		return a->vpn->is_reference;
	if (!a->disqualifiers != !b->disqualifiers)
		return !a->disqualifiers;
	if (a->lead_count != b->lead_count)
		return a->lead_count > b->lead_count;
	return behind_is_ahead(a, b);
}

static void add_row(struct verdict *verdict, const struct report_results *results,
	const struct findings *findings, const struct report_vpn *vpn)
{
	struct verdict_row *row = arena_alloc(results->arena, struct verdict_row, 1);
	struct verdict_row **at = &verdict->rows;

	row->vpn = vpn;
	row->cells = arena_alloc(results->arena, struct verdict_cell, verdict->answer_count + 1);
	for (size_t i = 0; i < verdict->answer_count; i++) {
		row->cells[i] = cell_of(results, findings, verdict->answers[i], vpn);
		row->lead_count += row->cells[i].leads && !verdict->answers[i]->needs;
	}
	row->disqualifiers = disqualifiers_of(results, findings, vpn);
	behind_count(verdict->situations, row);
	while (*at && is_ahead(*at, row))
		at = &(*at)->next;
	row->next = *at;
	*at = row;
}

static const struct verdict_row *first_vpn(const struct verdict *verdict)
{
	const struct verdict_row *row = verdict->rows;

	while (row && row->vpn->is_reference)
		row = row->next;
	return row;
}

/* The best of those that are disqualified, if it leads anything. */
static const struct verdict_row *fallen(const struct verdict *verdict)
{
	const struct verdict_row *row = first_vpn(verdict);

	while (row && !row->disqualifiers)
		row = row->next;
	return row && row->lead_count ? row : NULL;
}

/* "because of 'QUIC datagrams do not fit the tunnel' (mtu-quic)"; remembers the finding. */
static const char *because_of(
	struct arena *arena, struct verdict *verdict, const struct disqualifier *d)
{
	while (d && !d->finding)
		d = d->next;
	if (!d)
		return "";
	verdict->finding = d->finding;
	return arena_printf(arena, " because of '%s' (%s)", d->finding->title, d->finding->id);
}

static const char *leads_text(
	struct arena *arena, const struct verdict *verdict, const struct verdict_row *row)
{
	return arena_printf(arena, "leads or shares the lead in %zu of %zu questions",
		row->lead_count, verdict->question_count);
}

/* Why others are behind: the finding about a fast one that is out, or about the next one. */
static const char *rivals_text(struct arena *arena, struct verdict *verdict,
	const struct findings *findings, const struct verdict_row *first)
{
	static const char *const reasons[] = {"one-busy-thread", "reliable-outside"};
	const struct verdict_row *out = fallen(verdict);

	if (out)
		return arena_printf(arena, "; %s %s, but is out (%s)%s", out->vpn->title,
			leads_text(arena, verdict, out),
			disqualifiers_text(arena, out->disqualifiers),
			because_of(arena, verdict, out->disqualifiers));
	for (const struct verdict_row *row = first->next; row; row = row->next)
		for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
			const struct finding *finding = finding_with(findings, reasons[i]);

			if (!finding || !finding_about(finding, row->vpn->name))
				continue;
			verdict->finding = finding;
			return arena_printf(arena, "; one reason why %s is behind is '%s' (%s)",
				row->vpn->title, finding->title, finding->id);
		}
	return "";
}

static bool is_tested(const struct verdict *verdict)
{
	size_t tested = 0;

	for (size_t i = 0; i < verdict->answer_count; i++) {
		const struct answer *answer = verdict->answers[i];

		if (answer->rank_count > 1 && !answer->is_tested)
			return false;
		tested += answer->is_tested;
	}
	return tested > 0;
}

static const char *sentence_of(
	struct arena *arena, struct verdict *verdict, const struct findings *findings)
{
	const struct verdict_row *first = first_vpn(verdict);
	const char *when = is_tested(verdict) ? "" : "In these runs ";

	if (!first)
		return "No VPN was measured.";
	if (first->disqualifiers)
		return arena_printf(arena, "%s%s cannot be recommended (%s)%s.",
			first->next ? "Every VPN is out: even " : "", first->vpn->title,
			disqualifiers_text(arena, first->disqualifiers),
			because_of(arena, verdict, first->disqualifiers));
	if (!verdict->answer_count)
		return verdict->behind
			       ? verdict->behind
			       : "What was measured ranks no VPN; findings and tables say what it shows.";
	if (!first->next)
		return arena_printf(arena,
			"%s was measured without a rival, and nothing rules it out.",
			first->vpn->title);
	if (!first->lead_count)
		return arena_printf(
			arena, "No VPN is ahead%s.", rivals_text(arena, verdict, findings, first));
	return arena_printf(arena, "%s%s is ahead: it %s, and nothing rules it out%s.", when,
		first->vpn->title, leads_text(arena, verdict, first),
		rivals_text(arena, verdict, findings, first));
}

bool verdict_has_cells(const struct verdict *verdict)
{
	bool has_any = verdict->answer_count > 0;

	for (const struct verdict_row *row = verdict->rows; row; row = row->next)
		has_any = has_any || row->disqualifiers;
	return has_any;
}

const char *disqualifiers_text(struct arena *arena, const struct disqualifier *first)
{
	const char *text = "";

	for (const struct disqualifier *d = first; d; d = d->next)
		text = arena_printf(arena, "%s%s%s", text, d == first ? "" : ", ", d->text);
	return text;
}

const char *verdict_cell_text(
	struct arena *arena, const struct answer *answer, const struct verdict_cell *cell)
{
	const char *text;

	if (cell->is_left_out)
		return "left out";
	if (cell->below > 0)
		return arena_printf(arena, "below %s",
			number_text(arena, cell->below, report_metrics[answer->metric].decimals));
	if (isnan(cell->median))
		return cell->has_failed ? "failed" : "-";
	text = arena_printf(arena, "%s%s",
		number_text(arena, cell->median, report_metrics[answer->metric].decimals),
		cell->is_marked ? "*" : "");
	return cell->measured < cell->planned
		       ? arena_printf(arena, "%s (%zu of %zu)", text, cell->measured, cell->planned)
		       : text;
}

bool verdict_leaves_out(const struct verdict *verdict)
{
	return verdict->question_count < verdict->answer_count;
}

/* A column in which every VPN is left out says less than the answer, which has the reasons. */
static bool has_an_answer(const struct answer *answer)
{
	if (answer->unranked || !answer->needs)
		return answer->unranked || answer->rank_count;
	for (const struct rank *rank = answer->ranks; rank; rank = rank->next) {
		if (!rank->vpn->is_reference)
			return true;
	}
	return false;
}

static void take_answers(struct arena *arena, struct verdict *verdict, const struct answer *answers)
{
	size_t count = 0;

	for (const struct answer *answer = answers; answer; answer = answer->next)
		count++;
	verdict->answers = arena_alloc(arena, const struct answer *, count + 1);
	for (const struct answer *answer = answers; answer; answer = answer->next) {
		if (!has_an_answer(answer))
			continue;
		verdict->answers[verdict->answer_count++] = answer;
		verdict->question_count += !answer->needs;
	}
}

const struct verdict *verdict_of(const struct report_results *results,
	const struct findings *findings, const struct answer *answers,
	const struct situation *situations)
{
	struct verdict *verdict = arena_alloc(results->arena, struct verdict, 1);

	take_answers(results->arena, verdict, answers);
	verdict->title = title_of(results);
	verdict->circumstances = circumstances_of(results, answers, situations);
	verdict->situations = situations;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		add_row(verdict, results, findings, vpn);
	verdict->behind = behind_sentence(results->arena, verdict);
	verdict->because = sentence_of(results->arena, verdict, findings);
	return verdict;
}
