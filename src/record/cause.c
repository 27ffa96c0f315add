/* SPDX-License-Identifier: MIT */
/* How cells end: the words for it, and whether another attempt can end differently. */
#include "record/cause.h"

#include "base/attribute.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The manual and the schemas repeat the words; tests/unit/test_cause.c holds them to this table. */
static const struct {
	const char *name, *meaning;
	bool is_retried;
} causes[CAUSE_COUNT] = {
	[CAUSE_SUCCESS] = {"success", "it worked", false},
	[CAUSE_MTU] = {"mtu", "datagrams did not fit the path",
		true}, /* the failure taught the sender the path's MTU */
	[CAUSE_TIMEOUT] = {"timeout", "its own time limit passed", true},
	[CAUSE_REFUSED] = {"refused", "the other side refused", true},
	[CAUSE_UNREACHABLE] = {"unreachable", "there was no answer at all", true},
	[CAUSE_STALLED] = {"stalled", "it moved nothing, or stopped moving", true},
	[CAUSE_CRASHED] = {"crashed", "a daemon of the VPN ended", true},
	[CAUSE_TOOL] = {"tool", "the tool failed in another way", true},
	[CAUSE_PARSE] = {"parse", "the tool's output was not understood", false},
	[CAUSE_MISSING] = {"missing", "this machine lacks a program or an ability", false},
	[CAUSE_CONNECT] = {"connect", "the VPN never joined its hosts", true},
	[CAUSE_SYSTEM] = {"system", "the kernel or the file system refused", false},
	[CAUSE_WIRE] = {"wire", "the emulated network itself was too slow, or died", true},
	[CAUSE_HOST] = {"host", "a host of the lab ended", true},
	[CAUSE_MEMORY] = {"memory", "a program of a host needed more memory than the host has",
		false},
	[CAUSE_LOST] = {"lost",
		"the machine of a host was no longer reached, and the run ended there", false},
	[CAUSE_CANCELLED] = {"cancelled", "the user pressed Ctrl-C", false},
};

const char *cause_name(enum cause cause)
{
	assert((size_t)cause < ARRAY_SIZE(causes));
	return causes[cause].name;
}

const char *cause_meaning(enum cause cause)
{
	assert((size_t)cause < ARRAY_SIZE(causes));
	return causes[cause].meaning;
}

bool cause_named(const char *name, enum cause *ret_cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (strcmp(causes[i].name, name) == 0) {
			*ret_cause = (enum cause)i;
			return true;
		}
	}
	return false;
}

enum cause cause_of_error(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return CAUSE_SUCCESS;
	case ERROR_USAGE:
	case ERROR_SYSTEM:
		return CAUSE_SYSTEM;
	case ERROR_MISSING:
		return CAUSE_MISSING;
	case ERROR_TOOL:
		return CAUSE_TOOL;
	case ERROR_CRASHED:
		return CAUSE_CRASHED;
	case ERROR_TIMEOUT:
		return CAUSE_TIMEOUT;
	case ERROR_PARSE:
		return CAUSE_PARSE;
	case ERROR_HOST:
		return CAUSE_HOST;
	case ERROR_MEMORY:
		return CAUSE_MEMORY;
	case ERROR_LOST:
		return CAUSE_LOST;
	case ERROR_CANCELLED:
		return CAUSE_CANCELLED;
	}
	return CAUSE_SYSTEM;
}

enum cause cause_of_errno(int sys_errno, enum cause otherwise)
{
	switch (sys_errno) {
	case EMSGSIZE:
		return CAUSE_MTU;
	case ECONNREFUSED:
		return CAUSE_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return CAUSE_UNREACHABLE;
	case ETIMEDOUT:
		return CAUSE_TIMEOUT;
	default:
		return otherwise;
	}
}

int cause_is_retried(enum cause cause)
{
	assert((size_t)cause < ARRAY_SIZE(causes));
	return causes[cause].is_retried;
}
