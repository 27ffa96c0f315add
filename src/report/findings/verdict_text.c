/* SPDX-License-Identifier: MIT */
/* The verdict for terminals and as Markdown. */
#include "report/findings/verdict.h"

#include "base/terminal.h"
#include "report/output/escape.h"

#include <string.h>

enum {
	QUESTION_COLUMNS = 6 /* side by side; more would wrap on a terminal */
};

static const char *leading_text(
	struct arena *arena, const struct answer *answer, const struct verdict_cell *cell)
{
	const char *text = verdict_cell_text(arena, answer, cell);

	return cell->leads ? arena_printf(arena, "%s <", text) : text;
}

static size_t name_width(const struct verdict *verdict)
{
	size_t width = strlen("VPN");

	for (const struct verdict_row *row = verdict->rows; row; row = row->next)
		if (strlen(row->vpn->title) > width)
			width = strlen(row->vpn->title);
	return width;
}

static size_t column_width(struct arena *arena, const struct verdict *verdict, size_t column)
{
	const struct answer *answer = verdict->answers[column];
	size_t width = strlen(answer->heading), length;

	length = strlen(report_metrics[answer->metric].unit);
	width = length > width ? length : width;
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		length = strlen(leading_text(arena, answer, &row->cells[column]));
		width = length > width ? length : width;
	}
	return width;
}

enum line {
	LINE_HEADINGS,
	LINE_UNITS,
	LINE_CELLS
};

/* The questions of one table, as many as the terminal has room for. */
struct columns {
	size_t first, end;
};

static struct columns columns_from(
	struct arena *arena, const struct verdict *verdict, size_t first, size_t room)
{
	struct columns columns = {first, first};
	size_t width = name_width(verdict);

	while (columns.end < verdict->answer_count && columns.end < first + QUESTION_COLUMNS) {
		width += strlen("   ") + column_width(arena, verdict, columns.end);
		if (room && width > room && columns.end > first)
			break;
		columns.end++;
	}
	return columns;
}

/* `row` is that of cells. */
static void write_line(FILE *out, struct arena *arena, const struct verdict *verdict,
	enum line line, const struct verdict_row *row, struct columns columns)
{
	fprintf(out, "%-*s", (int)name_width(verdict),
		row                  ? row->vpn->title
		: line == LINE_UNITS ? ""
				     : "VPN");
	for (size_t i = columns.first; i < columns.end; i++) {
		const struct answer *answer = verdict->answers[i];
		const char *text = row ? leading_text(arena, answer, &row->cells[i])
				   : line == LINE_UNITS ? report_metrics[answer->metric].unit
							: answer->heading;

		fprintf(out, "   %-*s",
			i + 1 == columns.end ? 0 : (int)column_width(arena, verdict, i), text);
	}
	fputc('\n', out);
}

static void write_grid(FILE *out, struct arena *arena, const struct verdict *verdict, size_t room)
{
	struct columns columns = {0, 0};

	while (columns.end < verdict->answer_count) {
		columns = columns_from(arena, verdict, columns.end, room);
		write_line(out, arena, verdict, LINE_HEADINGS, NULL, columns);
		write_line(out, arena, verdict, LINE_UNITS, NULL, columns);
		for (const struct verdict_row *row = verdict->rows; row; row = row->next)
			write_line(out, arena, verdict, LINE_CELLS, row, columns);
		fputc('\n', out);
	}
}

static void write_paragraph(FILE *out, const char *text, size_t room)
{
	terminal_wrap(out, text, 0, 0, room);
	fputc('\n', out);
}

void verdict_write_text(FILE *out, struct arena *arena, const struct verdict *verdict)
{
	size_t room = terminal_width(out);

	write_paragraph(out, verdict->title, room);
	write_paragraph(out, verdict->circumstances, room);
	fputc('\n', out);
	write_grid(out, arena, verdict, room);
	for (const struct verdict_row *row = verdict->rows; row; row = row->next)
		if (row->disqualifiers)
			write_paragraph(out,
				arena_printf(arena, "Out: %s: %s", row->vpn->title,
					disqualifiers_text(arena, row->disqualifiers)),
				room);
	behind_write_text(out, arena, verdict);
	write_paragraph(out, verdict->because, room);
	if (verdict->behind && verdict->behind != verdict->because)
		write_paragraph(out, verdict->behind, room);
	if (verdict->answer_count)
		write_paragraph(out,
			"< leads, or was not shown to differ from the leader; the bare link is not ranked.",
			room);
	if (verdict_leaves_out(verdict))
		write_paragraph(out,
			"left out: not known to have what the question needs; such questions do not count for the lead.",
			room);
}

static void write_head(FILE *out, const struct verdict *verdict)
{
	fputs("| VPN |", out);
	for (size_t i = 0; i < verdict->answer_count; i++) {
		fputc(' ', out);
		escape_markdown(out, verdict->answers[i]->heading);
		fprintf(out, ", %s |", report_metrics[verdict->answers[i]->metric].unit);
	}
	fputs(" Out because of |\n|---|", out);
	for (size_t i = 0; i < verdict->answer_count; i++)
		fputs("--:|", out);
	fputs("---|\n", out);
}

static void write_rows(FILE *out, struct arena *arena, const struct verdict *verdict)
{
	write_head(out, verdict);
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		fputs("| ", out);
		escape_markdown(out, row->vpn->title);
		for (size_t i = 0; i < verdict->answer_count; i++) {
			const struct verdict_cell *cell = &row->cells[i];

			fputs(cell->leads ? " | **" : " | ", out);
			escape_markdown(out, verdict_cell_text(arena, verdict->answers[i], cell));
			fputs(cell->leads ? "**" : "", out);
		}
		fputs(" | ", out);
		escape_markdown(out, disqualifiers_text(arena, row->disqualifiers));
		fputs(" |\n", out);
	}
}

void verdict_write_markdown(FILE *out, struct arena *arena, const struct verdict *verdict)
{
	fputs("# ", out);
	escape_markdown(out, verdict->title);
	fputs("\n\n", out);
	escape_markdown(out, verdict->circumstances);
	fputs("\n\n", out);
	if (verdict_has_cells(verdict))
		write_rows(out, arena, verdict);
	behind_write_markdown(out, arena, verdict);
	fputs("\n**", out);
	escape_markdown(out, verdict->because);
	fputs("**\n\n", out);
	if (verdict->behind && verdict->behind != verdict->because) {
		escape_markdown(out, verdict->behind);
		fputs("\n\n", out);
	}
}
