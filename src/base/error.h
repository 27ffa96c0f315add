/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"

/* Why something failed. The kind is written to the result tree and decides whether we retry. */
enum error_kind {
	ERROR_NONE,
	ERROR_USAGE,     /* the user's files or flags are wrong; never retried */
	ERROR_SYSTEM,    /* the kernel or the file system said no */
	ERROR_MISSING,   /* this machine lacks a tool or an ability; never retried */
	ERROR_TOOL,      /* a tool we ran exited non-zero */
	ERROR_CRASHED,   /* a daemon ended that should have stayed */
	ERROR_TIMEOUT,   /* a deadline passed */
	ERROR_PARSE,     /* a tool's output was not what we expect */
	ERROR_HOST,      /* a host ended that should have stayed */
	ERROR_MEMORY,    /* a host's memory limit ended a program */
	ERROR_LOST,      /* the machine of a host is no longer reached */
	ERROR_CANCELLED, /* the user pressed Ctrl-C */
};

struct error {
	enum error_kind kind;
	int sys_errno;
	char text[480];
};

/* The word for a kind as written to result trees: "usage", "system", ... */
const char *error_kind_name(enum error_kind kind);

/*
 * All return -1, so a failing function is one line. They fill `*err`, which must not be NULL.
 * fail_in() puts "doing X: " in front of what is there; fail_errno() adds errno's description.
 */
int fail(struct error *err, enum error_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
int fail_errno(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
int fail_in(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
