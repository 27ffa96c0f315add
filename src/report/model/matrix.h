/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The feature matrix of a tree, out of its features.json, which may be anybody's. */
enum matrix_kind {
	MATRIX_YES,
	MATRIX_NO,
	MATRIX_PARTIAL,
	MATRIX_OTHER, /* a number, a name, "n/a" */
	MATRIX_UNKNOWN,
	MATRIX_KINDS
};

/* How far an answer counts for the version that ran. */
enum matrix_standing {
	MATRIX_AS_READ,
	MATRIX_SAME_LINES,    /* read in another version, and the lines are the same in this one */
	MATRIX_OTHER_VERSION, /* read in another version; shown pale */
	MATRIX_STANDINGS
};

struct matrix_row {
	const char *id, *title, *question, *by;
	const char *category; /* its title; rows of a category stand together */
	bool is_security;     /* of encryption, or of security */
};

/* Lines that somebody read; `repo` is NULL where nothing is cited. */
struct matrix_place {
	const char *repo, *commit, *file;
	int first_line, last_line;
};

/* What a check found on the running mesh; `is` is NULL where none answered. */
struct matrix_observation {
	const char *is, *check, *because;
	enum matrix_kind kind;
};

/* A check that was tried and decided nothing; `check` is NULL where there is none. */
struct matrix_doubt {
	const char *check, *why;
	/* Of the bare link: what is known of it, and what it answered; NULL where nothing. */
	const char *known, *control;
	bool has_failed_control;
};

/* All texts but `text` may be NULL: of an unknown cell there is nothing else. */
struct matrix_cell {
	enum matrix_kind kind;
	enum matrix_standing standing;
	const char *text; /* the value, or why it is unknown */
	const char *note, *absent, *in;
	const char *read; /* the version */
	struct matrix_place place;
	struct matrix_observation observed;
	struct matrix_doubt doubt;
};

/* What to know before choosing. */
struct matrix_caution {
	const char *kind; /* "design", "property", "known" */
	const char *says;
	const char *see;  /* where it was published; NULL-able */
	const char *read; /* the version */
	enum matrix_standing standing;
	struct matrix_place place;
};

struct matrix_vpn {
	const char *name;          /* as the tree names its results */
	const char *ran;           /* the version, in its own words; NULL: not known */
	const char *read;          /* the version that was read; NULL: nobody has read it */
	struct matrix_cell *cells; /* by row; NULL: nobody has read it */
	struct matrix_caution *cautions;
	size_t caution_count;
	size_t counts[MATRIX_KINDS], pale;
	size_t observed, unlike; /* observed cells, and those that were read otherwise */
};

struct matrix {
	struct matrix_row *rows;
	struct matrix_vpn *vpns;
	size_t row_count, vpn_count;
};

/* Everything lives in the arena. ERROR_PARSE and a sentence when it is not such a document. */
MUST_CHECK int matrix_read(
	struct arena *arena, const json_t *document, struct matrix *ret_matrix, struct error *err);
/* What the checks of a VPN answered: data.answers of its observe.json. */
void matrix_observe(
	struct arena *arena, struct matrix *matrix, const char *name, const json_t *answers);
/* Whether yes was observed and no was read, or the other way round. */
bool matrix_contradicts(const struct matrix_cell *cell);
/* Whether that is so for any of the VPNs. */
bool matrix_row_contradicts(const struct matrix *matrix, size_t row);
/* Whether the bare link did not answer what is known of it, so that the answer is not believed. */
bool matrix_control_failed(const json_t *answer);
/* What is shown of a cell: what was observed goes before what was read, or the word "unknown". */
const char *matrix_value(const struct matrix_cell *cell);
enum matrix_kind matrix_kind_of(const struct matrix_cell *cell);
/* "*": observed; "!": observed, and read otherwise; "~": read in another version; or "". */
const char *matrix_mark(const struct matrix_cell *cell);
/* Whether anything is said about what to know before choosing. */
bool matrix_has_cautions(const struct matrix *matrix);
/* What was observed of a VPN's security in a row; NULL: nothing. */
const struct matrix_observation *matrix_security_seen(
	const struct matrix *matrix, const struct matrix_vpn *vpn, size_t row);
/* Whether two VPNs answer a row differently, as far as their answers are known. */
bool matrix_differs(const struct matrix *matrix, size_t row);
/* "yes", "no", "partial", "other", "unknown" */
const char *matrix_kind_name(enum matrix_kind kind);
/* "as_read", "same_lines", "other_version" */
const char *matrix_standing_name(enum matrix_standing standing);
/* "slackhq/nebula udp/udp_linux.go:30-68"; NULL where nothing is cited. */
const char *matrix_place(struct arena *arena, const struct matrix_place *place);
/* In which version something was read, and what that means for the one that runs. */
const char *matrix_reason(struct arena *arena, const struct matrix_vpn *vpn, const char *read,
	enum matrix_standing standing);
