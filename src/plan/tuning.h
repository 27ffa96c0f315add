/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A named set of host sysctls; an empty one leaves hosts as they are. */
struct tuning_sysctl {
	const char *key, *value; /* "net.ipv4.tcp_reordering", "10" */
	const char
		*ignored_since; /* the first Linux that stores the value without effect, or NULL */
};

struct tuning {
	const char *name, *title;
	const char *source;     /* where it comes from, or NULL */
	const char *congestion; /* control of every TCP connection instead of the plan's, or NULL */
	const struct tuning_sysctl *sysctls;
	size_t count;
};

/* Hosts as they are: what results of before there were tunings, and the published ones, mean. */
bool tuning_is_none(const struct tuning *tuning);
/* Whether the Linux of this release ("6.18.44-x") keeps the value without acting on it. */
bool tuning_is_ignored(const struct tuning_sysctl *sysctl, const char *release);
/* Reads one tuning file. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int tuning_load(
	struct arena *arena, const char *path, struct tuning *ret_tuning, struct error *err);
