/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "plan/driver.h"
#include "plan/template.h"
#include "vpn/vpn.h"

#include <stdbool.h>

#define OVERLAY_BITS "16"
#define OVERLAY_NETWORK "10.78.0.0"
#define OVERLAY_NETWORK_START "10.78."

/* What a step captured. */
struct captured {
	const char *name, *text;
	struct captured *next;
};

/* A host as drivers speak of it. */
struct member {
	const char *name, *number, *dir, *underlay, *overlay;
	const char *underlay_host; /* the same in brackets where it is IPv6, as in URLs */
	struct captured *captured;
};

/* All that names can stand for. */
struct roster {
	struct arena *arena;
	const struct driver *driver;
	const char *work;
	struct member *members;
	size_t count;
	/* Where the first host finds the second, count by count; NULL: where all do. */
	const char *const *underlay_for;
	struct captured *captured; /* by the controller, for no host in particular */
	bool is_dry;               /* what is not captured reads "<captured: name>" */
	bool is_strangers;         /* its controller serves one host */
};

/* Whom ${host.*} and ${each.*} mean; NULL where the driver cannot say so. */
struct scope {
	const struct roster *roster;
	const struct member *host, *each;
};

/* Members with names, folders and overlay addresses; the underlay's are the caller's to fill. */
void roster_init(struct roster *roster, struct arena *arena, const struct driver *driver,
	const char *const names[], size_t count);
/* Replaces what was captured under that name before. */
void captured_set(struct arena *arena, struct captured **list, const char *name, const char *text);
/* What `out` holds for a capture: all of it, the value at its pointer or the rest of its line. */
MUST_CHECK int captured_read(struct arena *arena, const struct driver_capture *capture,
	const char *out, size_t size, const char **ret_text, struct error *err);

/* Arena-owned; loading made sure of every name, so a failure here is a capture that did not run. */
MUST_CHECK int expand_text(
	const struct scope *scope, const char *text, const char **ret_text, struct error *err);
MUST_CHECK int expand_words(const struct scope *scope, const char *const *words,
	const char *const **ret_words, struct error *err);
MUST_CHECK int expand_template(const struct scope *scope, const struct template *template,
	const char **ret_text, struct error *err);
/* A path of a step: names filled in, relative ones under `dir`. */
MUST_CHECK int expand_path(const struct scope *scope, const char *path, const char *dir,
	const char **ret_path, struct error *err);

/* One run of a step: where, and for whom. */
struct turn {
	bool is_on_controller;
	size_t host; /* index, unless on the controller */
	const struct member *each;
};

/*
 * The turns of a step, round by round: all turns of one round run at the same time. `only` limits
 * it to some hosts; the controller takes part when it means all. Returns their number; 0 when the
 * round does not exist.
 */
size_t turns_of_round(const struct roster *roster, const struct driver_step *step,
	struct lab_hosts only, size_t round, struct turn turns[]);
struct scope turn_scope(const struct roster *roster, const struct turn *turn);
/* The words of run, daemon or script, ready to execute at that turn. */
MUST_CHECK int turn_words(const struct roster *roster, const struct driver_step *step,
	const struct turn *turn, const char *const **ret_words, struct error *err);
/* What `write` makes at that turn, and where. */
MUST_CHECK int turn_file(const struct roster *roster, const struct driver_step *step,
	const struct turn *turn, const char **ret_path, const char **ret_text, struct error *err);
/* "lom" or "controller" */
const char *turn_place(const struct roster *roster, const struct turn *turn);

struct daemon {
	const struct driver_step *step;
	size_t host;
	struct proc *proc;
};

