/* SPDX-License-Identifier: MIT */
/* The page as a whole: head, order of its parts, data for its script. */
#include "report/page/page.h"

#include "report/output/html.h"

#include "base/fd.h"
#include "base/json.h"

#include <string.h>

const char *page_file_href(const struct page *page, const char *path)
{
	size_t length = strlen(RESULTS_SECOND);
	bool is_second = page->overlay && strncmp(path, RESULTS_SECOND, length) == 0;
	const char *url = is_second ? page->second_url : page->tree_url;
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out;

	if (!url)
		return NULL;
	out = open_memstream(&text, &size);
	path += is_second ? length : 0;
	html_url(out, url);
	html_url(out, path);
	fclose(out);
	return arena_strdup(page->results->arena, text);
}

static const char *href_of(
	const struct page *page, const char *kind, const char *id, const char *more)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "#%s-", kind);
	html_id(out, id);
	if (more) {
		fputc('-', out);
		html_id(out, more);
	}
	fclose(out);
	return arena_strdup(page->results->arena, text);
}

const char *page_sample_href(const struct page *page, const char *place)
{
	return href_of(page, "samples", place, NULL);
}

const char *page_evidence_href(
	const struct page *page, const struct finding *finding, const struct report_vpn *vpn)
{
	return href_of(page, "evidence", finding->id, vpn->name);
}

static void write_link(FILE *out, const char *href, const char *text)
{
	fprintf(out, "<a href=\"%s\">", href);
	html_text(out, text);
	fputs("</a>", out);
}

void page_file_link(FILE *out, const struct page *page, const char *path)
{
	const char *href = page_file_href(page, path);

	if (href)
		fprintf(out, "<a class=\"file\" href=\"%s\">", href);
	else
		fputs("<span class=\"file\">", out);
	html_text(out, path);
	fputs(href ? "</a>" : "</span>", out);
}

void page_sample_link(FILE *out, const struct page *page, const char *place, const char *text)
{
	write_link(out, page_sample_href(page, place), text);
}

void page_finding_link(
	FILE *out, const struct page *page, const struct finding *finding, const char *text)
{
	write_link(out, href_of(page, "finding", finding->id, NULL), text);
}

static void write_head(FILE *out, const struct page *page)
{
	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"generator\" content=\"meshbench\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
	      "href=\"data:,\">\n<title>",
		out);
	html_printf(out, "%s - meshbench", page->title);
	fputs("</title>\n<style>\n", out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n",
		out);
}

static void write_filter(
	FILE *out, const char *kind, const char *value, const char *text, const char *class)
{
	fprintf(out,
		"<label class=\"%s\"><input type=\"checkbox\" checked data-filter=\"%s\" value=\"",
		class, kind);
	html_text(out, value);
	fputs("\"><span>", out);
	html_text(out, text);
	fputs("</span></label>", out);
}

/* Hidden until the script that makes them work runs. */
static void write_filters(FILE *out, const struct page *page)
{
	const struct chart *seen;

	fputs("<form id=\"filters\" hidden aria-label=\"Filters\"><fieldset><legend>VPN</legend>",
		out);
	for (const struct report_vpn *vpn = page->results->vpns; vpn; vpn = vpn->next)
		write_filter(
			out, "vpn", vpn->name, vpn->title, chart_class(page->results, vpn->name));
	fputs("</fieldset><fieldset><legend>Profile</legend>", out);
	for (size_t i = 0; i < page->results->profile_count; i++)
		write_filter(out, "profile", profile_title(page->results->profiles[i]),
			profile_title(page->results->profiles[i]), "plain");
	fputs("</fieldset><fieldset><legend>Workload</legend>", out);
	for (const struct chart *chart = page->charts->first; chart; chart = chart->next) {
		seen = page->charts->first;
		while (seen != chart &&
			(!seen->point_count || strcmp(seen->workload, chart->workload) != 0))
			seen = seen->next;
		if (seen != chart || !chart->point_count)
			continue;
		write_filter(out, "workload", chart->workload, chart->workload, "plain");
	}
	fputs("</fieldset><button type=\"button\" id=\"theme\">Light or dark</button></form>\n",
		out);
}

