/* SPDX-License-Identifier: MIT */
/* The top of a page of two trees: what differs, which nobody judges. */
#include "report/page/page_sheet.h"

#include "report/output/html.h"

enum {
	AT_ONCE = 20 /* rows: of more, the charts come first */
};

static void fill_differences(struct sheet *sheet, const void *context)
{
	const struct page_overlay *overlay = context;

	sheet_heading(sheet, "VPN", false, NULL);
	sheet_heading(sheet, "Profile", false, NULL);
	sheet_heading(sheet, "What", false, NULL);
	sheet_heading(sheet, "A", true, overlay->first);
	sheet_heading(sheet, "B", true, overlay->second);
	sheet_heading(sheet, "B over A", true, NULL);
	for (const struct page_difference *d = overlay->differences; d; d = d->next) {
		sheet_row(sheet, d->vpn, d->profile);
		sheet_text(sheet, d->title);
		sheet_text(sheet, d->profile);
		sheet_text(sheet, d->what);
		sheet_text(sheet, d->before);
		sheet_text(sheet, d->after);
		sheet_text(sheet, d->factor);
	}
}

static size_t count_of(const struct page_overlay *overlay)
{
	size_t count = 0;

	for (const struct page_difference *d = overlay->differences; d; d = d->next)
		count++;
	return count;
}

void page_overlay(FILE *out, const struct page *page)
{
	const struct page_overlay *overlay = page->overlay;
	size_t count = count_of(overlay);

	fputs("<section id=\"overlay\"><h1>", out);
	html_text(out, page->title);
	fputs("</h1>\n<p class=\"lead\">", out);
	html_printf(out, "A is %s, and B is %s, whose VPNs have (B) behind their names.",
		overlay->first, overlay->second);
	fputs("</p>\n<p>With one run on a side, what drifts between runs can explain any difference: this page shows differences and judges none. Answers and findings are on the page of each tree, and <code>meshbench compare</code> judges four runs a side.</p>\n",
		out);
	for (const char *const *remark = overlay->remarks; *remark; remark++) {
		fputs("<p class=\"small\">", out);
		html_text(out, *remark);
		fputs("</p>\n", out);
	}
	fprintf(out, "<details class=\"table\"%s><summary>Every figure in both (%zu)</summary>",
		count <= AT_ONCE ? " open" : "", count);
	page_sheet(out, page, count <= AT_ONCE ? SHEET_AT_ONCE : SHEET_OPENED, NULL,
		fill_differences, overlay);
	fputs("</details>\n", out);
	fputs("</section>\n", out);
}
