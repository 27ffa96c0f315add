/* SPDX-License-Identifier: MIT */
/* The parts of the page that are data: charts, tables, samples. */
#include "report/page/page.h"

#include "report/output/html.h"
#include "report/output/number.h"

#include <math.h>
#include <string.h>

/* The single values behind a chart as a table: complete without any picture. */
static void write_chart_data(FILE *out, const struct page *page, const struct chart *chart)
{
	if (chart->kind == CHART_LINES)
		return;
	fputs("<details><summary>Values</summary><div class=\"scroll\"><table><thead><tr><th>VPN</th><th></th><th>Link</th>",
		out);
	if (chart->kind == CHART_SCATTER) {
		fputs("<th class=\"n\">", out);
		html_text(out, chart->x_title);
		fputs("</th>", out);
	}
	fputs("<th class=\"n\">", out);
	html_printf(out, "%s%s%s", chart->y_title, chart->y_title[0] && chart->unit[0] ? ", " : "",
		chart->unit);
	fputs("</th></tr></thead><tbody>\n", out);
	for (const struct point *point = chart->points; point; point = point->next) {
		fputs("<tr data-vpn=\"", out);
		html_text(out, point->vpn);
		fputs("\"><td>", out);
		html_text(out, vpn_title(page->results, point->vpn));
		fputs("</td><td>", out);
		html_text(out, point->panel);
		fputs("</td><td>", out);
		html_text(out, point->label ? point->label : "");
		fputs("</td>", out);
		if (chart->kind == CHART_SCATTER)
			fprintf(out, "<td class=\"n\">%.4g</td>", point->x);
		fputs("<td class=\"n\">", out);
		if (point->place)
			page_sample_link(out, point->place,
				number_text(page->results->arena, point->y, chart->decimals));
		else
			fputs(number_text(page->results->arena, point->y, chart->decimals), out);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div></details>", out);
}

static bool is_narrow(const struct page *page, const struct chart *chart)
{
	size_t panel_count;

	chart_names(page->charts, chart, true, &panel_count);
	return chart->kind == CHART_HEAT || chart->kind == CHART_SCATTER ||
	       (chart->kind == CHART_BARS && panel_count == 1);
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
		chart_draw(out, page->charts, chart);
		fputs("</div>", out);
		write_chart_data(out, page, chart);
		fputs("</figure>\n", out);
	}
	fputs("</section>\n", out);
}

static void write_cell(
	FILE *out, struct arena *arena, const struct column *column, const struct value *value)
{
	fputs(column->is_text ? "<td>" : "<td class=\"n\">", out);
	if (!value->is_there)
		fputs("<span class=\"none\">--</span>", out);
	else if (column->is_text)
		html_text(out, value_text(arena, column, value));
	else if (value->place)
		page_sample_link(out, value->place, value_text(arena, column, value));
	else
		fputs(value_text(arena, column, value), out);
	fputs("</td>", out);
}

static void write_table(FILE *out, const struct page *page, const struct table *table)
{
	bool has_vpn = strcmp(table->columns[0].key, "vpn") == 0;

	fputs("<details class=\"table\" id=\"table-", out);
	html_id(out, table->id);
	fprintf(out, "\"%s><summary><span class=\"tag\">%s</span> ",
		strcmp(table->id, "tcp_baseline") == 0 ? " open" : "", table->view);
	html_text(out, table->title);
	fputs(" <code>", out);
	html_text(out, table->id);
	fputs("</code></summary><div class=\"scroll\"><table><thead><tr>", out);
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(table->columns[i].is_text ? "<th>" : "<th class=\"n\">", out);
		html_text(out, table->columns[i].title);
		if (table->columns[i].unit[0])
			html_printf(out, ", %s", table->columns[i].unit);
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (const struct row *row = table->rows; row; row = row->next) {
		fputs("<tr", out);
		if (has_vpn) {
			fputs(" data-vpn=\"", out);
			html_text(out, row->values[0].text);
			fputc('"', out);
		}
		fputc('>', out);
		for (size_t i = 0; i < table->column_count; i++)
			write_cell(out, page->results->arena, &table->columns[i], &row->values[i]);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>", out);
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
	fputs("<section id=\"tables\"><h2>Tables</h2><p>Each table has two views. <em>printed</em> follows the published formulas, including their flaws. <em>corrected</em> counts what arrived over links that worked, and notes explain where the two differ.</p>\n",
		out);
	for (const struct table *table = page->tables->first; table; table = table->next)
		if (table->row_count && table->audience == TABLE_FOR_ALL)
			write_table(out, page, table);
	fputs("</section>\n", out);
}

static void write_sample(FILE *out, const struct page *page, const struct report_sample *sample,
	const struct report_metric *metric)
{
	fputs("<tr><td>", out);
	html_text(out, metric->title);
	fputs("</td><td>", out);
	html_text(out, sample->link);
	fprintf(out, "</td><td class=\"n\">%zu</td><td class=\"n\">", sample->repetition + 1);
	fputs(number_text(page->results->arena, sample->value, -5), out);
	fputs("</td><td>", out);
	html_text(out, metric->unit);
	fputs("</td><td>", out);
	page_file_link(out, page, sample->path);
	fputs("</td></tr>\n", out);
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
	fputs("</summary><div class=\"scroll\"><table><thead><tr><th>What</th><th>Link</th><th class=\"n\">Run</th><th class=\"n\">Value</th><th></th><th>File</th></tr></thead><tbody>\n",
		out);
	for (size_t m = 0; m < report_metric_count; m++) {
		struct report_samples samples =
			samples_of_metric(page->results->arena, condition, &report_metrics[m]);

		for (size_t i = 0; i < samples.count; i++)
			write_sample(out, page, &samples.list[i], &report_metrics[m]);
	}
	fputs("</tbody></table></div></details>\n", out);
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