/* Parts that only some trees have. */
static bool is_there(const struct page *page, const char *part)
{
	static const char *const of_overlays[] = {
		"overlay", "charts", "map", "tables", "samples", "about"};
	const struct matrix *matrix = page->results->matrix;
	bool is_of_overlays = false;

	for (size_t i = 0; i < ARRAY_SIZE(of_overlays); i++)
		is_of_overlays |= strcmp(part, of_overlays[i]) == 0;
	if (strcmp(part, "topology") == 0)
		return page_has_topology(page);
	if (page->overlay || strcmp(part, "overlay") == 0)
		return page->overlay && is_of_overlays;
	if (strcmp(part, "features") == 0)
		return matrix != NULL;
	if (strcmp(part, "answers") == 0)
		return page->answers || page->situations;
	return strcmp(part, "before") != 0 || (matrix && matrix_has_cautions(matrix));
}

static void write_header(FILE *out, const struct page *page)
{
	static const struct {
		const char *id, *title;
	} parts[] = {{"overlay", "A and B"}, {"verdict", "Verdict"}, {"summary", "In short"},
		{"answers", "Answers"}, {"findings", "Findings"}, {"topology", "Topology"},
		{"charts", "Charts"}, {"map", "What failed"}, {"features", "Features"},
		{"before", "Before you choose"}, {"tables", "Tables"}, {"samples", "Samples"},
		{"about", "About"}};

	fputs("<header><div class=\"bar-top\"><p class=\"brand\">meshbench</p><nav aria-label=\"Parts of the page\">",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (is_there(page, parts[i].id))
			fprintf(out, "<a href=\"#%s\">%s</a>", parts[i].id, parts[i].title);
	fputs("</nav></div>\n", out);
	write_filters(out, page);
	fputs("</header>\n", out);
}

/* JSON inside a script element must not hold "</script". */
static void write_data(FILE *out, const struct page *page)
{
	json_auto_t *charts = charts_json(page->charts);
	json_auto_t *names = json_array(), *titles = json_object(), *colours = json_object(),
		    *pairs = json_object();
	json_auto_t *data = NULL;
	AUTO(text_freep) char *text = NULL;

	for (const struct report_vpn *vpn = page->results->vpns; vpn; vpn = vpn->next) {
		json_array_append_new(names, json_text(vpn->name));
		json_object_set_new(titles, vpn->name, json_text(vpn->title));
		json_object_set_new(colours, vpn->name,
			json_integer((json_int_t)chart_colour(page->results, vpn->name)));
		if (vpn->is_second)
			json_object_set_new(
				pairs, vpn->name, json_text(vpn->twin ? vpn->twin->name : ""));
	}
	data = json_make("{s:O,s:O,s:O,s:O,s:O}", "vpns", names, "titles", titles, "colours",
		colours, "pairs", pairs, "charts", charts);
	text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(5));
	fputs("<script type=\"application/json\" id=\"data\">", out);
	for (const char *at = text ? text : "{}"; *at; at++) {
		if (*at == '<')
			fputs("\\u003c", out);
		else
			fputc(*at, out);
	}
	fputs("</script>\n", out);
}

/* What a tree says by itself. */
static void write_evaluation(FILE *out, const struct page *page)
{
	page_verdict(out, page);
	page_summary(out, page);
	page_answers(out, page);
	page_findings(out, page);
}

void page_write(FILE *out, const struct page *page)
{
	write_head(out, page);
	write_header(out, page);
	fputs("<main id=\"main\">\n", out);
	if (page->overlay)
		page_overlay(out, page);
	else
		write_evaluation(out, page);
	page_topology(out, page);
	page_charts(out, page);
	page_map(out, page);
	page_features(out, page);
	page_cautions(out, page);
	page_tables(out, page);
	page_samples(out, page);
	page_about(out, page);
	fputs("</main>\n", out);
	if (page_script[0]) {
		write_data(out, page);
		fputs("<script>", out);
		fputs(page_script, out);
		fputs("</script>\n", out);
	}
	fputs("</body>\n</html>\n", out);
}
