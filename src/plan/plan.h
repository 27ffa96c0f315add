/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/setting.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What to measure, as a plan file says it; lists are NULL-terminated names as users type them. */
struct plan {
	const char *name, *title;
	const char *path;         /* the file it was read from */
	const char *const *hosts; /* at least two, all different, each a host name (RFC 1123) */
	size_t host_count;
	const char *const *vpns; /* "nebula"; the single name "found": those this machine has */
	const char *const *workloads;
	const char *const *profiles; /* may carry changes: "low:rate=100mbit" */
	const char *const *tunings;
	const char *const *cpus; /* processors of every host: "2", or "all" of the machine */
	const char *board;       /* what every host may use of the machine: "rpi-like", or "none" */
	/* "bridge", "netem", "wire"; "auto": wire if any profile impairs, otherwise bridge */
	const char *engine;
	const char *const *topologies; /* may carry changes: "pair:left.nat=symmetric" */
	const char *congestion;
	int64_t repeat;
	int64_t seed;
	double seconds;                      /* of measuring per workload and direction */
	int64_t attempts;                    /* per cell, at most */
	const struct setting_value *options; /* what it says about single workloads; checked */
};

/* One row per key: the file, the command line and environment.json are read by it. */
struct plan_key {
	struct setting setting;
	size_t offset;      /* in struct plan */
	const char *option; /* where it is not the key's name: "vpn" for vpns; one of a list */
	bool may_be_alone;  /* a text stands for a list of one */
};
extern const struct plan_key plan_keys[];
extern const size_t plan_key_count;

/*
 * `options` are the settings of workloads that a plan may have in addition to the keys:
 * NULL-terminated, and NULL for none. Errors are ERROR_USAGE and start with file:line:column.
 */
MUST_CHECK int plan_load(struct arena *arena, const char *path,
	const struct setting *const *options, struct plan *ret_plan, struct error *err);
/* The defaults of a plan. */
struct plan plan_default(struct arena *arena);
/* Puts a checked text in place of what the plan says; not for lists. */
MUST_CHECK int plan_set(struct arena *arena, struct plan *plan, const struct setting *setting,
	const char *text, struct error *err);
/* The same of a list: NULL-terminated, borrowed. */
void plan_set_list(struct plan *plan, const struct setting *setting, const char *const *names);
/* Refuses what no file position can be blamed for: a host named twice, zero hosts, ... */
MUST_CHECK int plan_check(const struct plan *plan, struct error *err);

/* A checked value of `cpus`; 0: all. */
size_t plan_cpus(const char *text);

/* The plan as environment.json keeps it, and back: `--resume` needs no plan file. */
json_t *plan_to_json(const struct plan *plan);
MUST_CHECK int plan_from_json(struct arena *arena, const json_t *json,
	const struct setting *const *options, struct plan *ret_plan, struct error *err);

/*
 * Folders with our data (drivers/, profiles/, plans/): $MESHBENCH_DATA, next to the program's
 * source tree, or where it was installed. Arena-owned path of `kind`/`name`; ERROR_USAGE with the
 * names that exist when there is none.
 */
MUST_CHECK int plan_find(struct arena *arena, const char *kind, const char *name,
	const char **ret_path, struct error *err);
/* The pins file of our data, whether it is there or not. */
const char *plan_pins(struct arena *arena);
/* The rows of the feature matrix likewise. */
const char *plan_feature_rows(struct arena *arena);
/* The folder of drivers, features, profiles, plans and tunings; it may be relative. */
const char *plan_data_folder(struct arena *arena);
/* Names in a data folder, sorted, NULL-terminated. */
MUST_CHECK int plan_list(
	struct arena *arena, const char *kind, const char *const **ret_names, struct error *err);
