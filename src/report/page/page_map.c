/* SPDX-License-Identifier: MIT */
/* The part of the page that shows how every result ended, and why those failed that did. */
#include "report/page/page_sheet.h"

#include "report/output/html.h"

#include <string.h>

enum {
	REASONS_MAX = 8 /* of one cell; a cell has fewer links than that many reasons */
};

/* Why results of a cell failed, each reason once. */
struct reason {
	const char *text;
	const struct finding *finding; /* NULL: `path` is all there is */
	const char *path;
	size_t count;
};

struct cell {
	struct sheet *sheet;
	const struct page *page;
	const struct report_vpn *vpn;
	struct reason reasons[REASONS_MAX];
	size_t reason_count;
};

static struct reason reason_of(const struct cell *cell, const struct report_outcome *outcome)
{
	struct reason reason = {
		.text = outcome->envelope.cause ? outcome->envelope.cause : "failed",
		.path = outcome->path,
		.count = 1};

	if (outcome->path)
		reason.finding =
			finding_of_failure(cell->page->findings, cell->vpn->name, outcome->path);
	if (reason.finding)
		reason.text = reason.finding->brief;
	return reason;
}

static void add_reason(struct cell *cell, const struct reason *reason)
{
	for (size_t i = 0; i < cell->reason_count; i++)
		if (strcmp(cell->reasons[i].text, reason->text) == 0) {
			cell->reasons[i].count++;
			return;
		}
	if (cell->reason_count < REASONS_MAX)
		cell->reasons[cell->reason_count++] = *reason;
}

/* One link's result; the words are for those who do not see the mark. */
static void write_mark(
	struct cell *cell, const struct report_outcome *outcome, const char *link, bool is_stalled)
{
	bool has_failed = outcome->envelope.status == ENVELOPE_ERROR;
	struct reason reason = {.text = "measured"};
	const char *class = "mark-good", *mark = "\u25cf";

	if (has_failed || is_stalled) {
		reason = reason_of(cell, outcome);
		reason.text = is_stalled && !reason.finding ? "stalled" : reason.text;
		class = is_stalled ? "mark-stalled" : "mark-failed";
		mark = is_stalled ? "\u25d1" : "\u2715";
		add_reason(cell, &reason);
	} else if (outcome->envelope.status != ENVELOPE_SUCCESS) {
		reason.text = "not measured";
		class = "mark-absent";
		mark = "\u00b7";
	}
	sheet_part(cell->sheet, &(struct part){.text = mark,
					.class = class,
					.title = arena_printf(cell->page->results->arena, "%s: %s",
						link, reason.text)});
}

static void write_pair_marks(struct cell *cell, const struct report_condition *condition)
{
	for (const struct report_repetition *r = condition->whole; r; r = r->next)
		for (const struct report_pair *pair = r->parallel.pairs; pair; pair = pair->next)
			write_mark(cell, &pair->tcp.outcome, pair->source,
				outcome_is_success(&pair->tcp.outcome) &&
					pair->tcp.forward.is_stalled);
}

static void write_marks(
	struct cell *cell, const struct report_condition *condition, enum report_workload_id id)
{
	for (const struct report_link *link = condition->links;
		link && report_workloads[id].is_of_links; link = link->next)
		for (const struct report_repetition *r = link->repetitions; r; r = r->next)
			write_mark(cell, report_outcome_of(r, id), link->folder,
				id == REPORT_TCP && outcome_is_success(&r->tcp.outcome) &&
					r->tcp.forward.is_stalled);
	if (id == REPORT_PARALLEL)
		write_pair_marks(cell, condition);
	else if (!report_workloads[id].is_of_links)
		for (const struct report_repetition *r = condition->whole; r; r = r->next)
			write_mark(cell, report_outcome_of(r, id), "the mesh", false);
}

/* Below the marks, in words that lead to the evidence. */
static void write_reasons(const struct cell *cell)
{
	for (size_t i = 0; i < cell->reason_count; i++) {
		const struct reason *reason = &cell->reasons[i];

		struct arena *arena = cell->page->results->arena;
		const char *times =
			reason->count > 1 ? arena_printf(arena, "%zu \u00d7 ", reason->count) : "";

		sheet_part(cell->sheet,
			&(struct part){.text = arena_printf(arena, "%s%s", times, reason->text),
				.class = "why",
				.href = reason->finding ? page_evidence_href(cell->page,
								  reason->finding, cell->vpn)
					: reason->path  ? page_file_href(cell->page, reason->path)
							: NULL});
	}
}

/* Workloads with at least one result; the others would be empty columns. */
static void note_measured(void *context, const struct report_place *place)
{
	bool *is_measured = context;

	is_measured[place->workload - report_workloads] = true;
}

static void find_measured(const struct report_results *results, bool is_measured[REPORT_WORKLOADS])
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			condition_each_result(condition, note_measured, is_measured);
}

static void fill_row(struct sheet *sheet, const struct report_vpn *vpn, const char *profile,
	const bool is_measured[REPORT_WORKLOADS])
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const struct page *page = sheet_page(sheet);

	if (!condition)
		return;
	sheet_row(sheet, vpn->name, profile_title(profile));
	sheet_text(sheet, vpn->title);
	sheet_link(sheet, profile_title(profile),
		page_sample_href(page, results_place(page->results->arena, vpn, profile)));
	for (size_t i = 0; i < REPORT_WORKLOADS; i++) {
		struct cell cell = {.sheet = sheet, .page = page, .vpn = vpn};

		if (!is_measured[i])
			continue;
		sheet_cell(sheet);
		write_marks(&cell, condition, (enum report_workload_id)i);
		write_reasons(&cell);
	}
}

static void fill_map(struct sheet *sheet, const void *context)
{
	const struct report_results *results = context;
	bool is_measured[REPORT_WORKLOADS] = {false};

	find_measured(results, is_measured);
	sheet_heading(sheet, "VPN", false, NULL);
	sheet_heading(sheet, "Profile", false, NULL);
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		if (is_measured[i])
			sheet_heading(sheet, report_workloads[i].heading, false, NULL);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			fill_row(sheet, vpn, results->profiles[i], is_measured);
}

static enum sheet_when map_when(const struct report_results *results)
{
	size_t count = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			count++;
	return count > SHEET_SMALL ? SHEET_NEAR : SHEET_AT_ONCE;
}

void page_map(FILE *out, const struct page *page)
{
	fputs("<section id=\"map\"><h2>What failed</h2><p>One mark per result: <span class=\"mark-good\">&#9679;</span> measured, <span class=\"mark-stalled\">&#9681;</span> stalled, but stored as a success, <span class=\"mark-failed\">&#10005;</span> failed, <span class=\"mark-absent\">&#183;</span> not measured. The words below say why and lead to the evidence.</p>\n",
		out);
	page_sheet(out, page, map_when(page->results), "map", fill_map, page->results);
	fputs("</section>\n", out);
}
