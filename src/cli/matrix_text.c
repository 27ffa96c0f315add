/* SPDX-License-Identifier: MIT */
/* The feature matrix as lines of text. */
#include "cli/matrix_text.h"

#include "base/terminal.h"

#include <string.h>

enum {
	TITLE_COLUMNS = 36,
	NARROWEST_COLUMN = 9,
	KIND_COLUMNS = 5,
	INDENT = 4,
	DEEPER_INDENT = 8,
	DETAIL_INDENT = 12
};

static void print_padded(FILE *out, const char *text, size_t columns)
{
	size_t used = terminal_columns(text);

	fprintf(out, "%s%*s", text, used < columns ? (int)(columns - used) : 0, "");
}

/* At most `columns`; what is cut off shows as "..". */
static const char *cut(struct arena *arena, const char *text, size_t columns)
{
	const char *end = text;

	if (terminal_columns(text) <= columns)
		return text;
	for (size_t i = 0; i < columns - 2; i++) {
		end++;
		while (((unsigned char)*end & 0xc0) == 0x80)
			end++;
	}
	return arena_printf(arena, "%.*s..", (int)(end - text), text);
}

static const char *value_read(const struct matrix_cell *cell)
{
	return cell->kind == MATRIX_UNKNOWN ? "unknown" : cell->text;
}

static bool is_pale(const struct matrix_cell *cell)
{
	return cell->standing == MATRIX_OTHER_VERSION;
}

static const char *value_of(struct arena *arena, const struct matrix_cell *cell)
{
	return arena_printf(arena, "%s%s", matrix_mark(cell), matrix_value(cell));
}

/* Words of `text` from the column that was reached, further lines behind `indent` blanks. */
static void print_wrapped(
	const struct matrix_view *view, FILE *out, size_t column, size_t indent, const char *text)
{
	terminal_wrap(out, text, column, indent, view->width);
	fputc('\n', out);
}

static size_t widest_name(const struct matrix_view *view)
{
	size_t widest = NARROWEST_COLUMN;

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		size_t columns = terminal_columns(view->matrix->vpns[i].name);

		if (view->matrix->vpns[i].cells && columns > widest)
			widest = columns;
	}
	return widest;
}

static size_t count_read(const struct matrix *matrix)
{
	size_t count = 0;

	for (size_t i = 0; i < matrix->vpn_count; i++)
		count += matrix->vpns[i].cells != NULL;
	return count;
}

static size_t widest_value(const struct matrix_view *view)
{
	size_t widest = 0;

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &view->matrix->vpns[i];

		for (size_t row = 0; vpn->cells && row < view->matrix->row_count; row++) {
			size_t columns = terminal_columns(value_of(view->arena, &vpn->cells[row]));

			if (view->is_chosen[row] && columns > widest)
				widest = columns;
		}
	}
	return widest;
}

/* The width of a VPN's column with the blank before it; 0: they do not fit. */
static size_t column_width(const struct matrix_view *view)
{
	size_t count = count_read(view->matrix), least = widest_name(view) + 1, width, most;

	if (!count || view->width < TITLE_COLUMNS + count * least)
		return 0;
	width = (view->width - TITLE_COLUMNS) / count;
	most = widest_value(view) + 2;
	most = most < 2 * least ? 2 * least : most;
	return width < most ? width : most;
}

/* `text` of every VPN in its column; nothing is padded that nothing follows. */
static void print_columns(const struct matrix_view *view, FILE *out, size_t width,
	const char *(*text)(const struct matrix_view *view, size_t vpn, size_t row), size_t row)
{
	size_t gap = 1;

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const char *shown;

		if (!view->matrix->vpns[i].cells)
			continue;
		shown = cut(view->arena, text(view, i, row), width - 1);
		fprintf(out, "%*s%s", (int)gap, "", shown);
		gap = width - terminal_columns(shown);
	}
	fputc('\n', out);
}

static const char *name_in_column(const struct matrix_view *view, size_t vpn, size_t row)
{
	(void)row;
	return view->matrix->vpns[vpn].name;
}

static const char *value_in_column(const struct matrix_view *view, size_t vpn, size_t row)
{
	return value_of(view->arena, &view->matrix->vpns[vpn].cells[row]);
}

static void print_heads(
	const struct matrix_view *view, FILE *out, const char *category, size_t width)
{
	print_padded(out, category, TITLE_COLUMNS);
	print_columns(view, out, width, name_in_column, 0);
}

