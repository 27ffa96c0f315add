/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The feature matrix as files: features/rows.yml asks, drivers/NAME/features.yml says what was read
 * in the source code of one version, features@VERSION.yml next to it what differs in another one.
 * Errors are ERROR_USAGE and start with file:line:column.
 */
enum {
	FEATURE_MAX_ROWS = 256,
	FEATURE_SHA_DIGITS = 12 /* of the SHA-256 of the lines of a place */
};

/* How an answer can be known: by a check on a running mesh, in the source code, in part by each. */
enum feature_by {
	FEATURE_OBSERVE,
	FEATURE_READ,
	FEATURE_BOTH
};

struct feature_category {
	const char *id, *title;
};

struct feature_row {
	const char *id, *title, *question;
	const struct feature_category *category;
	enum feature_by by;
};

/* Rows of one category stand together, categories in their order. */
struct feature_rows {
	const struct feature_category *categories;
	const struct feature_row *list;
	size_t category_count, count;
};

/* A repository at a commit. */
struct feature_source {
	const char *name, *repo,
		*commit;     /* "nebula", "slackhq/nebula", 12 to 40 hexadecimal digits */
	const char *version; /* what its project calls the commit; NULL-able */
};

/* Lines that were read. */
struct feature_place {
	const struct feature_source *source;
	const char *file; /* below the repository */
	int64_t first_line, last_line;
	const char *sha; /* of the lines: FEATURE_SHA_DIGITS hexadecimal digits */
};

/* What a VPN answers to a row: a value with its place, or nothing with the reason. */
struct feature_cell {
	const char *is;      /* "yes", "no, UDP only", "1280"; NULL: unknown */
	const char *unknown; /* the reason; NULL: it is known */
	struct feature_place place;
	const char *absent, *in; /* a pattern that stands nowhere in these paths; both or neither */
	const char *note;
};

/* What to know before choosing a VPN, and where it is said. */
enum feature_caution_kind {
	FEATURE_DESIGN,   /* its authors meant it */
	FEATURE_PROPERTY, /* follows from the code, and may surprise */
	FEATURE_KNOWN,    /* published: an advisory or an issue */
};

struct feature_caution {
	enum feature_caution_kind kind;
	const char *says;
	struct feature_place place; /* `source` is NULL: `see` alone says it */
	const char *see;            /* "CVE-2025-62820, issue 761"; NULL-able, but not of KNOWN */
};

/* What a reader sees first of a cell: the first word of its value, or that there is none. */
enum feature_kind {
	FEATURE_YES,
	FEATURE_NO,
	FEATURE_PARTIAL,
	FEATURE_OTHER, /* a number, a name, "n/a" */
	FEATURE_UNKNOWN
};

/* One file: what was read in one version. */
struct feature_sheet {
	const char *path, *vpn, *read; /* `read` is the version */
	const struct feature_source *sources;
	size_t source_count;
	/* By row. NULL where the file of another version does not differ; never in the first one.
	 */
	const struct feature_cell *const *cells;
	const bool *is_same; /* by row: this version has the first file's lines word for word */
	const struct feature_caution *cautions; /* none: those of the first file count */
	size_t caution_count;
};

/* All files of a VPN: that without a version in its name first. None: nobody has read it. */
struct feature_vpn {
	const char *name;
	const struct feature_sheet *sheets;
	size_t sheet_count;
};

MUST_CHECK int feature_rows_load(
	struct arena *arena, const char *path, struct feature_rows *ret_rows, struct error *err);
/* One file, whatever its name; `is_whole`: it must answer every row. */
MUST_CHECK int feature_sheet_load(struct arena *arena, const struct feature_rows *rows,
	const char *path, bool is_whole, struct feature_sheet *ret_sheet, struct error *err);
/* All files in the folder of a driver. A folder without any is not an error. */
MUST_CHECK int feature_vpn_load(struct arena *arena, const struct feature_rows *rows,
	const char *dir, struct feature_vpn *ret_vpn, struct error *err);
/* "features.yml", "features@1.0.yml": nothing in a driver's folder with this name decides how it
 * runs. */
bool feature_is_sheet(const char *name);
enum feature_kind feature_kind(const struct feature_cell *cell);
/* NULL when there is none. */
const struct feature_row *feature_row_named(const struct feature_rows *rows, const char *id);

/* How far an answer holds for the version that runs. */
enum feature_standing {
	FEATURE_AS_READ,       /* it was read in that version */
	FEATURE_SAME_LINES,    /* read in another one, but its lines are the same in this one */
	FEATURE_OTHER_VERSION, /* read in another one */
};

struct feature_answer {
	const struct feature_cell *cell;
	const char *read; /* the version in which its lines stand at its place */
	enum feature_standing standing;
};

/*
 * Fills `answers`, one by row, for a VPN that somebody has read. `ran` is the version that runs, as
 * a pin or the program itself names it ("1.10.3", "Version: 1.10.3"), or NULL: not known.
 */
void feature_answers(const struct feature_rows *rows, const struct feature_vpn *vpn,
	const char *ran, struct feature_answer answers[]);

/*
 * The document that result trees keep as features.json; `feature_rows_json` begins it, and every
 * VPN adds itself under the name by which the tree knows it. The caller owns it.
 */
json_t *feature_rows_json(const struct feature_rows *rows);
void feature_vpn_json(json_t *document, const char *name, const struct feature_rows *rows,
	const struct feature_vpn *vpn, const char *ran);
