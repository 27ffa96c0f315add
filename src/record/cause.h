#pragma once

#include "base/error.h"

#include <stdbool.h>

/* How a cell ended. The words are written to result trees as meta.cause. */
enum cause {
	CAUSE_SUCCESS,
	CAUSE_MTU,         /* datagrams did not fit the path */
	CAUSE_TIMEOUT,     /* its own limit passed */
	CAUSE_REFUSED,     /* the other side said no */
	CAUSE_UNREACHABLE, /* no answer at all */
	CAUSE_STALLED,     /* it moved nothing, or stopped moving */
	CAUSE_CRASHED,     /* a daemon of the VPN ended */
	CAUSE_TOOL,        /* the tool failed in another way */
	CAUSE_PARSE,       /* the tool's output was not what we expect */
	CAUSE_MISSING,     /* this machine lacks a program or an ability */
	CAUSE_CONNECT,     /* the VPN never joined its hosts */
	CAUSE_SYSTEM,      /* the kernel or the file system said no */
	CAUSE_WIRE,        /* the emulated network itself was too slow, or died */
	CAUSE_CANCELLED,   /* the user pressed Ctrl-C */
};

const char *cause_name(enum cause cause);
/* The cause a word of a result tree stands for; false when it is none of ours. */
bool cause_named(const char *name, enum cause *ret_cause);
/* The cause that an error of ours stands for. */
enum cause cause_of_error(const struct error *err);
/* Whether trying again can help; a property of the kind of failure, never of the VPN. */
int cause_is_retried(enum cause cause);
