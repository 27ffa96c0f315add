/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/lab.h"
#include "proc/census.h"
#include "proc/machine.h"

#include <jansson.h>

/*
 * What the machine did while a cell was measured, and whether that is why its figures are as they
 * are. Seconds of all processors together where the name says _s.
 */
struct machine_account {
	double wall_s;
	unsigned processors;
	/* Daemons, tools, the wire and this program, with the kernel's work in their calls. */
	double lab_s;
	double wire_s; /* of it the wire; NAN without one */
	/* Threads of the kernel; most of it, on a quiet machine all of it, for the lab. */
	double kernel_s;
	/* Interrupts and softirqs, some of it counted with who was interrupted as well. */
	double interrupts_s;
	/*
	 * All else: what visible processes used, or busy - lab - kernel - interrupts where that is
	 * more, since some are hidden (PID namespaces, hidepid) or ended without anybody waiting.
	 */
	double others_s;
	double idle_s, steal_s;
	struct census_share others[CENSUS_NAMED];
	double cpu_stalled_s, memory_stalled_s;  /* PSI "some"; NAN where the kernel does not say */
	double wire_waited_s;                    /* ready to run, without a processor; or NAN */
	double load_before;                      /* NAN likewise, and all below */
	double frequency_hz, frequency_limit_hz; /* the lowest seen; what the hardware could */
	double throttles; /* times that a processor was slowed for its heat */
};

struct machine_account machine_account_between(const struct machine_state *before,
	const struct machine_state *after, const struct census_change *change);

/*
 * The limits, set before anything was measured (doc/decisions/0023): others and steal together
 * above a twentieth of all processors; memory stalls in more than a hundredth of the time; any
 * throttling. Adds {mark, reason} for each that was passed: "busy", "memory", "throttled".
 */
void machine_judge(const struct machine_account *account, json_t *marks);
/* meta.machine; the caller owns it. */
json_t *machine_json(const struct machine_account *account);

/* An account that is being kept; from malloc. A lab of NULL: there is none yet. */
struct machine_watch;
MUST_CHECK int machine_begin(
	const struct lab *lab, struct machine_watch **ret_watch, struct error *err);
/* Frees the watch; false when the kernel no longer answers. */
bool machine_end(struct machine_watch *watch, struct machine_account *ret_account);
