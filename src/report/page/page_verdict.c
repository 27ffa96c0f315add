/* SPDX-License-Identifier: MIT */
/* The top of the page: who is ahead, in one table and one sentence. */
#include "report/page/page.h"

#include "report/output/html.h"

#include <math.h>

static bool rules_somebody_out(const struct verdict *verdict)
{
	const struct verdict_row *row = verdict->rows;

	while (row && !row->disqualifiers)
		row = row->next;
	return row != NULL;
}

static void write_headings(FILE *out, const struct verdict *verdict)
{
	fputs("<thead><tr><th>VPN</th>", out);
	for (size_t i = 0; i < verdict->answer_count; i++) {
		const struct answer *answer = verdict->answers[i];

		fputs("<th class=\"n\"><a href=\"#answer-", out);
		html_id(out, answer->id);
		fputs("\" title=\"", out);
		html_text(out, answer->question);
		fputs("\">", out);
		html_text(out, answer->heading);
		fputs("</a><br><small>", out);
		html_text(out, report_metrics[answer->metric].unit);
		fputs("</small></th>", out);
	}
	if (rules_somebody_out(verdict))
		fputs("<th>Out because of</th>", out);
	fputs("</tr></thead>", out);
}

static void write_cell(FILE *out, const struct page *page, const struct answer *answer,
	const struct verdict_row *row, const struct verdict_cell *cell)
{
	struct arena *arena = page->results->arena;
	const char *text = verdict_cell_text(arena, answer, cell);

	fprintf(out, "<td class=\"n%s\">", cell->leads ? " leads" : cell->has_failed ? " out" : "");
	if (!isnan(cell->median))
		page_sample_link(out, page, results_place(arena, row->vpn, answer->profile), text);
	else if (cell->finding)
		page_finding_link(out, page, cell->finding, text);
	else
		html_text(out, text);
	fputs("</td>", out);
}

static void write_disqualifiers(
	FILE *out, const struct page *page, const struct disqualifier *first)
{
	fputs("<td class=\"out\">", out);
	for (const struct disqualifier *d = first; d; d = d->next) {
		fputs(d == first ? "" : ", ", out);
		if (d->finding)
			page_finding_link(out, page, d->finding, d->text);
		else
			html_text(out, d->text);
	}
	fputs("</td>", out);
}

static void begin_row(FILE *out, const struct page *page, const struct verdict_row *row)
{
	fputs("<tr data-vpn=\"", out);
	html_text(out, row->vpn->name);
	fprintf(out, "\"><td><b class=\"swatch %s\"></b>",
		chart_class(page->results, row->vpn->name));
	html_text(out, row->vpn->title);
	fputs("</td>", out);
}

static void write_row(FILE *out, const struct page *page, const struct verdict_row *row)
{
	begin_row(out, page, row);
	for (size_t i = 0; i < page->verdict->answer_count; i++)
		write_cell(out, page, page->verdict->answers[i], row, &row->cells[i]);
	if (rules_somebody_out(page->verdict))
		write_disqualifiers(out, page, row->disqualifiers);
	fputs("</tr>\n", out);
}

static void write_table(FILE *out, const struct page *page)
{
	fputs("<div class=\"scroll\"><table class=\"verdict-table\">", out);
	write_headings(out, page->verdict);
	fputs("<tbody>\n", out);
	for (const struct verdict_row *row = page->verdict->rows; row; row = row->next)
		write_row(out, page, row);
	fputs("</tbody></table></div>\n<p class=\"small\">", out);
	if (page->verdict->answer_count)
		fputs("Medians over links. A coloured cell leads or was not shown to differ from the leader; the bare link is not ranked. ",
			out);
	if (verdict_leaves_out(page->verdict))
		fputs("A VPN that is left out is not known to have what the question needs; such questions do not count for the lead. ",
			out);
	fputs("What the bare link suffers, too, is not held against a VPN.</p>", out);
}

static void write_fit(FILE *out, const struct page *page, const struct situation *situation,
	const struct report_vpn *vpn)
{
	static const char *const classes[FITS] = {[FIT_WELL] = " class=\"leads\"",
		[FIT_SOMEHOW] = "",
		[FIT_BADLY] = " class=\"out\""};
	const struct fitting *fitting = situation_worst(situation, vpn);

	fprintf(out, "<td%s", fitting ? classes[fitting->fit] : "");
	if (fitting) {
		fputs(" title=\"", out);
		html_text(out, fitting->text);
		fputc('"', out);
	}
	fputc('>', out);
	html_text(out, behind_cell(page->results->arena, situation, vpn));
	fputs("</td>", out);
}

static void write_situations_head(FILE *out, const struct situation *first)
{
	fputs("<thead><tr><th>Behind routers</th>", out);
	for (const struct situation *s = first; s; s = s->next) {
		fputs("<th><a href=\"#answer-", out);
		html_id(out, s->id);
		fputs("\">", out);
		html_text(out, s->question);
		fputs("</a></th>", out);
	}
	fputs("</tr></thead>", out);
}

/* Which VPN suits where: what a user behind a NAT asks first. */
static void write_behind(FILE *out, const struct page *page)
{
	const struct verdict *verdict = page->verdict;

	if (!verdict->situations)
		return;
	fputs("<div class=\"scroll\"><table class=\"verdict-table behind\">", out);
	write_situations_head(out, verdict->situations);
	fputs("<tbody>\n", out);
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		if (row->vpn->is_reference)
			continue;
		begin_row(out, page, row);
		for (const struct situation *s = verdict->situations; s; s = s->next)
			write_fit(out, page, s, row->vpn);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n<p class=\"small\">", out);
	html_text(out, behind_legend);
	fputs("</p>\n", out);
}

void page_verdict(FILE *out, const struct page *page)
{
	const struct verdict *verdict = page->verdict;

	fputs("<section id=\"verdict\"><h1>", out);
	html_text(out, verdict->title);
	fputs("</h1>\n<p class=\"lead\">", out);
	html_text(out, verdict->circumstances);
	fputs("</p>\n<p class=\"because\">", out);
	html_text(out, verdict->because);
	if (verdict->finding) {
		fputs(" ", out);
		page_finding_link(out, page, verdict->finding, "See the evidence.");
	}
	fputs("</p>\n", out);
	if (verdict_has_cells(verdict))
		write_table(out, page);
	if (verdict->behind && verdict->behind != verdict->because) {
		fputs("<p class=\"because\">", out);
		html_text(out, verdict->behind);
		fputs("</p>\n", out);
	}
	write_behind(out, page);
	fputs("</section>\n", out);
}
