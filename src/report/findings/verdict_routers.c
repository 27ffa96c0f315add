/* SPDX-License-Identifier: MIT */
/* Which VPN suits behind routers: a table of situations, and a sentence that says who does best. */
#include "report/findings/verdict.h"

#include "base/terminal.h"
#include "report/output/escape.h"

#include <string.h>

static const char *const signs[FITS] = {[FIT_WELL] = "+", [FIT_SOMEHOW] = "~", [FIT_BADLY] = "-"};

/* Between columns. */
#define GAP "   "

const char behind_legend[] =
	"Signs: + a direct way in four of five trials, or back within ten seconds; ~ by a third host, later, or not always; - often no way, or not back.";

void behind_count(const struct situation *situations, struct verdict_row *row)
{
	for (const struct situation *s = situations; s; s = s->next) {
		const struct fitting *fitting = situation_worst(s, row->vpn);

		if (fitting)
			row->fits[fitting->fit]++;
	}
}

/* What was not tried counts as little as what does badly. */
bool behind_is_ahead(const struct verdict_row *a, const struct verdict_row *b)
{
	size_t a_ways = a->fits[FIT_WELL] + a->fits[FIT_SOMEHOW];
	size_t b_ways = b->fits[FIT_WELL] + b->fits[FIT_SOMEHOW];

	return a_ways != b_ways ? a_ways > b_ways : a->fits[FIT_WELL] >= b->fits[FIT_WELL];
}

static size_t tried_of(const struct verdict_row *row)
{
	return row->fits[FIT_WELL] + row->fits[FIT_SOMEHOW] + row->fits[FIT_BADLY];
}

static bool is_of_contest(const struct verdict_row *row)
{
	return !row->vpn->is_reference && !row->disqualifiers && tried_of(row) > 0;
}

static const struct verdict_row *best_of(const struct verdict *verdict)
{
	const struct verdict_row *best = NULL;

	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		if (is_of_contest(row) && (!best || !behind_is_ahead(best, row)))
			best = row;
	}
	return best;
}

static bool is_peer(const struct verdict_row *best, const struct verdict_row *row)
{
	return is_of_contest(row) && behind_is_ahead(row, best);
}

/* "A", "A and B", "A, B and C". */
static const char *peers_of(struct arena *arena, const struct verdict *verdict,
	const struct verdict_row *best, size_t count)
{
	const char *names = "";
	size_t i = 0;

	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		if (!is_peer(best, row))
			continue;
		names = arena_printf(arena, "%s%s%s", names,
			i == 0           ? ""
			: i + 1 == count ? " and "
					 : ", ",
			row->vpn->title);
		i++;
	}
	return names;
}

static size_t count_of(const struct situation *situations)
{
	size_t count = 0;

	for (const struct situation *s = situations; s; s = s->next)
		count++;
	return count;
}

/* Peers do well and somehow equally often; what is left may be bad for one and not tried of
 * another.
 */
static bool are_alike(const struct verdict *verdict, const struct verdict_row *best)
{
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		if (is_peer(best, row) && row->fits[FIT_BADLY] != best->fits[FIT_BADLY])
			return false;
	}
	return true;
}

/* "well in 1 of 3 situations, somehow in 1, without a result in 1", or without the rest. */
static const char *fits_text(struct arena *arena, const struct verdict_row *row,
	const struct situation *situations, bool says_rest)
{
	size_t count = count_of(situations), tried = tried_of(row);
	const char *text = arena_printf(arena, "well in %zu of %zu situation%s",
		row->fits[FIT_WELL], count, count == 1 ? "" : "s");

	if (row->fits[FIT_SOMEHOW])
		text = arena_printf(arena, "%s, somehow in %zu", text, row->fits[FIT_SOMEHOW]);
	if (!says_rest)
		return text;
	if (row->fits[FIT_BADLY])
		text = arena_printf(arena, "%s, badly in %zu", text, row->fits[FIT_BADLY]);
	if (tried < count)
		return arena_printf(arena, "%s, without a result in %zu", text, count - tried);
	return row->fits[FIT_BADLY] ? text : arena_printf(arena, "%s, badly in none", text);
}