static void print_line(const struct matrix_view *view, FILE *out, size_t row, size_t width)
{
	fputs("  ", out);
	print_padded(out, cut(view->arena, view->matrix->rows[row].title, TITLE_COLUMNS - 2),
		TITLE_COLUMNS - 2);
	print_columns(view, out, width, value_in_column, row);
}

/* The VPNs that answer with this value; each answer that is printed is struck off. */
static const char *names_with(
	const struct matrix_view *view, const char *value, const struct matrix_cell **left)
{
	const char *names = "";

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		if (!left[i] || strcmp(matrix_value(left[i]), value) != 0)
			continue;
		names = arena_printf(view->arena, "%s%s %s%s", names, *names ? "," : "",
			matrix_mark(left[i]), view->matrix->vpns[i].name);
		left[i] = NULL;
	}
	return names;
}

/* One line per value: all that begin with yes, then with no, and so on. */
static void print_values(const struct matrix_view *view, FILE *out, size_t row)
{
	const struct matrix *matrix = view->matrix;
	const struct matrix_cell **left =
		arena_alloc(view->arena, const struct matrix_cell *, matrix->vpn_count);

	for (size_t i = 0; i < matrix->vpn_count; i++)
		left[i] = matrix->vpns[i].cells ? &matrix->vpns[i].cells[row] : NULL;
	fprintf(out, "  %s (%s)\n", matrix->rows[row].title, matrix->rows[row].id);
	for (int kind = 0; kind < MATRIX_KINDS; kind++) {
		for (size_t i = 0; i < matrix->vpn_count; i++) {
			const char *value;

			if (!left[i] || (int)matrix_kind_of(left[i]) != kind)
				continue;
			value = matrix_value(left[i]);
			fprintf(out, "%*s", INDENT, "");
			print_wrapped(view, out, INDENT, DEEPER_INDENT,
				arena_printf(view->arena, "%s:%s", value,
					names_with(view, value, left)));
		}
	}
}

static void print_row(const struct matrix_view *view, FILE *out, size_t row, size_t width)
{
	if (width)
		print_line(view, out, row, width);
	else
		print_values(view, out, row);
}

static void print_category(
	const struct matrix_view *view, FILE *out, const char *category, size_t width)
{
	if (width)
		print_heads(view, out, category, width);
	else
		fprintf(out, "%s\n", category);
}

void matrix_print(const struct matrix_view *view, FILE *out)
{
	size_t width = column_width(view);
	const char *last = NULL;

	for (size_t row = 0; row < view->matrix->row_count; row++) {
		const char *category = view->matrix->rows[row].category;

		if (!view->is_chosen[row] || !count_read(view->matrix))
			continue;
		if (!last || strcmp(last, category) != 0) {
			fputs(last ? "\n" : "", out);
			print_category(view, out, category, width);
		}
		print_row(view, out, row, width);
		last = category;
	}
	fputs(last ? "\n" : "", out);
}

static void print_detail(const struct matrix_view *view, FILE *out, const char *text)
{
	if (!text)
		return;
	fprintf(out, "%*s", DETAIL_INDENT, "");
	print_wrapped(view, out, DETAIL_INDENT, DETAIL_INDENT, text);
}

static const char *commit_of(struct arena *arena, const struct matrix_place *lines)
{
	const char *place = matrix_place(arena, lines);

	return place ? arena_printf(arena, "%s at %.12s", place, lines->commit) : NULL;
}

static void print_observation(
	const struct matrix_view *view, FILE *out, const struct matrix_cell *cell)
{
	if (cell->observed.is)
		print_detail(view, out,
			arena_printf(view->arena, "observed%s: %s (%s; check '%s')",
				matrix_contradicts(cell) ? ", unlike it was read" : "",
				cell->observed.is, cell->observed.because, cell->observed.check));
	else if (cell->doubt.check)
		print_detail(view, out,
			arena_printf(view->arena, "not decided by check '%s': %s",
				cell->doubt.check, cell->doubt.why));
}

static void print_answer(const struct matrix_view *view, FILE *out, const struct matrix_vpn *vpn,
	const struct matrix_cell *cell)
{
	const char *value =
		arena_printf(view->arena, "%s%s", is_pale(cell) ? "~" : "", value_read(cell));
	size_t columns = terminal_columns(vpn->name);

	if (cell->kind == MATRIX_UNKNOWN)
		value = arena_printf(view->arena, "%s: %s", value, cell->text);
	print_padded(out, vpn->name, DETAIL_INDENT - 1);
	fputc(' ', out);
	print_wrapped(view, out, columns < DETAIL_INDENT ? DETAIL_INDENT : columns + 1,
		DETAIL_INDENT, value);
	print_observation(view, out, cell);
	print_detail(view, out, cell->note);
	print_detail(view, out, commit_of(view->arena, &cell->place));
	if (cell->absent)
		print_detail(view, out,
			arena_printf(view->arena, "nothing matches '%s' in %s", cell->absent,
				cell->in ? cell->in : "it"));
	print_detail(view, out, matrix_reason(view->arena, vpn, cell->read, cell->standing));
}

