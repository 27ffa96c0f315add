/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

/* What a host may use of this machine. */
struct host_limits {
	double processors;     /* of processor time, 0.5: half a processor; 0: not limited */
	uint64_t memory_bytes; /* without swap; 0: not limited */
};

/* What a host used since its group was made. */
struct group_usage {
	double cpu_s;               /* of its programs; not of kernel threads */
	double throttled_s;         /* it was ready and had used up its share */
	uint64_t memory_peak_bytes; /* 0: the kernel does not say */
	uint64_t killed;            /* programs that the kernel ended at the memory limit */
};

/*
 * Control groups (version 2) of a lab, one for each host, below the nearest group that we may
 * divide. A process of our own removes them when groups_free() is called, or when we have ended,
 * however that was.
 */
struct groups;

/* ERROR_MISSING says what this machine does not grant, and how to get it. */
MUST_CHECK int groups_new(struct groups **ret_groups, struct error *err);
/*
 * A group for the host of this name. What writes "0" to `*ret_fd` is limited from then on, with all
 * that it starts; the descriptor belongs to `groups`.
 */
MUST_CHECK int groups_add(struct groups *groups, const char *name, const struct host_limits *limits,
	int *ret_fd, struct error *err);
/* Of the group that was added as number `index`. */
MUST_CHECK int groups_usage(const struct groups *groups, size_t index,
	struct group_usage *ret_usage, struct error *err);
/* Every process in the groups must have ended. */
void groups_free(struct groups *groups);
void groups_freep(struct groups **groups);

/* What cpu.max has for a share of a processor: its period is the shortest that the kernel takes. */
struct group_quota {
	unsigned quota_us, period_us;
};
struct group_quota group_quota(double processors);
