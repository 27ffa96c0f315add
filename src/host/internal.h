#pragma once

#include "base/arena.h"
#include "host/host.h"

/* Where a path of the host lies on this machine; only what is under /var/lib can be reached. */
MUST_CHECK int state_path(struct arena *arena, const char *state_dir, const char *host_path,
	const char **ret_path, struct error *err);
/* Makes the folders and files of a host that are absent; /etc/hosts starts with localhost. */
MUST_CHECK int state_make(const char *state_dir, const char *name, struct error *err);
/* Replaces a file in place: it is mounted, so it has to stay the same file. */
MUST_CHECK int state_rewrite(
	const char *state_dir, const char *file, const char *text, struct error *err);
/* Empties var-lib and var-log; what `kept` names is a mount and stays. */
MUST_CHECK int state_wipe(const char *state_dir, const char *const *kept, struct error *err);

/* The folders that a host has for itself; NULL-terminated. */
extern const char *const covered_places[];
/*
 * Of the candidates those that a covered place would hide: absolute, below it, each once and none
 * inside another; sorted; NULL-terminated.
 */
const char *const *visible_select(struct arena *arena, const char *const *candidates);
/* Candidates of this process: `more`, $PATH, our executable's folder and those of its helpers. */
const char *const *visible_candidates(struct arena *arena, const char *const *more);
/* Whether the entry `name` of the covered place leads to something kept. */
bool visible_is_on_the_way(const char *const *kept, const char *place, const char *name);

/* Gives the calling process's new mount namespace the host's own folders and files. */
MUST_CHECK int mounts_make(
	const char *state_dir, const char *const *kept, bool *ret_has_sys, struct error *err);
/* Mounts a folder over itself so that nothing below it can be changed from here. */
MUST_CHECK int mounts_protect(const char *folder, struct error *err);

/* What a booting init needs and what it tells when it is ready. */
struct boot_plan {
	const char *name, *state_dir;
	const char *const *kept, *const *read_only;
	bool is_bare;
	int life_fd;   /* ends with our program: end of file means die */
	int report_fd; /* gets one boot_report */
};

struct boot_report {
	bool has_sys;
	struct error err; /* ERROR_NONE when the host stands */
};

/* The first process of a host; never returns. */
_Noreturn void init_main(const struct boot_plan *plan);