static void print_unread(const struct matrix_view *view, FILE *out)
{
	const char *names = "";

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		if (!view->matrix->vpns[i].cells)
			names = arena_printf(view->arena, "%s%s %s", names, *names ? "," : "",
				view->matrix->vpns[i].name);
	}
	if (*names)
		fprintf(out, "%sNot read, so nothing is known:%s\n",
			count_read(view->matrix) ? "\n" : "", names);
}

static void print_question(const struct matrix_view *view, FILE *out, size_t row)
{
	const struct matrix_row *asked = &view->matrix->rows[row];

	print_wrapped(view, out, 0, 0,
		arena_printf(view->arena, "%s: %s (%s)", asked->id, asked->title, asked->category));
	print_wrapped(view, out, 0, 0, asked->question);
	fputc('\n', out);
}

/* Of a list of contradictions only the VPNs that are meant. */
static void print_answers(const struct matrix_view *view, FILE *out, size_t row)
{
	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &view->matrix->vpns[i];

		if (vpn->cells && (!view->only_unlike || matrix_contradicts(&vpn->cells[row])))
			print_answer(view, out, vpn, &vpn->cells[row]);
	}
}

void matrix_print_rows(const struct matrix_view *view, FILE *out)
{
	const char *before = "";

	for (size_t row = 0; row < view->matrix->row_count; row++) {
		if (!view->is_chosen[row])
			continue;
		fputs(before, out);
		print_question(view, out, row);
		print_answers(view, out, row);
		before = "\n";
	}
	if (view->only_unlike && !*before)
		fputs("Nothing was observed unlike it was read.\n", out);
	print_unread(view, out);
}

static void print_caution(
	const struct matrix_view *view, FILE *out, const struct matrix_caution *caution)
{
	fputs("  ", out);
	print_padded(out, caution->kind, DETAIL_INDENT - 2);
	print_wrapped(view, out, DETAIL_INDENT, DETAIL_INDENT, caution->says);
	print_detail(view, out, caution->see);
	print_detail(view, out, commit_of(view->arena, &caution->place));
}

/* All lines of a VPN were read in the same version. */
static void print_cautions_of(
	const struct matrix_view *view, FILE *out, const struct matrix_vpn *vpn)
{
	const struct matrix_caution *first = vpn->cautions;

	if (!vpn->caution_count) {
		fprintf(out, "%s: nothing is written about it\n", vpn->name);
		return;
	}
	print_wrapped(view, out, 0, 0,
		arena_printf(view->arena, "%s, %s", vpn->name,
			matrix_reason(view->arena, vpn, first->read, first->standing)));
	for (size_t i = 0; i < vpn->caution_count; i++)
		print_caution(view, out, &vpn->cautions[i]);
}

void matrix_print_cautions(const struct matrix_view *view, FILE *out)
{
	const char *before = "";

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		if (!view->matrix->vpns[i].cells)
			continue;
		fputs(before, out);
		print_cautions_of(view, out, &view->matrix->vpns[i]);
		before = "\n";
	}
	print_unread(view, out);
}

static size_t count_chosen(const struct matrix_view *view, const struct matrix_vpn *vpn, int kind)
{
	size_t count = 0;

	for (size_t row = 0; row < view->matrix->row_count; row++) {
		const struct matrix_cell *cell = &vpn->cells[row];

		if (view->is_chosen[row])
			count += kind < MATRIX_KINDS ? (int)cell->kind == kind : is_pale(cell);
	}
	return count;
}

/* Of the chosen rows. */
struct seen_counts {
	size_t observed, unlike, undecided;
};

static struct seen_counts seen_of(const struct matrix_view *view, const struct matrix_vpn *vpn)
{
	struct seen_counts counts = {0};

	for (size_t row = 0; vpn->cells && row < view->matrix->row_count; row++) {
		const struct matrix_cell *cell = &vpn->cells[row];

		if (!view->is_chosen[row])
			continue;
		counts.observed += cell->observed.is != NULL;
		counts.unlike += matrix_contradicts(cell);
		counts.undecided += !cell->observed.is && cell->doubt.check;
	}
	return counts;
}

