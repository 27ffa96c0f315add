/* SPDX-License-Identifier: MIT */
/* The parts of the page that are mostly sentences: summary, answers, findings, about. */
#include "report/page/page_sheet.h"

#include "report/output/html.h"
#include "report/output/number.h"

#include <math.h>
#include <string.h>

/* How many results there are, and how they ended. */
struct census {
	size_t good, failed, stalled, vpns;
	bool has_flows; /* that could have stalled */
};

static void count_result(void *context, const struct report_place *place)
{
	struct census *census = context;

	census->good += place->outcome->envelope.status == ENVELOPE_SUCCESS;
	census->failed += place->outcome->envelope.status == ENVELOPE_ERROR;
	census->has_flows = census->has_flows || place->workload == &report_workloads[REPORT_TCP];
	census->stalled += place->workload == &report_workloads[REPORT_TCP] &&
			   outcome_is_success(place->outcome) &&
			   place->repetition->tcp.forward.is_stalled;
}

static struct census census_of(const struct report_results *results)
{
	struct census census = {0};

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		census.vpns++;
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			condition_each_result(condition, count_result, &census);
	}
	return census;
}

static void write_card(FILE *out, const char *number, const char *text)
{
	fputs("<div class=\"card\"><b>", out);
	html_text(out, number);
	fputs("</b><span>", out);
	html_text(out, text);
	fputs("</span></div>", out);
}

static void write_cards(FILE *out, const struct page *page)
{
	struct arena *arena = page->results->arena;
	struct census census = census_of(page->results);
	size_t errors = 0;

	for (const struct finding *f = page->findings->first; f; f = f->next)
		errors += f->severity == SEVERITY_ERROR;
	fputs("<div class=\"cards\">", out);
	write_card(out, arena_printf(arena, "%zu", census.vpns),
		page->results->reference ? "VPNs, including the bare link" : "VPNs");
	write_card(out, arena_printf(arena, "%zu", page->results->profile_count),
		page->results->profile_count == 1 ? "profile" : "profiles");
	write_card(
		out, arena_printf(arena, "%zu", census.good), "results of links and whole meshes");
	write_card(out, arena_printf(arena, "%zu", census.failed),
		"failures, each with a cause below");
	if (census.has_flows)
		write_card(out, arena_printf(arena, "%zu", census.stalled),
			"stalled flows stored as successes");
	write_card(out, arena_printf(arena, "%zu", errors), "findings that invalidate a number");
	fputs("</div>\n", out);
}

void page_summary(FILE *out, const struct page *page)
{
	fputs("<section id=\"summary\"><h2>In short</h2>\n", out);
	write_cards(out, page);
	fputs("</section>\n", out);
}

static void begin_row(struct sheet *sheet, const struct report_vpn *vpn)
{
	const struct report_results *results = sheet_page(sheet)->results;

	sheet_row(sheet, vpn->name, NULL);
	sheet_cell(sheet);
	sheet_part(sheet, &(struct part){.text = "",
				  .class = arena_printf(results->arena, "swatch %s",
					  chart_class(results, vpn->name))});
	sheet_part(sheet, &(struct part){.text = vpn->title});
}

static void fill_rank(struct sheet *sheet, const struct answer *answer, const struct rank *rank)
{
	const struct report_metric *metric = &report_metrics[answer->metric];
	const struct page *page = sheet_page(sheet);
	struct arena *arena = page->results->arena;

	begin_row(sheet, rank->vpn);
	sheet_text(sheet, rank->letters);
	sheet_link(sheet,
		arena_printf(arena, "%s%s", number_text(arena, rank->median, metric->decimals),
			rank->samples.is_marked ? "*" : ""),
		page_sample_href(page, results_place(arena, rank->vpn, answer->profile)));
	sheet_text(sheet, arena_printf(arena, "%s to %s",
				  number_text(arena, rank->interval.low, metric->decimals),
				  number_text(arena, rank->interval.high, metric->decimals)));
	sheet_text(sheet, arena_printf(arena, "%.0f", 100 * rank->interval.confidence));
	sheet_text(
		sheet, arena_printf(arena, "%zu/%zu", rank->samples.count, rank->samples.planned));
}

static void fill_unranked(
	struct sheet *sheet, const struct answer *answer, const struct unranked *unranked)
{
	const struct page *page = sheet_page(sheet);
	struct arena *arena = page->results->arena;

	begin_row(sheet, unranked->vpn);
	sheet_text(sheet, "");
	sheet_link(sheet,
		arena_printf(arena, "below %s",
			number_text(
				arena, unranked->below, report_metrics[answer->metric].decimals)),
		page_sample_href(page, results_place(arena, unranked->vpn, answer->profile)));
	for (size_t i = 0; i < 3; i++)
		sheet_text(sheet, "");
}

