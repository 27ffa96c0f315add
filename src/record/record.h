/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/cause.h"

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The result tree on disk, as a superset of the published one: this room alone knows its file
 * names. Every file but events.jsonl is written whole or not at all.
 */
struct record;

/* One result. Repetitions after the first lie in <link>/repetitions/N/. */
struct record_cell {
	const char *vpn;             /* folder: "Wireguard" */
	const char *profile;         /* folder: "low_impairment" */
	size_t position;             /* of the source host in the plan */
	const char *source, *target; /* NULL for a cell of all links */
	const char *file;            /* "tcp_iperf3.json" */
	size_t repetition;           /* from 0 */
};

/* What an envelope is made of; `data` and `samples` are borrowed. */
struct record_result {
	enum cause cause;
	const char *evidence; /* a sentence when cause is not success */
	json_t *data;         /* on success, and what there was otherwise */
	json_t *samples;      /* single values, written to samples/; NULL-able */
	json_t *meta;         /* keys added to the published ones; NULL-able */
	/* The failed command, published as envelope variants B and C; argv NULL: variant D. */
	const char *const *argv;
	const char *out, *errout;
	int exit_code;
	double timeout_s; /* > 0: variant C */
	double duration_s;
	int attempts;
	double restart_s, wait_s; /* published: VPN restart and connectivity wait */
	int restart_attempts;
	const char *service_logs; /* failures only; NULL-able */
};

/* Makes the folder when absent; a non-empty one that is not a result tree is ERROR_USAGE. */
MUST_CHECK int record_open(const char *dir, struct record **ret_record, struct error *err);
/*
 * Whatever is written from now on is also sent to `fd`, which stays the caller's, before it counts
 * as written: see base/mirror.h. Parts of the tree that are already open do not take part.
 */
void record_mirror(struct record *record, int fd);
/* Where the tree is now: as it was named, or where it was moved to; NULL when it was removed. */
const char *record_place(const struct record *record, struct arena *arena);
void record_close(struct record *record);
void record_closep(struct record **record);

/*
 * The part of the tree that holds cells measured on tuned hosts, General/tunings/NAME/: a tree of
 * the same layout, so that a reader of the published one finds stock hosts where they were. Only
 * cells and files of VPNs and profiles go there. Owned by `record`; NULL is the tree itself.
 */
struct record *record_of_tuning(struct record *record, const char *tuning);

MUST_CHECK int record_write_cell(struct record *record, const struct record_cell *cell,
	const struct record_result *result, struct error *err);
/* One link's part of a cell that measured all links at once. */
struct record_pair {
	const char *source, *target;
	struct record_result result;
};

/*
 * As record_write_cell, with data.pairs made of the links in their order and samples by link.
 * `whole` gives time, attempts and meta; its cause, evidence and data are made here: success only
 * if every link worked. meta.links_ok and meta.links_planned count them.
 */
MUST_CHECK int record_write_parallel(struct record *record, const struct record_cell *cell,
	const struct record_pair pairs[], size_t count, const struct record_result *whole,
	struct error *err);
/* How a cell ended, with its `meta`, which the caller owns; false when it is absent or damaged. */
MUST_CHECK bool record_read_cell(const struct record *record, const struct record_cell *cell,
	enum cause *ret_cause, json_t **ret_meta);
bool record_has_success(const struct record *record, const struct record_cell *cell);

/* Any other file of the tree, by its place: environment.json, layout.json, ... */
MUST_CHECK int record_write_environment(
	struct record *record, const json_t *environment, struct error *err);
/* NULL when absent or damaged; the caller owns it. */
json_t *record_read_environment(const struct record *record);
/* What packets of each profile met, by the profile's folder. */
MUST_CHECK int record_write_calibration(
	struct record *record, const json_t *calibration, struct error *err);
/* NULL when absent or damaged; the caller owns it. */
json_t *record_read_calibration(const struct record *record);
/* What was read in the source code of the VPNs. */
MUST_CHECK int record_write_features(
	struct record *record, const json_t *features, struct error *err);
MUST_CHECK int record_write_vpn(struct record *record, const char *vpn, const char *file,
	const json_t *value, struct error *err);
MUST_CHECK int record_write_profile(struct record *record, const char *vpn, const char *profile,
	const char *file, const json_t *value, struct error *err);
/* NULL when absent or damaged; the caller owns it. */
json_t *record_read_profile(
	const struct record *record, const char *vpn, const char *profile, const char *file);
MUST_CHECK int record_write_general(
	struct record *record, const char *file, const json_t *value, struct error *err);
/* Files of a host under one VPN and profile: connection_timings.json, daemon logs as text. */
MUST_CHECK int record_write_host(struct record *record, const struct record_cell *cell,
	const json_t *value, struct error *err);
MUST_CHECK int record_write_log(
	struct record *record, const struct record_cell *cell, const char *text, struct error *err);

/* Appends one line to events.jsonl with the time added; `event` is stolen. */
MUST_CHECK int record_event(
	struct record *record, const char *kind, json_t *event, struct error *err);
