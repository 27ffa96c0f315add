/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/*
 * What people do with a VPN behind routers, and what became of it with each: answers that are no
 * ranking of one number. Halkes and Pouwelse (2011) saw four of five attempts to punch succeed, so
 * that is what is taken for well.
 */
enum fit {
	FIT_WELL,    /* nearly always directly, or back at once */
	FIT_SOMEHOW, /* by a third host, or after a while */
	FIT_BADLY,
	FITS
};

struct fitting {
	struct fitting *next;
	const struct report_vpn *vpn;
	const char *profile; /* folder */
	enum fit fit;
	const char *brief; /* "direct, 1.2 s" */
	const char *text;  /* "direct in 9 of 10 trials (60 to 98 %), half of them after 1.2 s" */
	const char *path;  /* of a file that shows it, below the tree */
};

struct situation {
	struct situation *next;
	const char *id, *heading, *question, *sentence; /* the heading is for a narrow column */
	struct fitting *fittings; /* in the order of VPNs, without the bare link */
};

/* Those that something was measured about. */
struct situation *situations_of(const struct report_results *results);
/* The worst of a VPN of this name under all profiles; NULL where it was not tried. */
const struct fitting *situation_worst(
	const struct situation *situation, const struct report_vpn *vpn);
/* "well", "somehow", "badly". */
const char *fit_name(enum fit fit);
