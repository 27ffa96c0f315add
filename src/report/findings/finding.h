/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/metric.h"

/*
 * What the evidence in a tree says, as sentences. A rule looks at one thing; without numbers that
 * support it there is no finding, and a failure that no rule explains is one with unknown cause.
 */
enum severity {
	SEVERITY_NOTE,    /* good to know when reading the numbers */
	SEVERITY_WARNING, /* a number does not mean what it seems to */
	SEVERITY_ERROR,   /* a number is wrong, or there is none */
};

struct evidence {
	struct evidence *next;
	const char *text;
	const char *path; /* of the file that shows it, below the tree; NULL-able */
};

struct finding {
	struct finding *next;
	const char *id, *title; /* "mtu-quic", "QUIC datagrams do not fit the tunnel" */
	enum severity severity;
	const char *vpn;      /* NULL: the whole tree */
	const char *sentence; /* for a newcomer */
	struct evidence *evidence;
	size_t evidence_count;
};

struct findings {
	struct arena *arena;
	const struct report_results *results;
	/* Errors first; within a severity in the order of the rules, findings of one id together.
	 */
	struct finding *first, **end;
	/* Paths of failures that a rule has explained. */
	const char **explained;
	size_t explained_count;
};

struct findings *findings_of(const struct report_results *results);
const char *severity_name(enum severity severity);
/* What is shown as one: the same rule found it for several VPNs. */
bool finding_is_first_of_id(const struct findings *findings, const struct finding *finding);
/* NULL after the last. */
const struct finding *finding_next_of_id(const struct finding *finding);
