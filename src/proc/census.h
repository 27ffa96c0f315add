/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All processes that /proc shows, and who used the processors between two such looks. */

struct census_process {
	pid_t pid, parent;
	uint64_t
		started_ticks; /* since boot: tells a process from a later one of the same number */
	bool is_kernel_thread;
	char name[64];     /* printable */
	double own_s;      /* processor time of its threads, also of those that ended */
	double children_s; /* of children that it waited for, and of theirs */
};

/* By pid. Memory from malloc: census_done(). */
struct census {
	struct census_process *list;
	size_t count;
};
MUST_CHECK int census_take(struct census *ret_census, struct error *err);
void census_done(struct census *census);

/* The text of /proc/PID/stat; own_s in ticks, as exact as it says. Pure. */
MUST_CHECK int census_parse(const char *text, double ticks_per_s,
	struct census_process *ret_process, struct error *err);

/* Who it was: all programs of one name together. */
struct census_share {
	char name[64];
	double cpu_s;
};

enum {
	CENSUS_NAMED = 3
};

struct census_change {
	double lab_s;     /* `root` and its descendants */
	double kernel_s;  /* kernel threads, whichever process they worked for */
	double others_s;  /* all other processes that can be seen */
	bool sees_kernel; /* false in a PID namespace, which hides the kernel's threads */
	struct census_share others[CENSUS_NAMED]; /* the busiest of them, falling; cpu_s 0: none */
	struct census_share kernel;               /* the busiest thread of the kernel */
};

/*
 * What the processes used between two looks. Time of a process that ended meanwhile is found with
 * who waited for it, less what it had used before the first look; where nobody waited it is
 * missing. Pure.
 */
struct census_change census_compare(
	const struct census *before, const struct census *after, pid_t root);
