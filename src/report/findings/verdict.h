/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/findings/answer.h"
#include "report/findings/situation.h"

#include <stdio.h>

/*
 * The whole tree in ten seconds: a table of VPNs and questions, what disqualifies each VPN, and
 * one sentence that says who is ahead and names the finding that put others behind.
 */
struct disqualifier {
	struct disqualifier *next;
	const char *text;              /* "QUIC impossible", "video 13 %", "dead link", "crashed" */
	const struct finding *finding; /* that explains it; NULL-able */
};

struct verdict_cell {
	double median;                 /* NAN without a value */
	double below;                  /* of values that are too small to tell; 0: of none */
	bool is_marked;                /* all its values are; then others are ranked without it */
	size_t measured, planned;      /* values */
	bool has_failed;               /* it was tried, and nothing of it counts */
	const struct finding *finding; /* of the failure; NULL-able */
	bool leads;                    /* the best of several, or not shown to differ from it */
	bool is_left_out; /* it is not known to have what the question needs, whatever its figure */
};

struct verdict_row {
	struct verdict_row *next;
	const struct report_vpn *vpn;
	struct verdict_cell *cells; /* one per answer of the verdict */
	struct disqualifier *disqualifiers;
	size_t lead_count; /* questions */
	size_t fits[FITS]; /* situations, each by its worst profile */
};

struct verdict {
	const char *title;             /* what was measured */
	const char *circumstances;     /* which machine, how long, how busy, how sure */
	const char *because;           /* a sentence */
	const struct finding *finding; /* that it names; NULL-able */
	const struct answer **answers; /* those with a value */
	size_t answer_count;
	size_t question_count; /* those that every VPN may answer; only they count for the lead */
	const struct situation *situations; /* NULL: nothing was asked about routers */
	const char *behind;                 /* which VPN does best there; NULL: likewise */
	/* The bare link first, then without disqualifiers first, then by how many they lead, and
	 * then by how they do behind routers. */
	struct verdict_row *rows;
};

const struct verdict *verdict_of(const struct report_results *results,
	const struct findings *findings, const struct answer *answers,
	const struct situation *situations);

/* Whether a table of questions and disqualifiers has anything in it. */
bool verdict_has_cells(const struct verdict *verdict);
/* What a cell shows: "934", "934* (2 of 3)", "failed", "left out", "-"; the arena's. */
const char *verdict_cell_text(
	struct arena *arena, const struct answer *answer, const struct verdict_cell *cell);
/* "QUIC impossible, video 13 %"; "" without any. */
const char *disqualifiers_text(struct arena *arena, const struct disqualifier *first);

/* Whether anybody is left out of a question that needs something. */
bool verdict_leaves_out(const struct verdict *verdict);

/* verdict_text.c */
void verdict_write_text(FILE *out, struct arena *arena, const struct verdict *verdict);
void verdict_write_markdown(FILE *out, struct arena *arena, const struct verdict *verdict);

/* disqualify.c: NULL for the bare link; what it suffers, too, is not held against a VPN. */
struct disqualifier *disqualifiers_of(const struct report_results *results,
	const struct findings *findings, const struct report_vpn *vpn);

/* circumstances.c */
const char *title_of(const struct report_results *results);
const char *circumstances_of(const struct report_results *results, const struct answer *answers,
	const struct situation *situations);

/* verdict_routers.c: how a VPN does behind routers, and who does best there. */
void behind_count(const struct situation *situations, struct verdict_row *row);
/* Whether the first does at least as well as the second. */
bool behind_is_ahead(const struct verdict_row *a, const struct verdict_row *b);
/* NULL without situations, or where no VPN is left. */
const char *behind_sentence(struct arena *arena, const struct verdict *verdict);
/* "+ direct, 0.4 s"; "no result" where the VPN was not tried or failed. */
const char *behind_cell(
	struct arena *arena, const struct situation *situation, const struct report_vpn *vpn);
/* What the signs of cells say. */
extern const char behind_legend[];
void behind_write_text(FILE *out, struct arena *arena, const struct verdict *verdict);
void behind_write_markdown(FILE *out, struct arena *arena, const struct verdict *verdict);
