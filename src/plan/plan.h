#pragma once

#include "base/arena.h"
#include "base/error.h"

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
	const char *engine; /* "bridge", "netem", "wire"; "auto": wire if any profile impairs, else
			       bridge */
	const char *congestion;
	const char
		*closure;  /* what nix_cache copies: "small", "large" or a path of the Nix store */
	const char *video; /* "live", "replay"; "auto": live where the processors suffice */
	int64_t repeat;
	uint64_t seed;
	double seconds;          /* of measuring per workload and direction */
	double parallel_seconds; /* published: twice `seconds` */
	int64_t ping_count, ping_runs;
	int64_t mesh_runs; /* of connects, restarts and reboots of each kind */
	int64_t attempts;  /* per cell, at most */
};

/* Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int plan_load(
	struct arena *arena, const char *path, struct plan *ret_plan, struct error *err);
/* What a plan says when its file leaves it out. */
struct plan plan_default(void);
/* Refuses what no file position can be blamed for: a host named twice, zero hosts, ... */
MUST_CHECK int plan_check(const struct plan *plan, struct error *err);

/*
 * Folders with our data (drivers/, profiles/, plans/): $MESHBENCH_DATA, beside the program's
 * source tree, or where it was installed. Arena-owned path of `kind`/`name`; ERROR_USAGE with the
 * names that exist when there is none.
 */
MUST_CHECK int plan_find(struct arena *arena, const char *kind, const char *name,
	const char **ret_path, struct error *err);
/* The pins file of our data, whether it is there or not. */
const char *plan_pins(struct arena *arena);
/* Names in a data folder, sorted, NULL-terminated. */
MUST_CHECK int plan_list(
	struct arena *arena, const char *kind, const char *const **ret_names, struct error *err);
