/* SPDX-License-Identifier: MIT */
/* The parts of the page that are data: charts, tables, samples. */
#include "report/page/page_sheet.h"

#include "report/output/html.h"
#include "report/output/number.h"

#include <math.h>
#include <string.h>

static void fill_values(struct sheet *sheet, const void *context)
{
	const struct chart *chart = context;
	const struct page *page = sheet_page(sheet);
	struct arena *arena = page->results->arena;

	sheet_heading(sheet, "VPN", false, NULL);
	sheet_heading(sheet, "", false, NULL);
	sheet_heading(sheet, "Link", false, NULL);
	if (chart->kind == CHART_SCATTER)
		sheet_heading(sheet, chart->x_title, true, NULL);
	sheet_heading(sheet,
		arena_printf(arena, "%s%s%s", chart->y_title,
			chart->y_title[0] && chart->unit[0] ? ", " : "", chart->unit),
		true, NULL);
	for (const struct point *point = chart->points; point; point = point->next) {
		sheet_row(sheet, point->vpn, NULL);
		sheet_text(sheet, vpn_title(page->results, point->vpn));
		sheet_text(sheet, point->panel);
		sheet_text(sheet, point->label ? point->label : "");
		if (chart->kind == CHART_SCATTER)
			sheet_text(sheet, arena_printf(arena, "%.4g", point->x));
		sheet_link(sheet, number_text(arena, point->y, chart->decimals),
			point->place ? page_sample_href(page, point->place) : NULL);
	}
}

/* The single values behind a chart as a table: complete without any picture. */
static void write_chart_data(FILE *out, const struct page *page, const struct chart *chart)
{
	if (chart->kind == CHART_LINES)
		return;
	fputs("<details><summary>Values</summary>", out);
	page_sheet(out, page, SHEET_OPENED, NULL, fill_values, chart);
	fputs("</details>", out);
}

static bool is_narrow(const struct page *page, const struct chart *chart)
{
	size_t panel_count;

	chart_names(page->charts, chart, true, &panel_count);
	return chart->kind == CHART_HEAT || chart->kind == CHART_SCATTER ||
	       (chart->kind == CHART_BARS && panel_count == 1);
}

/* The script draws charts itself, those in sight. */
static void write_picture(FILE *out, const struct page *page, const struct chart *chart)
{
	fputs(page_script[0] ? "<noscript>" : "", out);
	chart_draw(out, page->charts, chart);
	fputs(page_script[0] ? "</noscript>" : "", out);
}

void page_charts(FILE *out, const struct page *page)
{
	fputs("<section id=\"charts\"><h2>Charts</h2>\n", out);
	for (const struct chart *chart = page->charts->first; chart; chart = chart->next) {
		if (!chart->point_count)
			continue;
		fputs(is_narrow(page, chart) ? "<figure class=\"half\" data-chart=\""
					     : "<figure data-chart=\"",
			out);
		html_text(out, chart->id);
		fputs("\" data-workload=\"", out);
		html_text(out, chart->workload);
		fputs("\"><figcaption><h3>", out);
		html_text(out, chart->title);
		fputs("</h3><p>", out);
		html_text(out, chart->about);
		fputs("</p></figcaption><div class=\"drawing\">\n", out);
		write_picture(out, page, chart);
		fputs("</div>", out);
		write_chart_data(out, page, chart);
		fputs("</figure>\n", out);
	}
	fputs("</section>\n", out);
}

static void fill_cell(struct sheet *sheet, const struct column *column, const struct value *value)
{
	const struct page *page = sheet_page(sheet);
	const char *text = value_text(page->results->arena, column, value);

	if (!value->is_there) {
		sheet_cell(sheet);
		sheet_part(sheet, &(struct part){.text = "--", .class = "none"});
	} else {
		sheet_link(sheet, text,
			!column->is_text && value->place ? page_sample_href(page, value->place)
							 : NULL);
	}
}