/* Checks that do not count because the bare link did not answer as it must, with their rows. */
static void print_failed_controls(
	const struct matrix_view *view, FILE *out, const struct matrix_vpn *vpn)
{
	for (size_t row = 0; vpn->cells && row < view->matrix->row_count; row++) {
		const struct matrix_doubt *doubt = &vpn->cells[row].doubt;

		if (!view->is_chosen[row] || !doubt->has_failed_control)
			continue;
		fprintf(out, "%*s", INDENT, "");
		print_wrapped(view, out, INDENT, DEEPER_INDENT,
			arena_printf(view->arena,
				"check '%s' is not believed (%s): the bare link answered %s, and %s is known of it",
				doubt->check, view->matrix->rows[row].id,
				doubt->control ? doubt->control : "nothing", doubt->known));
	}
}

static void print_observed_counts(const struct matrix_view *view, FILE *out)
{
	size_t all = 0;

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &view->matrix->vpns[i];
		struct seen_counts counts = seen_of(view, vpn);

		if (!counts.observed && !counts.undecided)
			continue;
		fputs(all ? "" : "\n", out);
		print_wrapped(view, out, 0, INDENT,
			arena_printf(view->arena,
				"%s: %zu of these rows observed, %zu unlike they were read; %zu tried and not decided",
				vpn->name, counts.observed, counts.unlike, counts.undecided));
		print_failed_controls(view, out, vpn);
		all += counts.observed + counts.undecided;
	}
	if (all)
		fputs("\n* observed by a check on the running mesh; ! observed, and read otherwise.\n",
			out);
}

/* The least that a column of a kind needs, with two blanks before it. */
static int kind_width(int kind)
{
	int width = (int)strlen(matrix_kind_name((enum matrix_kind)kind)) + 2;

	return width < KIND_COLUMNS ? KIND_COLUMNS : width;
}

static size_t widest_read(const struct matrix_view *view)
{
	size_t widest = strlen("read in");

	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &view->matrix->vpns[i];
		size_t columns = vpn->cells ? terminal_columns(vpn->read) : 0;

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

/* Programs say their version in sentences: "tinc version 1.0.36 (built ...)". */
static const char *version_in(struct arena *arena, const char *text)
{
	for (const char *word = text; *word; word += strcspn(word, " "), word += *word == ' ')
		if (*word >= '0' && *word <= '9')
			return arena_strndup(arena, word, strcspn(word, " ,;()"));
	return text;
}

static void print_counts_of(
	const struct matrix_view *view, FILE *out, const struct matrix_vpn *vpn, size_t name)
{
	size_t used = name + 5 + 2 + widest_read(view) + 2;

	print_padded(out, vpn->name, name);
	for (int kind = 0; kind < MATRIX_KINDS; kind++) {
		fprintf(out, "%*zu", kind_width(kind), count_chosen(view, vpn, kind));
		used += (size_t)kind_width(kind);
	}
	fprintf(out, "%5zu  ", count_chosen(view, vpn, MATRIX_KINDS));
	print_padded(out, vpn->read, widest_read(view) + 2);
	fprintf(out, "%s\n",
		cut(view->arena, vpn->ran ? version_in(view->arena, vpn->ran) : "not known",
			used + NARROWEST_COLUMN < view->width ? view->width - used
							      : NARROWEST_COLUMN));
}

static void print_count_heads(const struct matrix_view *view, FILE *out, size_t name)
{
	print_padded(out, "Answers", name);
	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		fprintf(out, "%*s", kind_width(kind), matrix_kind_name((enum matrix_kind)kind));
	fputs("    ~  ", out);
	print_padded(out, "read in", widest_read(view) + 2);
	fputs("runs\n", out);
}

void matrix_print_counts(const struct matrix_view *view, FILE *out)
{
	size_t name = widest_name(view) + 1, pale = 0;

	if (count_read(view->matrix))
		print_count_heads(view, out, name);
	for (size_t i = 0; i < view->matrix->vpn_count; i++) {
		const struct matrix_vpn *vpn = &view->matrix->vpns[i];

		if (!vpn->cells)
			continue;
		print_counts_of(view, out, vpn, name);
		pale += count_chosen(view, vpn, MATRIX_KINDS);
	}
	if (pale)
		fputs("\n~ read in another version than the one that runs; this one may differ.\n",
			out);
	print_observed_counts(view, out);
	print_unread(view, out);
}
