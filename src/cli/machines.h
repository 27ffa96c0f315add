/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/far.h"
#include "far/ssh.h"
#include "lab/lab.h"
#include "plan/driver.h"
#include "plan/inventory.h"
#include "supply/supply.h"
#include "workload/workload.h"

/* What `run --on` and `doctor --on` do in the same way with the machines of a hosts.yml. */
struct seen_machine {
	const struct machine *machine;
	struct far_ssh ssh;
	struct far_look look;
};

/* Programs and modules of the kernel that VPNs, workloads and labs need there. */
const char *const *machines_wanted(struct arena *arena, const struct driver drivers[],
	size_t driver_count, const struct workload *const *list, size_t workload_count);
/* Looks at one, without changing it; the question's device is the machine's. */
MUST_CHECK int machine_see(struct arena *arena, struct procs *procs, const struct machine *machine,
	const struct far_question *question, struct seen_machine *ret_seen, struct error *err);
/* Whether its kernel and its network card will do. */
MUST_CHECK int machine_check_kernel(const struct seen_machine *seen, struct error *err);
MUST_CHECK int machine_check_card(const struct seen_machine *seen, struct error *err);
/* The hash of a program there; NULL: unknown. */
const char *machine_hash(const struct seen_machine *seen, const char *program);
bool machine_has(const struct seen_machine *seen, const char *program);
/*
 * Programs that meshbench install built here, in the folder that they have on machines: where that
 * is, and whether a machine has all of them as they are here.
 */
const char *machine_bin(struct arena *arena, const struct driver *driver);
bool machine_has_build(const struct seen_machine *seen, const struct driver *driver);
/* For vpn_is_found_at(): what a machine has for a driver, built or by itself. */
struct machine_needs {
	const struct seen_machine *seen;
	const struct driver *driver;
};
bool machine_has_need(const void *needs, const char *need);
/* All that must hold before a helper is started there. */
MUST_CHECK int machine_check(const struct seen_machine *seen, struct error *err);
/* And before one whose packets meet fates at its edge. */
MUST_CHECK int machine_check_edge(const struct seen_machine *seen, struct error *err);
/* Or whose packets are cut and led by the kernel, and whether that has netem. */
MUST_CHECK int machine_check_splitting(const struct seen_machine *seen, struct error *err);
MUST_CHECK int machine_check_netem(const struct seen_machine *seen, struct error *err);
/* Brings our programs, if they are not there. */
MUST_CHECK int machine_prepare(struct procs *procs, const struct seen_machine *seen,
	const struct far_bundle *bundle, struct error *err);
/*
 * The same with its network card and its address, for engines that are real. `all` are those that
 * take part, itself too.
 */
struct lab_machine machine_on_cable(struct arena *arena, const struct seen_machine *seen,
	const struct seen_machine all[], size_t count, const struct far_bundle *bundle);
/* IPv4 of its host; NULL: it shares the machine's, which has none. */
const char *machine_address(struct arena *arena, const struct seen_machine *seen);
/* Whether one of them has only the card that SSH uses, so that all need a wire before it. */
bool inventory_shares(const struct inventory *inventory);
/* How far_hosts_new() reaches it; without its network card. */
struct far_host_spec machine_spec(
	struct arena *arena, const struct seen_machine *seen, const struct far_bundle *bundle);
