/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/clock.h"
#include "supply/supply.h"

/* A version on its way. */
struct build {
	const struct installer *installer;
	const struct pin *pin;
	const struct pin_version *version;
	struct arena *arena;
	const char *folder;        /* where it will stand */
	const char *partial, *bin; /* where it grows */
	const char *log;
	int64_t began_ns;
	json_t *modules; /* what went into it: [{path, version, sum}] */
};

/*
 * Runs a client, its words to the log and the listener, in the build's folder unless the spec says
 * another; `*ret_out` gets its output on stdout, owned by the build's arena, and may be NULL.
 */
MUST_CHECK int build_run(
	struct build *build, const struct proc_spec *spec, const char **ret_out, struct error *err);
/* The client and what the pin says building needs; ERROR_MISSING with what to install. */
MUST_CHECK int build_check_needs(
	struct build *build, const char *client, const char *advice, struct error *err);
/* Refuses what is not what the pins say. */
MUST_CHECK int build_check_sum(const struct build *build, const struct pin_module *module,
	const char *sum, struct error *err);

MUST_CHECK int go_build(struct build *build, struct error *err);
MUST_CHECK int cargo_build(struct build *build, struct error *err);

/* "path version sum" lines of `go version -m`, added to the list [{path, version, sum}]. */
void go_read_modules(const char *text, json_t *modules);
/* The checksum of a crate in a Cargo.lock, or NULL. */
const char *cargo_read_checksum(
	struct arena *arena, const char *lock, const char *crate, const char *version);

/* Writes installed.json of the finished build. */
MUST_CHECK int receipt_write(struct build *build, struct error *err);
/* Whether every program still has the hash that its receipt says. */
MUST_CHECK int receipt_check(
	struct procs *procs, const char *folder, bool *ret_holds, struct error *err);
