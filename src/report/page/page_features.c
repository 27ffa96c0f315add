/* SPDX-License-Identifier: MIT */
/* What the VPNs can do: the feature matrix, in which every cell opens its evidence. */
#include "report/page/page.h"

#include "report/output/html.h"

#include <string.h>

static bool has_cells(const struct matrix_vpn *vpn)
{
	return vpn->cells != NULL;
}

static bool is_part(const char *text, const char *more)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (; *text; text++)
		if (!strchr(letters, *text) && !strchr(more, *text))
			return false;
	return true;
}

/* "owner/name" and a commit: what else a tree may say becomes no link. */
static bool is_linkable(const struct matrix_place *place)
{
	const char *slash = strchr(place->repo, '/');

	return slash && slash != place->repo && slash[1] && !strchr(slash + 1, '/') &&
	       place->repo[0] != '.' && slash[1] != '.' && is_part(place->repo, "/._-") &&
	       strlen(place->commit) >= 12 && strlen(place->commit) <= 40 &&
	       is_part(place->commit, "");
}

static void write_place(FILE *out, const struct page *page, const struct matrix_place *place)
{
	fputs("<p class=\"file\">", out);
	if (is_linkable(place)) {
		fprintf(out, "<a rel=\"noreferrer\" href=\"https://github.com/");
		html_url(out, place->repo);
		fprintf(out, "/blob/%s/", place->commit);
		html_url(out, place->file);
		fprintf(out, "#L%d-L%d\">", place->first_line, place->last_line);
		html_text(out, matrix_place(page->results->arena, place));
		fputs("</a>", out);
	} else {
		html_text(out, matrix_place(page->results->arena, place));
	}
	html_printf(out, " at %.12s", place->commit);
	fputs("</p>", out);
}

/* What checks saw, or why one of them decided nothing. */
static void write_observed(FILE *out, const struct matrix_cell *cell)
{
	if (cell->observed.is) {
		fputs("<p class=\"verdict\">", out);
		html_printf(out, "observed%s: %s",
			matrix_contradicts(cell) ? ", unlike it was read" : "", cell->observed.is);
		fputs("</p><p>", out);
		html_printf(out, "%s (check %s)", cell->observed.because, cell->observed.check);
		fputs("</p>", out);
	} else if (cell->doubt.check) {
		fputs("<p>", out);
		html_printf(out, "not decided by check %s: %s", cell->doubt.check, cell->doubt.why);
		fputs("</p>", out);
	}
}

static void write_evidence(
	FILE *out, const struct page *page, const struct matrix_vpn *vpn, size_t row)
{
	const struct matrix_cell *cell = &vpn->cells[row];

	html_printf(out, "%s: %s", vpn_title(page->results, vpn->name),
		page->results->matrix->rows[row].title);
	write_observed(out, cell);
	fputs("<p class=\"verdict\">", out);
	html_printf(out, cell->kind == MATRIX_UNKNOWN ? "unknown: %s" : "read: %s", cell->text);
	fputs("</p>", out);
	if (cell->note) {
		fputs("<p>", out);
		html_text(out, cell->note);
		fputs("</p>", out);
	}
	if (cell->place.repo)
		write_place(out, page, &cell->place);
	if (cell->absent) {
		fputs("<p class=\"small\">", out);
		html_printf(out, "nothing matches '%s' in %s", cell->absent,
			cell->in ? cell->in : "it");
		fputs("</p>", out);
	}
	fputs("<p class=\"small\">", out);
	html_text(out, matrix_reason(page->results->arena, vpn, cell->read, cell->standing));
	fputs("</p>", out);
}

/* `what` opens, above everything else and without a script. */
static void write_opener(FILE *out, const char *id, const char *class, const char *what)
{
	fprintf(out, "<button type=\"button\" class=\"open %s\" popovertarget=\"%s\">", class, id);
	html_text(out, what);
	fprintf(out, "</button><div popover class=\"evidence\" id=\"%s\">", id);
}

static void write_cell(FILE *out, const struct page *page, size_t number, size_t row)
{
	const struct matrix_vpn *vpn = &page->results->matrix->vpns[number];
	const struct matrix_cell *cell = &vpn->cells[row];
	bool is_pale = !cell->observed.is && cell->standing == MATRIX_OTHER_VERSION;
	struct arena *arena = page->results->arena;

	fputs("<td data-vpn=\"", out);
	html_text(out, vpn->name);
	fprintf(out, "\" class=\"%s%s%s\">", matrix_kind_name(matrix_kind_of(cell)),
		is_pale ? " pale" : "",
		matrix_contradicts(cell) ? " unlike"
		: cell->observed.is      ? " observed"
					 : "");
	write_opener(
		out, arena_printf(arena, "feature-%zu-%zu", number, row), "", matrix_value(cell));
	write_evidence(out, page, vpn, row);
	fputs("</div></td>", out);
}

