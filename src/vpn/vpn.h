/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "lab/lab.h"
#include "plan/driver.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The driver engine: runs a driver on a lab. No VPN is named in this room. */
struct vpn;

/* Programs of the driver that this machine lacks: ERROR_MISSING with the packages to install. */
MUST_CHECK int vpn_is_found(const struct driver *driver, struct error *err);
/* The same on another machine, which has a program or "module:NAME" or not. */
struct vpn_place {
	const char *name;
	bool (*has)(const void *context, const char *need);
	const void *context;
};
MUST_CHECK int vpn_is_found_at(
	const struct driver *driver, const struct vpn_place *place, struct error *err);
/* Whether an IPv4 address lies in the network that VPNs make. */
bool vpn_is_overlay(const char *address);
/* All that could satisfy a need of it, one by one; NULL-terminated. */
const char *const *vpn_needs(struct arena *arena, const struct driver *driver);

/*
 * Paths of the programs that the driver needs, as far as they are here; of alternatives all.
 * NULL-terminated, in the arena; one may be there twice.
 */
const char *const *vpn_programs(struct arena *arena, const struct driver *driver);

/* Who would move the packets here: "kernel", "userspace (wireguard-go)", or what the driver says.
 */
const char *vpn_datapath(struct arena *arena, const struct driver *driver);

/* What its `version` command prints first, asked of the programs that would run; NULL-able. */
const char *vpn_version(struct arena *arena, struct procs *procs, const struct driver *driver);

/*
 * Runs prepare, serve and join, then waits until every ordered pair answers over the overlay.
 * `work_dir` is the controller's folder for keys (made 0700). On failure everything is undone.
 */
MUST_CHECK int vpn_up(struct lab *lab, const struct driver *driver, const char *work_dir,
	struct vpn **ret_vpn, struct error *err);
/* Stops the daemons together, undoes what is outside them, removes its files. */
void vpn_down(struct vpn *vpn);
void vpn_downp(struct vpn **vpn);

/* Stops every daemon and runs serve and join again; returns when every pair answers again. */
MUST_CHECK int vpn_restart(struct vpn *vpn, struct error *err);
/* The daemons of one host only, as after its reboot. */
MUST_CHECK int vpn_restart_host(struct vpn *vpn, size_t host, struct error *err);

/*
 * The same in parts, for who watches the overlay meanwhile: vpn_begin() is vpn_up() without waiting
 * for any pair, vpn_stop() and vpn_start() are the halves of a restart, of one host or of all, and
 * vpn_settle() waits until every pair answers, gives names and pins routes. What vpn_describe()
 * says of the first connection needs vpn_up().
 */
/* CLOCK_MONOTONIC: when serve began, when join began, and when all daemons were ready. */
struct vpn_clock {
	int64_t serve_ns, join_ns, ready_ns;
};
/* What vpn_describe() says of interfaces, of a VPN whose pairs need not answer. */
MUST_CHECK int vpn_look(struct vpn *vpn, struct error *err);
MUST_CHECK int vpn_begin(struct lab *lab, const struct driver *driver, const char *work_dir,
	struct vpn_clock *ret_clock, struct vpn **ret_vpn, struct error *err);
void vpn_stop(struct vpn *vpn, struct lab_hosts hosts);
MUST_CHECK int vpn_start(
	struct vpn *vpn, struct lab_hosts hosts, struct vpn_clock *ret_clock, struct error *err);
MUST_CHECK int vpn_settle(struct vpn *vpn, struct error *err);
/*
 * A stranger on a host whose own daemons are stopped: it has the program, what is public of the
 * mesh (captured values but for secrets, files that are sent as public), and all else of its own
 * making. `*ret_refusal` is why a step did not join it, or why it has no address; NULL: it has one,
 * which says nothing about who answers. vpn_down() ends it.
 */
MUST_CHECK int vpn_begin_stranger(struct vpn *mesh, size_t host, const char *work_dir,
	const char **ret_refusal, struct vpn **ret_stranger, struct error *err);
/*
 * The host that the others need to find one another: the first one with a daemon of the serve
 * phase, or else of a role that takes the first host; none when all hosts are alike.
 */
struct lab_hosts vpn_coordinator(const struct vpn *vpn);

/* The overlay address of a host in text, IPv4 or IPv6; the underlay's when there is no VPN. */
const char *vpn_address(const struct vpn *vpn, size_t host);
/* Addresses of all hosts. */
const char *const *vpn_addresses(const struct vpn *vpn);

/*
 * As it was when it first connected: version, packages and programs with their hashes, daemons,
 * interface_kind and datapath as found (datapath_declared: as the driver says), addresses,
 * interfaces and mtu by host, phase times in seconds (prepare_s, serve_s, join_s, connect_s),
 * first_answer_ms[from][to] since the join began. Of a VPN that was only begun connect_s and
 * first_answer_ms are null. Caller owns it.
 */
json_t *vpn_describe(const struct vpn *vpn);
/*
 * Asks every host how it sees its roster, where the driver says how; vpn_describe() has the answers
 * from then on under observed[moment][host], lines of text, or in "failed" why there are none.
 */
void vpn_observe(struct vpn *vpn, const char *moment);
/* The last restart: {restart_s, wait_s}: until the daemons run, and from then until all answer. */
double vpn_restart_s(const struct vpn *vpn);
double vpn_wait_s(const struct vpn *vpn);

struct vpn_daemon {
	const char *what;
	size_t host;
	const struct proc *proc;
};
/* Running and ended daemons, in the order of their start; valid until the next restart. */
size_t vpn_daemons(const struct vpn *vpn, const struct vpn_daemon **ret_daemons);
/* ERROR_CRASHED with its last words when a daemon that should run has ended. */
MUST_CHECK int vpn_check_daemons(struct vpn *vpn, struct error *err);
/* What a host's daemons printed, secrets masked; the caller frees it. */
char *vpn_log(const struct vpn *vpn, size_t host);

/* Prints every command and file of every host, without running anything. */
MUST_CHECK int vpn_dry_run(const struct driver *driver, const char *const names[], size_t count,
	FILE *out, struct error *err);