const char *behind_sentence(struct arena *arena, const struct verdict *verdict)
{
	const struct verdict_row *best = best_of(verdict);
	size_t rivals = 0, peers = 0;
	const char *fits;

	if (!best)
		return NULL;
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		rivals += is_of_contest(row);
		peers += is_peer(best, row);
	}
	fits = fits_text(arena, best, verdict->situations, are_alike(verdict, best));
	if (rivals == 1)
		return arena_printf(arena, "Behind routers, %s does %s.", best->vpn->title, fits);
	if (peers < rivals && !verdict->situations->next)
		return arena_printf(arena, "%s: %s %s best.", verdict->situations->question,
			peers_of(arena, verdict, best, peers), peers == 1 ? "does" : "do");
	if (peers == rivals)
		return arena_printf(arena, "Behind routers all do alike: %s.", fits);
	return arena_printf(arena, "Behind routers, %s %s best: %s.",
		peers_of(arena, verdict, best, peers), peers == 1 ? "does" : "do", fits);
}

const char *behind_cell(
	struct arena *arena, const struct situation *situation, const struct report_vpn *vpn)
{
	const struct fitting *fitting = situation_worst(situation, vpn);

	return fitting ? arena_printf(arena, "%s %s", signs[fitting->fit], fitting->brief)
		       : "no result";
}

/* NULL: the column of VPNs. */
static size_t width_of(
	struct arena *arena, const struct verdict *verdict, const struct situation *situation)
{
	size_t width = terminal_columns(situation ? situation->heading : "Behind routers");

	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		size_t columns = terminal_columns(
			situation ? behind_cell(arena, situation, row->vpn) : row->vpn->title);

		width = columns > width ? columns : width;
	}
	return width;
}

/* Situations from `first` on whose columns fit, at least one; returns the one after them. */
static const struct situation *fitting_from(struct arena *arena, const struct verdict *verdict,
	const struct situation *first, size_t room)
{
	size_t used = width_of(arena, verdict, NULL);
	const struct situation *s = first;

	for (; s; s = s->next) {
		used += strlen(GAP) + width_of(arena, verdict, s);
		if (s != first && room && used > room)
			break;
	}
	return s;
}

static void write_padded(FILE *out, const char *text, size_t width, bool is_last)
{
	size_t columns = terminal_columns(text);

	fputs(text, out);
	for (; !is_last && columns < width; columns++)
		fputc(' ', out);
	fputs(is_last ? "\n" : GAP, out);
}

/* The headings (`row` NULL) or what is said of one VPN. */
static void write_text_row(FILE *out, struct arena *arena, const struct verdict *verdict,
	const struct verdict_row *row, const struct situation *const block[2])
{
	write_padded(out, row ? row->vpn->title : "Behind routers", width_of(arena, verdict, NULL),
		false);
	for (const struct situation *s = block[0]; s != block[1]; s = s->next)
		write_padded(out, row ? behind_cell(arena, s, row->vpn) : s->heading,
			width_of(arena, verdict, s), s->next == block[1]);
}

void behind_write_text(FILE *out, struct arena *arena, const struct verdict *verdict)
{
	size_t room = terminal_width(out);
	const struct situation *block[2] = {verdict->situations, NULL};

	for (; block[0]; block[0] = block[1]) {
		block[1] = fitting_from(arena, verdict, block[0], room);
		write_text_row(out, arena, verdict, NULL, block);
		for (const struct verdict_row *row = verdict->rows; row; row = row->next)
			if (!row->vpn->is_reference)
				write_text_row(out, arena, verdict, row, block);
		if (block[1])
			fputc('\n', out);
	}
	if (!verdict->situations)
		return;
	terminal_wrap(out, behind_legend, 0, 0, room);
	fputs("\n\n", out);
}

void behind_write_markdown(FILE *out, struct arena *arena, const struct verdict *verdict)
{
	if (!verdict->situations)
		return;
	fputs("| Behind routers |", out);
	for (const struct situation *s = verdict->situations; s; s = s->next) {
		fputc(' ', out);
		escape_markdown(out, s->question);
		fputs(" |", out);
	}
	fputs("\n|---|", out);
	for (const struct situation *s = verdict->situations; s; s = s->next)
		fputs("---|", out);
	fputc('\n', out);
	for (const struct verdict_row *row = verdict->rows; row; row = row->next) {
		if (row->vpn->is_reference)
			continue;
		fputs("| ", out);
		escape_markdown(out, row->vpn->title);
		for (const struct situation *s = verdict->situations; s; s = s->next) {
			fputs(" | ", out);
			escape_markdown(out, behind_cell(arena, s, row->vpn));
		}
		fputs(" |\n", out);
	}
	fputc('\n', out);
	escape_markdown(out, behind_legend);
	fputc('\n', out);
}
