/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* How a cell ended. The words are written to result trees as meta.cause; cause_meaning() explains.
 */
enum cause {
	CAUSE_SUCCESS,
	CAUSE_MTU,
	CAUSE_TIMEOUT,
	CAUSE_REFUSED,
	CAUSE_UNREACHABLE,
	CAUSE_STALLED,
	CAUSE_CRASHED,
	CAUSE_TOOL,
	CAUSE_PARSE,
	CAUSE_MISSING,
	CAUSE_CONNECT,
	CAUSE_SYSTEM,
	CAUSE_WIRE,
	CAUSE_HOST,
	CAUSE_MEMORY,
	CAUSE_LOST,
	CAUSE_CANCELLED,
	CAUSE_COUNT
};

const char *cause_name(enum cause cause);
/* In a few words, as the manual has it. */
const char *cause_meaning(enum cause cause);
/* The cause a word of a result tree stands for; false when it is none of ours. */
bool cause_named(const char *name, enum cause *ret_cause);
/* The cause that an error of ours stands for. */
enum cause cause_of_error(const struct error *err);
/* What the kernel said when a program talked to another host; `otherwise` when that says little. */
enum cause cause_of_errno(int sys_errno, enum cause otherwise);
/* Whether trying again can help; a property of the kind of failure, never of the VPN. */
int cause_is_retried(enum cause cause);