static void write_row(FILE *out, const struct page *page, size_t row)
{
	static const char *const by[][2] = {{"observe", "A check on a running mesh could show it."},
		{"both", "A check on a running mesh could show it in part."}};
	const struct matrix *matrix = page->results->matrix;
	const struct matrix_row *asked = &matrix->rows[row];

	fprintf(out, "<tr class=\"%s%s\"><th scope=\"row\">",
		matrix_differs(matrix, row) ? "" : "alike",
		matrix_row_contradicts(matrix, row) ? "" : " as-read");
	write_opener(out, arena_printf(page->results->arena, "feature-%zu", row), "", asked->title);
	html_printf(out, "%s (%s)", asked->title, asked->id);
	fputs("<p class=\"verdict\">", out);
	html_text(out, asked->question);
	fputs("</p><p class=\"small\">", out);
	for (size_t i = 0; i < ARRAY_SIZE(by); i++)
		if (strcmp(by[i][0], asked->by) == 0)
			fputs(by[i][1], out);
	fputs("</p></div></th>", out);
	for (size_t i = 0; i < matrix->vpn_count; i++)
		if (has_cells(&matrix->vpns[i]))
			write_cell(out, page, i, row);
	fputs("</tr>\n", out);
}

/* A line of the category, with the names of the VPNs again: the table is long. */
static void write_category(FILE *out, const struct page *page, const char *title)
{
	const struct matrix *matrix = page->results->matrix;

	fputs("<tr class=\"category\"><th scope=\"col\">", out);
	html_text(out, title);
	fputs("</th>", out);
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (!has_cells(&matrix->vpns[i]))
			continue;
		fputs("<th scope=\"col\" data-vpn=\"", out);
		html_text(out, matrix->vpns[i].name);
		fputs("\">", out);
		html_text(out, vpn_title(page->results, matrix->vpns[i].name));
		fputs("</th>", out);
	}
	fputs("</tr>\n", out);
}

static bool has_contradictions(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (matrix->vpns[i].unlike)
			return true;
	}
	return false;
}

static void write_matrix(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;
	const char *category = NULL;

	fputs("<input type=\"checkbox\" id=\"only-differing\"><label for=\"only-differing\">Only where the VPNs differ</label> ",
		out);
	if (has_contradictions(matrix))
		fputs("<input type=\"checkbox\" id=\"only-unlike\"><label for=\"only-unlike\">Only what was observed unlike it was read</label>",
			out);
	fputs("<div class=\"scroll\"><table class=\"features\">\n", out);
	for (size_t row = 0; row < matrix->row_count; row++) {
		if (!category || strcmp(category, matrix->rows[row].category) != 0) {
			fputs(category ? "</tbody>\n<tbody>" : "<tbody>", out);
			write_category(out, page, matrix->rows[row].category);
		}
		category = matrix->rows[row].category;
		write_row(out, page, row);
	}
	fputs("</tbody></table></div>\n", out);
}

static void write_counts_of(FILE *out, const struct page *page, const struct matrix_vpn *vpn)
{
	fputs("<tr data-vpn=\"", out);
	html_text(out, vpn->name);
	fputs("\"><td>", out);
	html_text(out, vpn_title(page->results, vpn->name));
	fputs("</td>", out);
	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		fprintf(out, "<td class=\"n\">%zu</td>", vpn->counts[kind]);
	fprintf(out, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td>",
		vpn->pale, vpn->observed, vpn->unlike);
	html_text(out, vpn->read);
	fputs("</td><td>", out);
	html_text(out, vpn->ran ? vpn->ran : "not known");
	fputs("</td></tr>\n", out);
}

static void write_counts(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;

	fputs("<div class=\"scroll\"><table class=\"feature-counts\"><thead><tr><th>VPN</th>", out);
	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		fprintf(out, "<th class=\"n\"><span class=\"key %s\">%s</span></th>",
			matrix_kind_name((enum matrix_kind)kind),
			matrix_kind_name((enum matrix_kind)kind));
	fputs("<th class=\"n\"><span class=\"key pale\">of another version</span></th><th class=\"n\"><span class=\"key observed\">observed</span></th><th class=\"n\"><span class=\"key unlike\">unlike it was read</span></th><th>Read in</th><th>Ran</th></tr></thead><tbody>\n",
		out);
	for (size_t i = 0; i < matrix->vpn_count; i++)
		if (has_cells(&matrix->vpns[i]))
			write_counts_of(out, page, &matrix->vpns[i]);
	fputs("</tbody></table></div>\n", out);
}

static void write_unread(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;
	const char *before = "<p>Not read, so nothing is known of: ";

	for (size_t i = 0; i < matrix->vpn_count; i++) {
		if (has_cells(&matrix->vpns[i]))
			continue;
		fputs(before, out);
		html_text(out, vpn_title(page->results, matrix->vpns[i].name));
		before = ", ";
	}
	fputs(before[0] == ',' ? ".</p>\n" : "", out);
}