static void fill_table(struct sheet *sheet, const void *context)
{
	const struct table *table = context;
	struct arena *arena = sheet_page(sheet)->results->arena;
	bool has_vpn = strcmp(table->columns[0].key, "vpn") == 0;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		sheet_heading(sheet,
			column->unit[0] ? arena_printf(arena, "%s, %s", column->title, column->unit)
					: column->title,
			!column->is_text, NULL);
	}
	for (const struct row *row = table->rows; row; row = row->next) {
		sheet_row(sheet, has_vpn ? row->values[0].text : NULL, NULL);
		for (size_t i = 0; i < table->column_count; i++)
			fill_cell(sheet, &table->columns[i], &row->values[i]);
	}
}

static void write_table(FILE *out, const struct page *page, const struct table *table)
{
	fputs("<details class=\"table\" id=\"table-", out);
	html_id(out, table->id);
	fprintf(out, "\"%s><summary><span class=\"tag\">%s</span> ",
		strcmp(table->id, "tcp_baseline") == 0 ? " open" : "", table->view);
	html_text(out, table->title);
	fputs(" <code>", out);
	html_text(out, table->id);
	fputs("</code></summary>", out);
	page_sheet(out, page, SHEET_OPENED, NULL, fill_table, table);
	fputs(table->notes ? "<ul class=\"notes\">" : "", out);
	for (const struct note *note = table->notes; note; note = note->next) {
		fputs("<li>", out);
		html_text(out, note->text);
		fputs("</li>", out);
	}
	fputs(table->notes ? "</ul></details>\n" : "</details>\n", out);
}

void page_tables(FILE *out, const struct page *page)
{
	const char *without = tables_without_figures(page->tables, TABLE_FOR_ALL);

	fputs("<section id=\"tables\"><h2>Tables</h2><p>Each table has two views. <em>printed</em> follows the published formulas, including their flaws. <em>corrected</em> counts what arrived over links that worked, and notes explain where the two differ.</p>\n",
		out);
	for (const struct table *table = page->tables->first; table; table = table->next) {
		if (table->audience == TABLE_FOR_ALL && table_has_figures(table))
			write_table(out, page, table);
	}
	if (without) {
		fputs("<p>Tables without a figure here: ", out);
		html_text(out, without);
		fputs(".</p>\n", out);
	}
	fputs("</section>\n", out);
}

static void fill_samples(struct sheet *sheet, const void *context)
{
	static const char *const headings[] = {"What", "Link", "Run", "Value", "", "File"};
	const struct report_condition *condition = context;
	struct arena *arena = sheet_page(sheet)->results->arena;

	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		sheet_heading(sheet, headings[i], i == 2 || i == 3, NULL);
	for (size_t m = 0; m < report_metric_count; m++) {
		const struct report_metric *metric = &report_metrics[m];
		struct report_samples samples = samples_of_metric(arena, condition, metric);

		for (size_t i = 0; i < samples.count; i++) {
			const struct report_sample *sample = &samples.list[i];

			sheet_row(sheet, NULL, NULL);
			sheet_text(sheet, metric->title);
			sheet_text(sheet, sample->link);
			sheet_text(sheet, arena_printf(arena, "%zu", sample->repetition + 1));
			sheet_text(sheet, number_text(arena, sample->value, -5));
			sheet_text(sheet, metric->unit);
			sheet_file(sheet, sample->path);
		}
	}
}

static void write_samples_of(
	FILE *out, const struct page *page, const struct report_vpn *vpn, const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);

	if (!condition)
		return;
	fputs("<details class=\"samples\" id=\"samples-", out);
	html_id(out, results_place(page->results->arena, vpn, profile));
	fputs("\" data-vpn=\"", out);
	html_text(out, vpn->name);
	fputs("\" data-profile=\"", out);
	html_text(out, profile_title(profile));
	fputs("\"><summary>", out);
	html_printf(out, "%s, %s", vpn->title, profile_title(profile));
	fputs("</summary>", out);
	page_sheet(out, page, SHEET_OPENED, NULL, fill_samples, condition);
	fputs("</details>\n", out);
}

void page_samples(FILE *out, const struct page *page)
{
	fputs("<section id=\"samples\"><h2>Samples</h2><p>The single values behind every number, and the files that contain them.</p>\n",
		out);
	for (const struct report_vpn *vpn = page->results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < page->results->profile_count; i++)
			write_samples_of(out, page, vpn, page->results->profiles[i]);
	fputs("</section>\n", out);
}
