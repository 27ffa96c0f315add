/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/beneath.h"
#include "host/host.h"

/* Where a path of the host lies in its state; only what is under /var/lib can be reached. */
MUST_CHECK int state_path(
	struct arena *arena, const char *host_path, const char **ret_path, struct error *err);
/* Makes the folders and files of a host that are absent; /etc/hosts starts with localhost. */
MUST_CHECK int state_make(const struct beneath *state, const char *name, struct error *err);
/* Replaces a file in place: it is mounted, so it has to stay the same file. */
MUST_CHECK int state_rewrite(
	const struct beneath *state, const char *file, const char *text, struct error *err);
/* Empties var-lib and var-log; what `kept` names is a mount and stays. */
MUST_CHECK int state_wipe(const struct beneath *state, const char *const *kept, struct error *err);

/* The folders of this machine that a host does not see: it has its own; NULL-terminated. */
const char *const *covered_places(struct arena *arena);
/*
 * Of the candidates those that a covered place would hide: absolute, below it, each once and none
 * inside another; sorted; NULL-terminated.
 */
const char *const *visible_select(
	struct arena *arena, const char *const *candidates, const char *const *covered);
/* Candidates of this process: `more`, $PATH, our executable's folder and those of its helpers. */
const char *const *visible_candidates(struct arena *arena, const char *const *more);
/* Whether the entry `name` of the covered place leads to something kept. */
bool visible_is_on_the_way(const char *const *kept, const char *place, const char *name);

/* What a booting init needs and what it tells when it is ready. */
struct boot_plan {
	const char *name, *state_dir;
	const char *const *covered, *const *kept;
	bool is_bare;
	int life_fd;   /* ends with our program: end of file means die */
	int report_fd; /* gets one boot_report */
};

/*
 * The file systems of a host, made by its init in a mount namespace of its own, in three steps:
 * what is needed of this machine is held, /proc is mounted, and in the host's network the rest is
 * put in place. From then on nothing of this machine can be changed through it.
 */
struct mounts;
MUST_CHECK int mounts_hold(
	const struct boot_plan *plan, struct mounts **ret_mounts, struct error *err);
MUST_CHECK int mounts_make_proc(struct error *err);
MUST_CHECK int mounts_make(struct mounts *mounts, bool *ret_has_sys, struct error *err);

struct boot_report {
	bool has_sys;
	struct error err; /* ERROR_NONE when the host stands */
};

/* The first process of a host; never returns. */
_Noreturn void init_main(const struct boot_plan *plan);
