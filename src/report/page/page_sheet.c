/* SPDX-License-Identifier: MIT */
/* Tables and lists in two forms: HTML to be read as it is, and JSON for the script to make it of.
 */
#include "report/page/page_sheet.h"

#include "report/output/html.h"

enum {
	COLUMNS_MAX = 64
};

struct sheet {
	FILE *out;
	const struct page *page;
	const char *class;
	bool is_json, is_in_row, is_in_cell;
	bool is_number[COLUMNS_MAX];
	size_t heading_count, row_count, cell_count, part_count;
};

const struct page *sheet_page(const struct sheet *sheet)
{
	return sheet->page;
}

static void put(struct sheet *sheet, const char *json, const char *html)
{
	fputs(sheet->is_json ? json : html, sheet->out);
}

/* A text of JSON, or the number 0 for none. */
static void put_json(struct sheet *sheet, const char *text)
{
	if (text)
		html_json(sheet->out, text);
	else
		fputc('0', sheet->out);
}

static void put_attribute(struct sheet *sheet, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(sheet->out, " %s=\"", name);
	html_text(sheet->out, value);
	fputc('"', sheet->out);
}

static bool is_list(const struct sheet *sheet)
{
	return sheet->heading_count == 0;
}

static void begin_table(struct sheet *sheet)
{
	if (sheet->is_json)
		return;
	fputs("<div class=\"scroll\"><table", sheet->out);
	put_attribute(sheet, "class", sheet->class);
	fputs("><thead><tr>", sheet->out);
}

void sheet_heading(struct sheet *sheet, const char *text, bool is_number, const char *title)
{
	if (sheet->heading_count == 0)
		begin_table(sheet);
	else
		put(sheet, ",", "");
	if (sheet->heading_count < COLUMNS_MAX)
		sheet->is_number[sheet->heading_count] = is_number;
	sheet->heading_count++;
	if (sheet->is_json) {
		fputc('[', sheet->out);
		put_json(sheet, text);
		fprintf(sheet->out, ",%d,", is_number);
		put_json(sheet, title);
		fputc(']', sheet->out);
		return;
	}
	fputs(is_number ? "<th class=\"n\"" : "<th", sheet->out);
	put_attribute(sheet, "title", title);
	fputc('>', sheet->out);
	html_text(sheet->out, text);
	fputs("</th>", sheet->out);
}

static void end_cell(struct sheet *sheet)
{
	if (!sheet->is_in_cell)
		return;
	put(sheet, "]", is_list(sheet) ? "" : "</td>");
	sheet->is_in_cell = false;
}

static void end_row(struct sheet *sheet)
{
	end_cell(sheet);
	if (sheet->is_in_row)
		put(sheet, "]", is_list(sheet) ? "</li>" : "</tr>");
	sheet->is_in_row = false;
}

static void begin_body(struct sheet *sheet)
{
	put(sheet, "],\"rows\":[", is_list(sheet) ? "<ul>" : "</tr></thead><tbody>\n");
}

void sheet_row(struct sheet *sheet, const char *vpn, const char *profile)
{
	end_row(sheet);
	if (sheet->row_count++ == 0)
		begin_body(sheet);
	else
		put(sheet, ",\n", "\n");
	sheet->is_in_row = true;
	sheet->cell_count = 0;
	if (sheet->is_json) {
		fputc('[', sheet->out);
		put_json(sheet, vpn);
		fputc(',', sheet->out);
		put_json(sheet, profile);
		return;
	}
	fputs(is_list(sheet) ? "<li" : "<tr", sheet->out);
	put_attribute(sheet, "data-vpn", vpn);
	put_attribute(sheet, "data-profile", profile);
	fputc('>', sheet->out);
}

void sheet_cell(struct sheet *sheet)
{
	bool is_number = sheet->cell_count < COLUMNS_MAX && sheet->is_number[sheet->cell_count];

	end_cell(sheet);
	sheet->cell_count++;
	sheet->part_count = 0;
	sheet->is_in_cell = true;
	put(sheet, ",[", is_list(sheet) ? "" : is_number ? "<td class=\"n\">" : "<td>");
}

static void put_part_json(struct sheet *sheet, const struct part *part)
{
	if (sheet->part_count++)
		fputc(',', sheet->out);
	if (!part->href && !part->class) {
		put_json(sheet, part->text);
		return;
	}
	fputc('[', sheet->out);
	put_json(sheet, part->text);
	fputc(',', sheet->out);
	put_json(sheet, part->href);
	if (part->class) {
		fputc(',', sheet->out);
		put_json(sheet, part->class);
		fputc(',', sheet->out);
		put_json(sheet, part->title);
	}
	fputc(']', sheet->out);
}

void sheet_part(struct sheet *sheet, const struct part *part)
{
	if (sheet->is_json) {
		put_part_json(sheet, part);
		return;
	}
	if (part->class) {
		fputs("<span", sheet->out);
		put_attribute(sheet, "class", part->class);
		put_attribute(sheet, "title", part->title);
		if (part->title)
			fputs(" role=\"img\"", sheet->out);
		put_attribute(sheet, "aria-label", part->title);
		fputc('>', sheet->out);
	}
	if (part->href) {
		fputs(part->href[0] == '#' ? "<a" : "<a class=\"file\"", sheet->out);
		put_attribute(sheet, "href", part->href);
		fputc('>', sheet->out);
	}
	html_text(sheet->out, part->text);
	fputs(part->href ? "</a>" : "", sheet->out);
	fputs(part->class ? "</span>" : "", sheet->out);
}

void sheet_text(struct sheet *sheet, const char *text)
{
	sheet_link(sheet, text, NULL);
}

void sheet_link(struct sheet *sheet, const char *text, const char *href)
{
	sheet_cell(sheet);
	sheet_part(sheet, &(struct part){.text = text, .href = href});
}

void sheet_file(struct sheet *sheet, const char *path)
{
	const char *href = page_file_href(sheet->page, path);

	sheet_cell(sheet);
	sheet_part(
		sheet, &(struct part){.text = path, .href = href, .class = href ? NULL : "file"});
}

static void write_as(struct sheet *sheet, sheet_fill fill, const void *context)
{
	if (sheet->is_json && sheet->class) {
		fputs("{\"class\":", sheet->out);
		put_json(sheet, sheet->class);
		fputs(",\"head\":[", sheet->out);
	} else {
		put(sheet, "{\"head\":[", "");
	}
	fill(sheet, context);
	end_row(sheet);
	if (sheet->row_count == 0)
		begin_body(sheet);
	put(sheet, "]}", is_list(sheet) ? "</ul>" : "</tbody></table></div>");
}

void page_sheet(FILE *out, const struct page *page, enum sheet_when when, const char *class,
	sheet_fill fill, const void *context)
{
	struct sheet html = {.out = out, .page = page, .class = class}, json = html;

	if (!page_script[0] || when == SHEET_AT_ONCE) {
		write_as(&html, fill, context);
		return;
	}
	fputs("<noscript>", out);
	write_as(&html, fill, context);
	fprintf(out,
		"</noscript><div class=\"sheet\" data-when=\"%s\" style=\"--rows: %zu\"><script type=\"application/json\">",
		when == SHEET_NEAR ? "near" : "opened", html.row_count);
	json.is_json = true;
	write_as(&json, fill, context);
	fputs("</script></div>", out);
}
