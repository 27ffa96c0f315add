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

/* What a reader who knows it decides or reads otherwise. */
enum impact {
	CHANGES_CHOICE,  /* which VPN to choose, or whether these can be compared at all */
	CHANGES_FIGURES, /* what a figure is, or why there is none */
	CHANGES_READING, /* how figures come about */
};

struct evidence {
	struct evidence *next;
	const char *text;
	const char *path; /* of the file that shows it, below the tree; NULL-able */
};

/* What was found about one VPN, or about the whole tree. */
struct about {
	struct about *next;
	const char *vpn;      /* NULL: the whole tree */
	const char *sentence; /* for a newcomer */
	struct evidence *evidence;
	size_t evidence_count;
};

/* One per id, with everybody whom it is about. */
struct finding {
	struct finding *next;
	const char *id, *title; /* "mtu-quic", "QUIC datagrams do not fit the tunnel" */
	const char *brief; /* why a result failed, in few words: "start race"; NULL: says no such
			      thing */
	enum severity severity;
	enum impact impact;
	struct about *abouts;  /* at least one, in the order of the tree */
	size_t evidence_count; /* of all of them */
};

struct findings {
	struct arena *arena;
	const struct report_results *results;
	/* By what they change: impact, then severity, then how much evidence there is. */
	struct finding *first;
	/* Failures that a rule has explained. */
	const struct report_outcome **explained;
	size_t explained_count;
};

struct findings *findings_of(const struct report_results *results);
const char *severity_name(enum severity severity);
/* "choice", "figures", "reading" */
const char *impact_name(enum impact impact);
/* NULL when nothing of that kind was found. */
const struct finding *finding_with(const struct findings *findings, const char *id);
/* Of one VPN, or with NULL of the whole tree; NULL when the finding is not about it. */
const struct about *finding_about(const struct finding *finding, const char *vpn);
/* The first that says why a result failed (it has a brief) and names its file. */
const struct finding *finding_of_failure(
	const struct findings *findings, const char *vpn, const char *path);
/* The first whose evidence about the VPN names this file; NULL when none does. */
const struct finding *finding_of_file(
	const struct findings *findings, const char *vpn, const char *path);