static void fill_ranks(struct sheet *sheet, const void *context)
{
	const struct answer *answer = context;
	struct arena *arena = sheet_page(sheet)->results->arena;

	sheet_heading(sheet, "VPN", false, NULL);
	sheet_heading(sheet, "Group", false, "VPNs that share a letter cannot be told apart");
	sheet_heading(sheet, arena_printf(arena, "Median, %s", report_metrics[answer->metric].unit),
		true, NULL);
	sheet_heading(sheet, "Interval", true, NULL);
	sheet_heading(sheet, "covers %", true, NULL);
	sheet_heading(sheet, "Links", true, NULL);
	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		fill_rank(sheet, answer, rank);
	for (const struct unranked *u = answer->unranked; u; u = u->next)
		fill_unranked(sheet, answer, u);
}

static enum sheet_when ranks_when(const struct answer *answer)
{
	size_t count = 0;

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		count++;
	return count > SHEET_SMALL / 2 ? SHEET_NEAR : SHEET_AT_ONCE;
}

static void write_answer(FILE *out, const struct page *page, const struct answer *answer)
{
	const struct report_metric *metric = &report_metrics[answer->metric];

	fputs("<article id=\"answer-", out);
	html_id(out, answer->id);
	fputs("\"><h3>", out);
	html_text(out, answer->question);
	fputs("</h3><p class=\"verdict\">", out);
	html_text(out, answer->sentence);
	fputs("</p><p class=\"small\">", out);
	html_printf(out, "%s, profile %s; %s is better.", metric->title,
		profile_title(answer->profile), metric->higher_is_better ? "more" : "less");
	fputs("</p>", out);
	if (answer->ranks || answer->unranked)
		page_sheet(out, page, ranks_when(answer), NULL, fill_ranks, answer);
	if (answer->caveats)
		fputs("<details><summary>What the data cannot show</summary><ul>", out);
	for (const struct caveat *caveat = answer->caveats; caveat; caveat = caveat->next) {
		fputs("<li>", out);
		html_text(out, caveat->text);
		fputs("</li>", out);
	}
	fputs(answer->caveats ? "</ul></details></article>\n" : "</article>\n", out);
}

static void fill_fittings(struct sheet *sheet, const void *context)
{
	const struct situation *situation = context;
	const struct page *page = sheet_page(sheet);
	bool has_profiles = page->results->profile_count > 1;

	sheet_heading(sheet, "VPN", false, NULL);
	if (has_profiles)
		sheet_heading(sheet, "Profile", false, NULL);
	sheet_heading(sheet, "Suits", false, NULL);
	sheet_heading(sheet, "What was seen", false, NULL);
	for (const struct fitting *f = situation->fittings; f; f = f->next) {
		begin_row(sheet, f->vpn);
		if (has_profiles)
			sheet_text(sheet, profile_title(f->profile));
		sheet_text(sheet, fit_name(f->fit));
		sheet_link(sheet, f->text, f->path ? page_file_href(page, f->path) : NULL);
	}
}

static void write_situation(FILE *out, const struct page *page, const struct situation *situation)
{
	fputs("<article id=\"answer-", out);
	html_id(out, situation->id);
	fputs("\"><h3>", out);
	html_text(out, situation->question);
	fputs("</h3><p class=\"verdict\">", out);
	html_text(out, situation->sentence);
	fputs("</p>", out);
	page_sheet(out, page, SHEET_AT_ONCE, "said", fill_fittings, situation);
	fputs("</article>\n", out);
}

static void write_situations(FILE *out, const struct page *page)
{
	if (!page->situations)
		return;
	fputs("<p>Behind routers, what became of hosts with each VPN. Four of five attempts to find a direct way are what Halkes and Pouwelse saw among peers of a public network (NETWORKING 2011).</p>\n<div class=\"columns\">\n",
		out);
	for (const struct situation *s = page->situations; s; s = s->next)
		write_situation(out, page, s);
	fputs("</div>\n", out);
}

static void write_rankings(FILE *out, const struct page *page)
{
	if (!page->answers)
		return;
	fputs("<p>One ranking for each question. These measurements do not distinguish VPNs that share a letter, whatever their order. The interval contains the median with the confidence in the next column, which few values keep low.</p>\n<div class=\"columns\">\n",
		out);
	for (const struct answer *answer = page->answers; answer; answer = answer->next)
		write_answer(out, page, answer);
	fputs("</div>\n", out);
}

void page_answers(FILE *out, const struct page *page)
{
	if (!page->answers && !page->situations)
		return;
	fputs("<section id=\"answers\"><h2>Answers</h2>\n", out);
	write_situations(out, page);
	write_rankings(out, page);
	fputs("</section>\n", out);
}