/* A check is not believed where the bare link did not answer what is known of it. */
static void write_failed_controls(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;
	const char *before = "<p>Checks that are not believed in this run:</p><ul>";

	for (size_t i = 0; i < matrix->vpn_count; i++) {
		for (size_t row = 0; has_cells(&matrix->vpns[i]) && row < matrix->row_count;
			row++) {
			const struct matrix_doubt *doubt = &matrix->vpns[i].cells[row].doubt;

			if (!doubt->has_failed_control)
				continue;
			fputs(before, out);
			fputs("<li>", out);
			html_printf(out,
				"%s, check %s (%s): the bare link answered %s, and %s is known of it",
				vpn_title(page->results, matrix->vpns[i].name), doubt->check,
				matrix->rows[row].title,
				doubt->control ? doubt->control : "nothing", doubt->known);
			fputs("</li>", out);
			before = "";
		}
	}
	fputs(*before ? "" : "</ul>\n", out);
}

void page_features(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;

	if (!matrix)
		return;
	fputs("<section id=\"features\"><h2>Features</h2><p>What the VPNs can do, as somebody read it in their source code, or as it was <span class=\"key observed\">observed</span> in this run. Every answer opens its evidence: what a check saw, the lines, the commit, the reason. <span class=\"key pale\">Pale</span> answers were read in another version than the one that ran, which may differ. The counts of yes to unknown are those of what was read.</p>\n",
		out);
	write_counts(out, page);
	write_unread(out, page);
	write_failed_controls(out, page);
	write_matrix(out, page);
	fputs("</section>\n", out);
}

static void write_caution(FILE *out, const struct page *page, const struct matrix_caution *caution)
{
	bool is_pale = caution->place.repo && caution->standing == MATRIX_OTHER_VERSION;

	fprintf(out, "<li%s><span class=\"tag\">", is_pale ? " class=\"pale\"" : "");
	html_text(out, caution->kind);
	fputs("</span> ", out);
	html_text(out, caution->says);
	if (caution->see) {
		fputs("<p class=\"small\">", out);
		html_text(out, caution->see);
		fputs("</p>", out);
	}
	if (caution->place.repo)
		write_place(out, page, &caution->place);
	fputs("</li>", out);
}

static bool has_seen(const struct matrix *matrix, const struct matrix_vpn *vpn)
{
	for (size_t row = 0; row < matrix->row_count; row++) {
		if (matrix_security_seen(matrix, vpn, row))
			return true;
	}
	return false;
}

/* What checks saw in this run. */
static void write_seen(FILE *out, const struct matrix *matrix, const struct matrix_vpn *vpn)
{
	for (size_t row = 0; row < matrix->row_count; row++) {
		const struct matrix_observation *seen = matrix_security_seen(matrix, vpn, row);

		if (!seen)
			continue;
		fputs("<li><span class=\"tag\">observed</span> ", out);
		html_printf(out, "%s: %s", matrix->rows[row].title, seen->is);
		fputs("<p class=\"small\">", out);
		html_printf(out, "%s (check %s)", seen->because ? seen->because : "",
			seen->check ? seen->check : "?");
		fputs("</p></li>", out);
	}
}

/* All lines of a VPN were read in the same version. */
static void write_cautions(FILE *out, const struct page *page, const struct matrix_vpn *vpn)
{
	fputs("<article data-vpn=\"", out);
	html_text(out, vpn->name);
	fputs("\"><h3>", out);
	html_text(out, vpn_title(page->results, vpn->name));
	fputs("</h3>", out);
	if (vpn->caution_count) {
		fputs("<p class=\"small\">", out);
		html_text(out, matrix_reason(page->results->arena, vpn, vpn->cautions[0].read,
				       vpn->cautions[0].standing));
		fputs("</p>", out);
	}
	fputs("<ul class=\"cautions\">", out);
	write_seen(out, page->results->matrix, vpn);
	for (size_t i = 0; i < vpn->caution_count; i++)
		write_caution(out, page, &vpn->cautions[i]);
	fputs("</ul></article>\n", out);
}

void page_cautions(FILE *out, const struct page *page)
{
	const struct matrix *matrix = page->results->matrix;

	if (!matrix || !matrix_has_cautions(matrix))
		return;
	fputs("<section id=\"before\"><h2>Before you choose</h2><p>What to know about the security of each VPN. <em>design</em> is meant by its authors, a <em>property</em> follows from the code and may surprise, and what is <em>known</em> was published. What was <em>observed</em> is of this run. Every line has its source, and a VPN with few lines is not safer than others.</p>\n<div class=\"columns\">\n",
		out);
	for (size_t i = 0; i < matrix->vpn_count; i++)
		if (matrix->vpns[i].caution_count || has_seen(matrix, &matrix->vpns[i]))
			write_cautions(out, page, &matrix->vpns[i]);
	fputs("</div></section>\n", out);
}