struct vpn {
	struct lab *lab;
	struct procs *procs;
	struct arena *arena;
	const struct driver *driver;
	const struct vpn *mesh; /* that a stranger wants to join; NULL: it is a mesh itself */
	struct lab_hosts hosts; /* where it runs: everywhere, or on the stranger */
	int64_t longest_ns;     /* that a step may take; 0: what the driver says */
	const char *work_dir;
	const char *const *environment; /* of all commands: the PATH with the chosen programs */
	struct roster roster;
	struct daemon *daemons;
	struct vpn_daemon *shown; /* what vpn_daemons() hands out */
	size_t daemon_count, daemon_room;
	const char **addresses;
	int64_t *first_ns; /* [i * count + j]: when i first heard from j since the join began */
	int64_t join_started_ns, connected_ns;
	bool is_again; /* since the first connection: steps to do once are done */
	double prepare_s, serve_s, join_s, restart_s, wait_s;
	json_t *facts;
};

/* Runs the steps of a phase in order; `only` as in turns_of_round. Fills `*ret_s` when given. */
MUST_CHECK int phase_run(struct vpn *vpn, enum driver_phase phase, struct lab_hosts only,
	double *ret_s, struct error *err);
/* The stop phase: every step is tried, failures are forgotten here (events keep them). */
void phase_stop(struct vpn *vpn);

/*
 * How long a step may take that this many hosts do at once. What the driver says is the time of a
 * host that has its share of a processor; of more hosts each gets its turn later.
 */
int64_t step_within_ns(const struct vpn *vpn, const struct driver_step *step, size_t turns);
int64_t step_share_ns(int64_t within_ns, size_t turns, size_t processors);
/* Whether the driver says enough for a stranger to have what is public. */
MUST_CHECK int stranger_is_possible(const struct driver *driver, struct error *err);
/* Gives a stranger what is public of the mesh, and in place of its secrets something else. */
void stranger_learn(struct vpn *stranger, size_t host);
/* Whether the stranger has the mesh's value instead of one that it makes. */
bool stranger_keeps(
	const struct vpn *vpn, const struct driver_capture *capture, struct captured *const *list);

/* Starts the step's daemons and waits until all are ready. */
MUST_CHECK int daemons_start(struct vpn *vpn, const struct driver_step *step,
	const struct turn turns[], size_t count, struct error *err);
/*
 * All at once, the youngest first: those that do not end within a grace that they share are killed.
 * `only` limits it to some hosts.
 */
void daemons_stop(struct vpn *vpn, struct lab_hosts only);
/* The last line that a host's daemons wrote, secrets masked, or "nothing"; the arena's. */
const char *daemons_last_words(struct vpn *vpn, size_t host);
/* ERROR_CRASHED for the first that ended. */
MUST_CHECK int daemons_check(struct vpn *vpn, struct error *err);

/* Finds the address of one host alone, within that time. */
MUST_CHECK int overlay_find_one(struct vpn *vpn, size_t host, int64_t within_ns, struct error *err);
/* Finds every host's address. */
MUST_CHECK int overlay_find(struct vpn *vpn, struct error *err);
/* Waits until every ordered pair answers on them, then names them. */
MUST_CHECK int overlay_reach(struct vpn *vpn, struct error *err);
/* Both. */
MUST_CHECK int overlay_connect(struct vpn *vpn, struct error *err);
/* A program that the driver names: among those chosen, else on PATH; NULL when there is none. */
const char *program_of_driver(struct arena *arena, const struct driver *driver, const char *name);
/* The environment in which the driver's programs are found first, or NULL. */
const char *const *environment_of_driver(struct arena *arena, const struct driver *driver);
/* Versions and hashes; asked before anything is up, so that nothing stands between joining and
 * measuring. */
void facts_of_programs(struct vpn *vpn);
/* Addresses, interfaces and daemons as they are now. */
MUST_CHECK int facts_of_overlay(struct vpn *vpn, struct error *err);
/* What every host's `observe` command says, {host: lines}, or {"failed": why}. Caller owns it. */
json_t *overlay_observe(struct vpn *vpn);
/* Every host's overlay interface as `ip` shows it, an array in the order of hosts; notes addresses.
 */
MUST_CHECK int overlay_look(struct vpn *vpn, json_t **ret_interfaces, struct error *err);
