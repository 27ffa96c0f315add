/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/findings/finding.h"

/*
 * Which VPN for what: a ranking per question that groups what cannot be told apart and says what
 * the data cannot tell.
 */
struct rank {
	struct rank *next;
	const struct report_vpn *vpn;
	struct report_samples samples;
	double *blocks; /* median of every repetition, which are the independent values */
	size_t block_count;
	double median, worst;
	struct interval interval;
	uint64_t groups;     /* bit k: the VPN is in group k; equal bits, no difference shown */
	const char *letters; /* the same as "a", "ab", "c" */
};

/* A VPN that was too quick for the instrument: it is below that, and has no rank. */
struct unranked {
	struct unranked *next;
	const struct report_vpn *vpn;
	double below;
};

struct caveat {
	struct caveat *next;
	const char *text;
};

struct answer {
	struct answer *next;
	const char *id, *question, *heading; /* "bulk-clean", whole, and above a column */
	enum metric_id metric;
	const char *profile;       /* folder */
	struct rank *ranks;        /* the best first */
	struct unranked *unranked; /* if there are any, nobody is shown to be the best */
	size_t rank_count, group_count;
	double least;   /* a median that is worse does not answer the question; 0: any */
	bool is_tested; /* groups come from a test of blocks; else from ranges that do not overlap
			 */
	const char *sentence;
	struct caveat *caveats;
	const char *needs; /* a row of the matrix that a VPN must answer with yes; NULL: none */
	size_t left_out;   /* VPNs that do not */
};

/* The best that did not fail anywhere and is not the bare link; NULL when there is none, or when
 * others were too quick to be ranked. */
const struct rank *answer_best(const struct answer *answer);
/* Whether the rank is that one or was not shown to differ from it, and answers the question. */
bool answer_is_led_by(const struct answer *answer, const struct rank *rank);
/* Whether what is known of a VPN answers a row of the matrix with yes, and what that is. */
bool need_is_met(const struct report_results *results, const struct report_vpn *vpn,
	const char *row, const char **ret_why);
/* Those with needs are there only if they leave somebody out. */
struct answer *answers_of(const struct report_results *results, const struct findings *findings);
