/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "plan/driver.h"
#include "plan/pins.h"
#include "proc/proc.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Programs of VPNs in a folder of the user's own, the prefix: PREFIX/NAME/VERSION/bin, each with an
 * installed.json next to it. What stands under its final name is whole.
 */

/* $MESHBENCH_VPNS, or meshbench/vpns among the user's data; absolute. NULL for a user without a
 * home. */
const char *install_prefix(struct arena *arena);
/* The pins among our data files; none when there is no such file. */
MUST_CHECK int install_pins(struct arena *arena, struct pins *ret_pins, struct error *err);

/* A VPN as a user names it: NAME, NAME@VERSION or NAME@system, with NAME or NAME+VARIANT. */
struct choice {
	const char *name;
	const struct pin *pin;             /* NULL: the pins do not know this VPN */
	const struct pin_version *version; /* named, or the default; NULL: none is pinned */
	bool is_named;                     /* the user chose the version */
	bool is_system;                    /* what is on PATH is meant */
	const char *bin;                   /* where its programs lie; NULL: not installed */
};

/* "nebula" of "nebula@1.9.7" and of "nebula+relay". */
const char *choice_name(struct arena *arena, const char *words);
/* A version that is not known is ERROR_USAGE with those that are; `prefix` may be NULL. */
MUST_CHECK int choice_read(struct arena *arena, const struct pins *pins, const char *prefix,
	const char *words, struct choice *ret_choice, struct error *err);
/* The driver, or its variant, with the programs that NAME, NAME@VERSION or NAME@system chooses. */
MUST_CHECK int choice_driver(
	struct arena *arena, const char *words, struct driver *ret_driver, struct error *err);
/* Which installed version a driver runs; NULL: what is on PATH. */
const char *choice_installed(struct arena *arena, const struct driver *driver);
/* The folder of an installed version's programs, or NULL. */
const char *installed_bin(
	struct arena *arena, const char *prefix, const char *name, const char *version);

/* A program of an installed version, as its receipt says. */
struct installed_program {
	const char *name, *sha256;
};
/* Those of the version that a driver runs; none of what is on PATH. The arena's. */
size_t installed_programs(struct arena *arena, const struct driver *driver,
	const struct installed_program **ret_programs);

/*
 * Refuses (ERROR_MISSING) a driver whose installed programs no longer have the hashes of their
 * receipt. What is on PATH, and a folder of the user's own, has none.
 */
MUST_CHECK int install_check(struct procs *procs, const struct driver *driver, struct error *err);

enum install_stage {
	INSTALL_THERE,   /* was there already, and is as it was when it was built */
	INSTALL_CHANGED, /* was there, but no longer as it was built: is built again */
	INSTALL_BEGINS,
	INSTALL_GOES_ON, /* `words`: what the client said last */
	INSTALL_DONE,
};

struct install_progress {
	enum install_stage stage;
	const char *name, *version, *words, *log;
	double elapsed_s, expected_s; /* 0: nobody knows */
};
typedef void install_listener(void *context, const struct install_progress *progress);

struct installer {
	struct procs *procs;
	const char *prefix;
	install_listener *listener;
	void *listener_context;
};

/* Makes the prefix; one of us at a time works there, until the descriptor is closed. */
MUST_CHECK int install_lock(const char *prefix, int *ret_fd, struct error *err);
/*
 * Builds a version by go or cargo unless it is there. Whatever ends it early, Ctrl-C too, leaves
 * nothing under the final name, and the clients' caches let the next try go on.
 */
MUST_CHECK int install_version(const struct installer *installer, const struct pin *pin,
	const struct pin_version *version, struct error *err);
