/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/page/page.h"

/*
 * A table, or a list, that costs a browser nothing until it is wanted. It is written twice: as HTML
 * for readers without a script, within <noscript>, which a browser with one keeps as a single text;
 * and as JSON, of which web/src/sheets.js makes the same elements, out of texts.
 */
struct sheet;

enum sheet_when {
	SHEET_OPENED,     /* made when the <details> around it opens */
	SHEET_NEAR,       /* made when it comes to the screen */
	SHEET_AT_ONCE,    /* small and in sight: plain HTML */
	SHEET_SMALL = 60, /* rows: what has at most so many may be there at once */
};

/* What a cell consists of. All but the text may be NULL. */
struct part {
	const char *text, *href, *class, *title;
};

/* Writes all of a sheet: headings, then rows; is called once for each form. */
typedef void (*sheet_fill)(struct sheet *sheet, const void *context);

void page_sheet(FILE *out, const struct page *page, enum sheet_when when, const char *class,
	sheet_fill fill, const void *context);

/* A sheet without headings is a list, and its rows have one cell. `title`: NULL-able. */
void sheet_heading(struct sheet *sheet, const char *text, bool is_number, const char *title);
/* Whose row it is, for the filters; both NULL-able. */
void sheet_row(struct sheet *sheet, const char *vpn, const char *profile);
void sheet_cell(struct sheet *sheet);
void sheet_part(struct sheet *sheet, const struct part *part);
/* A cell of nothing but a text. */
void sheet_text(struct sheet *sheet, const char *text);
/* A cell with a link; `href`: NULL-able. */
void sheet_link(struct sheet *sheet, const char *text, const char *href);
/* A cell with a file of the tree. */
void sheet_file(struct sheet *sheet, const char *path);
const struct page *sheet_page(const struct sheet *sheet);