static void fill_evidence(struct sheet *sheet, const void *context)
{
	const struct about *about = context;

	for (const struct evidence *e = about->evidence; e; e = e->next) {
		const char *href = e->path ? page_file_href(sheet_page(sheet), e->path) : NULL;

		sheet_row(sheet, NULL, NULL);
		sheet_text(sheet, e->text);
		if (!e->path)
			continue;
		sheet_part(sheet, &(struct part){.text = " - "});
		sheet_part(sheet,
			&(struct part){
				.text = e->path, .href = href, .class = href ? NULL : "file"});
	}
}

static void write_evidence(FILE *out, const struct page *page, const struct finding *finding,
	const struct about *about)
{
	fputs("<details id=\"evidence-", out);
	html_id(out, finding->id);
	fputc('-', out);
	html_id(out, about->vpn ? about->vpn : "");
	fprintf(out, "\"><summary>Evidence (%zu)</summary>", about->evidence_count);
	page_sheet(out, page, SHEET_OPENED, NULL, fill_evidence, about);
	fputs("</details>", out);
}

static void write_finding(FILE *out, const struct page *page, const struct finding *finding)
{
	const char *severity = severity_name(finding->severity);

	fprintf(out, "<article class=\"finding %s\" id=\"finding-", severity);
	html_id(out, finding->id);
	fprintf(out, "\"><h3><span class=\"tag\">%s</span> ", severity);
	html_text(out, finding->title);
	fputs("</h3>", out);
	for (const struct about *about = finding->abouts; about; about = about->next) {
		fputs("<div", out);
		if (about->vpn) {
			fputs(" data-vpn=\"", out);
			html_text(out, about->vpn);
			fputc('"', out);
		}
		fputs("><p>", out);
		html_text(out, about->sentence);
		fputs("</p>", out);
		write_evidence(out, page, finding, about);
		fputs("</div>", out);
	}
	fputs("</article>\n", out);
}

static void write_level(FILE *out, const struct page *page, enum impact impact, const char *title)
{
	const struct finding *f = page->findings->first;

	while (f && f->impact != impact)
		f = f->next;
	if (!f)
		return;
	fprintf(out, "<details class=\"level\"%s><summary>%s</summary>\n",
		impact == CHANGES_READING ? "" : " open", title);
	for (; f && f->impact == impact; f = f->next)
		write_finding(out, page, f);
	fputs("</details>\n", out);
}

void page_findings(FILE *out, const struct page *page)
{
	fputs("<section id=\"findings\"><h2>Findings</h2><p>What the evidence in the files says, ordered by what it changes. An <em>error</em> makes a number wrong or explains why it is missing, a <em>warning</em> changes what it means, and a <em>note</em> helps to interpret it.</p>\n",
		out);
	write_level(out, page, CHANGES_CHOICE, "These change which VPN to choose");
	write_level(out, page, CHANGES_FIGURES, "These change what a figure says");
	write_level(out, page, CHANGES_READING, "These help to understand figures");
	if (!page->findings->first)
		fputs("<p>None.</p>\n", out);
	fputs("</section>\n", out);
}

static void write_problems(FILE *out, const struct page *page)
{
	if (!page->results->reading.problems)
		return;
	fputs("<h3>Files that could not be used</h3><ul>", out);
	for (const struct tree_problem *p = page->results->reading.problems; p; p = p->next) {
		fputs("<li>", out);
		page_file_link(out, page, p->path);
		html_printf(out, ": %s", p->why);
		fputs("</li>", out);
	}
	fputs("</ul>", out);
}

void page_about(FILE *out, const struct page *page)
{
	fputs("<section id=\"about\"><h2>About this page</h2><p>", out);
	html_printf(out, "Made by meshbench from %zu files, %.1f MB.",
		page->results->reading.file_count, (double)page->results->reading.byte_count / 1e6);
	fputs(" It needs neither a network nor other files; links to single results work while it is in its result tree. A number that is a link leads to the single values behind it.</p>\n<h3>How the numbers are made</h3><dl><dt>printed</dt><dd>By the formulas of the published tables, including their flaws: the sender's side, one direction, links that worked.</dd><dt>corrected</dt><dd>What arrived, per link, without stalled flows, and with the number of links.</dd><dt>interval</dt><dd>Order statistics around the median: exact for any distribution. Three values cover 75 %.</dd><dt>group</dt><dd>With four or more values on each side, by a permutation test of the means, adjusted by Holm over all pairs; with fewer values, by ranges that do not overlap.</dd></dl>\n",
		out);
	write_problems(out, page);
	fputs("</section>\n", out);
}
