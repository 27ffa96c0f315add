/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/far.h"
#include "far/ssh.h"
#include "lab/lab.h"
#include "plan/driver.h"
#include "plan/inventory.h"
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
/* All that must hold before a helper is started there. */
MUST_CHECK int machine_check(const struct seen_machine *seen, struct error *err);
/* Brings our programs, if they are not there. */
MUST_CHECK int machine_prepare(struct procs *procs, const struct seen_machine *seen,
	const struct far_bundle *bundle, struct error *err);
/* The same with its network card and its address, for engine cable. */
struct lab_machine machine_on_cable(
	struct arena *arena, const struct seen_machine *seen, const struct far_bundle *bundle);
/* How far_hosts_new() reaches it; without its network card. */
struct far_host_spec machine_spec(
	struct arena *arena, const struct seen_machine *seen, const struct far_bundle *bundle);
